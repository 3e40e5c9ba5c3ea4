package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"syncer/source"
	"syncer/store"
)

// TestVolatileColumnsAreCurrent: whatever happens to the rows, what the volatile
// columns show is what was listed last, for rows that stand and for those that ended.
func TestVolatileColumnsAreCurrent(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, src := range source.All {
		if len(src.Volatile()) == 0 {
			continue
		}
		t.Run(src.Name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) { volatileHistory(t, s, src) })
		})
	}
}

func volatileHistory(t *rapid.T, s *store.Store, src *source.Source) {
	p := partition(src)
	p.AccountID = fmt.Sprint(rand.Uint64())
	sweep := &src.Sweeps[0]
	type value struct{ state, volatile int }
	listed := map[int]value{}
	ended := map[string]value{} // by the moment at which the version before ended, and its key
	for range rapid.IntRange(1, 8).Draw(t, "syncs") {
		before := map[int]value{}
		for key, v := range listed {
			before[key] = v
		}
		rows := map[int]source.Row{}
		for key := range 6 {
			switch rapid.SampledFrom([]string{"same", "move", "move", "go", "come"}).Draw(t, "fate") {
			case "go":
				delete(listed, key)
			case "come":
				listed[key] = value{rapid.IntRange(0, 2).Draw(t, "state"), rapid.IntRange(0, 2).Draw(t, "volatile")}
			case "move":
				if v, ok := listed[key]; ok {
					listed[key] = value{v.state, rapid.IntRange(0, 2).Draw(t, "volatile")}
				}
			}
			if v, ok := listed[key]; ok {
				rows[key] = rowOf(src, sweep, key, v.state, v.volatile)
			}
		}
		at := syncRandomly(t, s, p, rows)
		for key, v := range before {
			if now, ok := listed[key]; !ok || now.state != v.state {
				ended[fmt.Sprintf("%d %s", key, at.UTC())] = v
			}
		}
		var want []string
		for key, v := range listed {
			want = append(want, fmt.Sprintf("%d %s", key, volatileText(src, sweep, key, v.volatile)))
		}
		require.ElementsMatch(t, want, volatileShown(t, s, src, p, "alicloud."+src.Name, ""))
		require.ElementsMatch(t, want, volatileShown(t, s, src, p, "alicloud."+src.Name+"_history", "AND valid_to IS NULL"))
	}
	var want []string
	for what, v := range ended {
		var key int
		_, err := fmt.Sscan(what, &key)
		require.NoError(t, err)
		want = append(want, fmt.Sprintf("%d %s", key, volatileText(src, sweep, key, v.volatile)))
	}
	require.ElementsMatch(t, want, volatileShown(t, s, src, p, "alicloud."+src.Name+"_history", "AND valid_to IS NOT NULL"))
	var strays int
	require.NoError(t, s.Pool().QueryRow(context.Background(), fmt.Sprintf(`SELECT count(*)
FROM syncer.%[1]s_volatile AS v
WHERE v.account_id = $1 AND NOT EXISTS (SELECT FROM syncer.%[1]s AS t WHERE t.account_id = $1 AND t.%[2]s = v.%[2]s AND t.valid_to = 'infinity')`,
		src.Name, src.Key[0]), p.AccountID).Scan(&strays))
	require.Zero(t, strays, "rows are left of what has gone")
}

// volatileText is a row's volatile columns as SQL writes them.
func volatileText(src *source.Source, sweep *source.Sweep, key, volatile int) string {
	row := rowOf(src, sweep, key, 0, volatile)
	var texts []string
	for i, c := range src.Columns {
		if !c.Volatile {
			continue
		}
		switch {
		case !row[i].Valid:
			texts = append(texts, "-")
		case c.Type == source.Millis:
			texts = append(texts, row[i].Time().UTC().Format("2006-01-02 15:04:05+00"))
		default:
			texts = append(texts, row[i].Text)
		}
	}
	return strings.Join(texts, " ")
}

