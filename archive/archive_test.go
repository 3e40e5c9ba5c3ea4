package archive_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"syncer/archive"
	"syncer/internal/testing/pgtest"
	"syncer/internal/testing/pgtest/migrated"
	"syncer/source"
	"syncer/store"
)

func TestMain(m *testing.M) {
	// A history is archived, read back and asked by DuckDB, which takes seconds.
	if pgtest.All() && os.Getenv("SYNCER_TEST_CHECKS") == "" {
		os.Setenv("SYNCER_TEST_CHECKS", "25")
	}
	code := pgtest.Run(m)
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// A world is a database whose time is set by the test.
type world struct {
	*store.Store

	now atomic.Pointer[time.Time]
}

func newWorld(t testing.TB) *world {
	w := &world{}
	w.set(time.Date(2025, 11, 20, 7, 0, 0, 0, time.UTC))
	s, err := store.Open(context.Background(), migrated.URL(t), store.Options{Clock: func() time.Time { return *w.now.Load() }})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	w.Store = s
	return w
}

func (w *world) set(at time.Time)     { w.now.Store(&at) }
func (w *world) pass(d time.Duration) { w.set(w.now.Load().Add(d)) }
func (w *world) at() time.Time        { return *w.now.Load() }
func (w *world) empty(t require.TestingT, src *source.Source) {
	names := []string{"syncer." + src.Name, "syncer.partitions", "syncer.sync_runs"}
	for _, tr := range src.Trends {
		names = append(names, "syncer."+tr.Name)
	}
	_, err := w.Pool().Exec(context.Background(), "UPDATE syncer.settings SET horizon_at = NULL; TRUNCATE "+strings.Join(names, ", "))
	require.NoError(t, err)
}

// sync makes one complete sweep, which shows these rows, and records the run.
func (w *world) sync(t require.TestingT, p store.Partition, rows []source.Row) {
	ctx := context.Background()
	y, err := w.Begin(ctx, p)
	require.NoError(t, err)
	defer y.Close(ctx)
	scope := store.Scope{}
	if p.Source.Sweeps[0].Each != nil {
		scope.Values = []string{"each"}
	}
	l := y.List(&p.Source.Sweeps[0], scope)
	_, err = l.Page(ctx, rows)
	require.NoError(t, err)
	l.Complete()
	_, err = y.Merge(ctx, store.Run{Trigger: "manual", Started: w.at(), Worker: "test", Limit: store.Limit{Fraction: 1, Rows: 1 << 30, All: 1 << 30}})
	require.NoError(t, err)
}

// rowOf makes a row: its key from key, the other columns from state, which may leave each
// of them NULL.
func rowOf(s *source.Source, key, state, volatile int) source.Row {
	sweep := &s.Sweeps[0]
	row := make(source.Row, len(s.Columns)+1)
	for i, c := range s.Columns {
		n := state
		switch {
		case slices.Contains(s.Key, c.Name):
			n = key + 10
		case c.Volatile:
			n = volatile
		}
		if n%4 != 3 || slices.Contains(s.Key, c.Name) {
			row[i] = valueOf(c.Type, n)
		}
		if s.EndsWith != nil && s.EndsWith.Source == s.Name && c.Name == s.EndsWith.Via {
			row[i] = source.Value{} // hangs on nothing
		}
		if set, ok := sweep.Set[c.Name]; ok {
			row[i] = source.BoolValue(set == "true")
		}
		if sweep.Each != nil && sweep.Each.Column == c.Name && len(s.Key) > 1 {
			row[i] = source.TextValue("each")
		}
	}
	if s.Index("started_at") >= 0 && sweep.Since != nil {
		row[s.Index(sweep.Since.Column)] = source.TimeValue(time.Unix(1700000000, 0))
	}
	if state == 1 {
		row[len(row)-1] = source.TextValue(`{"Unknown": [1, null, "ü"]}`)
	}
	return row
}

func valueOf(t source.Type, n int) source.Value {
	switch t {
	case source.Text, source.URL:
		return source.TextValue(fmt.Sprintf("text-%d'\"\\ 服务器", n))
	case source.Double:
		return source.DoubleValue(-154.11 + float64(n))
	case source.Bool:
		return source.BoolValue(n%2 == 1)
	case source.Millis, source.ISOTime:
		return source.TimeValue(time.UnixMicro(1700000000123000 + int64(n)))
	case source.JSON:
		return source.TextValue(fmt.Sprintf(`{"n": %d, "a": [true, "ü\u0022"]}`, n))
	default:
		return source.IntValue(int64(n) - 2)
	}
}

// told are columns that show the same in both databases, as text.
func (w *world) told(t require.TestingT, view string) (postgres, duckdb string) {
	rows, err := w.Pool().Query(context.Background(), "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 ORDER BY attnum", "alicloud."+view)
	require.NoError(t, err)
	defer rows.Close()
	var p, d []string
	for rows.Next() {
		var name, typ string
		require.NoError(t, rows.Scan(&name, &typ))
		switch typ {
		case "timestamp with time zone":
			p = append(p, fmt.Sprintf("(extract(epoch FROM %q) * 1000000)::bigint::text", name))
			d = append(d, fmt.Sprintf("CAST(epoch_us(%q) AS VARCHAR)", name))
		default:
			p = append(p, fmt.Sprintf("%q::text", name))
			d = append(d, fmt.Sprintf("CAST(%q AS VARCHAR)", name))
		}
	}
	require.NoError(t, rows.Err())
	return strings.Join(p, ", "), strings.Join(d, ", ")
}

// ask runs SQL in PostgreSQL. Rows are texts, or nil.
func (w *world) ask(t require.TestingT, sql string) (list [][]*string) {
	rows, err := w.Pool().Query(context.Background(), sql)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		row := make([]*string, len(rows.FieldDescriptions()))
		to := make([]any, len(row))
		for i := range row {
			to[i] = &row[i]
		}
		require.NoError(t, rows.Scan(to...))
		list = append(list, row)
	}
	require.NoError(t, rows.Err())
	return list
}

