package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"syncer/internal/testing/pgtest"
	"syncer/source"
	"syncer/store"
	"syncer/store/report"
)

// TestPruneKeepsTheRest is the law of retention, on random histories of a source with
// each kind of trend (the others differ in their columns alone) and random horizons:
// from the horizon on, s_as_of and alicloud.changes are what they were; before it,
// s_as_of is an error; what stands and the days of the trends are what they were,
// also when these are rebuilt.
func TestPruneKeepsTheRest(t *testing.T) {
	t.Parallel()
	for _, src := range []*source.Source{&source.InstancePatchStates, &source.AgentlessTasks, &source.PublishBatches} {
		t.Run(src.Name, func(t *testing.T) {
			t.Parallel()
			url := migrated.URL(t)
			rapid.Check(t, func(t *rapid.T) { prunedHistory(t, url, src) })
		})
	}
}

func prunedHistory(t *rapid.T, url string, src *source.Source) {
	ctx := context.Background()
	var now atomic.Pointer[time.Time]
	s, err := store.Open(ctx, url, store.Options{Clock: func() time.Time { return *now.Load() }})
	require.NoError(t, err)
	defer s.Close()
	forgetAll(t, s, src)
	zones := rapid.Permutation([]string{"UTC", "Asia/Shanghai", "America/St_Johns"}).Draw(t, "zones")
	_, err = s.SetTimezone(ctx, zones[0])
	require.NoError(t, err)
	p := partition(src)
	p.AccountID = fmt.Sprint(rand.Uint64())

	type moment struct {
		at    time.Time
		shown []string
	}
	var moments []moment
	first := time.Date(2025, 11, 20, rapid.IntRange(0, 23).Draw(t, "hour"), 0, 0, 0, time.UTC)
	at := first
	listed := map[int]source.Row{}
	trends := src.Trends
	if trends == nil {
		trends = []source.Trend{{}}
	}
	for range rapid.IntRange(2, 6).Draw(t, "syncs") {
		now.Store(&at)
		for key := range limitKeys(src) + 1 {
			switch rapid.SampledFrom([]string{"same", "same", "go", "come", "come"}).Draw(t, "fate") {
			case "go":
				delete(listed, key)
			case "come":
				listed[key] = trendRow(t, src, trends[0], key, at)
			}
		}
		moments = append(moments, moment{syncRandomly(t, s, p, listed), show(t, s, src, p, "")})
		at = at.Add(rapid.SampledFrom([]time.Duration{3 * time.Hour, 40 * time.Hour, 9 * 24 * time.Hour, 21 * 24 * time.Hour}).Draw(t, "pause"))
	}
	now.Store(&at)
	days := map[string][]string{}
	for _, tr := range src.Trends {
		days[tr.Name] = trendRows(t, s, p, tr)
	}
	stands := show(t, s, src, p, "")
	happened := changesSince(t, s, p, time.Time{})

	retention := time.Duration(rapid.IntRange(2, 70).Draw(t, "retention")) * 24 * time.Hour
	would, err := s.Prunable(ctx, []*source.Source{src}, retention)
	require.NoError(t, err)
	did, err := s.Prune(ctx, []*source.Source{src}, retention, time.Minute)
	require.NoError(t, err)
	require.Equal(t, fmt.Sprint(tables(would)), fmt.Sprint(tables(did)), "a dry run says what a real one does")
	horizon, err := report.Of(s).Horizon(ctx)
	require.NoError(t, err)
	month := at.Add(-retention).UTC()
	month = time.Date(month.Year(), month.Month(), 1, 0, 0, 0, 0, time.UTC)
	if len(did.Months) > 0 {
		require.Equal(t, month, horizon.UTC())
	} else {
		require.True(t, horizon.IsZero())
		require.False(t, month.After(first.AddDate(0, 1, 0)), "nothing was dropped")
	}
	var before int
	require.NoError(t, s.Pool().QueryRow(ctx, "SELECT count(*) FROM syncer."+src.Name+" WHERE valid_to < $1", horizon).Scan(&before))
	require.Zero(t, before)

	for i, m := range moments {
		for _, at := range []time.Time{m.at, between(m.at, nextAt(moments, i, func(m moment) time.Time { return m.at }))} {
			if at.Before(horizon) {
				refused(t, s.Pool(), src, at)
			} else {
				require.Equal(t, m.shown, show(t, s, src, p, at.Format(time.RFC3339Nano)), "as of sync %d", i)
			}
		}
	}
	if !horizon.IsZero() {
		refused(t, s.Pool(), src, horizon.Add(-time.Microsecond))
		show(t, s, src, p, horizon.Format(time.RFC3339Nano))
	}
	require.Equal(t, stands, show(t, s, src, p, ""))
	var kept []string
	for _, c := range happened {
		if !c.At.Before(horizon) {
			kept = append(kept, c.Key+c.Kind)
		}
	}
	var told []string
	for _, c := range changesSince(t, s, p, time.Time{}) {
		// Of what returned, the time before it went may be gone.
		if i := len(told); c.Kind == "opened" && i < len(kept) && kept[i] == c.Key+"returned" {
			c.Kind = "returned"
		}
		told = append(told, c.Key+c.Kind)
	}
	require.Equal(t, kept, told)

	for _, tr := range src.Trends {
		require.Equal(t, days[tr.Name], trendRows(t, s, p, tr), "the days of a trend")
	}
	require.NoError(t, s.RebuildTrends(ctx))
	for _, tr := range src.Trends {
		require.Equal(t, days[tr.Name], trendRows(t, s, p, tr), "the days of a trend that was rebuilt")
	}
	// In another time zone, the days before stay as they were cut, and the others are
	// cut anew.
	_, err = s.SetTimezone(ctx, zones[1])
	require.NoError(t, err)
	for _, tr := range src.Trends {
		require.Equal(t, splitDays(days[tr.Name], horizon), splitDays(trendRows(t, s, p, tr), horizon), "the days before the horizon")
	}
	syncRandomly(t, s, p, map[int]source.Row{0: trendRow(t, src, trends[0], 0, at)})
	for _, tr := range src.Trends {
		trendLaw(t, s, p, tr, zones[1], horizon, first, at)
	}
}

