// Package bi holds what BI tools rely on, as tests: that schema alicloud is fit to
// be shown by them, that a login with the role syncer_reader reads all of it
// through JDBC and ODBC, and that the SQL in the documentation works.
package bi

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/robfig/cron/v3"
	"github.com/stretchr/testify/require"

	"syncer/fetch"
	"syncer/internal/testing/pgtest"
	"syncer/internal/testing/pgtest/migrated"
	"syncer/sim"
	"syncer/source"
	"syncer/store"
	"syncer/worker"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

// The demo database that everything is read from is always the same: 30 days of
// two simulated accounts, up to this moment, in this time zone.
var (
	shanghai = time.FixedZone("", 8*60*60)
	present  = time.Date(2026, 5, 8, 10, 0, 0, 0, shanghai)
)

const (
	zone = "Asia/Shanghai"
	days = 30
)

// TestBI fills one demo database, and reads it in many ways.
func TestBI(t *testing.T) {
	t.Parallel()
	d := newDemo(t)
	t.Run("catalogue", func(t *testing.T) { testCatalogue(t, d) })
	t.Run("values", func(t *testing.T) { testValues(t, d) })
	t.Run("rights", func(t *testing.T) { testRights(t, d) })
	t.Run("JDBC", func(t *testing.T) { testJDBC(t, d) })
	t.Run("ODBC", func(t *testing.T) { testODBC(t, d) })
	t.Run("documentation", func(t *testing.T) { testDocumentation(t, d) })
}

// A demo is a database with a month of history, and a login that may read it.
type demo struct {
	store *store.Store
	conn  *pgx.Conn // of the login, to be used by one test at a time
	url   *url.URL  // of the login
}

func newDemo(t *testing.T) *demo {
	t.Helper()
	clock := present
	now := func() time.Time { return clock }
	d := emptyDemo(t, now)
	syncer := newSyncer(t, d.store, now)
	for clock = present.AddDate(0, 0, -days); !clock.After(present); clock = clock.AddDate(0, 0, 1) {
		// One after the other, so that all numbers are the same every time.
		syncer.SyncAll(t.Context(), syncer.Jobs(), 1, func(r worker.Result) {
			require.Equal(t, store.StatusOK, r.Status, r.Message)
		})
	}
	clock = present
	d.stopClock(t)
	return d
}

// emptyDemo has the schema, and nothing in it.
func emptyDemo(t *testing.T, now func() time.Time) *demo {
	t.Helper()
	address := migrated.URL(t)
	s, err := store.Open(t.Context(), address, store.Options{Clock: now})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	_, err = s.SetTimezone(t.Context(), zone)
	require.NoError(t, err)
	d := &demo{store: s}
	d.login(t, address)
	return d
}

func newSyncer(t *testing.T, s *store.Store, now func() time.Time) *worker.Syncer {
	t.Helper()
	schedule, err := cron.ParseStandard("*/30 * * * *")
	require.NoError(t, err)
	var c worker.Config
	for _, src := range source.All {
		c.Sources = append(c.Sources, &worker.Settings{Source: src, Schedule: schedule})
	}
	accounts := []sim.Account{
		{ID: "1000100000000000", Name: "production", AccessKeyID: "key-1", AccessKeySecret: "secret"},
		{ID: "1000100000000037", Name: "staging", AccessKeyID: "key-2", AccessKeySecret: "secret"},
	}
	cloud, err := sim.Serve("127.0.0.1:0", sim.New(sim.Options{
		Accounts: accounts, Clock: now,
		World: sim.NewFleet(sim.FleetOptions{Seed: 1, Servers: 150, Keep: days * 24 * time.Hour}),
	}))
	require.NoError(t, err)
	t.Cleanup(func() { _ = cloud.Close() })
	for i, a := range accounts {
		client, err := fetch.NewClient(fetch.Account{
			Name:        a.Name,
			Credentials: fetch.Credentials{Type: "access_key", AccessKeyID: a.AccessKeyID, AccessKeySecret: a.AccessKeySecret},
			Endpoints:   cloud.Endpoints(),
		}, fetch.Options{CallsPerSecond: 1e6})
		require.NoError(t, err)
		t.Cleanup(client.Close)
		c.Accounts = append(c.Accounts, &worker.Account{
			Name: a.Name, Client: client,
			SecurityCenterRegions: []string{"cn-hangzhou", "ap-southeast-1"}[:2-i],
			OOSRegions:            []string{"cn-hangzhou", "cn-shanghai", "ap-southeast-1"}[:3-i],
		})
	}
	syncer := &worker.Syncer{Store: s, Worker: "demo", Logger: slog.New(slog.DiscardHandler)}
	syncer.Configure(c)
	return syncer
}

// login makes a login that has the role syncer_reader and nothing else.
func (d *demo) login(t *testing.T, address string) {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	user := "analyst_" + strings.TrimPrefix(u.Path, "/") // as unique as the database
	password := rand.Text()
	execute(t, d.store, fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD '%s' IN ROLE syncer_reader", user, password))
	t.Cleanup(func() {
		_, err := d.store.Pool().Exec(context.WithoutCancel(t.Context()), "DROP ROLE "+user)
		require.NoError(t, err)
	})
	u.User = url.UserPassword(user, password)
	d.url = u
	d.conn, err = pgx.Connect(t.Context(), u.String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = d.conn.Close(context.WithoutCancel(t.Context())) })
	_, err = d.conn.Exec(t.Context(), "SET TimeZone = '"+zone+"'")
	require.NoError(t, err)
}

// stopClock makes the views believe that the present is now, so that what is
// asked of them has the same answer on every day.
func (d *demo) stopClock(t *testing.T) {
	t.Helper()
	execute(t, d.store, fmt.Sprintf(`DO $$
DECLARE
    v record;
BEGIN
    FOR v IN
        SELECT schemaname, viewname, definition FROM pg_views
        WHERE schemaname IN ('alicloud', 'syncer') AND definition LIKE '%%now()%%'
    LOOP
        EXECUTE format('CREATE OR REPLACE VIEW %%I.%%I AS %%s', v.schemaname, v.viewname, replace(v.definition, 'now()', '%s'));
    END LOOP;
END
$$`, strings.ReplaceAll(presentSQL, "'", "''")))
}

// presentSQL replaces now().
var presentSQL = "'" + present.Format(time.RFC3339) + "'::timestamptz"

func execute(t *testing.T, s *store.Store, sql string) {
	t.Helper()
	_, err := s.Pool().Exec(t.Context(), sql)
	require.NoError(t, err)
}

// views lists what the login finds in schema alicloud.
func (d *demo) views(t *testing.T) []string {
	t.Helper()
	return column[string](t, d, "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'alicloud' ORDER BY 1")
}

func column[T any](t *testing.T, d *demo, sql string, args ...any) []T {
	t.Helper()
	rows, err := d.conn.Query(t.Context(), sql, args...)
	require.NoError(t, err, sql)
	list, err := pgx.CollectRows(rows, pgx.RowTo[T])
	require.NoError(t, err, sql)
	return list
}

func one[T any](t *testing.T, d *demo, sql string, args ...any) T {
	t.Helper()
	list := column[T](t, d, sql, args...)
	require.Len(t, list, 1, sql)
	return list[0]
}

// need skips a test for want of a program.
func need(t *testing.T, what string, have bool) {
	t.Helper()
	if !have {
		pgtest.Lacks(t, what+" is missing")
	}
}
