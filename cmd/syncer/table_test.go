package main

import (
	"strings"
	"testing"
	"time"

	pretty "github.com/jedib0t/go-pretty/v6/text"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"syncer/store/report"
)

// TestTablesFit: whatever is in a table, its lines are no longer than the room there is,
// from 80 columns on; and where all has room, all is shown.
func TestTablesFit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		names := []any{"source", "account", "region", "rows", "found"}
		g := newTable(names...)
		g.flow("found", rapid.SampledFrom([]int{0, 72}).Draw(t, "most"))
		g.numbers("rows")
		steps := []step{drop("rows"), cutTo("source", 12), drop("region"), cutTo("account", 6)}
		g.narrow(steps[:rapid.IntRange(0, len(steps)).Draw(t, "steps")]...)
		text := rapid.StringOfN(rapid.RuneFrom([]rune("ab  服务-\x1b\n")), 0, 120, -1)
		for range rapid.IntRange(0, 4).Draw(t, "rows") {
			row := make([]any, len(names))
			for i := range row {
				row[i] = text.Draw(t, "cell")
			}
			g.AppendRow(row)
		}
		room := rapid.IntRange(80, 400).Draw(t, "room")
		var out strings.Builder
		g.print(&out, room)
		for line := range strings.Lines(out.String()) {
			require.LessOrEqual(t, pretty.StringWidth(strings.TrimRight(line, "\n")), room, out.String())
		}
		natural, _ := g.fit(0)
		widths, gone := g.fit(room)
		all := -1
		for _, w := range natural {
			all += w + 3
		}
		if all <= room {
			require.Equal(t, natural, widths)
			require.Empty(t, gone)
		}
	})
}

// TestColumnsGoInOrder: what goes first, what is cut, and that it is said.
func TestColumnsGoInOrder(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	g := newTable("source", "account", "calls", "took")
	g.numbers("calls")
	g.narrow(drop("took"), cutTo("source", 5), drop("calls"))
	g.AppendRow([]any{"cloud_center_instances", "production", "12", "1.0 s"})
	for _, c := range []struct {
		room int
		want string
	}{
		{0, " source                 | account    | calls | took\n------------------------+------------+-------+-------\n cloud_center_instances | production |    12 | 1.0 s\n\n"},
		{44, " source                | account    | calls\n-----------------------+------------+-------\n cloud_center_instanc… | production |    12\nNo room for took: a wider terminal, or a\nfile, has it.\n\n"},
		{26, " source      | account\n-------------+------------\n cloud_cent… | production\n"},
	} {
		out.Reset()
		g.print(&out, c.room)
		require.True(t, strings.HasPrefix(out.String(), c.want), out.String())
	}
}

// TestChangesAreKnownByNameOrKey: in 80 columns there is room for one of them.
func TestChangesAreKnownByNameOrKey(t *testing.T) {
	t.Parallel()
	name := "prod-web-1"
	at := time.Date(2026, 5, 3, 20, 30, 0, 0, time.UTC)
	list := []report.Change{
		{At: at, Source: "cloud_center_instances", Account: "production", RegionID: "ap-southeast-1", Key: "inet-1234567890", Name: &name, Kind: "changed", Changed: map[string]report.ColumnChange{"client_status": {Old: []byte(`"online"`), New: []byte(`"offline"`)}}},
		{At: at, Source: "agentless_tasks", Account: "production", RegionID: "cn-hangzhou", Key: "t-9876543210", Kind: "opened"},
	}
	var out strings.Builder
	changesTable(list, time.UTC, true).print(&out, 80)
	require.Contains(t, out.String(), "prod-web-1")
	require.Contains(t, out.String(), "t-9876543210")
	require.Contains(t, out.String(), "No room for region, account, key:")
}
