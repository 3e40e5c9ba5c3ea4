package bi

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"syncer/source"
)

// jar is where Debian's libpostgresql-jdbc-java puts the driver.
const jar = "/usr/share/java/postgresql.jar"

// jdbcTypes are the types that the driver makes of ours. OTHER is shown as text.
var jdbcTypes = map[string]string{
	"text": "VARCHAR", "bigint": "BIGINT", "double precision": "DOUBLE", "boolean": "BIT",
	"timestamp with time zone": "TIMESTAMP", "date": "DATE", "jsonb": "OTHER",
}

// testJDBC: through JDBC, every view is found, described, typed and read to its
// end, and as-of functions answer the same however they are planned.
func testJDBC(t *testing.T, d *demo) {
	java, err := exec.LookPath("java")
	need(t, "java", err == nil)
	_, err = os.Stat(jar)
	need(t, jar, err == nil)
	moments := make([]string, 14)
	for i := range moments {
		moments[i] = present.AddDate(0, 0, -i*days/len(moments)).Add(-time.Hour).Format(time.RFC3339)
	}
	password, _ := d.url.User.Password()
	cmd := exec.CommandContext(t.Context(), java, append([]string{"-cp", jar, "testdata/Read.java"}, moments...)...)
	cmd.Env = append(os.Environ(), "JDBC_URL=jdbc:postgresql://"+d.url.Host+d.url.Path, "JDBC_USER="+d.url.User.Username(), "JDBC_PASSWORD="+password)
	seen := printed(t, cmd)

	require.ElementsMatch(t, d.expect(t, `
SELECT ARRAY[relname::text, 'VIEW', obj_description(oid, 'pg_class')] FROM pg_class
WHERE relnamespace = 'alicloud'::regnamespace`), seen["table"])
	columns := d.expect(t, columnsSQL)
	for i, c := range columns {
		name, rest, _ := strings.Cut(c, "\t")
		column, rest, _ := strings.Cut(rest, "\t")
		sqlType, comment, _ := strings.Cut(rest, "\t")
		columns[i] = strings.Join([]string{name, column, jdbcTypes[sqlType], comment}, "\t")
	}
	require.ElementsMatch(t, columns, seen["column"])
	require.ElementsMatch(t, d.expect(t, `
SELECT ARRAY[proname::text, obj_description(oid, 'pg_proc')] FROM pg_proc
WHERE pronamespace = 'alicloud'::regnamespace`), seen["function"])
	require.ElementsMatch(t, d.counts(t), seen["rows"])

	var asOf []string
	generic := map[string]bool{}
	for _, s := range source.All {
		function := s.Name + "_as_of"
		generic[function] = true
		for _, moment := range moments {
			at, err := time.Parse(time.RFC3339, moment)
			require.NoError(t, err)
			// Not by the function: from the versions themselves.
			sql := fmt.Sprintf(`
SELECT format(E'%%s\t%%s', count(*), coalesce(to_char(max(valid_from) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"'), 'null'))
FROM syncer.%s WHERE valid_from <= $1 AND valid_to > $1`, s.Name)
			var answer string
			require.NoError(t, d.store.Pool().QueryRow(t.Context(), sql, at).Scan(&answer))
			for _, mode := range []string{"auto", "force_generic_plan"} {
				asOf = append(asOf, strings.Join([]string{function, mode, moment, answer}, "\t"))
			}
		}
	}
	require.ElementsMatch(t, asOf, seen["as of"])
	for _, line := range seen["generic plans"] {
		fields := strings.Split(line, "\t")
		if n, err := strconv.Atoi(fields[2]); fields[1] == "force_generic_plan" && err == nil && n > 0 {
			delete(generic, fields[0])
		}
	}
	require.Empty(t, generic, "functions that were never planned once for all moments")
}

// columnsSQL lists view, column, type and comment.
const columnsSQL = `
SELECT ARRAY[c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), col_description(c.oid, a.attnum)]
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
WHERE c.relnamespace = 'alicloud'::regnamespace AND a.attnum > 0`

// expect is the rows of a query, tabs between their fields.
func (d *demo) expect(t *testing.T, sql string) []string {
	t.Helper()
	var lines []string
	for _, fields := range column[[]string](t, d, sql) {
		lines = append(lines, strings.Join(fields, "\t"))
	}
	return lines
}

// counts is how many rows each view has.
func (d *demo) counts(t *testing.T) []string {
	t.Helper()
	var lines []string
	for _, view := range d.views(t) {
		lines = append(lines, fmt.Sprintf("%s\t%d", view, one[int64](t, d, "SELECT count(*) FROM alicloud."+view)))
	}
	return lines
}

// printed runs a program and sorts the lines that it prints by their first field.
func printed(t *testing.T, cmd *exec.Cmd) map[string][]string {
	t.Helper()
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		t.Fatalf("%s: %s", err, exit.Stderr)
	}
	require.NoError(t, err)
	seen := map[string][]string{}
	for line := range bytes.Lines(out) {
		kind, rest, _ := strings.Cut(strings.TrimRight(string(line), "\r\n"), "\t")
		seen[kind] = append(seen[kind], rest)
	}
	return seen
}
