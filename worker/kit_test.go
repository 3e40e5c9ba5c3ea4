package worker_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/robfig/cron/v3"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"syncer/fetch"
	"syncer/internal/testing/pgtest"
	"syncer/internal/testing/pgtest/migrated"
	"syncer/sim"
	"syncer/source"
	"syncer/store"
	"syncer/worker"
)

func TestMain(m *testing.M) {
	code := pgtest.Run(m)
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

const (
	accountID = "1234567890123456"
	hangzhou  = "cn-hangzhou"
)

var simAccount = sim.Account{ID: accountID, Name: "production", AccessKeyID: "key", AccessKeySecret: "secret"}

// newStore is a migrated store in a database of the test's own.
func newStore(t *testing.T) *store.Store {
	t.Helper()
	return openStore(t, migrated.URL(t))
}

// openStore opens a database that is migrated.
func openStore(t *testing.T, url string) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), url, store.Options{Connections: 30})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

// newSyncer syncs one account of a cloud, in one region.
func newSyncer(t *testing.T, s *store.Store, cloud http.Handler, sources ...*source.Source) *worker.Syncer {
	t.Helper()
	server := httptest.NewServer(cloud)
	t.Cleanup(server.Close)
	return syncerOf(t, s, server.URL, sources...)
}

func syncerOf(t *testing.T, s *store.Store, url string, sources ...*source.Source) *worker.Syncer {
	t.Helper()
	client, err := fetch.NewClient(fetch.Account{
		Name:        "production",
		Credentials: fetch.Credentials{Type: "access_key", AccessKeyID: simAccount.AccessKeyID, AccessKeySecret: simAccount.AccessKeySecret},
		Endpoints:   map[string]string{"sas": url, "oos": url, "sts": url},
	}, fetch.Options{CallsPerSecond: 1e6, BaseWait: time.Millisecond, MaxWait: 20 * time.Millisecond})
	require.NoError(t, err)
	t.Cleanup(client.Close)
	schedule, err := cron.ParseStandard("@every 1s")
	require.NoError(t, err)
	c := worker.Config{Accounts: []*worker.Account{{Name: "production", Client: client, SecurityCenterRegions: []string{hangzhou}, OOSRegions: []string{hangzhou}}}}
	for _, src := range sources {
		c.Sources = append(c.Sources, &worker.Settings{Source: src, Schedule: schedule})
	}
	syncer := &worker.Syncer{Store: s, Worker: t.Name(), Logger: slog.New(slog.DiscardHandler)}
	syncer.Configure(c)
	return syncer
}

// syncNow makes one pass and wants these statuses only.
func syncNow(t require.TestingT, s *worker.Syncer, statuses ...string) {
	s.SyncAll(context.Background(), s.Jobs(), 1, func(r worker.Result) {
		require.Contains(t, statuses, r.Status, "%s: %s", r.Job, r.Message)
	})
}
