package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"syncer/source"
	"syncer/store"
	"syncer/store/report"
)

// TestChanges: alicloud.changes tells each thing that happened once, with its
// columns and the row's name, on random histories of all sources.
func TestChanges(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, src := range source.All {
		t.Run(src.Name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) { changesOf(t, s, src) })
		})
	}
}

// A happening is a row of alicloud.changes: its kind, and the columns that changed.
type happening struct {
	Kind    string
	Columns map[string][2]any
}

func changesOf(t *rapid.T, s *store.Store, src *source.Source) {
	p := partition(src)
	p.AccountID = fmt.Sprint(rand.Uint64())
	sweep := &src.Sweeps[0]
	const key = 1
	if len(src.Key) == 0 && sweep.Absent == source.Keeps {
		t.Skip("such a source there is not")
	}
	var want []happening
	var names []any           // of each
	var before map[string]any // what alicloud.s last showed of the row
	stands := false
	for range rapid.IntRange(1, 6).Draw(t, "syncs") {
		listed := map[int]source.Row{}
		if rapid.IntRange(0, 2).Draw(t, "fate") > 0 {
			listed[key] = rowOf(src, sweep, key, rapid.IntRange(0, 2).Draw(t, "state"), rapid.IntRange(0, 2).Draw(t, "volatile"))
		}
		syncRandomly(t, s, p, listed)
		after := standing(t, s, src, p)
		switch {
		case after == nil && stands:
			want = append(want, happening{Kind: "ended"})
		case after != nil && before == nil:
			want = append(want, happening{Kind: "opened"})
		case after != nil && !stands:
			want = append(want, happening{"returned", differences(before, after)})
		case after != nil && differences(before, after) != nil:
			want = append(want, happening{"changed", differences(before, after)})
		}
		stands = after != nil
		if after != nil {
			before = after
		}
		if len(want) > len(names) { // of a row that ended: the last one
			names = append(names, nameOf(src, before))
		}
	}
	rows, err := s.Pool().Query(context.Background(), "SELECT kind, changed, key FROM alicloud.changes WHERE account_id = $1 AND source = $2 AND at > $3 ORDER BY at",
		p.AccountID, src.Name, time.Now().Add(-time.Hour))
	require.NoError(t, err)
	defer rows.Close()
	var got []happening
	for rows.Next() {
		var h happening
		var changed map[string]struct{ Old, New any }
		var text string
		require.NoError(t, rows.Scan(&h.Kind, &changed, &text))
		for name, c := range changed {
			if h.Columns == nil {
				h.Columns = map[string][2]any{}
			}
			h.Columns[name] = [2]any{c.Old, c.New}
		}
		require.Equal(t, len(src.Key) == 0, text == "", "key %q", text)
		got = append(got, h)
	}
	require.NoError(t, rows.Err())
	require.Equal(t, want, got)
	var told []any
	require.NoError(t, report.Of(s).Changes(context.Background(), report.ChangeFilter{
		Since: time.Now().Add(-time.Hour), Until: time.Now().Add(time.Hour), Sources: []string{src.Name},
	}, func(c report.Change) {
		switch {
		case c.AccountID != p.AccountID:
		case c.Name == nil:
			told = append(told, nil)
		default:
			told = append(told, *c.Name)
		}
	}))
	slices.Reverse(told) // the latest come first
	require.Equal(t, names, told)
}

// nameOf is what a row is about, to people.
func nameOf(src *source.Source, row map[string]any) any {
	switch src.Name {
	case "cloud_center_instances", "agentless_tasks":
		return row["instance_name"]
	case "publish_batches":
		return row["batch_name"]
	default:
		return nil
	}
}

// standing is the one row that stands, by column, without what makes no version.
func standing(t *rapid.T, s *store.Store, src *source.Source, p store.Partition) map[string]any {
	list := show(t, s, src, p, "")
	if len(list) == 0 {
		return nil
	}
	require.Len(t, list, 1)
	var row map[string]any
	require.NoError(t, json.Unmarshal([]byte(list[0]), &row))
	for _, c := range src.Columns {
		if len(c.Labels) > 0 {
			delete(row, c.Name+"_label")
		}
	}
	delete(row, "valid_from")
	return row
}

func differences(before, after map[string]any) map[string][2]any {
	var d map[string][2]any
	for name, old := range before {
		if fmt.Sprint(old) != fmt.Sprint(after[name]) {
			if d == nil {
				d = map[string][2]any{}
			}
			d[name] = [2]any{old, after[name]}
		}
	}
	return d
}
