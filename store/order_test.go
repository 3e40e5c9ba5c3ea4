package store_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"syncer/source"
	"syncer/store"
)

// TestOtherOrder: columns that a declaration lists in another order, or with a new one
// among them, change no row.
func TestOtherOrder(t *testing.T) {
	t.Parallel()
	url := migrated.URL(t)
	listed := func(columns ...source.Column) *source.Source {
		return &source.Source{
			Name: "things", Doc: "One row per thing.", Regions: source.Listed, Listed: []string{"cn-hangzhou"},
			API:   source.API{Product: "Abc", Version: "2020-01-01", Action: "ListThings"},
			Pager: source.List{}, Items: "List", Key: []string{"id"}, Columns: columns,
			Sweeps: []source.Sweep{{Name: "all", Absent: source.Ends}},
		}
	}
	column := func(name string, volatile bool) source.Column {
		return source.Column{Name: name, Field: name, Type: source.Text, Doc: "A column.", Volatile: volatile}
	}
	id, a, b, v, w, added := column("id", false), column("a", false), column("b", false), column("v", true), column("w", true), column("added", false)
	sync := func(want store.MergeResult, columns ...source.Column) {
		t.Helper()
		src := listed(columns...)
		s := openDeclared(t, url, []*source.Source{src})
		y, err := s.Begin(t.Context(), partition(src))
		require.NoError(t, err)
		defer y.Close(t.Context())
		l := y.List(&src.Sweeps[0], store.Scope{})
		row := make(source.Row, len(columns)+1)
		for i, c := range columns {
			if c.Name != "added" {
				row[i] = source.TextValue("of " + c.Name)
			}
		}
		row[len(columns)] = source.TextValue(`{"more":1}`)
		_, err = l.Page(t.Context(), []source.Row{row})
		require.NoError(t, err)
		l.Complete()
		got, err := y.Merge(t.Context(), run)
		require.NoError(t, err)
		require.Equal(t, want.Opened, got.Opened)
		require.Equal(t, want.Changed, got.Changed)
		require.Equal(t, want.Unchanged, got.Unchanged)
	}
	first := []source.Column{id, a, b, v, w}
	sync(store.MergeResult{Opened: 1}, first...)
	sync(store.MergeResult{Unchanged: 1}, first...)
	sync(store.MergeResult{Unchanged: 1}, b, id, a, v, w)
	sync(store.MergeResult{Unchanged: 1}, b, added, id, v, a, w)
	reversed := slices.Clone(first)
	slices.Reverse(reversed)
	sync(store.MergeResult{Unchanged: 1}, append(reversed, added)...)
}
