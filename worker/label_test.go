package worker_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/robfig/cron/v3"
	"github.com/stretchr/testify/require"

	"syncer/alert"
	"syncer/alert/send"
	"syncer/fetch"
	"syncer/internal/metrics"
	"syncer/internal/testing/pgtest"
	"syncer/sim"
	"syncer/source"
	"syncer/worker"
)

// TestHostileAccountNames: an account's name, whatever it is, keeps no other account
// from being synced, watched and measured, nor its own. The configuration refuses such
// names, but members of a directory come with theirs.
func TestHostileAccountNames(t *testing.T) {
	t.Parallel()
	names := []string{"production", "bad\x00name", "\xff\xed\xa0\x80", "\x1b[2J\nall is well", "fdp.\u202etxt", strings.Repeat("服", 2000), "'; DROP TABLE syncer.accounts; --", "refused\x00"}
	var accounts []sim.Account
	for i, name := range names {
		accounts = append(accounts, sim.Account{ID: fmt.Sprintf("1%015d", i), Name: name, AccessKeyID: fmt.Sprint("key", i), AccessKeySecret: fmt.Sprint("secret", i)})
	}
	cloud := httptest.NewServer(sim.New(sim.Options{
		Accounts: accounts, World: sim.NewFleet(sim.FleetOptions{Servers: 5}),
		Fault: func(c sim.Call) sim.Fault {
			if c.AccountID == accounts[len(accounts)-1].ID && c.Action != "GetCallerIdentity" {
				return sim.Refuse(403, "NoPermission\x00", "not\x00 allowed\r\nall is well")
			}
			return sim.Fault{}
		},
	}))
	t.Cleanup(cloud.Close)
	schedule, err := cron.ParseStandard("@every 1h")
	require.NoError(t, err)
	target := alert.Target{Target: &send.Target{Name: "ops", Type: "webhook", URL: cloud.URL}}
	s := newStore(t)
	syncer := &worker.Syncer{Store: s, Worker: t.Name(), Logger: slog.New(slog.DiscardHandler)}
	notifier := &alert.Notifier{DB: s.Pool(), Partitions: syncer.Alerts, Targets: []alert.Target{target}, Settle: time.Nanosecond, Location: time.UTC, Logger: slog.New(slog.DiscardHandler)}
	c := worker.Config{Sources: []*worker.Settings{{Source: &source.AgentVersions, Schedule: schedule}}}
	for i, name := range names {
		client, err := fetch.NewClient(fetch.Account{
			Name: name, Credentials: fetch.Credentials{Type: "access_key", AccessKeyID: accounts[i].AccessKeyID, AccessKeySecret: accounts[i].AccessKeySecret},
			Endpoints: map[string]string{"sas": cloud.URL, "oos": cloud.URL, "sts": cloud.URL},
		}, fetch.Options{CallsPerSecond: 1e6})
		require.NoError(t, err)
		t.Cleanup(client.Close)
		c.Accounts = append(c.Accounts, &worker.Account{Name: name, Client: client, SecurityCenterRegions: []string{hangzhou}})
	}
	syncer.Configure(c)
	m := metrics.New("test", syncer.Config)
	syncer.Observe = m.Observe
	m.AddDatabase(syncer, slog.New(slog.DiscardHandler))

	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		d := worker.Daemon{Syncer: syncer, Workers: 4, Logger: slog.New(slog.DiscardHandler)}
		ended <- d.Run(ctx)
	}()
	count := func(sql string) (n int) {
		require.NoError(t, s.Pool().QueryRow(t.Context(), sql).Scan(&n))
		return n
	}
	pgtest.Await(t, func() bool {
		return count("SELECT count(*) FROM river.river_job WHERE kind = 'sync' AND finalized_at IS NOT NULL") == len(names)
	})
	cancel()
	require.NoError(t, <-ended)

	states, err := syncer.States(t.Context())
	require.NoError(t, err)
	for _, state := range states {
		want := worker.Fresh
		if *state.AccountName == `refused\x00` {
			want = worker.Failing
			require.Contains(t, *state.LastErrorMessage, `not\x00 allowed all is well`)
		}
		require.Equal(t, want, state.State, "%q", *state.AccountName)
	}
	require.NoError(t, notifier.Round(t.Context()))
	require.Equal(t, 1, count("SELECT count(*) FROM syncer.notifications WHERE message ->> 'title' LIKE '%refused%'"))
	require.Zero(t, count(`SELECT count(*) FROM syncer.accounts WHERE name ~ '[\x01-\x1f]'`))
	require.Zero(t, count(`SELECT count(*) FROM river.river_job WHERE errors::text ~ '\\u00[01]'`))

	scraped := httptest.NewRecorder()
	m.Handler().ServeHTTP(scraped, httptest.NewRequest("GET", "/metrics", nil))
	require.Equal(t, 200, scraped.Code, scraped.Body.String())
	require.Equal(t, len(names), strings.Count(scraped.Body.String(), "\nsyncer_late{"))
}
