package dashboards

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A view is what a dashboard is looked at with: the values of its variables and its
// span of time.
type view struct {
	variables map[string][]string
	from, to  time.Time
	interval  string // $__interval
}

var (
	variablePattern = regexp.MustCompile(`\$\{([^}:]*):?([^}]*)\}`)
	intervalPattern = regexp.MustCompile(`\$__interval\b`)
	macroPattern    = regexp.MustCompile(`\$__(\w+)\(([^)]*)\)`)
	leftPattern     = regexp.MustCompile(`\$[\w{]+|\[\[`)
)

// expand makes of a query what Grafana sends to PostgreSQL: variables first, then
// the macros of its PostgreSQL data source, as its documentation describes them:
// https://grafana.com/docs/grafana/latest/datasources/postgres/query-editor/#macros
// Only what the dashboards need is known, and no variable but as quoted strings.
func (v view) expand(sql string) (_ string, err error) {
	fail := func(format string, args ...any) string {
		err = fmt.Errorf(format, args...)
		return ""
	}
	sql = variablePattern.ReplaceAllStringFunc(sql, func(s string) string {
		m := variablePattern.FindStringSubmatch(s)
		values, ok := v.variables[m[1]]
		if !ok || m[2] != "sqlstring" {
			return fail("%s is no variable as quoted strings", s)
		}
		quoted := make([]string, len(values))
		for i, value := range values {
			quoted[i] = "'" + strings.ReplaceAll(value, "'", "''") + "'"
		}
		return strings.Join(quoted, ",")
	})
	sql = intervalPattern.ReplaceAllLiteralString(sql, v.interval)
	sql = macroPattern.ReplaceAllStringFunc(sql, func(s string) string {
		m := macroPattern.FindStringSubmatch(s)
		args := strings.Split(m[2], ",")
		for i := range args {
			args[i] = strings.TrimSpace(args[i])
		}
		from, to := quoteTime(v.from), quoteTime(v.to)
		switch {
		case m[1] == "timeFrom" && m[2] == "":
			return from
		case m[1] == "timeTo" && m[2] == "":
			return to
		case m[1] == "timeFilter" && len(args) == 1:
			return args[0] + " BETWEEN " + from + " AND " + to
		case m[1] == "timeGroupAlias" && len(args) == 2:
			seconds, bad := intervalSeconds(strings.Trim(args[1], "'"))
			if bad != nil {
				return fail("%s: %w", s, bad)
			}
			return fmt.Sprintf(`floor(extract(epoch from %s)/%d)*%[2]d AS "time"`, args[0], seconds)
		}
		return fail("%s is no macro that is known here", s)
	})
	if left := leftPattern.FindString(sql); left != "" && err == nil {
		return "", fmt.Errorf("%s is neither a variable nor a macro that is known here", left)
	}
	return sql, err
}

func quoteTime(t time.Time) string { return "'" + t.UTC().Format(time.RFC3339Nano) + "'" }

func intervalSeconds(s string) (int64, error) {
	unit, ok := map[byte]int64{'s': 1, 'm': 60, 'h': 3600, 'd': 86400}[s[len(s)-1]]
	n, err := strconv.ParseInt(s[:len(s)-1], 10, 64)
	if !ok || err != nil || n <= 0 {
		return 0, fmt.Errorf("%q is no interval", s)
	}
	return n * unit, nil
}

func TestExpand(t *testing.T) {
	t.Parallel()
	v := view{
		variables: map[string][]string{"account": {"1", "it's"}, "region": {"cn-hangzhou"}},
		from:      time.Date(2026, 3, 1, 8, 0, 0, 5e8, time.FixedZone("", 8*3600)), to: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC),
		interval: "12h",
	}
	for sql, want := range map[string]string{
		"ARRAY[${account:sqlstring}], ARRAY[${region:sqlstring}]": "ARRAY['1','it''s'], ARRAY['cn-hangzhou']",
		"WHERE $__timeFilter(d.day) AND true":                     "WHERE d.day BETWEEN '2026-03-01T00:00:00.5Z' AND '2026-03-02T00:00:00Z' AND true",
		"f($__timeFrom()), least(now(), $__timeTo())":             "f('2026-03-01T00:00:00.5Z'), least(now(), '2026-03-02T00:00:00Z')",
		"$__timeGroupAlias(at, '1d'), $__timeGroupAlias(at, $__interval)": `floor(extract(epoch from at)/86400)*86400 AS "time", ` +
			`floor(extract(epoch from at)/43200)*43200 AS "time"`,
	} {
		got, err := v.expand(sql)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	for _, sql := range []string{
		"${account}", "${account:csv}", "$account", "[[account]]", "${tenant:sqlstring}", "$__interval_ms", "$__timeFilter(a, b)", "$__timeFilter()x$y",
		"$__unixEpochFilter(at)", "$__timeGroupAlias(at, soon)", "$__timeFrom(at)", "$__timeTo", "$1",
	} {
		_, err := v.expand(sql)
		assert.Error(t, err, sql)
	}
}
