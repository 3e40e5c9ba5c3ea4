package dashboards

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestEveryQueryAnswers fills in the variables and macros of every query as Grafana
// does, asks as Grafana's user, and judges the answer as its panel would.
func TestEveryQueryAnswers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.live(t)
	pool := h.reader(t)
	t.Run("days", func(t *testing.T) { daysAreThoseOfTheZone(t, pool, load(t)["fleet"]) })
	t.Run("scans", func(t *testing.T) { scansAreCountedOnce(t, pool, load(t)["scans"]) })
	for name, d := range load(t) {
		everything := all(t, pool, d, end)
		require.ElementsMatch(t, h.accounts, everything.variables["account"], d.file)
		require.Contains(t, everything.variables["region"], region, d.file)
		one, two := everything, everything
		one.variables = map[string][]string{"account": h.accounts[:1], "region": everything.variables["region"]}
		two.variables = map[string][]string{"account": h.accounts[:2], "region": {region}}
		// Before the first sync, All is nothing: no rows then, but no errors either.
		nothing := everything
		nothing.variables = map[string][]string{"account": {}, "region": {}}
		for _, p := range d.Panels {
			ask(t, pool, nothing, p.Targets[0].RawSQL)
		}
		for i, v := range []view{everything, one, two} {
			t.Run(fmt.Sprintf("%s/%d", name, i), func(t *testing.T) {
				t.Parallel()
				for _, p := range d.Panels {
					judge(t, p, ask(t, pool, v, p.Targets[0].RawSQL))
				}
			})
		}
	}
}

// all is what a dashboard shows at first: all accounts and regions, and 30 days.
func all(t *testing.T, pool *pgxpool.Pool, d dashboard, end time.Time) view {
	t.Helper()
	everything := view{variables: map[string][]string{}, from: end.Add(-30 * day), to: end.Add(14 * time.Hour), interval: "12h"}
	for _, v := range d.Templating.List {
		a := ask(t, pool, everything, v.Query)
		require.NotEmpty(t, a.rows, "%s: variable %s", d.file, v.Name)
		values := a.column(0)
		if len(a.names) > 1 {
			require.Equal(t, []string{"__text", "__value"}, a.names)
			values = a.column(1)
		}
		for _, value := range values {
			everything.variables[v.Name] = append(everything.variables[v.Name], value.(string))
		}
	}
	return everything
}

// An answer is what a query gave.
type answer struct {
	names []string
	kinds []string // time, number, text
	rows  [][]any
}

var kinds = map[uint32]string{
	pgtype.TimestampOID: "time", pgtype.TimestamptzOID: "time",
	pgtype.Int4OID: "number", pgtype.Int8OID: "number", pgtype.Float8OID: "number", pgtype.NumericOID: "number",
	pgtype.TextOID: "text", pgtype.VarcharOID: "text",
}

func ask(t *testing.T, pool *pgxpool.Pool, v view, query string) (a answer) {
	t.Helper()
	sql, err := v.expand(query)
	require.NoError(t, err, query)
	// As Grafana's driver does, without statements prepared on the server's side.
	rows, err := pool.Query(t.Context(), sql, pgx.QueryExecModeExec)
	require.NoError(t, err, sql)
	for _, f := range rows.FieldDescriptions() {
		a.names = append(a.names, f.Name)
		a.kinds = append(a.kinds, kinds[f.DataTypeOID])
	}
	a.rows, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) ([]any, error) { return row.Values() })
	require.NoError(t, err, sql)
	return a
}

func (a answer) column(i int) (values []any) {
	for _, row := range a.rows {
		values = append(values, row[i])
	}
	return values
}

func (a answer) count(kind string) (n int) {
	for _, k := range a.kinds {
		if k == kind {
			n++
		}
	}
	return n
}

// judge says whether a panel can show an answer.
func judge(t *testing.T, p panel, a answer) {
	t.Helper()
	assert.NotEmpty(t, a.rows, "%s: no rows", p.Title)
	assert.Len(t, a.names, len(slices.Compact(slices.Sorted(slices.Values(a.names)))), "%s: columns of one name", p.Title)
	assert.NotContains(t, a.kinds, "", "%s: a column's type is none that Grafana shows: %v", p.Title, a.names)
	format := p.Targets[0].Format
	switch p.Type {
	case "timeseries", "status-history":
		require.Equal(t, "time_series", format, p.Title)
	case "barchart", "table", "gauge":
		require.Equal(t, "table", format, p.Title)
	default:
		require.Equal(t, "stat", p.Type, p.Title)
	}
	if format == "time_series" {
		judgeSeries(t, p, a)
		return
	}
	switch p.Type {
	case "stat", "gauge":
		require.Len(t, a.rows, 1, p.Title)
		assert.Equal(t, []string{"number"}, a.kinds, p.Title)
		assert.NotNil(t, a.rows[0][0], p.Title)
	case "barchart":
		assert.Equal(t, p.Options.XField, a.names[0], p.Title)
		assert.Equal(t, "text", a.kinds[0], p.Title)
		assert.Equal(t, len(a.names)-1, a.count("number"), p.Title)
		seen := map[any]bool{}
		for _, x := range a.column(0) {
			assert.False(t, seen[x], "%s: two bars of %v", p.Title, x)
			seen[x] = true
		}
	}
	for _, o := range p.FieldConfig.Overrides {
		assert.Equal(t, "byName", o.Matcher.ID, p.Title)
		assert.Contains(t, a.names, o.Matcher.Options, "%s: an override is for no column", p.Title)
	}
}

