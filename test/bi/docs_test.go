package bi

import (
	"bytes"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the results of the SQL in docs/bi.md, docs/query.md and docs/spells.md into them")

// sqlBlock is SQL in a page, and perhaps its result.
var sqlBlock = regexp.MustCompile("(?ms)^```sql\n(.*?)^```\n(?:\n```\n(.*?)^```\n)?")

// inDemo puts what the demo database needs in place of what a page says: the
// demo's now, and what Grafana makes of its macro.
var inDemo = strings.NewReplacer(
	"now()", presentSQL,
	"current_date", "date "+present.Format("'2006-01-02'"),
	"$__timeFilter(day)", "day BETWEEN "+present.AddDate(0, 0, -7).UTC().Format("'2006-01-02T15:04:05Z'")+" AND "+present.UTC().Format("'2006-01-02T15:04:05Z'"),
)

// testDocumentation: the SQL of README.md finds something for a reader, and that
// of docs/bi.md, docs/query.md and docs/spells.md has the results that the page shows.
func testDocumentation(t *testing.T, d *demo) {
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	blocks := sqlBlock.FindAllStringSubmatch(string(readme), -1)
	require.NotEmpty(t, blocks)
	for _, b := range blocks {
		for _, result := range d.run(t, b[1]) {
			require.NotEmpty(t, result.Rows, "nothing to see: %s", b[1])
		}
	}
	before := d.run(t, "SELECT uuid FROM alicloud.cloud_center_instances_as_of(now() - interval '1 year')")
	require.Empty(t, before[0].Rows, "nothing was known before the first sync, which is no error")
	d.testPage(t, "../../docs/query.md", 6)
	d.testPage(t, "../../docs/spells.md", 5)
	page := d.testPage(t, "../../docs/bi.md", 10)
	for _, option := range odbcOptions {
		require.Contains(t, page, "\n"+option+"\n", "tested, but not recommended")
	}
}

// testPage: each query of a page finds something, which is what the page shows
// under at least so many of them. It returns the page.
func (d *demo) testPage(t *testing.T, name string, atLeast int) string {
	t.Helper()
	page, err := os.ReadFile(name)
	require.NoError(t, err)
	shown := 0
	written := sqlBlock.ReplaceAllStringFunc(string(page), func(block string) string {
		b := sqlBlock.FindStringSubmatch(block)
		results := d.run(t, b[1])
		require.Len(t, results, 1, "one query a block: %s", b[1])
		require.NotEmpty(t, results[0].Rows, "nothing to see: %s", b[1])
		if strings.Count(block, "```") == 2 { // its result is not shown
			return block
		}
		shown++
		return "```sql\n" + b[1] + "```\n\n```\n" + render(results[0]) + "```\n"
	})
	require.GreaterOrEqual(t, shown, atLeast, "questions with their results")
	if *update {
		require.NoError(t, os.WriteFile(name, []byte(written), 0o644))
	} else {
		require.Equal(t, string(page), written, "go test ./test/bi -update writes the results anew")
	}
	return written
}

// run runs SQL as the login would in any tool, and returns what it answers as text.
func (d *demo) run(t *testing.T, sql string) []*pgconn.Result {
	t.Helper()
	results, err := d.conn.PgConn().Exec(t.Context(), inDemo.Replace(sql)).ReadAll()
	require.NoError(t, err, sql)
	return results
}

// numbers are the types that are written to the right: bigint, integer, numeric and double precision.
var numbers = map[uint32]bool{20: true, 23: true, 1700: true, 701: true}

// render writes a result as psql does.
func render(r *pgconn.Result) string {
	w := table.NewWriter()
	style := table.StyleDefault
	style.Format.Header = text.FormatDefault
	style.Options.DrawBorder = false
	w.SetStyle(style)
	header := make(table.Row, len(r.FieldDescriptions))
	var columns []table.ColumnConfig
	for i, f := range r.FieldDescriptions {
		header[i] = f.Name
		if numbers[f.DataTypeOID] {
			columns = append(columns, table.ColumnConfig{Number: i + 1, Align: text.AlignRight, AlignHeader: text.AlignRight})
		}
	}
	w.AppendHeader(header)
	w.SetColumnConfigs(columns)
	for _, values := range r.Rows {
		row := make(table.Row, len(values))
		for i, v := range values {
			row[i] = string(v)
		}
		w.AppendRow(row)
	}
	var b bytes.Buffer
	for line := range strings.Lines(w.Render()) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return b.String()
}
