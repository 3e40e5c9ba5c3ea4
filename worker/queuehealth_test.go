package worker_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
	"syncer/internal/testing/pgtest/migrated"
	"syncer/sim"
	"syncer/source"
	"syncer/worker"
)

// A logbook keeps what is logged.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *logbook) has(text string) func() bool {
	return func() bool { return strings.Contains(l.String(), text) }
}

// TestWhoMayStopTheQueue: what any login may say stops no sync, nor does a name that
// it takes; a pause by those who may is told until it ends.
func TestWhoMayStopTheQueue(t *testing.T) {
	t.Parallel()
	address := migrated.URL(t)
	s := openStore(t, address)
	cloud := sim.New(sim.Options{Accounts: []sim.Account{simAccount}, World: sim.NewFleet(sim.FleetOptions{Servers: 5})})
	syncer := newSyncer(t, s, cloud, &source.AgentVersions)
	var log logbook
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		d := worker.Daemon{Syncer: syncer, Workers: 2, Look: 20 * time.Millisecond, DeadAfter: 50 * time.Millisecond, Logger: slog.New(slog.NewTextHandler(&log, nil))}
		ended <- d.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ended)
	})
	runs := func() (n int) {
		require.NoError(t, s.Pool().QueryRow(t.Context(), "SELECT count(*) FROM syncer.sync_runs").Scan(&n))
		return n
	}
	more := func(why string) {
		t.Helper()
		before := runs()
		pgtest.Await(t, func() bool { return runs() > before+2 }, why)
	}
	more("at first")

	nobody := login(t, s, "application_name=syncer%20ghost")
	_, err := s.Pool().Exec(t.Context(), `INSERT INTO river.river_job (kind, queue, max_attempts, state, attempt, attempted_at, attempted_by, args)
VALUES ('sync', 'default', 5, 'running', 1, now() - interval '1 hour', '{ghost}', '{"source": "agent_versions", "account": "production", "region": "nowhere", "slot": "2026-01-01T00:00:00Z"}')`)
	require.NoError(t, err)
	_, err = nobody.Exec(t.Context(), `SELECT pg_notify('river.river_control', '{"action":"pause","queue":"*"}'), pg_notify('river.river_leadership', '{"action":"request_resign"}')`)
	require.NoError(t, err)
	more("after a login without rights said so")

	pgtest.Await(t, log.has("a process is gone"), "its name is another's now")

	health, err := syncer.QueueHealth(t.Context())
	require.NoError(t, err)
	require.Empty(t, health.Problem())
	_, err = s.Pool().Exec(t.Context(), "UPDATE river.river_queue SET paused_at = now() WHERE name = 'default'")
	require.NoError(t, err)
	health, err = syncer.QueueHealth(t.Context())
	require.NoError(t, err)
	require.Contains(t, health.Problem(), "the job queue (default) is paused since ")
	pgtest.Await(t, log.has("the job queue does not move"))
	_, err = s.Pool().Exec(t.Context(), "UPDATE river.river_queue SET paused_at = NULL")
	require.NoError(t, err)
	pgtest.Await(t, log.has("the job queue moves again"))
	more("after the pause")
}

// TestNobodyTakesJobs: jobs that are due while no process works are told, also where
// one was killed with a job in its hands.
func TestNobodyTakesJobs(t *testing.T) {
	t.Parallel()
	address := migrated.URL(t)
	s := openStore(t, address)
	config := s.Pool().Config()
	config.ConnConfig.RuntimeParams["application_name"] = "syncer here"
	alive, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(alive.Close)
	require.NoError(t, alive.Ping(t.Context()))
	syncer := newSyncer(t, s, sim.New(sim.Options{Accounts: []sim.Account{simAccount}}), &source.AgentVersions)
	for _, c := range []struct{ do, problem string }{
		{"INSERT INTO river.river_job (kind, args, queue, max_attempts, scheduled_at) VALUES ('sync', '{}', 'default', 5, now() - interval '30 s')", ""},
		{"UPDATE river.river_job SET scheduled_at = now() - interval '2 min'", "1 jobs of the queue are due and nobody takes them"},
		{"INSERT INTO river.river_job (kind, args, queue, max_attempts, state, attempted_at, attempted_by) VALUES ('sync', '{}', 'default', 5, 'running', now(), '{gone}')", "1 jobs of the queue are due and nobody takes them"},
		{"UPDATE river.river_job SET attempted_by = '{gone,here}' WHERE state = 'running'", ""}, // others are worked
	} {
		_, err := s.Pool().Exec(t.Context(), c.do)
		require.NoError(t, err)
		health, err := syncer.QueueHealth(t.Context())
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(health.Problem(), c.problem), health.Problem())
		require.Equal(t, c.problem == "", health.Problem() == "")
	}
}
