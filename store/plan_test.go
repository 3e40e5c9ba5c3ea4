package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
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
	"syncer/store/report"
)

// folders hang on each other to any depth; files, of another source, on folders.
var folders, files = family()

func family() (folders, files *source.Source) {
	declare := func(name, parent string) *source.Source {
		return &source.Source{
			Name: name, Doc: "One row per thing.", Regions: source.SecurityCenter, Schedule: "@hourly",
			Pager: source.PageNumber{Page: "CurrentPage", Size: "PageSize", Total: "PageInfo.TotalCount", PageSizes: source.PageSizes{Default: 100}}, Items: "Items",
			API: source.API{Product: "Sas", Version: "2018-12-03", Action: "List", RAMAction: "list", Page: "https://example.com"},
			Key: []string{"id"},
			Columns: []source.Column{
				{Name: "id", Field: "Id", Type: source.Text, Doc: "ID."},
				{Name: "folder", Field: "Folder", Type: source.Text, Doc: "Folder that it is in."},
				{Name: "size", Field: "Size", Type: source.BigInt, Doc: "Size."},
				{Name: "read_at", Field: "ReadAt", Type: source.Millis, Volatile: true, Doc: "When it was read."},
			},
			Sweeps:   []source.Sweep{{Name: name, Absent: source.Ends}},
			EndsWith: &source.Parent{Source: parent, Column: "id", Via: "folder"},
		}
	}
	return declare("folders", "folders"), declare("files", "folders")
}

// TestValuesOfNoTable: pairs of a declaration's own values, and values of what a run has
// found, are asked for though no table is read.
func TestValuesOfNoTable(t *testing.T) {
	t.Parallel()
	s := openWith(t, folders, files)
	sync, err := s.Begin(t.Context(), partition(folders))
	require.NoError(t, err)
	defer sync.Close(t.Context())
	values, err := sync.Values(t.Context(), &source.Each{Column: "folder", Fixed: []string{"a", "b"}, Each: &source.Each{Column: "id", Fixed: []string{"x"}}}, false, "", 10)
	require.NoError(t, err)
	require.Equal(t, []string{source.Pair("a", "x"), source.Pair("b", "x")}, values)

	row := make(source.Row, len(folders.Columns)+1)
	row[0] = source.TextValue("f1")
	_, err = sync.List(&folders.Sweeps[0], store.Scope{}).Page(t.Context(), []source.Row{row})
	require.NoError(t, err)
	values, err = sync.Values(t.Context(), &source.Each{Column: "folder", From: []source.Values{{Columns: []string{"id"}, Touched: true}}}, false, "", 10)
	require.NoError(t, err)
	require.Equal(t, []string{"f1"}, values)
}

// TestPlanIsWhatMergeDoes is the law of dry runs: what one announces is what the
// sync then does, by kind, key and column; and what is reported is what happened.
func TestPlanIsWhatMergeDoes(t *testing.T) {
	t.Parallel()
	s := openWith(t, folders, files)
	for _, group := range [][]*source.Source{
		{&source.CloudCenterInstances, &source.AgentInstallStatuses},
		{&source.AgentVersions, &source.PublishBatches},
		{&source.InstancePatchStates},
		{&source.AgentlessTasks},
		{&source.OperationProcesses},
		{folders, files},
	} {
		t.Run(group[len(group)-1].Name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				h := history{s: s, account: fmt.Sprint(rand.Uint64())}
				for range rapid.IntRange(2, 6).Draw(t, "syncs") {
					h.sync(t, group[rapid.IntRange(0, len(group)-1).Draw(t, "source")])
				}
			})
		})
	}
}

// A history is of one account.
type history struct {
	s       *store.Store
	account string
}

// A listing is what one sweep shows.
type shownListing struct {
	decl     *source.Sweep
	scope    store.Scope
	rows     []source.Row
	complete bool
}

func (h *history) sync(t *rapid.T, src *source.Source) {
	ctx := context.Background()
	p := partition(src)
	p.AccountID = h.account
	var listings []shownListing
	for i := range src.Sweeps {
		listings = append(listings, drawListings(t, src, &src.Sweeps[i])...)
	}
	run := run
	run.Limit = store.Limit{Fraction: 0.3, Rows: 2, All: rapid.IntRange(2, 4).Draw(t, "all")}
	run.AllowShrink = rapid.IntRange(0, 2).Draw(t, "allow") == 0

	feed := func(y *store.Sync) {
		for _, l := range listings {
			w := y.List(l.decl, l.scope)
			for page := range slices.Chunk(l.rows, 3) {
				_, err := w.Page(ctx, page)
				require.NoError(t, err)
			}
			if l.complete {
				w.Complete()
			}
		}
	}
	dry, err := h.s.Begin(ctx, p)
	require.NoError(t, err)
	feed(dry)
	planned := map[string]string{}
	plan, err := dry.Plan(ctx, run, func(d store.PlannedChange) {
		require.NotContains(t, planned, d.Key, "told once")
		planned[d.Key] = told(d.Kind, d.Columns)
	})
	dry.Close(ctx)
	require.NoError(t, err)

	y, err := h.s.Begin(ctx, p)
	require.NoError(t, err)
	defer y.Close(ctx)
	feed(y)
	merged, err := y.Merge(ctx, run)
	require.NoError(t, err)
	require.Equal(t, happened(t, h.s, p, merged.At), planned)

	plan.At = merged.At
	require.Equal(t, merged, plan)
	require.EqualValues(t, len(planned), merged.Opened+merged.Changed+merged.Ended)
	require.Equal(t, len(merged.Held) > 0, merged.HeldRows > 0)
	for _, row := range standingKeys(t, h.s, p) {
		require.NotEqual(t, store.WouldEnd, planned[row], "what is told to have ended has ended")
	}
}

