package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"

	"syncer/source"
	"syncer/store/schema"
)

// ErrInUse: a month could not be dropped, since somebody reads the table or has
// read from the database since before the horizon. The next prune drops it.
var ErrInUse = errors.New("in use")

// ErrNotArchived: a month stays, since nobody could make sure that the archive has it.
var ErrNotArchived = errors.New("kept until it is in the archive")

// Archived reports an error unless an archive has a month of a source, or of sync_runs, as
// it is in the database.
type Archived func(ctx context.Context, name string, month time.Time) error

// Pruned is what a prune dropped, or would drop.
type Pruned struct {
	// Horizon is the moment from which on history is kept; nil: from the start.
	Horizon *time.Time    `json:"horizon"`
	Months  []PrunedMonth `json:"months"`
	Runs    int64         `json:"runs"` // rows of alicloud.sync_runs
	// NextDropAt is when the oldest month that stays is due to go, of what there is
	// now; nil: there is none, or it was not asked for.
	NextDropAt *time.Time `json:"next_drop_at,omitempty"`
}

// A PrunedMonth holds the versions of a source that ended in one month.
type PrunedMonth struct {
	Source string `json:"source"`
	Month  string `json:"month"` // 2026-05, in UTC
	Rows   int64  `json:"rows"`
	Bytes  int64  `json:"bytes"`

	table string // empty: rows of the default partition
}

// Prune drops the months that ended longer ago than the retention, which is two days
// or more, and the runs that finished before them. It tries for as long as patience says
// to drop tables that are in use, without keeping others from them. The error names what
// stays.
//
// The horizon is raised first. A month goes only once no snapshot is left that was taken
// before that: whoever asks for a moment gets what stood then, or an error, also in a
// transaction that has been open since.
func (s *Store) Prune(ctx context.Context, sources []*source.Source, retention, patience time.Duration) (Pruned, error) {
	return s.PruneArchived(ctx, sources, retention, patience, nil)
}

// PruneArchived is Prune where there is an archive: the first month that it lacks stays, and
// so do all that came later. The error tells which.
func (s *Store) PruneArchived(ctx context.Context, sources []*source.Source, retention, patience time.Duration, archived Archived) (p Pruned, err error) {
	defer wrap(&err, "prune")
	p, cutoff, err := s.prunable(ctx, sources, retention, archived)
	if errors.Is(err, ErrNotArchived) {
		defer func(missing error) { err = errors.Join(err, missing) }(err)
		err = nil
	}
	if err != nil || len(p.Months) == 0 && p.Runs == 0 {
		return p, err
	}
	old := p.Months
	p.Months = []PrunedMonth{}
	if len(old) > 0 {
		if p.Horizon, err = s.raiseHorizon(ctx, cutoff); err != nil {
			return p, err
		}
	}
	if p.Runs, err = s.pruneRuns(ctx, cutoff, "DELETE FROM syncer.sync_runs AS r USING old WHERE r.account_id = old.account_id AND r.run_id = old.run_id"); err != nil {
		return p, err
	}
	enough := time.After(patience)
	for {
		var left []PrunedMonth
		var inUse error
		for _, m := range old {
			switch err := s.drop(ctx, m, cutoff); {
			case err == nil:
				p.Months = append(p.Months, m)
			case errors.Is(err, ErrInUse):
				left, inUse = append(left, m), errors.Join(inUse, err)
			default:
				return p, err
			}
		}
		if old = left; len(old) == 0 {
			return p, nil
		}
		select {
		case <-ctx.Done():
			return p, context.Cause(ctx)
		case <-enough:
			return p, inUse
		case <-time.After(dropPause):
		}
	}
}

// While a drop waits for a table, all others wait behind it. So it waits for a short time
// only, and then lets them pass.
const (
	dropWait  = 200 * time.Millisecond
	dropPause = 2 * time.Second
)

// Prunable lists what Prune would drop, and says when there will be more.
func (s *Store) Prunable(ctx context.Context, sources []*source.Source, retention time.Duration) (Pruned, error) {
	return s.PrunableArchived(ctx, sources, retention, nil)
}

// PrunableArchived lists what PruneArchived would drop.
func (s *Store) PrunableArchived(ctx context.Context, sources []*source.Source, retention time.Duration, archived Archived) (p Pruned, err error) {
	defer wrap(&err, "look for what can be pruned")
	p, cutoff, err := s.prunable(ctx, sources, retention, archived)
	if errors.Is(err, ErrNotArchived) {
		defer func(missing error) { err = errors.Join(err, missing) }(err)
		err = nil
	}
	if err != nil {
		return p, err
	}
	if len(p.Months) > 0 {
		p.Horizon = &cutoff
	}
	for _, src := range sources {
		oldest, err := s.oldestMonth(ctx, src, cutoff)
		if err != nil {
			return p, err
		}
		if oldest == nil {
			continue
		}
		due := oldest.AddDate(0, 1, 0).Add(retention)
		if p.NextDropAt == nil || due.Before(*p.NextDropAt) {
			p.NextDropAt = &due
		}
	}
	return p, nil
}

