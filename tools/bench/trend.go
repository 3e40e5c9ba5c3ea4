package main

import (
	"context"
	"fmt"
	"os"
	"time"
)

// trend reads a year of days over a million servers in 20 regions, with 1 % of them changed
// each day: from the trend view, and from a table that gets a full copy of the fleet each
// day. Only five of these copies are made, because the time grows evenly.
func trend(ctx context.Context, report func(figure)) error {
	const regions, days, copied = 20, 365, 5
	s, done, err := open(ctx)
	if err != nil {
		return err
	}
	defer done()
	// This writes at once what 365 daily syncs leave: each server changes every hundredth
	// day, and its last version stands.
	for _, sql := range []string{
		fmt.Sprintf(`INSERT INTO syncer.partitions (account_id, source, region_id, generation, merged_at, first_merged_at)
SELECT '1234567890123456', 'instance_patch_states', 'region-' || r, 1, now(), date_trunc('day', now()) - interval '%d days'
FROM generate_series(0, %d) AS r`, days, regions-1),
		fmt.Sprintf(`INSERT INTO syncer.instance_patch_states (account_id, region_id, instance_id, missing_count, failed_count, installed_pending_reboot_count, version_hash, row_hash, valid_from, valid_to)
SELECT '1234567890123456', 'region-' || i %% %[1]d, 'i-' || i, (i + n) %% 3, 0, 0, 1, 1,
    date_trunc('day', now()) - interval '%[2]d days' + greatest(0, 100 * n - 100 + (i / %[1]d) %% 100) * interval '1 day',
    CASE WHEN 100 * n + (i / %[1]d) %% 100 < %[2]d THEN date_trunc('day', now()) - interval '%[2]d days' + (100 * n + (i / %[1]d) %% 100) * interval '1 day' ELSE 'infinity' END
FROM generate_series(1, %[3]d) AS i, generate_series(0, 4) AS n
WHERE greatest(0, 100 * n - 100 + (i / %[1]d) %% 100) < %[2]d AND (n = 0 AND (i / %[1]d) %% 100 > 0 OR n > 0)`, regions, days, *rows),
		fmt.Sprintf(`CREATE UNLOGGED TABLE public.daily AS
SELECT d AS day, s.* FROM generate_series(1, %d) AS d, alicloud.instance_patch_states AS s ORDER BY d`, copied),
		"VACUUM ANALYZE",
	} {
		if _, err := s.Pool().Exec(ctx, sql); err != nil {
			return err
		}
	}
	started := time.Now()
	if err := s.RebuildTrends(ctx); err != nil {
		return err
	}
	rebuilding := time.Since(started)
	if _, err := s.Pool().Exec(ctx, "ANALYZE syncer.patch_compliance_daily"); err != nil {
		return err
	}
	var same bool
	if err := s.Pool().QueryRow(ctx, `SELECT (SELECT sum(missing_patches) FROM alicloud.patch_compliance_daily WHERE day = (now() AT TIME ZONE 'UTC')::date)
    = (SELECT sum(missing_count) FROM public.daily WHERE day = 1)`).Scan(&same); err != nil || !same {
		return fmt.Errorf("the trend's last day is not what stands: %w", err)
	}
	best := func(sql string) (best time.Duration, err error) {
		for range 5 {
			started := time.Now()
			rows, err := s.Pool().Query(ctx, sql)
			if err != nil {
				return 0, err
			}
			n := 0
			for rows.Next() {
				n++
			}
			if rows.Err() != nil || n == 0 {
				return 0, fmt.Errorf("%d rows: %w", n, rows.Err())
			}
			if took := time.Since(started); best == 0 || took < best {
				best = took
			}
		}
		return best, nil
	}
	kept, err := best(`SELECT day, sum(instances), sum(compliant), sum(missing_patches) FROM alicloud.patch_compliance_daily GROUP BY day ORDER BY day`)
	if err != nil {
		return err
	}
	snapshots, err := best(`SELECT day, count(*), count(*) FILTER (WHERE missing_count = 0 AND failed_count = 0 AND installed_pending_reboot_count = 0), sum(missing_count) FROM public.daily GROUP BY day ORDER BY day`)
	if err != nil {
		return err
	}
	snapshots = snapshots * days / copied
	fmt.Fprintf(os.Stderr, "a year of days: %s from the trend, %s from snapshots; rebuilt in %s\n", kept, snapshots, rebuilding)
	report(figure{Name: "trend_year", Value: float64(kept.Microseconds()) / 1000, Unit: "ms", Limit: 100})
	report(figure{Name: "trend_vs_snapshots", Value: kept.Seconds() / snapshots.Seconds(), Unit: "of snapshots", Limit: 0.01})
	return nil
}