// drawListings draws what a declaration's sweeps show: keys that come and go, in
// few states, with parents that may not be there.
func drawListings(t *rapid.T, src *source.Source, decl *source.Sweep) (list []shownListing) {
	values := []string{""}
	if decl.Each != nil {
		values = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{keyText(0), keyText(1), keyText(2), keyText(3)}), 0, 4, rapid.ID[string]).Draw(t, "values")
		if _, batches := src.Pager.(source.Batches); batches {
			return []shownListing{{decl, store.Scope{Values: values}, drawRows(t, src, decl, "", values), rapid.IntRange(0, 5).Draw(t, "complete") > 0}}
		}
	}
	var since time.Time
	if decl.Since != nil && rapid.Bool().Draw(t, "narrow") {
		since = time.Unix(1700000000+12, 0)
	}
	for _, value := range values {
		l := shownListing{decl, store.Scope{Since: since}, drawRows(t, src, decl, value, nil), rapid.IntRange(0, 5).Draw(t, "complete") > 0}
		if decl.Each != nil {
			l.scope.Values = []string{value}
		}
		list = append(list, l)
	}
	return list
}

func keyText(n int) string { return source.TextValue(fmt.Sprintf("text-%d'\"\\", n+10)).Text }

// drawRows draws a listing for one value of Each, or for a batch of values.
func drawRows(t *rapid.T, src *source.Source, decl *source.Sweep, value string, batch []string) (rows []source.Row) {
	for key := range 6 {
		if rapid.IntRange(0, 2).Draw(t, "shown") == 0 {
			continue
		}
		if len(src.Key) == 0 && key > 0 || batch != nil && !slices.Contains(batch, keyText(key)) {
			continue
		}
		row := rowOf(src, decl, key, rapid.IntRange(0, 2).Draw(t, "state"), rapid.IntRange(0, 1).Draw(t, "volatile"))
		if via := src.EndsWith; via != nil && !slices.Contains(src.Key, via.Via) && rapid.IntRange(0, 3).Draw(t, "hangs") > 0 {
			row[src.Index(via.Via)] = source.TextValue(keyText(rapid.IntRange(0, 5).Draw(t, "parent")))
		}
		if decl.Since != nil {
			row[src.Index(decl.Since.Column)] = source.TimeValue(time.Unix(1700000000+10+int64(key), 0))
		}
		if decl.Each != nil && batch == nil {
			row[src.Index(decl.Each.Column)] = source.TextValue(value)
			if !slices.Contains(src.Key, decl.Each.Column) { // each value has keys of its own
				row[src.Index(src.Key[0])] = source.TextValue(value + "/" + fmt.Sprint(key))
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// told writes a difference as one text.
func told(kind string, columns map[string][2]json.RawMessage) string {
	text := kind
	for _, name := range slices.Sorted(maps.Keys(columns)) {
		text += fmt.Sprintf(" %s: %s → %s", name, columns[name][0], columns[name][1])
	}
	return text
}

// happened reads from alicloud.changes what a merge did.
func happened(t require.TestingT, s *store.Store, p store.Partition, at time.Time) map[string]string {
	rows, err := s.Pool().Query(context.Background(), fmt.Sprintf("SELECT key, kind, changed FROM syncer.%s_changes WHERE account_id = $1 AND at = $2", p.Source.Name), p.AccountID, at)
	require.NoError(t, err)
	list := map[string]string{}
	var key, kind string
	var changed map[string]report.ColumnChange
	_, err = pgx.ForEachRow(rows, []any{&key, &kind, &changed}, func() error {
		columns := map[string][2]json.RawMessage{}
		if kind == "changed" {
			for name, v := range changed {
				columns[name] = [2]json.RawMessage{v.Old, v.New}
			}
		}
		list[key] = told(map[string]string{"opened": store.WouldOpen, "returned": store.WouldOpen, "changed": store.WouldChange, "ended": store.WouldEnd}[kind], columns)
		changed = nil
		return nil
	})
	require.NoError(t, err)
	return list
}

// standingKeys are the keys of the rows that stand, as alicloud.changes writes them.
func standingKeys(t require.TestingT, s *store.Store, p store.Partition) (keys []string) {
	key := "''"
	if len(p.Source.Key) > 0 {
		key = strings.Join(p.Source.Key, "::text || '/' || ") + "::text"
	}
	rows, err := s.Pool().Query(context.Background(), fmt.Sprintf("SELECT %s FROM alicloud.%s WHERE account_id = $1 AND region_id = $2", key, p.Source.Name), p.AccountID, p.RegionID)
	require.NoError(t, err)
	keys, err = pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return keys
}
