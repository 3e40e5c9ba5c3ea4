package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"syncer/source"
)

// monthsAhead is for how many months partitions are made in advance. So the partition is
// there even if no process ran at the end of the month.
const monthsAhead = 2

// monthsAgain is the time between a failed attempt and the next one. Each attempt can
// delay a sync by its lock_timeout.
const monthsAgain = 10 * time.Minute

// ensureMonths makes the partitions that hold what ends this month and in those
// ahead. Where one cannot be made (someone reads the table for long, say), ended
// rows go to the default partition, and are moved when the month is made later.
func (s *Store) ensureMonths(ctx context.Context, q querier, src *source.Source) (err error) {
	defer wrap(&err, "make the month partitions of %s", src.Name)
	first := monthOf(s.Time())
	last := first.AddDate(0, monthsAhead, 0)

	s.mu.Lock()
	known, wait := s.months[src.Name], time.Until(s.monthsFrom[src.Name])
	s.mu.Unlock()
	if !known.Before(last) || wait > 0 {
		return nil
	}
	for m := first; !m.After(last); m = m.AddDate(0, 1, 0) {
		if !m.After(known) {
			continue
		}
		if err := makeMonth(ctx, q, src, m); err != nil {
			if isInUse(err) {
				s.log.WarnContext(ctx, "month partition not made: the table is in use; the default partition serves meanwhile", "source", src.Name, "month", m.Format("2006-01"), "again_in", monthsAgain)
				s.mu.Lock()
				s.monthsFrom[src.Name] = time.Now().Add(monthsAgain)
				s.mu.Unlock()
				return nil
			}
			return err
		}
	}
	s.mu.Lock()
	s.months[src.Name] = last
	s.mu.Unlock()
	return nil
}

func monthOf(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

// makeMonth makes one month's partition unless it exists. The partition is created as a
// table and then attached, since ATTACH PARTITION does not block readers of standing rows.
func makeMonth(ctx context.Context, q querier, src *source.Source, month time.Time) error {
	parent := pgx.Identifier{"syncer", src.Name}.Sanitize()
	table := src.Name + month.Format("_2006_01")
	name := pgx.Identifier{"syncer", table}.Sanitize()
	rest := pgx.Identifier{"syncer", src.Name + "_default"}.Sanitize()
	from, to := month.Format(time.RFC3339), month.AddDate(0, 1, 0).Format(time.RFC3339)

	// Read from the catalogue itself: to_regclass may answer from a cache that is
	// older than another worker's commit.
	const read = "SELECT EXISTS (SELECT FROM pg_class WHERE relname = $1 AND relnamespace = 'syncer'::regnamespace)"
	var exists bool
	if err := q.QueryRow(ctx, read, table).Scan(&exists); err != nil || exists {
		return err
	}
	return pgx.BeginFunc(ctx, q, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL lock_timeout = '3s'"); err != nil {
			return err
		}
		// This is the lock that ATTACH PARTITION takes. It is taken first because several
		// workers may be here at once: to hold a weaker lock and ask for this one later could
		// deadlock. Rows that end must wait meanwhile, too: one that entered the default
		// partition would make ATTACH fail. Standing rows can be read and written.
		if _, err := tx.Exec(ctx, "LOCK TABLE "+rest); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, read, table).Scan(&exists); err != nil || exists {
			return err
		}
		for _, sql := range []string{
			fmt.Sprintf("CREATE TABLE %s (LIKE %s INCLUDING ALL)", name, parent),
			// These rows ended in this month while it had no partition.
			fmt.Sprintf("WITH late AS (DELETE FROM %s WHERE valid_to >= '%s' AND valid_to < '%s' RETURNING *) INSERT INTO %s SELECT * FROM late", rest, from, to, name),
			fmt.Sprintf("ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM ('%s') TO ('%s')", parent, name, from, to),
		} {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return err
			}
		}
		return nil
	})
}
