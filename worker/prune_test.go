package worker_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

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
