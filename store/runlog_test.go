package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
	"syncer/source"
	"syncer/store"
	"syncer/store/report"
)

// TestLongRunLog: what is asked of a long run log reads it by its indexes, also where
// all of a partition's latest runs have failed.
func TestLongRunLog(t *testing.T) {
	t.Parallel()
	url := migrated.URL(t)
	first, err := store.Open(t.Context(), url, store.Options{})
	require.NoError(t, err)
	t.Cleanup(first.Close)
	p := partition(&source.InstancePatchStates)
	syncAll(t, first, p, []source.Row{patchRow("i-1", 1)})
	_, err = first.Pool().Exec(t.Context(), `INSERT INTO syncer.sync_runs (
    account_id, account_name, source, region_id, trigger, full_sweep, started_at, finished_at, status, next_due_at,
    calls, retries, throttled, pages, rows_fetched, rows_opened, rows_changed, rows_ended, rows_unchanged, rows_repeated, worker
)
SELECT CASE WHEN i % 50 = 0 THEN '' ELSE account_id END, account_name, source, region_id, 'schedule', false, at, at, 'failed', at, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, worker
FROM syncer.sync_runs, generate_series(1, 100000) AS i, LATERAL (SELECT now() - interval '400 days' + i * interval '5 minutes' AS at) AS a`)
	require.NoError(t, err)
	_, err = first.Pool().Exec(t.Context(), "ANALYZE syncer.sync_runs")
	require.NoError(t, err)
	scans := func() (scans, lookups int) {
		require.NoError(t, first.Pool().QueryRow(t.Context(), "SELECT seq_scan, coalesce(idx_scan, 0) FROM pg_stat_user_tables WHERE relid = 'syncer.sync_runs'::regclass").Scan(&scans, &lookups))
		return scans, lookups
	}
	first.Pool().Reset() // a session's counts are complete once it has ended
	var before, lookups int
	settled := func() bool {
		wasScans, wasLookups := before, lookups
		before, lookups = scans()
		return wasScans == before && wasLookups == lookups && lookups > 0
	}
	pgtest.Await(t, settled)

	s, err := store.Open(t.Context(), url, store.Options{})
	require.NoError(t, err)
	for name, ask := range map[string]func(context.Context) error{
		"freshness":    func(ctx context.Context) error { _, err := report.Of(s).Freshness(ctx); return err },
		"past":         func(ctx context.Context) error { _, err := s.Past(ctx, p); return err },
		"last success": func(ctx context.Context) error { _, err := s.LastSuccess(ctx, p); return err },
		"answered":     func(ctx context.Context) error { _, err := s.Answered(ctx, p, time.Now()); return err },
		"last run":     func(ctx context.Context) error { _, err := report.Of(s).LastRun(ctx); return err },
		"last runs":    func(ctx context.Context) error { _, err := report.Of(s).LastRuns(ctx, report.Filter{}, 20); return err },
		"activities": func(ctx context.Context) error {
			_, err := report.Of(s).Activities(ctx, report.Filter{}, time.Now().AddDate(0, 0, -1))
			return err
		},
		"prunable": func(ctx context.Context) error {
			_, err := s.Prunable(ctx, source.All, 399*24*time.Hour)
			return err
		},
	} {
		require.NoError(t, ask(t.Context()), name)
	}
	s.Close()
	was := lookups
	pgtest.Await(t, func() bool { _, lookups = scans(); return lookups > was })
	after, _ := scans()
	require.Equal(t, before, after, "the run log was read from end to end")
}
