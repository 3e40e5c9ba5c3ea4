package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"syncer/source"
	"syncer/store"
)

// TestTimeTravel is the law that everything rests on: for every past moment t,
// s_as_of(t) equals what s showed at t, for every source and random histories of
// rows that come, change, go and come back.
func TestTimeTravel(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, src := range source.All {
		t.Run(src.Name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) { timeTravel(t, s, src) })
		})
	}
}

func timeTravel(t *rapid.T, s *store.Store, src *source.Source) {
	ctx := context.Background()
	p := partition(src)
	p.AccountID = fmt.Sprint(rand.Uint64()) // a history of its own
	keys := 6
	if len(src.Key) == 0 {
		keys = 1
	}
	sweep := &src.Sweeps[0]
	type moment struct {
		at    time.Time
		shown []string
	}
	var moments []moment
	listed := map[int]source.Row{} // what the cloud lists
	stands := map[int]bool{}
	for range rapid.IntRange(1, 8).Draw(t, "syncs") {
		for key := range keys {
			switch rapid.SampledFrom([]string{"same", "same", "go", "come", "come"}).Draw(t, "fate") {
			case "go":
				delete(listed, key)
			case "come":
				// Few different values, so that rows also return to what they were.
				listed[key] = rowOf(src, sweep, key, rapid.IntRange(0, 2).Draw(t, "state"), rapid.IntRange(0, 2).Draw(t, "volatile"))
			}
		}
		moments = append(moments, moment{syncRandomly(t, s, p, listed), show(t, s, src, p, "")})

		for key := range keys {
			stands[key] = listed[key] != nil || stands[key] && sweep.Absent == source.Keeps
		}
		want := 0
		for _, stand := range stands {
			if stand {
				want++
			}
		}
		require.Len(t, moments[len(moments)-1].shown, want, "rows that stand")
	}
	for i, m := range moments {
		for _, at := range []time.Time{m.at, between(moments[i].at, nextAt(moments, i, func(m moment) time.Time { return m.at }))} {
			require.Equal(t, m.shown, show(t, s, src, p, at.Format(time.RFC3339Nano)), "as of sync %d", i)
		}
		require.Empty(t, show(t, s, src, p, moments[0].at.Add(-time.Microsecond).Format(time.RFC3339Nano)))
	}
	key := append([]string{"account_id", "region_id"}, src.Key...)
	for range 2 {
		a := rapid.IntRange(0, len(moments)-1).Draw(t, "from")
		b := rapid.IntRange(a, len(moments)-1).Draw(t, "to")
		requireBetween(t, s, src, p, moments[a].at, moments[b].at)
	}
	var overlaps int
	require.NoError(t, s.Pool().QueryRow(ctx, fmt.Sprintf(`SELECT count(*) FROM (
    SELECT valid_from < lag(valid_to, 1, '-infinity') OVER (PARTITION BY %s ORDER BY valid_from) AS crossed
    FROM syncer.%s WHERE account_id = $1) AS v WHERE crossed`, strings.Join(key, ", "), src.Name), p.AccountID).Scan(&overlaps))
	require.Zero(t, overlaps, "versions of one key overlap")
}

// requireBetween wants what is said to differ between two moments to be what the rows of
// both say.
func requireBetween(t *rapid.T, s *store.Store, src *source.Source, p store.Partition, a, b time.Time) {
	ctx := context.Background()
	key := append([]string{"account_id", "region_id"}, src.Key...)
	var untracked []string
	for _, c := range src.Columns {
		if c.Volatile || slices.Contains(src.Key, c.Name) {
			untracked = append(untracked, c.Name)
		}
	}
	var columns []string
	for _, c := range src.Columns {
		if !slices.Contains(untracked, c.Name) {
			columns = append(columns, c.Name)
		}
	}
	var said, want []string
	ask := func(list *[]string, sql string, args ...any) {
		rows, err := s.Pool().Query(ctx, sql, append([]any{a, b, p.AccountID}, args...)...)
		require.NoError(t, err)
		*list, err = pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
	}
	ask(&said, fmt.Sprintf("SELECT to_jsonb(d)::text FROM alicloud.%s_between($1, $2) AS d WHERE account_id = $3 ORDER BY 1", src.Name))
	keys := ""
	for _, k := range key {
		keys += fmt.Sprintf("'%[1]s', coalesce(o.%[1]s, n.%[1]s), ", k)
	}
	ask(&want, fmt.Sprintf(`SELECT (jsonb_build_object(%[1]s
    'kind', CASE WHEN o.account_id IS NULL THEN 'opened' WHEN n.account_id IS NULL THEN 'ended' ELSE 'changed' END,
    'changed', CASE WHEN o.account_id IS NOT NULL AND n.account_id IS NOT NULL THEN c.changed END))::text
FROM (SELECT * FROM alicloud.%[2]s_as_of($1) WHERE account_id = $3) AS o
FULL JOIN (SELECT * FROM alicloud.%[2]s_as_of($2) WHERE account_id = $3) AS n USING (%[3]s),
LATERAL (
    SELECT jsonb_object_agg(k, jsonb_build_object('old', to_jsonb(o) -> k, 'new', to_jsonb(n) -> k)) AS changed
    FROM unnest($4::text[]) AS k
    WHERE to_jsonb(o) -> k IS DISTINCT FROM to_jsonb(n) -> k
) AS c
WHERE o.account_id IS NULL OR n.account_id IS NULL OR c.changed IS NOT NULL
ORDER BY 1`, keys, src.Name, strings.Join(key, ", ")), append(columns, "extra"))
	require.Equal(t, want, said)
}

