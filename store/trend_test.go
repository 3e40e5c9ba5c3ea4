package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"syncer/source"
	"syncer/store"
)

// trendQuestions ask of s_as_of, at a day's end, what the trend says of that day.
// $1 is the moment, $2 the account, $3 and $4 the day's bounds.
var trendQuestions = map[string]string{
	"patch_compliance_daily": `SELECT count(*) AS instances,
    count(*) FILTER (WHERE NOT coalesce(missing_count > 0, false) AND NOT coalesce(failed_count > 0, false) AND NOT coalesce(installed_pending_reboot_count > 0, false)
        AND NOT coalesce(installed_rejected_count > 0, false)) AS compliant,
    count(*) FILTER (WHERE missing_count > 0) AS missing_instances,
    count(*) FILTER (WHERE failed_count > 0) AS failed_instances,
    count(*) FILTER (WHERE installed_pending_reboot_count > 0) AS pending_reboot_instances,
    coalesce(sum(missing_count), 0)::bigint AS missing_patches,
    round(100.0 * count(*) FILTER (WHERE NOT coalesce(missing_count > 0, false) AND NOT coalesce(failed_count > 0, false) AND NOT coalesce(installed_pending_reboot_count > 0, false)
        AND NOT coalesce(installed_rejected_count > 0, false))
        / nullif(count(*), 0), 2)::double precision AS compliance_pct
FROM alicloud.instance_patch_states_as_of($1) WHERE account_id = $2`,
	"agent_install_daily": `SELECT result, result_label, count(*) AS servers
FROM alicloud.agent_install_statuses_as_of($1) WHERE account_id = $2 GROUP BY 1, 2`,
	"agentless_tasks_daily": `SELECT status, status_label, target_type, target_type_label, count(*) AS tasks, count(*) FILTER (WHERE is_root) AS main_tasks,
    count(*) FILTER (WHERE started_at >= $3 AND started_at < $4 AND valid_from >= $3) AS started,
    count(*) FILTER (WHERE ended_at >= $3 AND ended_at < $4 AND valid_from >= $3) AS finished,
    coalesce(sum(measure_space_mb::numeric), 0)::double precision AS measured_mb
FROM alicloud.agentless_tasks_as_of($1) WHERE account_id = $2 GROUP BY 1, 2, 3, 4`,
	"operation_processes_daily": `SELECT task_type, task_type_label, status_code, status_code_label, count(*) AS processes,
    coalesce(sum(total_count), 0)::bigint AS total_count, coalesce(sum(finish_count), 0)::bigint AS finish_count,
    round(100.0 * coalesce(sum(finish_count), 0) / nullif(sum(total_count), 0), 2)::double precision AS finish_pct
FROM alicloud.operation_processes_as_of($1) WHERE account_id = $2 GROUP BY 1, 2, 3, 4`,
	"publish_progress_daily": `SELECT version, batch_id, status, status_label, coalesce(batch_process, 0) AS upgraded_servers
FROM alicloud.publish_batches_as_of($1) WHERE account_id = $2`,
	"fleet_daily": `SELECT client_status, client_status_label, os, vendor, vendor_label, count(*) AS servers
FROM alicloud.cloud_center_instances_as_of($1) WHERE account_id = $2 GROUP BY 1, 2, 3, 4, 5`,
}

// TestTrends is the law of the trends: each day's numbers are what s_as_of says of
// its end, on random histories in random time zones, without gaps; rebuilding
// changes nothing, and another time zone keeps the law.
func TestTrends(t *testing.T) {
	t.Parallel()
	for _, src := range source.All {
		for _, tr := range src.Trends {
			t.Run(tr.Name, func(t *testing.T) {
				t.Parallel()
				var now atomic.Pointer[time.Time]
				s := openClock(t, migrated.URL(t), func() time.Time { return *now.Load() })
				rapid.Check(t, func(t *rapid.T) { trendHistory(t, s, src, tr, &now) })
			})
		}
	}
}