// volatileShown are keys and volatile columns of a view's rows. The keys are rowOf's.
func volatileShown(t *rapid.T, s *store.Store, src *source.Source, p store.Partition, view, where string) []string {
	var columns []string
	for _, c := range src.Volatile() {
		columns = append(columns, "coalesce("+c.Name+"::text, '-')")
	}
	rows, err := s.Pool().Query(context.Background(), fmt.Sprintf(
		`SELECT concat_ws(' ', substring(%s FROM '\d+')::int - 10, %s) FROM %s WHERE account_id = $1 %s`,
		src.Key[0], strings.Join(columns, ", "), view, where), p.AccountID)
	require.NoError(t, err)
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return list
}

// TestVolatileColumnsMoveBesideTheRows: a row of which only a volatile column moves is
// not written, nor is the join made for who does not ask for such a column.
func TestVolatileColumnsMoveBesideTheRows(t *testing.T) {
	t.Parallel()
	s := open(t)
	src := &source.CloudCenterInstances
	p := partition(src)
	places := func() (list []string) {
		rows, err := s.Pool().Query(t.Context(), "SELECT uuid || ctid || xmin FROM syncer.cloud_center_instances_standing ORDER BY 1")
		require.NoError(t, err)
		list, err = pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		return list
	}
	list := func(login int) (rows []source.Row) {
		for key := range 50 {
			row := rowOf(src, &src.Sweeps[0], key, 0, 0)
			row[src.Index("last_login_at")] = source.TimeValue(time.Unix(int64(1700000000+login), 0))
			rows = append(rows, row)
		}
		return rows
	}
	syncAll(t, s, p, list(0))
	before := places()
	for login := range 3 {
		c := syncAll(t, s, p, list(login+1))
		require.Equal(t, int64(50), c.Unchanged)
		require.Equal(t, before, places())
	}
	explain := func(sql string) string {
		rows, err := s.Pool().Query(t.Context(), "EXPLAIN "+sql)
		require.NoError(t, err)
		plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		return strings.Join(plan, "\n")
	}
	require.NotContains(t, explain("SELECT uuid, status_label FROM alicloud.cloud_center_instances"), "_volatile")
	require.Contains(t, explain("SELECT last_login_at FROM alicloud.cloud_center_instances"), "_volatile")
	// A join on the history still reaches its index.
	require.Contains(t, explain("SELECT h.last_login_at FROM (VALUES ('1', 'r', 'u')) AS w (a, r, u) JOIN alicloud.cloud_center_instances_as_of(now()) AS h ON h.account_id = w.a AND h.region_id = w.r AND h.uuid = w.u"),
		"cloud_center_instances_standing_pkey")
}

// TestVolatileColumnsGoDown: what the volatile columns were last goes back into the
// wide rows, where the release before looks for it. Where a user's view hangs on a
// column that would go, nothing is done, and the view is named.
func TestVolatileColumnsGoDown(t *testing.T) {
	t.Parallel()
	s := open(t)
	src := &source.CloudCenterInstances
	p := partition(src)
	for login := range 2 {
		syncAll(t, s, p, []source.Row{rowOf(src, &src.Sweeps[0], 1, 0, login)})
	}
	login := func(view string) (text string) {
		require.NoError(t, s.Pool().QueryRow(t.Context(), "SELECT last_login_at::text FROM "+view).Scan(&text))
		return text
	}
	before := login("alicloud.cloud_center_instances")
	_, err := s.Pool().Exec(t.Context(), "CREATE VIEW public.logins AS SELECT uuid, last_login_at, free_type FROM alicloud.cloud_center_instances")
	require.NoError(t, err)
	_, err = s.MigrateDown(t.Context(), false)
	require.ErrorContains(t, err, "view public.logins depends on view alicloud.cloud_center_instances")
	require.NoError(t, s.Current(t.Context()))
	require.Equal(t, before, login("public.logins"))

	_, err = s.Pool().Exec(t.Context(), "DROP VIEW public.logins")
	require.NoError(t, err)
	_, err = s.MigrateDown(t.Context(), false)
	require.NoError(t, err)
	require.Equal(t, before, login("alicloud.cloud_center_instances"))
	require.Equal(t, before, login("syncer.cloud_center_instances"))
	_, err = s.Migrate(t.Context())
	require.NoError(t, err)
	require.Equal(t, before, login("alicloud.cloud_center_instances"))
}