func nextAt[T any](list []T, i int, at func(T) time.Time) time.Time {
	if i+1 < len(list) {
		return at(list[i+1])
	}
	return at(list[i]).Add(time.Hour)
}

func between(a, b time.Time) time.Time { return a.Add(b.Sub(a) / 2) }

// syncRandomly sweeps the listing in pages of random sizes, in random order, with
// rows shown twice and sweeps made again.
func syncRandomly(t *rapid.T, s *store.Store, p store.Partition, listed map[int]source.Row) time.Time {
	ctx := context.Background()
	y, err := s.Begin(ctx, p)
	require.NoError(t, err)
	defer y.Close(ctx)
	scope := store.Scope{}
	if p.Source.Sweeps[0].Each != nil {
		scope.Values = []string{"each"}
	}
	w := y.List(&p.Source.Sweeps[0], scope)
	rows := make([]source.Row, 0, len(listed))
	for key := range 6 {
		if r := listed[key]; r != nil {
			rows = append(rows, r)
		}
	}
	rows = rapid.Permutation(rows).Draw(t, "order")
	if rapid.Bool().Draw(t, "made again") {
		for key := range 6 { // what the first try showed must leave no trace
			_, err := w.Page(ctx, []source.Row{rowOf(p.Source, &p.Source.Sweeps[0], min(key, limitKeys(p.Source)), 9, 9)})
			require.NoError(t, err)
		}
		require.NoError(t, w.Restart(ctx))
	}
	fresh := 0
	for len(rows) > 0 {
		n := rapid.IntRange(1, len(rows)).Draw(t, "page")
		page := slices.Clone(rows[:n])
		if rapid.Bool().Draw(t, "repeats") {
			page = append(page, rows[0])
		}
		got, err := w.Page(ctx, page)
		require.NoError(t, err)
		fresh += got
		rows = rows[n:]
	}
	require.Equal(t, len(listed), fresh, "distinct keys")
	w.Complete()
	c, err := y.Merge(ctx, run)
	require.NoError(t, err)
	return c.At
}

func limitKeys(s *source.Source) int {
	if len(s.Key) == 0 {
		return 0
	}
	return 5
}

// rowOf makes a row: the key columns from key, the sweep's constants, the rest
// from a state and, for volatile columns, from another.
func rowOf(s *source.Source, sweep *source.Sweep, key, state, volatile int) source.Row {
	row := make(source.Row, len(s.Columns)+1)
	for i, c := range s.Columns {
		n := state
		switch {
		case slices.Contains(s.Key, c.Name):
			n = key + 10 // 2 would be NULL
		case c.Volatile:
			n = volatile
		}
		row[i] = valueOf(c.Type, n)
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
		row[len(row)-1] = source.TextValue(`{"Unknown": 1}`)
	}
	return row
}

func valueOf(t source.Type, n int) source.Value {
	if n == 2 {
		return source.Value{} // NULL
	}
	switch t {
	case source.Text, source.URL:
		return source.TextValue(fmt.Sprintf("text-%d'\"\\", n))
	case source.Double:
		return source.DoubleValue(154.11 + float64(n))
	case source.Bool:
		return source.BoolValue(n%2 == 1)
	case source.Millis, source.ISOTime:
		return source.TimeValue(time.Unix(1700000000+int64(n), 0))
	case source.JSON:
		return source.TextValue(fmt.Sprintf(`{"n":%d}`, n))
	default:
		return source.IntValue(int64(n) - 1)
	}
}

// show reads alicloud.s, or s_as_of(at), without the volatile columns.
func show(t *rapid.T, s *store.Store, src *source.Source, p store.Partition, at string) []string {
	relation := "alicloud." + src.Name
	if at != "" {
		relation += "_as_of('" + at + "')"
	}
	drop := ""
	for _, c := range src.Columns {
		if c.Volatile {
			drop += " - '" + c.Name + "'"
		}
	}
	rows, err := s.Pool().Query(context.Background(), fmt.Sprintf("SELECT (to_jsonb(s)%s)::text FROM %s AS s WHERE account_id = $1 ORDER BY 1", drop, relation), p.AccountID)
	require.NoError(t, err)
	defer rows.Close()
	list := []string{}
	for rows.Next() {
		var text string
		require.NoError(t, rows.Scan(&text))
		list = append(list, text)
	}
	require.NoError(t, rows.Err())
	return list
}