// lines are rows as sorted texts, to be compared.
func lines(rows [][]*string) []string {
	list := []string{}
	for _, row := range rows {
		var b strings.Builder
		for _, v := range row {
			if v == nil {
				b.WriteString("NULL|")
			} else {
				fmt.Fprintf(&b, "%q|", *v)
			}
		}
		list = append(list, b.String())
	}
	slices.Sort(list)
	return list
}

// changesOf are changes as sorted texts: of the columns that changed, only the names, since
// the two databases write values of JSON otherwise.
func changesOf(t require.TestingT, rows [][]*string) []string {
	for _, row := range rows {
		if row[5] == nil {
			continue
		}
		var changed map[string]map[string]any
		require.NoError(t, json.Unmarshal([]byte(*row[5]), &changed), *row[5])
		names := fmt.Sprint(slices.Sorted(maps.Keys(changed)))
		row[5] = &names
	}
	return lines(rows)
}

// loads are the statements that tell DuckDB of an archive.
func (d *duck) load(t require.TestingT, dir string) {
	text, err := os.ReadFile(filepath.Join(dir, "archive.duckdb.sql"))
	require.NoError(t, err)
	_, err = d.ask(string(text))
	require.NoError(t, err)
}

// TestAsOf is the law of the archive: for random histories, what DuckDB says stood at a
// moment is what PostgreSQL said before the month was pruned, row by row and column by
// column. So is the history.
func TestAsOf(t *testing.T) {
	t.Parallel()
	d := startDuck(t)
	w := newWorld(t)
	root := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		src := rapid.SampledFrom(source.All).Draw(t, "source")
		asOf(t, w, d, src, filepath.Join(root, fmt.Sprint(rand.Uint64())))
	})
}

