package bi

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"syncer/source"
)

// odbcOptions are those that docs/bi.md recommends.
var odbcOptions = []string{"BoolsAsChar=0", "TextAsLongVarchar=0", "MaxVarcharSize=8190", "ConnSettings=SET search_path TO alicloud"}

// odbcTypes are ODBC's numbers of the types that the driver makes of ours: VARCHAR,
// BIGINT, FLOAT, BIT, TIMESTAMP and DATE.
var odbcTypes = map[string]string{
	"text": "12", "bigint": "-5", "double precision": "6", "boolean": "-7",
	"timestamp with time zone": "11", "date": "9", "jsonb": "12",
}

// testODBC: through ODBC, every view is found, typed and read to its end, and the
// comments, which the driver does not report, can be asked for.
func testODBC(t *testing.T, d *demo) {
	isql, err := exec.LookPath("isql")
	need(t, "isql", err == nil)
	drivers, err := filepath.Glob("/usr/lib/*/odbc/psqlodbcw.so") // Debian's odbc-postgresql
	require.NoError(t, err)
	need(t, "psqlodbcw.so", len(drivers) > 0)
	dir := t.TempDir()
	password, _ := d.url.User.Password()
	write := func(name string, lines ...string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600))
		return path
	}
	write("odbcinst.ini", "[PostgreSQL]", "Driver="+drivers[0])
	ini := write("odbc.ini", append([]string{
		"[syncer]", "Driver=PostgreSQL", "Servername=" + d.url.Hostname(), "Port=" + d.url.Port(),
		"Database=" + strings.TrimPrefix(d.url.Path, "/"), "Username=" + d.url.User.Username(), "Password=" + password,
	}, odbcOptions...)...)
	// run gives isql a line and returns the rows of its answer, without the names of the columns.
	run := func(line string) [][]string {
		cmd := exec.CommandContext(t.Context(), isql, "syncer", "-b", "-c", "-x0x09", "-L100000")
		cmd.Env = append(os.Environ(), "ODBCSYSINI="+dir, "ODBCINI="+ini)
		cmd.Stdin = strings.NewReader(line + "\n")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s: %s", line, out)
		lines := strings.Split(strings.TrimRight(string(out), "\n"), "\n")
		require.NotContains(t, lines[0], "ERROR", line)
		var rows [][]string
		for _, line := range lines[1:] {
			rows = append(rows, strings.Split(line, "\t"))
		}
		return rows
	}

	var views, columns []string
	for _, table := range run("help") {
		if table[1] == "alicloud" && table[3] == "VIEW" {
			views = append(views, table[2])
		}
	}
	require.Equal(t, d.views(t), views)
	for _, view := range views {
		for _, c := range run("help " + view) {
			columns = append(columns, strings.Join([]string{view, c[3], c[4]}, "\t"))
		}
	}
	var want []string
	for _, c := range column[[]string](t, d, columnsSQL) {
		want = append(want, strings.Join([]string{c[0], c[1], odbcTypes[c[2]]}, "\t"))
	}
	require.ElementsMatch(t, want, columns)

	var counts []string
	for _, view := range views {
		counts = append(counts, fmt.Sprintf("%s\t%d", view, len(run("SELECT * FROM alicloud."+view))))
	}
	require.Equal(t, d.counts(t), counts)
	require.Len(t, run(strings.Join(strings.Fields(columnsSQL), " ")), len(want))
	for _, s := range source.All {
		at := present.AddDate(0, 0, -5)
		call := fmt.Sprintf("SELECT count(*) FROM alicloud.%s_as_of('%s')", s.Name, at.Format(time.RFC3339))
		require.Equal(t, fmt.Sprint(one[int64](t, d, call)), run(call)[0][0], s.Name)
	}
}
