package worker_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
	"syncer/internal/testing/pgtest/migrated"
	"syncer/sim"
	"syncer/source"
	"syncer/store"
	"syncer/worker"
)

// A listener is a cloud that can go away and come back on the same address.
type listener struct {
	address string
	server  *http.Server
}

func (l *listener) start(t *testing.T, h http.Handler) {
	t.Helper()
	if l.address == "" {
		l.address = "127.0.0.1:0"
	}
	socket, err := net.Listen("tcp", l.address)
	require.NoError(t, err)
	l.address = socket.Addr().String()
	l.server = &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	go l.server.Serve(socket) //nolint:errcheck // ends by Close
}

// TestDaemon: on a schedule of every second, through a restart of PostgreSQL and
// of the cloud, to a clean stop.
func TestDaemon(t *testing.T) {
	t.Parallel()
	db := pgtest.Server(t)
	require.NoError(t, migrated.Migrate(t.Context(), db.URL()))
	s := openStore(t, db.URL())
	cloud := sim.New(sim.Options{Accounts: []sim.Account{simAccount}, World: sim.NewFleet(sim.FleetOptions{Servers: 50})})
	var front listener
	front.start(t, cloud)
	t.Cleanup(func() { _ = front.server.Close() })
	syncer := syncerOf(t, s, "http://"+front.address, source.All...)

	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		d := worker.Daemon{Syncer: syncer, Workers: 4, Grace: 10 * time.Second, Logger: slog.New(slog.DiscardHandler)}
		ended <- d.Run(ctx)
	}()
	allFresh := func(since time.Time) func() bool {
		return func() bool {
			var n int
			err := s.Pool().QueryRow(t.Context(), "SELECT count(DISTINCT source) FROM alicloud.sync_runs WHERE status = 'ok' AND started_at > $1", since).Scan(&n)
			return err == nil && n == len(source.All)
		}
	}
	pgtest.Await(t, allFresh(time.Time{}), "first syncs")
	pgtest.Await(t, allFresh(time.Now()), "it goes on")

	db.Restart(t)
	pgtest.Await(t, allFresh(time.Now()), "after PostgreSQL's restart")

	require.NoError(t, front.server.Close())
	pgtest.Await(t, func() bool {
		var n int
		return s.Pool().QueryRow(t.Context(), "SELECT count(*) FROM alicloud.sync_runs WHERE status = 'failed'").Scan(&n) == nil && n > 0
	}, "the cloud's absence is told")
	front.start(t, cloud)
	pgtest.Await(t, allFresh(time.Now()), "after the cloud's restart")

	cancel()
	require.NoError(t, <-ended)
	var running int
	require.NoError(t, s.Pool().QueryRow(t.Context(), "SELECT count(*) FROM river.river_job WHERE state = 'running'").Scan(&running))
	require.Zero(t, running, "jobs left running")
	var double int
	require.NoError(t, s.Pool().QueryRow(t.Context(), `SELECT count(*) FROM (
    SELECT FROM alicloud.sync_runs WHERE status = 'ok' AND slot_at IS NOT NULL GROUP BY source, account_id, region_id, slot_at HAVING count(*) > 1) AS d`).Scan(&double))
	require.Zero(t, double, "slots synced twice")
}

// TestCatchUp: a slot that came while nobody worked is worked at the start, and
// one that was answered is not worked again.
func TestCatchUp(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	syncer := newSyncer(t, s, sim.New(sim.Options{Accounts: []sim.Account{simAccount}, World: sim.NewFleet(sim.FleetOptions{Servers: 5})}), &source.AgentVersions)
	syncer.Config().Sources[0].Schedule = yearly{}
	runs := func() (n int) {
		require.NoError(t, s.Pool().QueryRow(t.Context(), "SELECT count(*) FROM alicloud.sync_runs WHERE status = 'ok'").Scan(&n))
		return n
	}
	for _, told := range []string{"", "a later sync has answered the slot"} {
		var log logbook
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			d := worker.Daemon{Syncer: syncer, Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
			ended <- d.Run(ctx)
		}()
		pgtest.Await(t, func() bool { return runs() == 1 && log.has(told)() })
		cancel()
		require.NoError(t, <-ended)
		require.Equal(t, 1, runs())
		// Also when the queue has forgotten the slot's job.
		_, err := s.Pool().Exec(t.Context(), "DELETE FROM river.river_job")
		require.NoError(t, err)
	}
}

// yearly ticks at the first moment of each year.
type yearly struct{}

func (yearly) Next(t time.Time) time.Time {
	return time.Date(t.UTC().Year()+1, 1, 1, 0, 0, 0, 0, time.UTC)
}

// TestDependencies: a source that reads another's table has that synced first,
// once.
func TestDependencies(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	syncer := newSyncer(t, s, sim.New(sim.Options{Accounts: []sim.Account{simAccount}, World: sim.NewFleet(sim.FleetOptions{Servers: 20})}), source.All...)
	jobs := syncer.Jobs()
	var order []string
	for range 2 {
		for _, j := range jobs {
			if j.Source == &source.AgentInstallStatuses {
				_, err := syncer.Sync(t.Context(), j)
				require.NoError(t, err)
			}
		}
	}
	rows, err := s.Pool().Query(t.Context(), "SELECT source FROM alicloud.sync_runs ORDER BY run_id")
	require.NoError(t, err)
	for rows.Next() {
		var name string
		require.NoError(t, rows.Scan(&name))
		order = append(order, name)
	}
	require.NoError(t, rows.Err())
	require.Equal(t, []string{"cloud_center_instances", "agent_install_statuses", "agent_install_statuses"}, order)
}

// TestTwoAtOnce: two processes that sync the same partition end with the same as one.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	var day atomic.Int64
	clock := func() time.Time { return time.Unix(1_790_000_000, 0).Add(time.Duration(day.Load()) * 24 * time.Hour) }
	cloud := sim.New(sim.Options{Accounts: []sim.Account{simAccount}, World: sim.NewFleet(sim.FleetOptions{Servers: 300}), Clock: clock})
	a := newSyncer(t, s, cloud, &source.InstancePatchStates)
	b := newSyncer(t, openStore(t, s.Pool().Config().ConnString()), cloud, &source.InstancePatchStates)
	for range 5 {
		day.Add(3)
		results := make(chan error, 2)
		for _, syncer := range []*worker.Syncer{a, b} {
			go func() {
				_, err := syncer.Sync(context.Background(), syncer.Jobs()[0])
				results <- err
			}()
		}
		require.NoError(t, <-results)
		require.NoError(t, <-results)
		r, err := a.Sync(t.Context(), a.Jobs()[0])
		require.NoError(t, err)
		require.Equal(t, store.StatusOK, r.Status, fmt.Sprint(r.Message))
		require.Zero(t, r.Changes.Opened+r.Changes.Changed+r.Changes.Ended, "nothing was left to do")
	}
}