func asOf(t *rapid.T, w *world, d *duck, src *source.Source, dir string) {
	ctx := context.Background()
	defer func() { _ = os.RemoveAll(dir) }()
	w.empty(t, src)
	w.set(time.Date(2025, 11, 20, rapid.IntRange(0, 23).Draw(t, "hour"), 0, 0, 0, time.UTC))
	p := store.Partition{Source: src, AccountID: fmt.Sprint(rand.Uint64()), AccountName: "production", RegionID: "cn-hangzhou"}
	keys := 5
	if len(src.Key) == 0 {
		keys = 1
	}
	listed := map[int]source.Row{}
	var moments []time.Time
	for range rapid.IntRange(1, 7).Draw(t, "syncs") {
		for key := range keys {
			switch rapid.SampledFrom([]string{"same", "go", "come", "come"}).Draw(t, "fate") {
			case "go":
				delete(listed, key)
			case "come":
				listed[key] = rowOf(src, key, rapid.IntRange(0, 3).Draw(t, "state"), rapid.IntRange(0, 3).Draw(t, "volatile"))
			}
		}
		w.sync(t, p, slices.Collect(maps.Values(listed)))
		moments = append(moments, w.at())
		w.pass(rapid.SampledFrom([]time.Duration{3 * time.Hour, 9 * 24 * time.Hour, 21 * 24 * time.Hour, 40 * 24 * time.Hour}).Draw(t, "pause"))
	}
	a, err := archive.Open(dir, archive.Options{Program: "v1"})
	require.NoError(t, err)
	written, err := a.Write(ctx, w.Store, []*source.Source{src})
	require.NoError(t, err)
	again, err := a.Write(ctx, w.Store, []*source.Source{src})
	require.NoError(t, err)
	require.Empty(t, again, "what is there is written once")
	closed, err := w.Closed(ctx)
	require.NoError(t, err)
	months, err := a.Months(ctx, src.Name)
	require.NoError(t, err)
	if len(months) == 0 {
		require.Empty(t, w.ask(t, fmt.Sprintf("SELECT 1::text FROM alicloud.%s_history WHERE valid_from < '%s'", src.Name, closed.Format(time.RFC3339))), "what closed months have is archived")
		return
	}
	d.load(t, dir)

	inPostgres, inDuck := w.told(t, src.Name)
	first := months[0]
	asked := []time.Time{first, closed.Add(-time.Microsecond)}
	for _, m := range moments {
		asked = append(asked, m, m.Add(-time.Microsecond), m.Add(time.Hour))
	}
	for month := first; month.Before(closed); month = month.AddDate(0, 1, 0) {
		asked = append(asked, month, month.Add(-time.Microsecond), month.Add(13*24*time.Hour))
	}
	for range 3 {
		asked = append(asked, first.Add(time.Duration(rapid.Int64Range(0, int64(closed.Sub(first))-1).Draw(t, "moment")).Truncate(time.Microsecond)))
	}
	history := lines(w.ask(t, fmt.Sprintf("SELECT %s FROM alicloud.%s_history WHERE valid_from < '%s'", inPostgres, src.Name, closed.Format(time.RFC3339))))
	before := map[time.Time][]string{}
	for _, at := range asked {
		if !at.Before(closed) || at.Before(first) {
			continue
		}
		moment := at.Format(time.RFC3339Nano)
		before[at] = lines(w.ask(t, fmt.Sprintf("SELECT %s FROM alicloud.%s_as_of('%s')", inPostgres, src.Name, moment)))
	}
	happened := changesOf(t, w.ask(t, fmt.Sprintf("SELECT (extract(epoch FROM at) * 1000000)::bigint::text, account_id, region_id, key, kind, changed::text FROM syncer.%s_changes WHERE at < '%s'", src.Name, closed.Format(time.RFC3339))))
	check := func() {
		for at, want := range before {
			got, err := d.ask(fmt.Sprintf("SELECT %s FROM %s_as_of('%s')", inDuck, src.Name, at.Format(time.RFC3339Nano)))
			require.NoError(t, err)
			require.Equal(t, want, lines(got), "as of %s", at)
		}
		got, err := d.ask(fmt.Sprintf("SELECT %s FROM %s_history", inDuck, src.Name))
		require.NoError(t, err)
		require.Equal(t, history, lines(got))
		got, err = d.ask("SELECT CAST(epoch_us(\"at\") AS VARCHAR), account_id, region_id, key, kind, CAST(changed AS VARCHAR) FROM changes WHERE source = '" + src.Name + "'")
		require.NoError(t, err)
		require.Equal(t, happened, changesOf(t, got))
	}
	check()
	for _, at := range []time.Time{closed, first.Add(-time.Microsecond)} {
		_, err = d.ask(fmt.Sprintf("SELECT * FROM %s_as_of('%s')", src.Name, at.Format(time.RFC3339Nano)))
		require.ErrorContains(t, err, "the archive does not have "+at.Format("2006-01"))
	}
	for _, m := range written {
		month, err := time.Parse("2006-01", m.Month)
		require.NoError(t, err)
		compared, err := a.Verify(ctx, w.Store, []*source.Source{src}, m.Name, month)
		require.NoError(t, err)
		require.True(t, compared)
	}
}
