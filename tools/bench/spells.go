package main

import (
	"context"
	"fmt"
	"os"
	"time"
)

// spells reads spells from a year of versions of a million servers in accounts of 10,000,
// with 1 % of them changed each day: those of one server, those of one account that lasted
// within 90 days, and one account's figures of each day. They are compared with a full scan
// of the versions.
func spells(ctx context.Context, report func(figure)) error {
	const perAccount, days, every = 10_000, 365, 100
	s, done, err := open(ctx)
	if err != nil {
		return err
	}
	defer done()
	accounts := max(1, *rows/perAccount)
	// This writes at once what 365 daily syncs leave: each server changes every hundredth
	// day, and its last version stands. Months have tables of their own, as syncs make them.
	start := fmt.Sprintf("(date_trunc('day', now()) - interval '%d days')", days)
	change := fmt.Sprintf("(%d * n + i / 7 %% %[1]d)", every)
	for _, sql := range []string{
		`DO $$
DECLARE
    month timestamptz;
BEGIN
    SET LOCAL timezone = 'UTC';
    FOR month IN SELECT generate_series(date_trunc('month', now() - interval '366 days'), date_trunc('month', now()), '1 month') LOOP
        EXECUTE format('CREATE TABLE IF NOT EXISTS syncer.%I PARTITION OF syncer.instance_patch_states FOR VALUES FROM (%L) TO (%L)',
            'instance_patch_states_' || to_char(month, 'YYYY_MM'), month, month + interval '1 month');
    END LOOP;
END
$$`,
		fmt.Sprintf(`INSERT INTO syncer.partitions (account_id, source, region_id, generation, merged_at, first_merged_at)
SELECT 'account-' || a, 'instance_patch_states', 'cn-hangzhou', 1, now(), %s
FROM generate_series(0, %d) AS a`, start, accounts-1),
		// Half-hourly syncs of the accounts.
		fmt.Sprintf(`INSERT INTO syncer.sync_runs (account_id, account_name, source, region_id, trigger, next_due_at, full_sweep, started_at, finished_at, status,
    calls, retries, throttled, pages, rows_fetched, rows_opened, rows_changed, rows_ended, rows_unchanged, rows_repeated, worker, unseen_since)
SELECT 'account-' || a, 'a', 'instance_patch_states', 'cn-hangzhou', 'schedule', at + interval '30 minutes', false, at - interval '2 minutes', at - interval '1 minute', 'ok',
    1, 0, 0, 1, 1, 0, 0, 0, 1, 0, 'bench', CASE WHEN extract(dow FROM at) = 5 AND extract(hour FROM at) = 5 THEN at - interval '10 minutes' END
FROM generate_series(0, %d, 3) AS a, generate_series(%s, now(), '30 minutes') AS at`, accounts-1, start),
		fmt.Sprintf(`INSERT INTO syncer.instance_patch_states (account_id, region_id, instance_id, missing_count, failed_count, installed_pending_reboot_count, version_hash, row_hash, valid_from, valid_to)
SELECT 'account-' || i %% %[1]d, 'cn-hangzhou', 'i-' || i, (i + n) %% 3, 0, 0, 1, 1,
    %[2]s + greatest(0, %[3]s - %[4]d) * interval '1 day',
    CASE WHEN %[3]s < %[5]d THEN %[2]s + %[3]s * interval '1 day' ELSE 'infinity' END
FROM generate_series(1, %[6]d) AS i, generate_series(0, 4) AS n
WHERE greatest(0, %[3]s - %[4]d) < %[5]d AND %[3]s > 0
ORDER BY 10, 3`, accounts, start, change, every, days, *rows),
		"VACUUM ANALYZE",
	} {
		if _, err := s.Pool().Exec(ctx, sql); err != nil {
			return err
		}
	}
	best := func(sql string) (best time.Duration, n int, err error) {
		for range 7 {
			started := time.Now()
			rows, err := s.Pool().Query(ctx, sql)
			if err != nil {
				return 0, 0, err
			}
			n = 0
			for rows.Next() {
				n++
			}
			if rows.Err() != nil || n == 0 {
				return 0, 0, fmt.Errorf("%d rows: %w", n, rows.Err())
			}
			if took := time.Since(started); best == 0 || took < best {
				best = took
			}
		}
		return best, n, nil
	}
	scan, _, err := best("SELECT count(*), sum(missing_count), max(valid_from) FROM syncer.instance_patch_states")
	if err != nil {
		return err
	}
	for _, q := range []struct {
		name, sql string
		limit     float64 // in ms
		share     float64 // of the scan, at a million servers
	}{
		{"spells_server", "SELECT * FROM alicloud.patch_exposures WHERE account_id = 'account-3' AND region_id = 'cn-hangzhou' AND instance_id = 'i-" + fmt.Sprint(accounts+3) + "'", 10, 0.02},
		{"spells_account_90_days", "SELECT * FROM alicloud.patch_exposures WHERE account_id = 'account-3' AND (ended_at IS NULL OR ended_at >= now() - interval '90 days')", 1000, 2},
		{"spells_account_daily", "SELECT * FROM alicloud.patch_exposures_daily WHERE account_id = 'account-3' AND day >= current_date - 90", 3000, 6},
	} {
		took, n, err := best(q.sql)
		if err != nil {
			return fmt.Errorf("%s: %w", q.name, err)
		}
		fmt.Fprintf(os.Stderr, "%s: %d rows in %s, a scan of all versions in %s\n", q.name, n, took, scan)
		report(figure{Name: q.name, Value: float64(took.Microseconds()) / 1000, Unit: "ms", Limit: q.limit})
		report(figure{Name: q.name + "_vs_scan", Value: took.Seconds() / scan.Seconds(), Unit: "of a scan", Limit: q.share * 1_000_000 / float64(*rows)})
	}
	return nil
}