func openClock(t *testing.T, url string, clock func() time.Time) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), url, store.Options{Clock: clock})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	_, err = s.Migrate(t.Context())
	require.NoError(t, err)
	return s
}

func trendHistory(t *rapid.T, s *store.Store, src *source.Source, tr source.Trend, now *atomic.Pointer[time.Time]) {
	ctx := context.Background()
	p := partition(src)
	p.AccountID = fmt.Sprint(rand.Uint64())
	_, err := s.Pool().Exec(ctx, "TRUNCATE syncer."+tr.Name+", syncer."+src.Name+", syncer.partitions, syncer.sync_runs") // rebuilding works on all accounts
	require.NoError(t, err)
	zones := rapid.Permutation([]string{"UTC", "Asia/Shanghai", "Asia/Kathmandu", "America/St_Johns", "Europe/Berlin"}).Draw(t, "zones")
	_, err = s.SetTimezone(ctx, zones[0])
	require.NoError(t, err)

	at := time.Date(2026, 3, 26, rapid.IntRange(0, 23).Draw(t, "hour"), 0, 0, 0, time.UTC) // Europe's clocks change on the 29th
	first := at
	listed := map[int]source.Row{}
	for range rapid.IntRange(1, 8).Draw(t, "syncs") {
		now.Store(&at)
		for key := range 5 {
			switch rapid.SampledFrom([]string{"same", "same", "go", "come", "come"}).Draw(t, "fate") {
			case "go":
				delete(listed, key)
			case "come":
				listed[key] = trendRow(t, src, tr, key, at)
			}
		}
		syncRandomly(t, s, p, listed)
		at = at.Add(rapid.SampledFrom([]time.Duration{time.Minute, 3 * time.Hour, 11 * time.Hour, 24 * time.Hour, 70 * time.Hour}).Draw(t, "pause"))
	}
	trendLaw(t, s, p, tr, zones[0], time.Time{}, first, at)
	kept := trendRows(t, s, p, tr)
	require.NoError(t, s.RebuildTrends(ctx))
	require.Equal(t, kept, trendRows(t, s, p, tr), "rebuilt")

	if rapid.Bool().Draw(t, "stays") {
		return
	}
	rebuilt, err := s.SetTimezone(ctx, zones[1])
	require.NoError(t, err)
	require.True(t, rebuilt)
	trendLaw(t, s, p, tr, zones[1], time.Time{}, first, at)
	syncRandomly(t, s, p, map[int]source.Row{1: trendRow(t, src, tr, 1, at)})
	trendLaw(t, s, p, tr, zones[1], time.Time{}, first, at)
}

// trendRow makes a row whose columns that the trend looks at have few values.
func trendRow(t *rapid.T, src *source.Source, tr source.Trend, key int, at time.Time) source.Row {
	row := rowOf(src, &src.Sweeps[0], key, 0, 0)
	for i, c := range src.Columns {
		_, set := src.Sweeps[0].Set[c.Name]
		if set || c.Volatile || c.Field == "" || strings.Contains(strings.Join(src.Key, " "), c.Name) {
			continue
		}
		switch n := rapid.IntRange(0, 3).Draw(t, c.Name); {
		case n == 3:
			row[i] = source.Value{}
		case c.Type == source.BigInt:
			row[i] = source.IntValue(int64(n))
		case c.Type == source.Double:
			row[i] = source.DoubleValue(float64(n) * 0.1)
		case c.Type == source.Text:
			row[i] = source.TextValue([]string{"", "online", "it's"}[n])
		case c.Type == source.Millis:
			row[i] = source.TimeValue(at.Add([]time.Duration{0, -5 * time.Hour, 2 * time.Hour}[n]))
		}
	}
	return row
}