// prunable also returns the moment before which all is to go: the start of a month. What an
// earlier prune has left behind its horizon is to go, too, whatever the retention is now, and
// whatever the archive has: it can be told no more. The error may be that the archive lacks a
// month; the rest is true all the same.
func (s *Store) prunable(ctx context.Context, sources []*source.Source, retention time.Duration, archived Archived) (p Pruned, cutoff time.Time, err error) {
	var now time.Time
	if err := s.pool.QueryRow(ctx, "SELECT coalesce($1, clock_timestamp()), horizon_at FROM syncer.settings", s.now()).Scan(&now, &p.Horizon); err != nil {
		return p, cutoff, err
	}
	cutoff = monthOf(now.Add(-retention))
	if p.Horizon != nil && cutoff.Before(*p.Horizon) {
		cutoff = p.Horizon.UTC()
	}
	if p.Months, p.Runs, err = s.before(ctx, sources, cutoff); err != nil || archived == nil {
		return p, cutoff, err
	}
	missing, err := s.notArchived(ctx, p, cutoff, archived)
	if err != nil || missing == nil {
		return p, cutoff, err
	}
	cutoff = missing.month
	if p.Months, p.Runs, err = s.before(ctx, sources, cutoff); err != nil {
		return p, cutoff, err
	}
	return p, cutoff, missing
}

// before lists the months, and counts the runs, that are before a moment and may go.
func (s *Store) before(ctx context.Context, sources []*source.Source, cutoff time.Time) (list []PrunedMonth, runs int64, err error) {
	list = []PrunedMonth{}
	for _, src := range sources {
		months, err := s.monthsBefore(ctx, src, cutoff)
		if err != nil {
			return list, 0, err
		}
		list = append(list, months...)
	}
	runs, err = s.pruneRuns(ctx, cutoff, "SELECT FROM old")
	return list, runs, err
}

// A missingMonth is the first that an archive lacks.
type missingMonth struct {
	month time.Time
	err   error
}

func (m *missingMonth) Error() string {
	return fmt.Sprintf("history from %s on is %v: %v", m.month.Format("2006-01"), ErrNotArchived, m.err)
}
func (m *missingMonth) Unwrap() []error { return []error{ErrNotArchived, m.err} }

// notArchived asks for each month that is to go, the oldest first, and returns the first
// that the archive lacks; nil: there is none.
func (s *Store) notArchived(ctx context.Context, p Pruned, cutoff time.Time, archived Archived) (*missingMonth, error) {
	names := map[time.Time][]string{}
	for _, m := range p.Months {
		month, err := time.Parse("2006-01", m.Month)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(names[month], m.Source) { // it may have a table and strays
			names[month] = append(names[month], m.Source)
		}
	}
	months, err := collect[time.Time](ctx, s.pool, oldRuns+`SELECT DISTINCT date_trunc('month', r.finished_at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
FROM syncer.sync_runs AS r
JOIN old ON r.account_id = old.account_id AND r.run_id = old.run_id`, cutoff)
	if err != nil {
		return nil, err
	}
	for _, m := range months {
		names[m.UTC()] = append(names[m.UTC()], "sync_runs")
	}
	for _, month := range slices.SortedFunc(maps.Keys(names), time.Time.Compare) {
		if p.Horizon != nil && month.Before(*p.Horizon) {
			continue
		}
		for _, name := range names[month] {
			if err := archived(ctx, name, month); err != nil {
				return &missingMonth{month, err}, nil
			}
		}
	}
	return nil, nil
}

// WithRetired adds to sources those that have a table and are declared no more. They are as
// their tables say, which is enough for the archive and for a prune.
func (s *Store) WithRetired(ctx context.Context, sources []*source.Source) (_ []*source.Source, err error) {
	defer wrap(&err, "read which sources are declared no more")
	retired, err := schema.Undeclared(ctx, s.pool, sources)
	return slices.Concat(sources, retired), err
}

var monthTable = regexp.MustCompile(`_(\d{4})_(\d{2})$`)

// monthsBefore lists a source's months that ended, the oldest first.
func (s *Store) monthsBefore(ctx context.Context, src *source.Source, cutoff time.Time) (list []PrunedMonth, err error) {
	tables, err := s.partitionsOf(ctx, src)
	if err != nil {
		return nil, err
	}
	for _, table := range tables {
		m := monthTable.FindStringSubmatch(table)
		if m == nil || m[1]+"-"+m[2] >= cutoff.Format("2006-01") {
			continue
		}
		month := PrunedMonth{Source: src.Name, Month: m[1] + "-" + m[2], table: pgx.Identifier{"syncer", table}.Sanitize()}
		if err := s.pool.QueryRow(ctx, "SELECT count(*), pg_total_relation_size($1::regclass) FROM "+month.table, month.table).Scan(&month.Rows, &month.Bytes); err != nil {
			return nil, err
		}
		list = append(list, month)
	}
	rows, err := s.pool.Query(ctx, fmt.Sprintf(`SELECT to_char(valid_to AT TIME ZONE 'UTC', 'YYYY-MM') AS month, count(*), sum(pg_column_size(d.*))
FROM %s AS d
WHERE valid_to < $1
GROUP BY month
ORDER BY month`, defaultOf(src.Name)), cutoff)
	if err != nil {
		return nil, err
	}
	strays := PrunedMonth{Source: src.Name}
	_, err = pgx.ForEachRow(rows, []any{&strays.Month, &strays.Rows, &strays.Bytes}, func() error {
		list = append(list, strays)
		return nil
	})
	return list, err
}

