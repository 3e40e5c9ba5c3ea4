package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
	"syncer/internal/testing/pgtest/migrated"
	"syncer/sim"
	"syncer/source"
)

var (
	kills   = flag.Int("kills", pgtest.Few(2, 15), "how often TestKilled kills the program")
	crashes = flag.Int("crashes", pgtest.Few(1, 5), "how often TestKilled crashes PostgreSQL")
)

// TestKilled kills the program, or PostgreSQL under it, at random moments of its
// syncs, the first of them while it makes the tables. Whatever was cut short, the
// next sync brings the tables to what the cloud says, what they showed at any
// earlier moment can still be asked for, and nothing is left lying about.
//
// A longer run: go test ./cmd/syncer -run TestKilled -v -kills 100 -crashes 30
func TestKilled(t *testing.T) {
	pgtest.Slow(t)
	t.Parallel()
	v := newVictim(t)
	whole := v.sync(t, migrated.URL(t))
	ends := slices.Repeat([]func(*testing.T, *process){v.kill}, *kills)
	ends = append(ends, slices.Repeat([]func(*testing.T, *process){v.crash}, *crashes)...)
	rand.Shuffle(len(ends), func(i, j int) { ends[i], ends[j] = ends[j], ends[i] })

	merged := map[int]int{} // how many partitions were merged before the end → how often
	for n := 0; n < len(ends); {
		if rand.N(3) > 0 {
			v.days.Add(1)
		}
		p := startProcess(t, v.env(v.server.URL()), v.args(rand.N(2) == 0)...)
		select {
		case <-time.After(rand.N(whole)):
			ends[n](t, p)
			n++
			merged[v.look(t)]++
		case <-p.ended: // it was too fast this time
			require.Zero(t, p.wait(t), p.output())
			v.look(t)
			continue
		}
		if n%5 == 0 || n == len(ends) {
			whole = v.sync(t, v.server.URL())
			v.look(t)
		}
		if n%10 == 0 || n == len(ends) {
			v.compare(t)
		}
	}
	v.lookBack(t)
	t.Logf("of the %d partitions of a sync, so many had been merged when the end came: %v", len(v.sources), merged)
}

// A victim is a simulated cloud and a database that syncs of it are cut short in.
type victim struct {
	days atomic.Int64 // that the cloud is ahead of this machine
	// Of the sources, one is declared by the user.
	sources []*source.Source
	config  string
	server  *pgtest.Private
	looks   []look
	runs    int // in the tables at the last look
}

// A look is what the tables showed at a moment, as a digest for each source.
type look struct {
	at    time.Time
	shown map[string]string
}

func newVictim(t *testing.T) *victim {
	v := &victim{server: pgtest.Server(t)}
	started := time.Now().Truncate(time.Second)
	account := simAccounts(1)[0]
	cloud := httptest.NewServer(sim.New(sim.Options{
		Accounts: []sim.Account{account}, Latency: 3 * time.Millisecond, MaxPageSize: 20,
		World: sim.NewFleet(sim.FleetOptions{Servers: 200, Keep: 10 * 24 * time.Hour}),
		// It stands still unless the test moves it on: two databases can be compared.
		Clock: func() time.Time { return started.AddDate(0, 0, int(v.days.Load())) },
	}))
	t.Cleanup(cloud.Close)
	var sources strings.Builder
	dir, all := ownCatalogue(t, map[string]string{"security_alerts": "own_alerts"})
	v.sources = all
	for _, s := range all {
		fmt.Fprintf(&sources, "  %s: {calls_per_second: 10000}\n", s.Name)
	}
	v.config = configFile(t, "server: {listen: off}\ncatalogue: %s\naccounts:%ssources:\n%s", dir, accountYAML(account, cloud.URL), sources.String())
	v.query(t, func(db *pgx.Conn) {
		for _, sql := range []string{
			"ALTER SYSTEM SET synchronous_commit = on", // what is committed must survive
			"ALTER SYSTEM SET autovacuum_naptime = 1",  // it drops the temporary tables that a crash leaves
			"SELECT pg_reload_conf()",
		} {
			_, err := db.Exec(t.Context(), sql)
			require.NoError(t, err)
		}
	})
	return v
}

func (v *victim) env(url string) map[string]string { return map[string]string{"DATABASE_URL": url} }

func (v *victim) args(full bool) []string {
	args := []string{"sync", "--config", v.config, "--migrate", "--allow-shrink"}
	if full { // a window of the last days knows nothing of what has aged out of the cloud's lists
		args = append(args, "--full")
	}
	return args
}

// sync makes a whole sync, and returns how long it took.
func (v *victim) sync(t *testing.T, url string) time.Duration {
	t.Helper()
	started := time.Now()
	p := startProcess(t, v.env(url), v.args(true)...)
	require.Zero(t, p.wait(t), p.output())
	return time.Since(started)
}

func (v *victim) kill(t *testing.T, p *process) {
	p.signal(t, syscall.SIGKILL)
	p.wait(t)
}

// crash lets the program live to see its database go, and perhaps come back.
func (v *victim) crash(t *testing.T, p *process) {
	v.server.Crash(t)
	if rand.N(2) == 0 {
		p.wait(t)
	}
	v.server.Start(t)
	p.wait(t)
}

