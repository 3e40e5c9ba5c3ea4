package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"syncer/source"
)

// A Limit says how many rows a run may end before a person must look. A run that would
// end more is held.
type Limit struct {
	Fraction float64 // of the rows…
	Rows     int     // …and more than so many
	All      int     // or all of at least so many rows
}

// DefaultLimit is a loss that a real fleet hardly ever has between two syncs.
var DefaultLimit = Limit{Fraction: 0.3, Rows: 20, All: 5}

// exceeded renders the limit as an SQL condition. ended is how many of size rows would
// end. lost is how many of listed rows are gone themselves, not because of their parent.
func (l Limit) exceeded(q *query, ended, size, lost, listed string) string {
	return fmt.Sprintf("(%s > %s::bigint AND %s > %s::float8 * %s OR %s = %s AND %s >= %s::bigint)",
		ended, q.arg(l.Rows), ended, q.arg(l.Fraction), size, lost, listed, lost, q.arg(l.All))
}

// small reports whether so few rows cannot exceed the limit, whatever their scopes are.
func (l Limit) small(rows int64) bool { return rows < int64(min(l.Rows+1, l.All)) }

// A verdict says which of the rows that are gone end.
type verdict struct {
	listed bool // pg_temp.gone exists, and says which of them end
	round  int  // the orphans that end are those of round orphanedAnyway and of this one
}

// judge decides which of the rows that stood when the run began end. The limit is applied
// twice: to the scope of each sweep, and to all scopes together. So a hundred small
// listings that come back empty are held as one large listing is.
//
// A row whose parent is gone ends, or is held, with its parent. It does not count as lost
// from its own listing. It does count among all rows that would end.
//
// The result names the scopes that are held. Held rows end after all if the run allows it,
// or if enough runs in a row have missed the same rows. A plan looks for orphans even if
// no row is gone.
func (m *merge) judge(ctx context.Context, plan bool) (v verdict, err error) {
	rows, err := m.findGone(ctx)
	if err != nil || rows == 0 && !plan {
		return v, err
	}
	v.listed = rows > 0
	err = byHash(ctx, m.tx, func() error {
		if m.t.EndsWith != nil {
			n, err := m.findOrphans(ctx, v.listed)
			if err != nil {
				return err
			}
			rows += n
			v.round = orphanedByAll
		}
		if !v.listed || m.run.Limit.small(rows) {
			return nil
		}
		if err := m.holdScopes(ctx); err != nil {
			return err
		}
		together, err := m.holdTogether(ctx)
		if err != nil || len(m.result.Held) == 0 {
			return err
		}
		v, err = m.hold(ctx, together)
		return err
	})
	return v, err
}

// shownHolds is how many held scopes the result names.
const shownHolds = 3

// holdScopes marks the scopes that would lose too much, and names them in the result.
func (m *merge) holdScopes(ctx context.Context) error {
	more := 0
	for i := range m.t.Sweeps {
		sweep := &m.t.Sweeps[i]
		scope, complete := completeScope(m.listings, sweep)
		if !complete {
			continue
		}
		q := m.query()
		rows, err := m.tx.Query(ctx, m.t.holdScopes(q, i, scope, m.run.Limit, m.checkpoints.first), q.args...)
		if err != nil {
			return err
		}
		var value string
		var lost, listed int64
		if _, err := pgx.ForEachRow(rows, []any{&value, &lost, &listed}, func() error {
			if len(m.result.Held) == shownHolds {
				more++
				return nil
			}
			name := sweep.Name
			if value != "" {
				name += " of " + source.Shown(value)
			}
			m.result.Held = append(m.result.Held, fmt.Sprintf("%s: %d of %d rows are no longer listed", name, lost, listed))
			return nil
		}); err != nil {
			return err
		}
	}
	if more > 0 {
		m.result.Held = append(m.result.Held, fmt.Sprintf("and %d more", more))
	}
	return nil
}

// holdTogether reports whether all scopes together would lose too much. It adds this to
// the result, unless the number of a single scope already says as much.
func (m *merge) holdTogether(ctx context.Context) (held bool, err error) {
	q := m.query()
	var scopes []string
	for i := range m.t.Sweeps {
		sweep := &m.t.Sweeps[i]
		if scope, complete := completeScope(m.listings, sweep); complete {
			scopes = append(scopes, "(true"+q.scope(sweep, scope)+")")
		}
	}
	var ended, size int64
	err = m.tx.QueryRow(ctx, m.t.holdTogether(q, scopes, m.run.Limit, m.checkpoints.first), q.args...).Scan(&ended, &size, &held)
	if err != nil || !held {
		return held, err
	}
	lost := fmt.Sprintf("%d of %d rows are no longer listed", ended, size)
	if len(m.result.Held) != 1 || !strings.HasSuffix(m.result.Held[0], ": "+lost) {
		m.result.Held = append([]string{"all listings together: " + lost}, m.result.Held...)
	}
	return held, nil
}