// partitionsOf lists the tables of a source's versions, those of months from the oldest on.
func (s *Store) partitionsOf(ctx context.Context, src *source.Source) ([]string, error) {
	return collect[string](ctx, s.pool, `SELECT c.relname
FROM pg_inherits AS i
JOIN pg_class AS c ON c.oid = i.inhrelid
WHERE i.inhparent = to_regclass($1)
ORDER BY c.relname`, "syncer."+src.Name)
}

// oldestMonth is the start of the first month from a moment on whose versions ended;
// nil: there is none.
func (s *Store) oldestMonth(ctx context.Context, src *source.Source, from time.Time) (*time.Time, error) {
	var stray *time.Time
	if err := s.pool.QueryRow(ctx, fmt.Sprintf("SELECT min(valid_to) FROM %s WHERE valid_to >= $1 AND valid_to < 'infinity'", defaultOf(src.Name)), from).Scan(&stray); err != nil {
		return nil, err
	}
	if stray != nil {
		*stray = monthOf(*stray)
	}
	tables, err := s.partitionsOf(ctx, src)
	if err != nil {
		return nil, err
	}
	for _, table := range tables {
		m := monthTable.FindStringSubmatch(table)
		if m == nil {
			continue
		}
		month, err := time.Parse("2006-01", m[1]+"-"+m[2])
		if err != nil {
			return nil, err
		}
		if month.Before(monthOf(from)) {
			continue
		}
		if stray != nil && stray.Before(month) {
			return stray, nil
		}
		return &month, nil
	}
	return stray, nil
}

func defaultOf(source string) string { return pgx.Identifier{"syncer", source + "_default"}.Sanitize() }

// raiseHorizon never lowers it. It goes beside merges, but not beside the rebuilding
// of trends, which counts from the horizon.
func (s *Store) raiseHorizon(ctx context.Context, at time.Time) (horizon *time.Time, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if err := lockShared(ctx, tx); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE syncer.settings SET horizon_at = $1 WHERE horizon_at IS NULL OR horizon_at < $1", at); err != nil {
			return err
		}
		return tx.QueryRow(ctx, "SELECT horizon_at FROM syncer.settings").Scan(&horizon)
	})
	return horizon, err
}

// drop drops one month, unless someone may look at it.
func (s *Store) drop(ctx context.Context, m PrunedMonth, cutoff time.Time) error {
	what := fmt.Sprintf("%s of %s", m.Source, m.Month)
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		// A snapshot that may not see the horizon's row would see the month gone.
		var pid *int
		err := tx.QueryRow(ctx, `SELECT min(a.pid)
FROM pg_stat_activity AS a, syncer.settings AS s
WHERE age(a.backend_xmin) >= age(s.xmin) AND a.pid <> pg_backend_pid()
    AND (a.datname = current_database() OR a.datname IS NULL) -- of no database: a standby's
    AND a.usesysid IS NOT NULL -- autovacuum has no user; backend_type is hidden of others' sessions`).Scan(&pid)
		if err != nil {
			return err
		}
		if pid != nil {
			return fmt.Errorf("%s is %w: the transaction of process %d has been open since before it was to go", what, ErrInUse, *pid)
		}
		if m.table == "" {
			_, err := tx.Exec(ctx, fmt.Sprintf("DELETE FROM %s WHERE valid_to < $1 AND to_char(valid_to AT TIME ZONE 'UTC', 'YYYY-MM') = $2", defaultOf(m.Source)), cutoff, m.Month)
			return err
		}
		if _, err := tx.Exec(ctx, fmt.Sprintf("SET LOCAL lock_timeout = %d", dropWait.Milliseconds())); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "DROP TABLE IF EXISTS "+m.table) // another process may have come first
		return err
	})
	if IsCode(err, pgerrcode.LockNotAvailable) {
		return fmt.Errorf("%s is %w: somebody reads the table for long", what, ErrInUse)
	}
	return err
}

// pruneRuns runs a statement on old, the runs that finished before a moment and are not
// needed, and returns how many these are. The last two of each kind stay: freshness, what
// a run asks for, and what is held depend on them.
func (s *Store) pruneRuns(ctx context.Context, before time.Time, do string) (int64, error) {
	tag, err := s.pool.Exec(ctx, oldRuns+do, before)
	return tag.RowsAffected(), err
}

const oldRuns = `WITH old AS (
    SELECT account_id, run_id
    FROM (
        SELECT account_id, run_id, account_id <> '' AND 2 >= row_number() OVER (
            PARTITION BY account_id, source, region_id, status, full_sweep, trigger
            ORDER BY run_id DESC
        ) AS counts
        FROM syncer.sync_runs
        WHERE finished_at < $1
    ) AS r
    WHERE NOT counts
)
`
