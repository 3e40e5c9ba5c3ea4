package worker_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"syncer/archive"
	"syncer/internal/testing/pgtest"
	"syncer/sim"
	"syncer/source"
	"syncer/worker"
)

// TestDailyPrune: of two daemons, one drops what is past the retention, once a day.
func TestDailyPrune(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	_, err := s.Pool().Exec(t.Context(), "CREATE TABLE syncer.agent_versions_2020_01 PARTITION OF syncer.agent_versions FOR VALUES FROM ('2020-01-01') TO ('2020-02-01')")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	cloud := sim.New(sim.Options{Accounts: []sim.Account{simAccount}, World: sim.NewFleet(sim.FleetOptions{Servers: 5})})
	for _, name := range []string{"a", "b"} {
		syncer := newSyncer(t, openStore(t, s.Pool().Config().ConnString()), cloud, &source.AgentVersions)
		syncer.Worker = name
		c := *syncer.Config()
		c.Retention = 400 * 24 * time.Hour
		syncer.Configure(c)
		go func() {
			d := worker.Daemon{Syncer: syncer, Workers: 2, Logger: slog.New(slog.DiscardHandler)}
			ended <- d.Run(ctx)
		}()
	}
	pgtest.Await(t, func() bool {
		var done bool
		err := s.Pool().QueryRow(t.Context(), "SELECT to_regclass('syncer.agent_versions_2020_01') IS NULL AND EXISTS (SELECT FROM river.river_job WHERE kind = 'prune' AND state = 'completed')").Scan(&done)
		return err == nil && done
	})
	cancel()
	require.NoError(t, <-ended)
	require.NoError(t, <-ended)
	var double int // two, should the day have ended meanwhile
	require.NoError(t, s.Pool().QueryRow(t.Context(), "SELECT count(*) - count(DISTINCT args) FROM river.river_job WHERE kind = 'prune'").Scan(&double))
	require.Zero(t, double)
}

// TestDailyArchive: a daemon archives what is over, and then drops it.
func TestDailyArchive(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	now, err := s.Now(t.Context())
	require.NoError(t, err)
	first := time.Date(now.Year(), now.Month()-3, 1, 0, 0, 0, 0, time.UTC)
	_, err = s.Pool().Exec(t.Context(), "INSERT INTO syncer.agent_versions (account_id, region_id, version_hash, row_hash, valid_from, valid_to) VALUES ('1', 'cn-hangzhou', 1, 1, $1, $2)", first, first.Add(time.Hour))
	require.NoError(t, err)
	kept, err := archive.Open(t.TempDir(), archive.Options{Program: "v1"})
	require.NoError(t, err)
	cloud := sim.New(sim.Options{Accounts: []sim.Account{simAccount}, World: sim.NewFleet(sim.FleetOptions{Servers: 5})})
	syncer := newSyncer(t, s, cloud, &source.AgentVersions)
	c := *syncer.Config()
	c.Retention, c.Archive = 48*time.Hour, kept
	syncer.Configure(c)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		d := worker.Daemon{Syncer: syncer, Workers: 2, Logger: slog.New(slog.DiscardHandler)}
		ended <- d.Run(ctx)
	}()
	pgtest.Await(t, func() bool {
		var done bool
		err := s.Pool().QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM river.river_job WHERE kind = 'prune' AND state = 'completed')").Scan(&done)
		return err == nil && done
	})
	cancel()
	require.NoError(t, <-ended)
	m, err := kept.Manifest(t.Context(), source.AgentVersions.Name, first)
	require.NoError(t, err)
	require.EqualValues(t, 1, m.Files[0].Rows)
	var left int
	require.NoError(t, s.Pool().QueryRow(t.Context(), "SELECT count(*) FROM syncer.agent_versions WHERE valid_to < $1", first.AddDate(0, 1, 0)).Scan(&left))
	require.Zero(t, left)
}