// forgetAll makes the database as good as new.
func forgetAll(t *rapid.T, s *store.Store, src *source.Source) {
	ctx := context.Background()
	names := []string{"syncer." + src.Name, "syncer.partitions", "syncer.sync_runs"}
	for _, tr := range src.Trends {
		names = append(names, "syncer."+tr.Name)
	}
	_, err := s.Pool().Exec(ctx, "UPDATE syncer.settings SET horizon_at = NULL, timezone = NULL; TRUNCATE "+strings.Join(names, ", "))
	require.NoError(t, err)
	rows, err := s.Pool().Query(ctx, `SELECT 'syncer.' || relname FROM pg_class WHERE relkind = 'r' AND relname ~ $1`, "^"+src.Name+`_\d{4}_\d{2}$`)
	require.NoError(t, err)
	months, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	// Some months have no partition of their own: the default one serves.
	if len(months) > 0 && rapid.Bool().Draw(t, "without months") {
		_, err = s.Pool().Exec(ctx, "DROP TABLE "+strings.Join(months, ", "))
		require.NoError(t, err)
	}
}

func tables(p store.Pruned) (list []string) {
	for _, m := range p.Months {
		list = append(list, fmt.Sprint(m.Source, m.Month, m.Rows, m.Bytes))
	}
	return append(list, fmt.Sprint(p.Runs))
}

func changesSince(t *rapid.T, s *store.Store, p store.Partition, since time.Time) (list []report.Change) {
	require.NoError(t, report.Of(s).Changes(context.Background(), report.ChangeFilter{
		Since: since, Until: time.Now().AddDate(1, 0, 0), Sources: []string{p.Source.Name},
	}, func(c report.Change) { list = append(list, c) }))
	return list
}