// trendLaw compares each day of the view, from the horizon's on, with the question
// asked at its end. Of a trend without a question it only wants every day.
func trendLaw(t require.TestingT, s *store.Store, p store.Partition, tr source.Trend, zone string, horizon, first, last time.Time) {
	ctx := context.Background()
	loc, err := time.LoadLocation(zone)
	require.NoError(t, err)
	y, m, d := first.In(loc).Date()
	for n := 0; trendQuestions[tr.Name] != ""; n++ {
		day, next := time.Date(y, m, d+n, 0, 0, 0, 0, loc), time.Date(y, m, d+n+1, 0, 0, 0, 0, loc)
		if day.After(last.Add(24 * time.Hour)) {
			break
		}
		if day.Before(horizon) {
			continue
		}
		args := []any{next.Add(-time.Microsecond), p.AccountID}
		question := strings.Replace(trendQuestions[tr.Name], "account_id = $2", "account_id = $2 AND region_id = '"+p.RegionID+"'", 1)
		if strings.Contains(question, "$3") {
			args = append(args, day, next)
		}
		want := jsonRows(t, s, question, args...)
		got := jsonRows(t, s, fmt.Sprintf("SELECT * FROM alicloud.%s WHERE account_id = $1 AND region_id = $2 AND day = $3", tr.Name), p.AccountID, p.RegionID, day.Format(time.DateOnly))
		// The question knows no dimension of which nothing stands.
		seen := map[string]bool{}
		for _, w := range want {
			seen[w] = true
		}
		for _, g := range got {
			if !seen[g] {
				require.True(t, isZero(t, tr, g), "%s on %s (%s): %s, of %v", tr.Name, day.Format(time.DateOnly), zone, g, want)
			}
			delete(seen, g)
		}
		if len(tr.By) == 0 {
			require.Len(t, got, 1)
		}
		require.Empty(t, seen, "%s on %s (%s): not in %v", tr.Name, day.Format(time.DateOnly), zone, got)
	}
	from := first.In(loc)
	if horizon.After(first) { // the days before are cut in another time zone
		from = horizon.In(loc).AddDate(0, 0, 1)
	}
	var gaps int
	by := "account_id, region_id"
	for _, name := range tr.By {
		by += ", " + name
	}
	require.NoError(t, s.Pool().QueryRow(ctx, fmt.Sprintf(`SELECT count(*)
FROM (
    SELECT count(*) AS days, count(DISTINCT day) AS distinct_days, min(day) AS first, max(day) AS last
    FROM alicloud.%s
    WHERE account_id = $1 AND day >= $2::date
    GROUP BY %s
) AS s
WHERE days <> distinct_days OR days <> last - first + 1 OR first <> $2::date OR last <> (now() AT TIME ZONE $3)::date`, tr.Name, by),
		p.AccountID, from.Format(time.DateOnly), zone).Scan(&gaps))
	require.Zero(t, gaps, "series with gaps, or that do not reach from the first sync to today")
}

// jsonRows are rows as JSON without the columns that only the trend has.
func jsonRows(t require.TestingT, s *store.Store, sql string, args ...any) (list []string) {
	rows, err := s.Pool().Query(context.Background(), "SELECT (to_jsonb(q) - 'day' - 'account_id' - 'region_id')::text FROM ("+sql+") AS q", args...)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var text string
		require.NoError(t, rows.Scan(&text))
		list = append(list, text)
	}
	require.NoError(t, rows.Err())
	return list
}

// isZero reports whether all measures of a row are 0 or NULL.
func isZero(t require.TestingT, tr source.Trend, row string) bool {
	var values map[string]any
	require.NoError(t, json.Unmarshal([]byte(row), &values))
	for _, m := range tr.Measures {
		if v := values[m.Name]; v != nil && v != 0.0 {
			return false
		}
	}
	return true
}

func trendRows(t *rapid.T, s *store.Store, p store.Partition, tr source.Trend) (list []string) {
	rows, err := s.Pool().Query(context.Background(), fmt.Sprintf("SELECT to_jsonb(v)::text FROM alicloud.%s AS v WHERE account_id = $1 ORDER BY 1", tr.Name), p.AccountID)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var text string
		require.NoError(t, rows.Scan(&text))
		list = append(list, text)
	}
	require.NoError(t, rows.Err())
	return list
}
