package dashboards

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/robfig/cron/v3"
	"github.com/stretchr/testify/require"

	"syncer/fetch"
	"syncer/internal/config"
	"syncer/internal/metrics"
	"syncer/internal/testing/pgtest"
	"syncer/internal/testing/pgtest/migrated"
	"syncer/sim"
	"syncer/source"
	"syncer/store"
	"syncer/worker"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

const (
	day    = 24 * time.Hour
	days   = 7
	region = "cn-hangzhou" // which both Security Center and OOS have
	zone   = "Pacific/Kiritimati"
)

// end is the last moment of the history. It is fixed: the fleet lives in virtual
// time, and so every test meets the same one.
var end = time.Date(2026, 3, 12, 10, 30, 0, 0, time.UTC)

// A house is a syncer of a simulated cloud, in a time zone that is hard on days:
// they begin there 14 hours before those of UTC.
type house struct {
	url      string
	cloud    *sim.Server
	store    *store.Store
	syncer   *worker.Syncer
	accounts []string // IDs
	now      atomic.Pointer[time.Time]
	calls    atomic.Int64
}

// newHouse syncs nothing yet.
func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{url: migrated.URL(t)}
	h.now.Store(&end)
	clock := func() time.Time { return *h.now.Load() }
	var err error
	// Those that a dashboard is about are off by default.
	sources := config.NoCatalogue(source.Catalogue, "vulnerabilities", "security_alerts").Sources
	h.store, err = store.Open(t.Context(), h.url, store.Options{Clock: clock, Sources: sources})
	require.NoError(t, err)
	t.Cleanup(h.store.Close)
	_, err = h.store.Migrate(t.Context())
	require.NoError(t, err)
	_, err = h.store.SetTimezone(t.Context(), zone)
	require.NoError(t, err)

	var known []sim.Account
	for _, name := range []string{"production", "staging", "laboratory"} {
		a := sim.Account{ID: "id-of-" + name, Name: name, AccessKeyID: "key-" + name, AccessKeySecret: "secret"}
		known, h.accounts = append(known, a), append(h.accounts, a.ID)
	}
	cloud, err := sim.Serve("127.0.0.1:0", sim.New(sim.Options{
		Accounts: known, Clock: clock, Fault: h.fault,
		World: sim.NewFleet(sim.FleetOptions{Seed: 1, Servers: 150, Keep: 6 * day}),
	}))
	require.NoError(t, err)
	t.Cleanup(func() { _ = cloud.Close() })
	h.syncer = &worker.Syncer{Store: h.store, Worker: t.Name(), Logger: slog.New(slog.DiscardHandler)}
	h.cloud = cloud
	for _, a := range known {
		h.add(t, a.Name, a.AccessKeyID)
	}
	schedule, err := cron.ParseStandard("@every 24h")
	require.NoError(t, err)
	c := *h.syncer.Config()
	for _, src := range sources {
		c.Sources = append(c.Sources, &worker.Settings{Source: src, Schedule: schedule, AllowShrink: src.Off})
	}
	h.syncer.Configure(c)
	return h
}

// add has an account of the cloud synced, too.
func (h *house) add(t *testing.T, name, key string) {
	t.Helper()
	client, err := fetch.NewClient(fetch.Account{
		Name:        name,
		Credentials: fetch.Credentials{Type: "access_key", AccessKeyID: key, AccessKeySecret: "secret"},
		Endpoints:   h.cloud.Endpoints(),
	}, fetch.Options{CallsPerSecond: 1e6, BaseWait: time.Millisecond, MaxWait: time.Millisecond})
	require.NoError(t, err)
	t.Cleanup(client.Close)
	c := *h.syncer.Config()
	c.Accounts = append(slices.Clone(c.Accounts), &worker.Account{
		Name: name, Client: client,
		SecurityCenterRegions: []string{region, "ap-southeast-1"}, OOSRegions: []string{region, "cn-shanghai"},
	})
	h.syncer.Configure(c)
}

// live makes days of history. On one of them there are faults.
func (h *house) live(t *testing.T) {
	t.Helper()
	for i := days; i >= 0; i-- {
		at := end.Add(-time.Duration(i) * day)
		h.now.Store(&at)
		bad := 0
		h.syncer.SyncAll(t.Context(), h.syncer.Jobs(), 4, func(r worker.Result) {
			if r.Status != store.StatusOK {
				bad++
				require.Equal(t, "agent_install_statuses", r.Job.Source.Name, r.Message)
			}
		})
		require.Equal(t, h.troubled(), bad > 0)
	}
}

func (h *house) troubled() bool { return h.now.Load().Equal(end.Add(-4 * day)) }

// fault troubles one day of the first account: a permission is gone, calls are
// throttled, and a field is new.
func (h *house) fault(c sim.Call) sim.Fault {
	if !h.troubled() || c.AccountID != h.accounts[0] {
		return sim.Fault{}
	}
	switch c.Action {
	case "DescribeAgentInstallStatus":
		return sim.Refuse(403, "NoPermission", "You are not authorized to do this operation.")
	case "ListAgentlessTask":
		if h.calls.Add(1)%3 == 1 {
			return sim.Throttle(400, "Throttling.User", 0)
		}
	case "GetCurrentVersionPublish":
		return sim.Rewrite(func(body []byte) []byte {
			return []byte(strings.Replace(string(body), `"CurVersion"`, `"Channel":"stable","CurVersion"`, 1))
		})
	}
	return sim.Fault{}
}

// reader opens the database as a user of the role syncer_reader, and nothing else.
func (h *house) reader(t *testing.T) *pgxpool.Pool {
	t.Helper()
	role, password := "dashboards_"+strings.ToLower(rand.Text()[:12]), rand.Text()
	_, err := h.store.Pool().Exec(t.Context(), "CREATE ROLE "+role+" LOGIN PASSWORD '"+password+"' IN ROLE syncer_reader")
	require.NoError(t, err)
	t.Cleanup(func() {
		conn, err := pgx.Connect(context.WithoutCancel(t.Context()), h.url)
		require.NoError(t, err)
		defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
		_, err = conn.Exec(context.WithoutCancel(t.Context()), "DROP ROLE "+role)
		require.NoError(t, err)
	})
	u, err := url.Parse(h.url)
	require.NoError(t, err)
	u.User = url.UserPassword(role, password)
	pool, err := pgxpool.New(t.Context(), u.String())
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	_, err = pool.Exec(t.Context(), "SELECT FROM syncer.accounts")
	require.ErrorContains(t, err, "permission denied")
	return pool
}

// scrape is what Prometheus reads of a process that works for the house.
func (h *house) scrape(t *testing.T) string {
	t.Helper()
	m := metrics.New("v0", h.syncer.Config)
	m.AddDatabase(h.syncer, h.syncer.Logger)
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	text, err := io.ReadAll(w.Result().Body)
	require.NoError(t, err)
	return string(text)
}