// judgeSeries: what Grafana makes series of has a column time, in order, a number for
// each value, and at most one text, which names the series.
func judgeSeries(t *testing.T, p panel, a answer) {
	t.Helper()
	require.Equal(t, "time", a.names[0], p.Title)
	texts := a.count("text")
	require.LessOrEqual(t, texts, 1, p.Title)
	if texts == 1 {
		require.Equal(t, []string{"time", "metric"}, a.names[:2], p.Title)
		require.Equal(t, 1, len(a.names)-2, "%s: one value for each name", p.Title)
	} else {
		for _, o := range p.FieldConfig.Overrides {
			assert.Contains(t, a.names, o.Matcher.Options, "%s: an override is for no column", p.Title)
		}
	}
	assert.Positive(t, a.count("number"), p.Title)
	seen, last, points := map[string]bool{}, time.Time{}, map[time.Time]bool{}
	for _, row := range a.rows {
		at := moment(t, row[0])
		assert.False(t, at.Before(last), "%s: %s comes after %s", p.Title, at, last)
		last, points[at] = at, true
		key := at.String()
		if texts == 1 {
			key += row[1].(string)
		}
		assert.False(t, seen[key], "%s: two values at %s", p.Title, key)
		seen[key] = true
	}
	assert.Greater(t, len(points), 2, "%s: too few moments for a chart", p.Title)
}

// moment is a value of a column time: a time, or seconds since 1970.
func moment(t *testing.T, v any) time.Time {
	t.Helper()
	switch v := v.(type) {
	case time.Time:
		return v
	case pgtype.Numeric:
		f, err := v.Float64Value()
		require.NoError(t, err)
		return time.Unix(int64(f.Float64), 0).UTC()
	}
	require.Failf(t, "no time", "%T", v)
	return time.Time{}
}

// scansAreCountedOnce: the days of the scans that ended add up to all of them, also of
// those whose end a later day's sync found, and to the share that succeeded.
func scansAreCountedOnce(t *testing.T, pool *pgxpool.Pool, d dashboard) {
	v := all(t, pool, d, end)
	shown := func(title string) answer {
		i := slices.IndexFunc(d.Panels, func(p panel) bool { return p.Title == title })
		return ask(t, pool, v, d.Panels[i].Targets[0].RawSQL)
	}
	var ended, complete int64
	for _, row := range shown("Scans that ended, by outcome").rows {
		ended += row[2].(int64)
		if row[1] == "complete" {
			complete += row[2].(int64)
		}
	}
	want := ask(t, pool, v, "SELECT count(*) FROM alicloud.agentless_tasks_as_of($__timeTo()) WHERE $__timeFilter(ended_at)").rows[0][0]
	assert.Equal(t, want, ended)
	assert.InDelta(t, 100*float64(complete)/float64(ended), shown("Scans that succeeded").rows[0][0], 1e-9)
}

// daysAreThoseOfTheZone: a day of the configured time zone is shown, in UTC, as that
// day, and the time range reaches to where today is drawn.
func daysAreThoseOfTheZone(t *testing.T, pool *pgxpool.Pool, d dashboard) {
	require.Equal(t, "utc", d.Timezone)
	location, err := time.LoadLocation(zone)
	require.NoError(t, err)
	i := slices.IndexFunc(d.Panels, func(p panel) bool { return p.Title == "Servers" })
	sql := d.Panels[i].Targets[0].RawSQL
	regions := []string{region, "ap-southeast-1"}
	accounts := ask(t, pool, view{}, "SELECT account_id FROM alicloud.accounts").column(0)
	shown := func(at time.Time, accounts, regions []string) map[string]int64 {
		v := view{variables: map[string][]string{"account": accounts, "region": regions}, from: at.Add(-30 * day), to: at.Add(14 * time.Hour)}
		byDay := map[string]int64{}
		for _, row := range ask(t, pool, v, sql).rows {
			byDay[row[0].(time.Time).UTC().Format(time.DateTime)] = row[1].(int64)
		}
		return byDay
	}
	var ids []string
	for _, id := range accounts {
		ids = append(ids, id.(string))
	}
	want := map[string]int64{}
	for at := end.Add(-days * day); !at.After(end); at = at.Add(day) {
		n := ask(t, pool, view{}, "SELECT count(*) FROM alicloud.cloud_center_instances_as_of("+quoteTime(at)+")").rows[0][0].(int64)
		want[at.In(location).Format(time.DateOnly)+" 00:00:00"] = n
	}
	assert.Equal(t, want, shown(end, ids, regions))
	// Whatever is chosen adds up to all.
	sum := map[string]int64{}
	for _, id := range ids {
		for _, r := range regions {
			for day, n := range shown(end, []string{id}, []string{r}) {
				sum[day] += n
			}
		}
	}
	assert.Equal(t, want, sum)
	now := time.Now()
	assert.Contains(t, shown(now, ids, regions), now.In(location).Format(time.DateOnly)+" 00:00:00")
	for _, o := range load(t) {
		if strings.Contains(fmt.Sprint(o.Panels), "$__timeFilter(day)") {
			assert.Equal(t, "utc now+14h", o.Timezone+" "+o.Time.To, o.file)
		}
	}
}