// look waits until nothing is left of a sync, and remembers what the tables show.
// It returns how many partitions were merged since the last look.
func (v *victim) look(t *testing.T) (merged int) {
	t.Helper()
	v.query(t, func(db *pgx.Conn) {
		pgtest.Await(t, func() bool {
			return one[int](t, db, `SELECT
    (SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'syncer%')
    + (SELECT count(*) FROM pg_class WHERE relpersistence = 't')`) == 0
		}, "sessions or temporary tables are left")
		if one[*string](t, db, "SELECT to_regclass('alicloud.own_alerts')::text") == nil {
			return // it was killed before the tables were there
		}
		runs := one[int](t, db, "SELECT count(*) FROM alicloud.sync_runs WHERE status <> 'failed'")
		merged, v.runs = runs-v.runs, runs
		l := look{at: one[time.Time](t, db, "SELECT clock_timestamp()"), shown: map[string]string{}}
		for _, s := range v.sources {
			l.shown[s.Name] = digest(t, db, s, "alicloud."+s.Name)
		}
		v.looks = append(v.looks, l)
	})
	return merged
}

// compare wants the tables to show what a first sync shows.
func (v *victim) compare(t *testing.T) {
	t.Helper()
	v.query(t, func(db *pgx.Conn) { compareToFirst(t, db, v.sources, true, v.args(true)...) })
}

// compareToFirst wants a database to show what a sync of a new one shows: all of it,
// and where full sweeps say so, nothing else.
func compareToFirst(t *testing.T, db *pgx.Conn, sources []*source.Source, full bool, args ...string) {
	t.Helper()
	fresh := migrated.URL(t)
	code, stdout, stderr := call(t, t.Context(), map[string]string{"DATABASE_URL": fresh}, args...)
	require.Zero(t, code, stdout+stderr)
	want := map[string][]string{}
	conn, err := pgx.Connect(t.Context(), fresh)
	require.NoError(t, err)
	defer func() { _ = conn.Close(t.Context()) }()
	for _, s := range sources {
		want[s.Name] = rowsOf(t, conn, s)
	}
	for _, s := range sources {
		got := rowsOf(t, db, s)
		require.NotEmpty(t, got, s.Name)
		require.Empty(t, without(want[s.Name], got), "%s does not show what the cloud says", s.Name)
		if s.Sweeps[0].Absent == source.Ends && (full || !s.Narrows()) { // else it shows also what the cloud once said
			require.Empty(t, without(got, want[s.Name]), "%s shows what the cloud does not say", s.Name)
		}
	}
}

// lookBack wants each look to be shown again, and no two versions of a key at once.
func (v *victim) lookBack(t *testing.T) {
	t.Helper()
	v.query(t, func(db *pgx.Conn) {
		for i, l := range v.looks {
			for _, s := range v.sources {
				at := fmt.Sprintf("alicloud.%s_as_of('%s')", s.Name, l.at.Format(time.RFC3339Nano))
				require.Equal(t, l.shown[s.Name], digest(t, db, s, at), "%s as of look %d of %d", s.Name, i, len(v.looks))
			}
		}
		noneOverlap(t, db, v.sources)
	})
}

// noneOverlap wants no two versions of a key at once.
func noneOverlap(t *testing.T, db *pgx.Conn, sources []*source.Source) {
	t.Helper()
	for _, s := range sources {
		key := strings.Join(append([]string{"account_id", "region_id"}, s.Key...), ", ")
		require.Zero(t, one[int](t, db, fmt.Sprintf(`SELECT count(*) FROM (
    SELECT valid_from < lag(valid_to, 1, '-infinity') OVER (PARTITION BY %s ORDER BY valid_from) AS crossed
    FROM syncer.%s) AS v
WHERE crossed`, key, s.Name)), "versions of %s overlap", s.Name)
	}
}

// query connects anew: the last connection may not have outlived the server.
func (v *victim) query(t *testing.T, f func(*pgx.Conn)) {
	t.Helper()
	db, err := pgx.Connect(t.Context(), v.server.URL())
	require.NoError(t, err)
	defer func() { _ = db.Close(t.Context()) }()
	f(db)
}

func one[T any](t *testing.T, db *pgx.Conn, sql string) (value T) {
	t.Helper()
	require.NoError(t, db.QueryRow(t.Context(), sql).Scan(&value))
	return value
}

// tracked is a row as text, without what makes no version and what else is named.
func tracked(s *source.Source, without ...string) string {
	for _, c := range s.Columns {
		if c.Volatile {
			without = append(without, c.Name)
		}
	}
	return fmt.Sprintf("(to_jsonb(s) - '{%s}'::text[])::text", strings.Join(without, ","))
}

func digest(t *testing.T, db *pgx.Conn, s *source.Source, relation string) string {
	t.Helper()
	return one[string](t, db, fmt.Sprintf("SELECT count(*) || ' ' || coalesce(md5(string_agg(%[1]s, '' ORDER BY %[1]s)), '') FROM %[2]s AS s", tracked(s), relation))
}

func rowsOf(t *testing.T, db *pgx.Conn, s *source.Source) []string {
	t.Helper()
	where := "true"
	if s.Name == source.PublishBatches.Name {
		// The cloud is asked for the releases that are named somewhere: a first sync
		// does not know of former ones.
		where = "version IN (SELECT unnest(ARRAY[cur_version, upgrade_version, latest_version]) FROM alicloud.agent_versions)"
	}
	rows, err := db.Query(t.Context(), fmt.Sprintf("SELECT %s FROM alicloud.%s AS s WHERE %s", tracked(s, "valid_from"), s.Name, where))
	require.NoError(t, err)
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	slices.Sort(list)
	return list
}

// without is a list less what is in another, both sorted.
func without(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool {
		_, found := slices.BinarySearch(other, s)
		return found
	})
}
