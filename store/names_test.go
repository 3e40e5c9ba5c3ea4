package store_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
	"syncer/internal/testing/release"
	"syncer/source"
	"syncer/store"
)

// TestAnyName: whatever word of syncer's own SQL, the schema's or a merge's, a declaration takes for a column,
// a dimension or a measure, rows open, change, are held, end, and end with their parents.
func TestAnyName(t *testing.T) {
	t.Parallel()
	const each = 10
	seed := rand.Uint64()
	t.Log("seed", seed)
	names := ownWords(t)
	require.Greater(t, len(names), 30*each)
	rand.New(rand.NewPCG(seed, 0)).Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	most := 8 * each
	if pgtest.All() {
		most = 30 * each
	}
	names = names[:most]
	var sources []*source.Source
	for list := range slices.Chunk(names, each) {
		if len(list) == each {
			sources = append(sources, named(fmt.Sprintf("named_%d", len(sources)), list))
		}
	}
	require.NoError(t, source.Validate(sources))
	s := openWith(t, sources...)
	_, err := s.SetTimezone(t.Context(), release.Zone)
	require.NoError(t, err)
	for _, src := range sources {
		t.Run(fmt.Sprint(src.Key, src.Columns[3].Name), func(t *testing.T) { mergeNamed(t, s, src) })
	}
}

// ownWords are the words of the schema and of the rendered statements that a declaration may take for names.
func ownWords(t *testing.T) (names []string) {
	t.Helper()
	files, err := filepath.Glob("testdata/sql/*.sql")
	require.NoError(t, err)
	for _, file := range append(files, "../migrations/schema.golden.sql") {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		names = append(names, regexp.MustCompile(`\b[a-z][a-z0-9_]*\b`).FindAllString(string(text), -1)...)
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool {
		other := []string{"c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "c9"}
		column, measure := named("named", slices.Concat([]string{name}, other)), named("named", slices.Concat(other, []string{name}))
		return source.Validate([]*source.Source{column}) != nil || source.Validate([]*source.Source{measure}) != nil
	})
}

// named is a source whose names these ten are: those of its columns and of a trend's measure.
func named(name string, n []string) *source.Source {
	s := &source.Source{
		Name: name, Doc: "Rows.", Items: "List", Regions: source.OOS, Schedule: "@daily",
		API:   source.API{Product: "oos", Version: "2019-06-01", Action: "List", RAMAction: "oos:List", Page: "https://www.alibabacloud.com/help", Endpoint: "oos.{region}.aliyuncs.com"},
		Pager: source.List{},
		Key:   []string{n[0], n[1]},
		Sweeps: []source.Sweep{{
			Name: "all", Each: &source.Each{Param: "P", Column: n[1], Fixed: []string{"v"}}, Absent: source.Ends,
		}},
		EndsWith: &source.Parent{Source: name, Column: n[0], Via: n[2]},
		Trends: []source.Trend{{
			Name: name + "_daily", Doc: "Rows.", By: []string{n[3], n[1]},
			Measures: []source.Measure{{Name: n[9], Doc: "Rows."}, {Name: n[8], Sum: n[5], Doc: "Sum."}},
		}},
	}
	for i, column := range n[:8] {
		c := source.Column{Name: column, Field: fmt.Sprintf("F%d", i), Type: source.Text, Doc: "Text."}
		switch i {
		case 4:
			c.Labels = []source.Label{{Code: "1", Text: "one"}}
		case 5:
			c.Type = source.BigInt
		case 6:
			c.Volatile = true
		case 7:
			c.Unordered = true
		}
		s.Columns = append(s.Columns, c)
	}
	return s
}

func mergeNamed(t *testing.T, s *store.Store, src *source.Source) {
	p := partition(src)
	row := func(id, parent string, n int64, seen string) source.Row {
		r := make(source.Row, len(src.Columns)+1)
		r[0], r[1] = source.TextValue(id), source.TextValue("v")
		if parent != "" {
			r[2] = source.TextValue(parent)
		}
		r[4], r[5], r[6], r[7] = source.TextValue("1"), source.IntValue(n), source.TextValue(seen), source.TextValue("b,a")
		return r
	}
	merge := func(limit store.Limit, rows ...source.Row) store.MergeResult {
		y, err := s.Begin(t.Context(), p)
		require.NoError(t, err)
		defer y.Close(t.Context())
		w := y.List(&src.Sweeps[0], store.Scope{Values: []string{"v"}})
		_, err = w.Page(t.Context(), rows)
		require.NoError(t, err)
		w.Complete()
		r := run
		r.Limit = limit
		c, err := y.Merge(t.Context(), r)
		require.NoError(t, err)
		return c
	}
	counts := func(c store.MergeResult) []int64 { return []int64{c.Opened, c.Changed, c.Ended} }
	shown := func(at time.Time) (n, sum int64) {
		require.NoError(t, s.Pool().QueryRow(t.Context(), fmt.Sprintf("SELECT count(*), coalesce(sum(%s), 0) FROM alicloud.%s_as_of($1)", src.Columns[5].Name, src.Name), at).Scan(&n, &sum))
		return n, sum
	}
	strict := store.Limit{}
	first := merge(run.Limit, row("a", "", 1, "x"), row("b", "a", 1, "x"), row("c", "", 1, "x"))
	require.Equal(t, []int64{3, 0, 0}, counts(first))
	second := merge(run.Limit, row("a", "", 2, "x"), row("b", "a", 1, "y"))
	require.Equal(t, []int64{0, 1, 1}, counts(second))
	held := merge(strict, row("b", "a", 1, "y"))
	require.Equal(t, []int64{0, 0, 0}, counts(held))
	require.EqualValues(t, 2, held.HeldRows)
	last := merge(run.Limit, row("b", "a", 1, "y"))
	require.Equal(t, []int64{0, 0, 2}, counts(last))
	for at, want := range map[time.Time][2]int64{first.At: {3, 3}, second.At: {2, 3}, last.At: {0, 0}} {
		n, sum := shown(at)
		require.Equal(t, want, [2]int64{n, sum})
	}
	var changes, days int
	require.NoError(t, s.Pool().QueryRow(t.Context(), fmt.Sprintf("SELECT (SELECT count(*) FROM alicloud.changes WHERE source = $1), (SELECT count(*) FROM alicloud.%s_daily)", src.Name), src.Name).Scan(&changes, &days))
	require.Equal(t, 7, changes)
}