// splitDays are the rows of a trend before the day that a horizon is in.
func splitDays(rows []string, horizon time.Time) (list []string) {
	for _, r := range rows {
		_, day, _ := strings.Cut(r, `"day": "`)
		if day[:len(time.DateOnly)] < horizon.Format(time.DateOnly) {
			list = append(list, r)
		}
	}
	return list
}

type querier interface {
	Query(context.Context, string, ...any) (pgx.Rows, error)
}

// refused wants the error that says so, whatever else the question filters by.
func refused(t require.TestingT, q querier, src *source.Source, at time.Time) {
	rows, err := q.Query(context.Background(), fmt.Sprintf("SELECT FROM alicloud.%s_as_of($1) WHERE account_id = 'none' OR region_id <> 'none'", src.Name), at)
	require.NoError(t, err)
	rows.Close()
	var pg *pgconn.PgError
	require.ErrorAs(t, rows.Err(), &pg)
	require.Equal(t, "SY001", pg.Code)
	require.NotEmpty(t, pg.Hint)
}

// TestPruneBesideReaders: whoever looked at the database before the horizon was
// raised keeps seeing what was then, or the month stays for the next prune; merges
// go on meanwhile.
func TestPruneBesideReaders(t *testing.T) {
	t.Parallel()
	for _, touches := range []bool{true, false} {
		t.Run(fmt.Sprintf("reads the table %t", touches), func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			src := &source.InstancePatchStates
			start := time.Now().AddDate(0, -6, 0)
			var now atomic.Pointer[time.Time]
			now.Store(&start)
			url := pgtest.URL(t)
			s := openClock(t, asPlainRole(t, url), func() time.Time { return *now.Load() })
			sources := []*source.Source{src}
			sync := func(missing int64) { syncAll(t, s, partition(src), []source.Row{patchRow("i-1", missing)}) }
			sync(1)
			later := start.AddDate(0, 0, 1)
			now.Store(&later)
			sync(2)
			today := time.Now()
			now.Store(&today)
			sync(3)

			const then = "SELECT missing_count FROM alicloud.instance_patch_states_as_of($1)"
			other, err := pgx.Connect(ctx, url)
			require.NoError(t, err)
			defer other.Close(ctx) //nolint:errcheck // its work is done
			reader, err := other.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
			require.NoError(t, err)
			defer reader.Rollback(ctx) //nolint:errcheck // it may have ended
			var missing int64
			if touches {
				require.NoError(t, reader.QueryRow(ctx, then, start).Scan(&missing))
			} else {
				_, err = reader.Exec(ctx, "SELECT 1")
				require.NoError(t, err)
			}
			pruned, err := s.Prune(ctx, sources, 40*24*time.Hour, 10*time.Millisecond)
			require.ErrorIs(t, err, store.ErrInUse)
			require.Empty(t, pruned.Months)
			sync(4)
			refused(t, s.Pool(), src, start)
			require.NoError(t, reader.QueryRow(ctx, then, start).Scan(&missing))
			require.EqualValues(t, 1, missing)

			require.NoError(t, reader.Commit(ctx))
			pruned, err = s.Prune(ctx, sources, 400*24*time.Hour, time.Minute) // what was begun is finished
			require.NoError(t, err)
			require.NotEmpty(t, pruned.Months)
		})
	}
}

// asPlainRole is a database's URL for a role that is no superuser: of sessions of
// others the server tells it little.
func asPlainRole(t *testing.T, url string) string {
	t.Helper()
	db, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer db.Close(t.Context()) //nolint:errcheck // its work is done
	_, err = db.Exec(t.Context(), fmt.Sprintf(`DO $$
BEGIN
    CREATE ROLE syncer_test_plain;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;
GRANT CREATE, TEMPORARY ON DATABASE %s TO syncer_test_plain`, pgx.Identifier{db.Config().Database}.Sanitize()))
	require.NoError(t, err)
	separator := "?"
	if strings.Contains(url, "?") {
		separator = "&"
	}
	return url + separator + "options=-c%20role%3Dsyncer_test_plain"
}

