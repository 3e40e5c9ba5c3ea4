package worker_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
	"syncer/sim"
	"syncer/source"
	"syncer/store"
	"syncer/worker"
)

// runDaemon runs a daemon until stop is called.
func runDaemon(t *testing.T, d worker.Daemon) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	d.Logger = slog.New(slog.DiscardHandler)
	go func() { ended <- d.Run(ctx) }()
	return func() {
		t.Helper()
		cancel()
		require.NoError(t, <-ended)
	}
}

// eventually waits until a query of one truth is true.
func eventually(t *testing.T, s *store.Store, sql string, args ...any) {
	t.Helper()
	pgtest.Await(t, func() bool {
		var yes bool
		return s.Pool().QueryRow(t.Context(), "SELECT "+sql, args...).Scan(&yes) == nil && yes
	}, sql)
}

// TestFirstJobs: what is due when the daemon starts begins at once, however seldom
// it looks into the queue.
func TestFirstJobs(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	cloud := sim.New(sim.Options{Accounts: []sim.Account{simAccount}, World: sim.NewFleet(sim.FleetOptions{Servers: 5})})
	syncer := newSyncer(t, s, cloud, source.All...)
	for _, settings := range syncer.Config().Sources {
		settings.Schedule = yearly{}
	}
	stop := runDaemon(t, worker.Daemon{Syncer: syncer, Workers: len(source.All), Poll: time.Hour})
	eventually(t, s, "count(DISTINCT source) = $1 FROM alicloud.sync_runs WHERE status = 'ok'", len(source.All))
	stop()
}

// TestReconfigure: another configuration takes effect while the daemon runs. What is
// new is synced at once, what is gone is no longer late, and a job that is under way
// ends as it began.
func TestReconfigure(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	other := sim.Account{ID: "1234567890123457", Name: "other", AccessKeyID: "key-2", AccessKeySecret: "secret"}
	var holds atomic.Bool
	held, release := make(chan struct{}, 1), make(chan struct{})
	cloud := sim.New(sim.Options{
		Accounts: []sim.Account{simAccount, other}, World: sim.NewFleet(sim.FleetOptions{Servers: 20}),
		Fault: func(c sim.Call) sim.Fault {
			if c.AccountID == accountID && c.Action == "ListInstancePatchStates" && holds.CompareAndSwap(true, false) {
				held <- struct{}{}
				<-release
			}
			return sim.Fault{}
		},
	})
	holds.Store(true)
	server := httptest.NewServer(cloud)
	t.Cleanup(server.Close)
	syncer := syncerOf(t, s, server.URL, &source.InstancePatchStates)
	old := *syncer.Config()
	old.Sources[0].Schedule = yearly{}
	stop := runDaemon(t, worker.Daemon{Syncer: syncer, Workers: 4})
	<-held

	next := worker.Config{Accounts: []*worker.Account{accountOf(t, server.URL, other, nil)}}
	next.Accounts[0].OOSRegions = []string{hangzhou, "cn-shanghai"}
	for _, src := range []*source.Source{&source.InstancePatchStates, &source.AgentVersions} {
		next.Sources = append(next.Sources, &worker.Settings{Source: src, Schedule: yearly{}})
	}
	syncer.Configure(next)
	eventually(t, s, "count(*) = 3 FROM alicloud.sync_freshness WHERE account_id = $1 AND last_status = 'ok'", other.ID)

	close(release)
	eventually(t, s, "count(*) = 1 FROM alicloud.sync_runs WHERE account_id = $1 AND status = 'ok'", accountID)
	eventually(t, s, "count(*) = 0 FROM alicloud.sync_freshness WHERE account_id = $1", accountID)

	syncer.Configure(old)
	eventually(t, s, "count(*) = 1 FROM alicloud.sync_freshness WHERE NOT late AND account_id = $1", accountID)
	eventually(t, s, "count(*) = 0 FROM alicloud.sync_freshness WHERE account_id = $1", other.ID)
	stop()
}

// TestDisabledButNeeded: a source that is disabled and that an enabled one reads stays
// configured, as one that has no schedule.
func TestDisabledButNeeded(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	cloud := sim.New(sim.Options{Accounts: []sim.Account{simAccount}, World: sim.NewFleet(sim.FleetOptions{Servers: 5})})
	var reader, read *source.Source
	for _, src := range source.All {
		if on := src.DependsOn(); len(on) > 0 {
			reader = src
			read, _ = source.ByName(source.All, on[0])
			break
		}
	}
	syncer := newSyncer(t, s, cloud, read, reader)
	syncer.Config().Sources[0].Disabled = true
	for _, settings := range syncer.Config().Sources {
		settings.Schedule = yearly{}
	}
	stop := runDaemon(t, worker.Daemon{Syncer: syncer, Workers: 2})
	eventually(t, s, "count(*) = 1 FROM alicloud.sync_runs WHERE source = $1 AND trigger = 'dependency' AND status = 'ok'", read.Name)
	eventually(t, s, "on_demand AND retired_at IS NULL FROM syncer.partitions WHERE source = $1", read.Name)
	eventually(t, s, "NOT on_demand AND retired_at IS NULL FROM syncer.partitions WHERE source = $1", reader.Name)
	stop()

	_, err := s.Pool().Exec(t.Context(), "UPDATE syncer.partitions SET retired_at = now(), on_demand = false") // as an older program left it
	require.NoError(t, err)
	stop = runDaemon(t, worker.Daemon{Syncer: syncer, Workers: 2})
	eventually(t, s, "bool_and(retired_at IS NULL) AND bool_or(on_demand) FROM syncer.partitions WHERE source IN ($1, $2)", read.Name, reader.Name)
	stop()
}
