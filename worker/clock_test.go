package worker_test

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/robfig/cron/v3"
	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
	"syncer/internal/testing/pgtest/migrated"
	"syncer/sim"
	"syncer/source"
	"syncer/store"
	"syncer/worker"
)

// TestOneClock: a daemon whose own clock is hours from the database's proposes the
// slots that come by the database's, and answers each once, also when that clock is
// put forward or back.
func TestOneClock(t *testing.T) {
	t.Parallel()
	var at atomic.Int64
	start := time.Now().UTC().Truncate(time.Hour).Add(-5*time.Hour + 10*time.Minute)
	at.Store(start.UnixNano())
	s, err := store.Open(t.Context(), migrated.URL(t), store.Options{Connections: 20, Clock: func() time.Time { return time.Unix(0, at.Load()).UTC() }})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	syncer := newSyncer(t, s, sim.New(sim.Options{Accounts: []sim.Account{simAccount}, World: sim.NewFleet(sim.FleetOptions{Servers: 5})}), &source.AgentVersions)
	hourly, err := cron.ParseStandard("@every 1h")
	require.NoError(t, err)
	syncer.Config().Sources[0].Schedule = hourly
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		d := worker.Daemon{Syncer: syncer, Workers: 2, Poll: 100 * time.Millisecond, Look: 20 * time.Millisecond, Logger: slog.New(slog.DiscardHandler)}
		ended <- d.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ended)
	})
	answered := func(slot time.Time) {
		t.Helper()
		pgtest.Await(t, func() bool {
			var n int
			err := s.Pool().QueryRow(t.Context(), "SELECT count(*) FROM alicloud.sync_runs WHERE status = 'ok' AND slot_at = $1 AND next_due_at = slot_at + interval '1 hour'", slot).Scan(&n)
			return err == nil && n == 1
		}, slot)
	}
	slot := start.Truncate(time.Hour)
	answered(slot)
	for _, jump := range []time.Duration{time.Hour, 2 * time.Hour, -2 * time.Hour} { // back to a slot that was passed over
		at.Add(int64(jump))
		slot = slot.Add(jump)
		if jump < 0 {
			slot, jump = slot.Add(time.Hour), time.Hour
			at.Add(int64(jump))
		}
		answered(slot)
	}
	var n int
	require.NoError(t, s.Pool().QueryRow(t.Context(), "SELECT count(*) FROM alicloud.sync_runs").Scan(&n))
	require.Equal(t, 4, n, "each slot once")
}