// TestMergesPassAWaitingPrune: a reader that holds the table for long makes a prune
// wait, and nobody else.
func TestMergesPassAWaitingPrune(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	src := &source.InstancePatchStates
	start := time.Now().AddDate(0, -6, 0)
	var now atomic.Pointer[time.Time]
	now.Store(&start)
	s := openClock(t, migrated.URL(t), func() time.Time { return *now.Load() })
	syncAll(t, s, partition(src), []source.Row{patchRow("i-1", 1)})
	today := time.Now()
	now.Store(&today)
	_, err := s.Prune(ctx, []*source.Source{src}, 40*24*time.Hour, 0) // raises the horizon
	require.NoError(t, err)
	_, err = s.Pool().Exec(ctx, "CREATE TABLE syncer.instance_patch_states_2020_01 PARTITION OF syncer.instance_patch_states FOR VALUES FROM ('2020-01-01') TO ('2020-02-01')")
	require.NoError(t, err)

	reader, err := s.Pool().Begin(ctx)
	require.NoError(t, err)
	defer reader.Rollback(ctx) //nolint:errcheck // it may have ended
	_, err = reader.Exec(ctx, "SELECT count(*) FROM alicloud.instance_patch_states_history")
	require.NoError(t, err)
	ended := make(chan error)
	patient, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		_, err := s.Prune(patient, []*source.Source{src}, 40*24*time.Hour, time.Hour)
		ended <- err
	}()
	for i := range 30 {
		syncAll(t, s, partition(src), []source.Row{patchRow("i-1", int64(i))})
		time.Sleep(10 * time.Millisecond)
	}
	select {
	case err := <-ended:
		t.Fatalf("the prune did not wait: %v", err)
	default:
	}
	require.NoError(t, reader.Commit(ctx))
	require.NoError(t, <-ended)
}

// TestPruneKeepsTheRunsThatCount: what freshness, the next run's fullness and held
// rows are judged by survives, however old.
func TestPruneKeepsTheRunsThatCount(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := open(t)
	p := partition(&source.AgentlessTasks)
	syncAll(t, s, p, nil)
	_, err := s.Pool().Exec(ctx, `INSERT INTO syncer.sync_runs
OVERRIDING USER VALUE
SELECT (r).*
FROM (
    SELECT jsonb_populate_record(r, jsonb_build_object('status', new_status, 'full_sweep', n % 7 = 0, 'trigger', new_trigger, 'finished_at', now() - interval '3 years')) AS r
    FROM syncer.sync_runs AS r, generate_series(1, 50) AS n, unnest(ARRAY['ok', 'held', 'failed']) AS new_status, unnest(ARRAY['schedule', 'manual']) AS new_trigger
) AS copies`)
	require.NoError(t, err)
	_, err = s.Pool().Exec(ctx, "DELETE FROM syncer.sync_runs WHERE finished_at > now() - interval '1 year'")
	require.NoError(t, err)
	look := func() []any {
		fresh, err := report.Of(s).Freshness(ctx)
		require.NoError(t, err)
		past, err := s.Past(ctx, p)
		require.NoError(t, err)
		return []any{fresh, past}
	}
	before := look()
	pruned, err := s.Prune(ctx, source.All, 400*24*time.Hour, time.Minute)
	require.NoError(t, err)
	require.Positive(t, pruned.Runs)
	require.Equal(t, before, look())
	var left int64
	require.NoError(t, s.Pool().QueryRow(ctx, "SELECT count(*) FROM syncer.sync_runs").Scan(&left))
	require.EqualValues(t, 300-pruned.Runs, left)
	pruned, err = s.Prune(ctx, source.All, 400*24*time.Hour, time.Minute)
	require.NoError(t, err)
	require.Zero(t, pruned.Runs)
}
