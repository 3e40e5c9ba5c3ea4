package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"syncer/source"
	"syncer/store"
)

// history syncs 20,000 servers daily for a year, with 1 % of them changed each day, and
// compares the space with a table that gets a full copy each day.
func history(ctx context.Context, report func(figure)) error {
	const servers, days = 20_000, 365
	today := time.Now().Truncate(time.Hour)
	day := today.AddDate(0, 0, -days)
	s, done, err := openWith(ctx, store.Options{Clock: func() time.Time { return day }})
	if err != nil {
		return err
	}
	defer done()
	list := patchRows(servers)
	random := rand.New(rand.NewPCG(3, 4))
	for n := range days {
		day = day.AddDate(0, 0, 1)
		for range servers / 100 {
			list[random.IntN(servers)][patches.Index("missing_count")] = source.IntValue(int64(n))
		}
		if _, _, _, err := syncRows(ctx, s, patches, list); err != nil {
			return err
		}
	}
	var versions, snapshots, current int64
	// The table of daily copies grows evenly, so ten days are enough.
	if _, err := s.Pool().Exec(ctx, `VACUUM ANALYZE;`); err != nil {
		return err
	}
	if _, err := s.Pool().Exec(ctx, `CREATE TABLE public.daily AS
SELECT d AS day, s.* FROM generate_series(1, 10) AS d, alicloud.instance_patch_states AS s ORDER BY d`); err != nil {
		return err
	}
	if _, err := s.Pool().Exec(ctx, "ALTER TABLE public.daily ADD PRIMARY KEY (account_id, region_id, instance_id, day)"); err != nil {
		return err
	}
	if err := s.Pool().QueryRow(ctx, `SELECT
    (SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = 'syncer.instance_patch_states'::regclass),
    pg_total_relation_size('public.daily') * 365 / 10,
    pg_total_relation_size('syncer.instance_patch_states_standing')`).Scan(&versions, &snapshots, &current); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "history: %d MB in all, %d MB standing, %d MB of snapshots\n", versions>>20, current>>20, snapshots>>20)
	report(figure{Name: "history_vs_snapshots", Value: float64(versions) / float64(snapshots), Unit: "bytes", Limit: 0.03})

	query := func(relation string) (best time.Duration, err error) {
		for range 15 {
			started := time.Now()
			rows, err := s.Pool().Query(ctx, "SELECT missing_count > 0, count(*) FROM "+relation+" GROUP BY 1")
			if err != nil {
				return 0, err
			}
			for rows.Next() {
			}
			if rows.Err() != nil {
				return 0, rows.Err()
			}
			if took := time.Since(started); best == 0 || took < best {
				best = took
			}
		}
		return best, nil
	}
	now, err := query("alicloud.instance_patch_states")
	if err != nil {
		return err
	}
	then, err := query(fmt.Sprintf("alicloud.instance_patch_states_as_of('%s')", today.AddDate(0, 0, -180).Format(time.RFC3339)))
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "as of: now %s, then %s\n", now, then)
	report(figure{Name: "as_of_vs_now", Value: then.Seconds() / now.Seconds(), Unit: "now", Limit: 3})
	return bloat(ctx, s, list, report)
}

// bloat makes 1,000 more syncs with 1 % change, with PostgreSQL's own autovacuum.
func bloat(ctx context.Context, s *store.Store, list []source.Row, report func(figure)) error {
	random := rand.New(rand.NewPCG(5, 6))
	for n := range 1000 {
		for range len(list) / 100 {
			list[random.IntN(len(list))][patches.Index("missing_count")] = source.IntValue(int64(1000 + n))
		}
		if _, _, _, err := syncRows(ctx, s, patches, list); err != nil {
			return err
		}
		time.Sleep(50 * time.Millisecond) // at most a hundredth of a real interval
	}
	var bloated, fresh int64
	if err := s.Pool().QueryRow(ctx, "SELECT pg_total_relation_size('syncer.instance_patch_states_standing')").Scan(&bloated); err != nil {
		return err
	}
	if _, err := s.Pool().Exec(ctx, "VACUUM FULL syncer.instance_patch_states_standing"); err != nil {
		return err
	}
	if err := s.Pool().QueryRow(ctx, "SELECT pg_total_relation_size('syncer.instance_patch_states_standing')").Scan(&fresh); err != nil {
		return err
	}
	report(figure{Name: "bloat_after_1000_syncs", Value: float64(bloated) / float64(fresh), Unit: "fresh size", Limit: 1.5})
	return nil
}