// holdScopes marks the scopes of a sweep that would lose too much. first is the moment of
// the run's first checkpoint, or zero.
func (t *table) holdScopes(q *query, sweep int, scope Scope, limit Limit, first time.Time) string {
	return fill("hold_scopes.sql", verbs{
		"sweep": q.arg(sweep), "value": t.valueOf(&t.Sweeps[sweep]), "table": t.name, "standing": t.where, "scope": q.scope(&t.Sweeps[sweep], scope),
		"orphanedG": t.orphaned("g"), "orphanedT": t.orphaned("t"),
		"exceeded": limit.exceeded(q, "lost.n", "listed.n", "lost.n", "listed.n"), "stoodBefore": t.stoodBefore(q, first),
	})
}

// holdTogether selects whether all scopes together would lose too much.
func (t *table) holdTogether(q *query, scopes []string, limit Limit, first time.Time) string {
	families := "0"
	if t.EndsWith != nil {
		families = fmt.Sprintf("(SELECT count(*) FROM pg_temp.orphans WHERE round_ = %d)", orphanedByAll)
	}
	return fill("hold_together.sql", verbs{
		"exceeded": limit.exceeded(q, "(lost + families)", "(listed + families)", "lost", "listed"),
		"key":      t.keyRow("g"), "orphanedG": t.orphaned("g"), "orphanedT": t.orphaned("t"), "table": t.name, "standing": t.where,
		"scopes": strings.Join(scopes, " OR "), "stoodBefore": t.stoodBefore(q, first), "families": families,
	})
}

// hold marks the held rows of pg_temp.gone as not ending, unless the run lets them through.
// If all scopes together lose too much, all rows are held. Otherwise a row is held if its
// key is in a marked scope. A row with a gone parent is left to addOrphans, which ends it
// only if the parent ends.
func (m *merge) hold(ctx context.Context, together bool) (v verdict, err error) {
	v = verdict{listed: true}
	stays := "true"
	if !together {
		stays = fmt.Sprintf("%s OR EXISTS (SELECT FROM pg_temp.gone AS h WHERE %s AND h.held_)", m.t.orphaned("g"), m.t.sameKey("h", "g"))
	}
	if _, err := m.tx.Exec(ctx, "UPDATE pg_temp.gone AS g SET ends_ = NOT ("+stays+")"); err != nil {
		return v, err
	}
	if m.t.EndsWith != nil && !together {
		v.round = orphanedByRest
		if _, err := m.addOrphans(ctx, v.round); err != nil {
			return v, err
		}
	}
	if err := m.tx.QueryRow(ctx, m.t.heldRows(v)).Scan(&m.result.HeldRows, &m.result.heldDigest); err != nil {
		return v, err
	}
	through := m.run.AllowShrink
	if !through && m.run.ConfirmShrink {
		if through, err = m.confirmed(ctx, m.result.heldDigest); err != nil {
			return v, err
		}
	}
	if !through {
		return v, nil
	}
	m.result.Held, m.result.HeldRows, m.result.heldDigest = nil, 0, 0
	v.round = orphanedByAll
	_, err = m.tx.Exec(ctx, "UPDATE pg_temp.gone SET ends_ = true")
	return v, err
}

// heldRows counts the held rows and computes a digest of their keys. The digest does not
// depend on their order.
func (t *table) heldRows(v verdict) string {
	gone := "SELECT DISTINCT " + t.keyRow("g") + " AS key FROM pg_temp.gone AS g"
	would, will := gone, gone+" WHERE g.ends_"
	if t.EndsWith != nil {
		orphans := " UNION SELECT " + t.keyRow("o") + " FROM pg_temp.orphans AS o WHERE o.round_ IN "
		would += orphans + fmt.Sprintf("(%d)", orphanedByAll)
		will += orphans + fmt.Sprintf("(%d, %d)", orphanedAnyway, v.round)
	}
	return fmt.Sprintf("SELECT count(*), coalesce(bit_xor(hashtextextended(key::text, 0)), 0) FROM ((%s) EXCEPT (%s)) AS held", would, will)
}

// confirmations is how many scheduled runs in a row, including this one, must miss the
// same rows before the rows end.
const confirmations = 3

// confirmed reports whether the scheduled runs before this one held the same rows. Only
// runs that asked for as much as this one count.
func (m *merge) confirmed(ctx context.Context, digest int64) (bool, error) {
	if m.run.Trigger != "schedule" {
		return false, nil
	}
	same, err := collect[bool](ctx, m.tx, `SELECT status = 'held' AND held_digest = $4
FROM syncer.sync_runs
WHERE account_id = $1 AND source = $2 AND region_id = $3 AND trigger = 'schedule' AND full_sweep = $6 AND status <> 'failed'
ORDER BY run_id DESC
LIMIT $5`, m.part.AccountID, m.part.Source.Name, m.part.RegionID, digest, confirmations-1, m.run.Full)
	if err != nil || len(same) < confirmations-1 {
		return false, err
	}
	for _, s := range same {
		if !s {
			return false, nil
		}
	}
	return true, nil
}
