package worker_test

import (
	"context"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
	"syncer/internal/testing/pgtest/migrated"
	"syncer/sim"
	"syncer/source"
	"syncer/worker"
)

// TestOutageIsLoggedOnce: whatever fails because the database is away, the log says it
// once, and once that it is back.
func TestOutageIsLoggedOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.Server(t)
	require.NoError(t, migrated.Migrate(t.Context(), db.URL()))
	s := openStore(t, db.URL())
	cloud := sim.New(sim.Options{Accounts: []sim.Account{simAccount}, World: sim.NewFleet(sim.FleetOptions{Servers: 5})})
	syncer := newSyncer(t, s, cloud, source.All...)
	var log logbook
	handler := worker.NewDatabaseLog(slog.NewTextHandler(&log, nil))
	syncer.Logger = slog.New(handler)
	ctx, cancel := context.WithCancel(t.Context())
	handler.Watch(ctx, s.Pool().Config().ConnConfig)
	ended := make(chan error, 1)
	go func() {
		d := worker.Daemon{Syncer: syncer, Workers: 4, Grace: 10 * time.Second, Logger: syncer.Logger, Look: 100 * time.Millisecond, Poll: 200 * time.Millisecond, DeadAfter: 200 * time.Millisecond}
		ended <- d.Run(ctx)
	}()
	pgtest.Await(t, log.has("msg=synced"))
	db.Stop(t)
	pgtest.Await(t, log.has("the database is away"))
	syncer.SyncAll(t.Context(), syncer.Jobs(), 4, func(r worker.Result) { require.NotEmpty(t, r.Status) }) // all of which fail
	db.Start(t)
	pgtest.Await(t, log.has("the database is back"))
	cancel()
	require.NoError(t, <-ended)
	text := log.String()
	require.Equal(t, 1, strings.Count(text, "the database is away"), text)
	_, during, _ := strings.Cut(text, "the database is away")
	during, _, _ = strings.Cut(during, "the database is back")
	during = regexp.MustCompile(".*a process is gone.*").ReplaceAllString(during, "") // so it seems to those who reconnected within DeadAfter, which is short here
	require.NotContains(t, during, "level=WARN", text)
	require.NotContains(t, during, "level=ERROR", text)
}

// TestStartOutlastsAnOutage: a daemon whose database goes away while it starts waits for
// it, and can be stopped while it waits.
func TestStartOutlastsAnOutage(t *testing.T) {
	t.Parallel()
	db := pgtest.Server(t)
	require.NoError(t, migrated.Migrate(t.Context(), db.URL()))
	s := openStore(t, db.URL())
	cloud := sim.New(sim.Options{Accounts: []sim.Account{simAccount}, World: sim.NewFleet(sim.FleetOptions{Servers: 5})})
	syncer := newSyncer(t, s, cloud, source.All...)
	var log logbook
	syncer.Logger = slog.New(slog.NewTextHandler(&log, nil))
	start := func() (stop func() error) {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			d := worker.Daemon{Syncer: syncer, Workers: 4, Logger: syncer.Logger}
			ended <- d.Run(ctx)
		}()
		return func() error {
			cancel()
			return <-ended
		}
	}
	db.Stop(t)
	stop := start()
	pgtest.Await(t, log.has("the database is away: waiting for it"))
	require.NoError(t, stop())
	stop = start()
	db.Start(t)
	pgtest.Await(t, log.has("msg=synced"))
	require.NoError(t, stop())
}
