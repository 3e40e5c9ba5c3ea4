package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"syncer/source"
)

// Limit says when so much would end that it is not believed.
type Limit struct {
	Fraction float64 // of the rows…
	Rows     int     // …and more than so many
	All      int     // or all of at least so many rows
}

// DefaultLimit is what a real fleet hardly does between two syncs.
var DefaultLimit = Limit{Fraction: 0.3, Rows: 20, All: 5}

// exceeded renders the limit as a condition. ended of size rows would end; lost of
// listed rows are gone by themselves, not because their parent is.
func (l Limit) exceeded(q *query, ended, size, lost, listed string) string {
	return fmt.Sprintf("(%s > %s::bigint AND %s > %s::float8 * %s OR %s = %s AND %s >= %s::bigint)",
		ended, q.arg(l.Rows), ended, q.arg(l.Fraction), size, lost, listed, lost, q.arg(l.All))
}

// small reports whether so few rows exceed no limit, whatever the scopes are.
func (l Limit) small(rows int64) bool { return rows < int64(min(l.Rows+1, l.All)) }

// A verdict is what becomes of the rows that are gone.
//
// They are in pg_temp.gone: one row for each declaration of a sweep, value of its
// Each, and key that a complete sweep speaks for and none has shown, and whether it
// ends. pg_temp.orphans holds rows that end because their parent does.
type verdict struct {
	listed bool // pg_temp.gone is there
	round  int  // the orphans that end are those of round 0 and of this one
}

// judge decides which of the rows that stood when the run began end. What would end
// is judged twice: for the scope of each sweep, and for all of them together, so
// that a hundred small listings that are empty are held as a large one is. A row
// whose parent is gone shares the fate of the parent: it is no loss of its own
// listing, and counts among all that would end.
//
// What is held is told in c, unless the run lets it through, or enough runs before
// it missed the same rows. A plan also looks for orphans where nothing is gone.
func (y *Sync) judge(ctx context.Context, tx pgx.Tx, run Run, c *MergeResult, plan bool) (v verdict, err error) {
	rows, err := y.listGone(ctx, tx)
	if err != nil || rows == 0 && !plan {
		return v, err
	}
	v.listed = rows > 0
	err = byHash(ctx, tx, func() error {
		if y.t.EndsWith != nil {
			n, err := y.findFamilies(ctx, tx, v.listed)
			if err != nil {
				return err
			}
			rows += n
			v.round = 1
		}
		if !v.listed || run.Limit.small(rows) {
			return nil
		}
		if err := y.holdScopes(ctx, tx, run.Limit, c); err != nil {
			return err
		}
		together, err := y.holdTogether(ctx, tx, run, c)
		if err != nil || len(c.Held) == 0 {
			return err
		}
		v, err = y.hold(ctx, tx, run, c, together)
		return err
	})
	return v, err
}

// byHash runs f without nested loops. It joins whole tables, temporary ones among
// them, of whose sizes the planner may know nothing: taken for small, they would be
// joined row by row, for as long as the product of their sizes.
func byHash(ctx context.Context, tx pgx.Tx, f func() error) error {
	if _, err := tx.Exec(ctx, "SET LOCAL enable_nestloop = off"); err != nil {
		return err
	}
	if err := f(); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "SET LOCAL enable_nestloop TO DEFAULT")
	return err
}

// hold takes out of what ends whatever is held: the scopes that are marked, or all.
func (y *Sync) hold(ctx context.Context, tx pgx.Tx, run Run, c *MergeResult, together bool) (v verdict, err error) {
	v = verdict{listed: true}
	stays := "true"
	if !together {
		stays = fmt.Sprintf("%s OR EXISTS (SELECT FROM pg_temp.gone AS h WHERE %s AND h.held)", y.orphaned("g"), y.t.sameKey("h", "g"))
	}
	if _, err := tx.Exec(ctx, "UPDATE pg_temp.gone AS g SET ends = NOT ("+stays+")"); err != nil {
		return v, err
	}
	if y.t.EndsWith != nil && !together {
		v.round = 2
		if _, err := y.findOrphans(ctx, tx, v.round); err != nil {
			return v, err
		}
	}
	if err := tx.QueryRow(ctx, y.heldRows(v)).Scan(&c.HeldRows, &c.heldDigest); err != nil {
		return v, err
	}
	through := run.AllowShrink
	if !through && run.ConfirmShrink {
		if through, err = y.confirmed(ctx, tx, run, c.heldDigest); err != nil {
			return v, err
		}
	}
	if !through {
		return v, nil
	}
	c.Held, c.HeldRows, c.heldDigest = nil, 0, 0
	v.round = 1
	_, err = tx.Exec(ctx, "UPDATE pg_temp.gone SET ends = true")
	return v, err
}

// listGone fills pg_temp.gone and answers how many rows it got. A key appears twice
// where the scopes of two declarations overlap.
func (y *Sync) listGone(ctx context.Context, tx pgx.Tx) (int64, error) {
	if !y.known.unseen() {
		return 0, nil
	}
	var missing spill // which holds them while their table is read
	defer missing.close()
	for i := range y.part.Source.Sweeps {
		decl := &y.part.Source.Sweeps[i]
		if scope, complete := y.completeScope(decl); complete {
			if err := y.missing(ctx, tx, i, scope, &missing); err != nil {
				return 0, err
			}
		}
	}
	if missing.empty() {
		return 0, nil
	}
	keys := y.t.key()
	if _, err := tx.Exec(ctx, fmt.Sprintf(`CREATE TEMP TABLE gone ON COMMIT DROP AS
SELECT %s, true AS ends, false AS held
FROM %s
WITH NO DATA`, strings.Join(append([]string{"0::bigint AS sweep", "''::text AS value"}, keys...), ", "), y.t.name)); err != nil {
		return 0, err
	}
	// A COPY leaves the others at their defaults.
	if _, err := tx.Exec(ctx, "ALTER TABLE pg_temp.gone ALTER ends SET DEFAULT true, ALTER held SET DEFAULT false"); err != nil {
		return 0, err
	}
	n, err := copyFrom(ctx, tx, fmt.Sprintf("COPY pg_temp.gone (%s) FROM STDIN BINARY", strings.Join(append([]string{"sweep", "value"}, keys...), ", ")),
		func(row func(...[]byte) error) error {
			return missing.each(func(e entry) error { return row(e.key()) })
		})
	if err != nil {
		return n, err
	}
	_, err = tx.Exec(ctx, "ANALYZE pg_temp.gone")
	return n, err
}

// missing collects the standing rows of a declaration's scope that no sweep has
// shown, each as a COPY tuple of pg_temp.gone.
func (y *Sync) missing(ctx context.Context, tx pgx.Tx, number int, scope Scope, into *spill) error {
	decl := &y.part.Source.Sweeps[number]
	q := y.query()
	columns := append([]string{y.t.listing(decl)}, y.t.qualifiedKey("t")...)
	rows, err := tx.Query(ctx, fmt.Sprintf("SELECT %s FROM %s AS t WHERE %s%s",
		strings.Join(columns, ", "), y.t.name, y.t.where, q.scope(decl, scope)), q.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		v := rows.RawValues()
		if i := y.known.find(y.enc.keyHashRaw(v[1:])); i >= 0 && y.known.shown(i) {
			continue
		}
		y.row = appendField(binary.BigEndian.AppendUint16(y.row[:0], uint16(len(v)+1)), uint64(number))
		for _, field := range v {
			y.row = appendText(y.row, string(field))
		}
		if err := into.add(1, 0, y.row, nil); err != nil {
			return err
		}
	}
	return rows.Err()
}

// completeScope unites the scopes of a declaration's complete sweeps.
func (y *Sync) completeScope(decl *source.Sweep) (united Scope, any bool) {
	if decl.Absent != source.Ends {
		return united, false
	}
	for _, w := range y.sweeps {
		if w.decl == decl && w.complete {
			any = true
			united.Values = append(united.Values, w.scope.Values...)
			united.Since = w.scope.Since // the same for all: a declaration's window is read once a run
		}
	}
	return united, any
}

// listing tells the rows of a scope apart by the listing that speaks for them: that
// of their value, where each value has one.
func (t *table) listing(decl *source.Sweep) string {
	if _, batches := t.Pager.(source.Batches); decl.Each == nil || batches {
		return "''::text"
	}
	return "t." + ident(decl.Each.Column) + "::text"
}

// shownHolds is how many scopes that are held are named.
const shownHolds = 3

// holdScopes marks the scopes that would lose too much, and names them in c.
func (y *Sync) holdScopes(ctx context.Context, tx pgx.Tx, limit Limit, c *MergeResult) error {
	more := 0
	for i := range y.part.Source.Sweeps {
		decl := &y.part.Source.Sweeps[i]
		scope, complete := y.completeScope(decl)
		if !complete {
			continue
		}
		q := y.query()
		number, listing := q.arg(i), y.t.listing(decl)
		rows, err := tx.Query(ctx, fmt.Sprintf(`WITH lost AS (
    SELECT value, count(*) AS n
    FROM pg_temp.gone AS g
    WHERE sweep = %[1]s AND NOT %[2]s
    GROUP BY 1
), listed AS (
    SELECT %[3]s AS value, count(*) AS n
    FROM %[4]s AS t
    WHERE %[5]s%[6]s%[9]s AND NOT %[7]s
    GROUP BY 1
), too_many AS (
    SELECT value, lost.n AS lost, listed.n AS listed
    FROM lost
    JOIN listed USING (value)
    WHERE %[8]s
), held AS (
    UPDATE pg_temp.gone AS g
    SET held = true
    FROM too_many AS m
    WHERE g.sweep = %[1]s AND g.value = m.value
)
SELECT value, lost, listed
FROM too_many
ORDER BY value`, number, y.orphaned("g"), listing, y.t.name, y.t.where, q.scope(decl, scope), y.orphaned("t"),
			limit.exceeded(q, "lost.n", "listed.n", "lost.n", "listed.n"), y.stoodBefore(q)), q.args...)
		if err != nil {
			return err
		}
		var value string
		var lost, listed int64
		if _, err := pgx.ForEachRow(rows, []any{&value, &lost, &listed}, func() error {
			if len(c.Held) == shownHolds {
				more++
				return nil
			}
			name := decl.Name
			if value != "" {
				name += " of " + value
			}
			c.Held = append(c.Held, fmt.Sprintf("%s: %d of %d rows are no longer listed", name, lost, listed))
			return nil
		}); err != nil {
			return err
		}
	}
	if more > 0 {
		c.Held = append(c.Held, fmt.Sprintf("and %d more", more))
	}
	return nil
}

// holdTogether reports whether all scopes together would lose too much, and says so
// in c, where that says more than one scope's own number.
func (y *Sync) holdTogether(ctx context.Context, tx pgx.Tx, run Run, c *MergeResult) (held bool, err error) {
	q := y.query()
	var scopes []string
	for i := range y.part.Source.Sweeps {
		decl := &y.part.Source.Sweeps[i]
		if scope, complete := y.completeScope(decl); complete {
			scopes = append(scopes, "(true"+q.scope(decl, scope)+")")
		}
	}
	families := "0"
	if y.t.EndsWith != nil {
		families = "(SELECT count(*) FROM pg_temp.orphans WHERE round = 1)"
	}
	var ended, size int64
	err = tx.QueryRow(ctx, fmt.Sprintf(`SELECT lost + families, listed + families, %s
FROM (
    SELECT
        (SELECT count(DISTINCT %s) FROM pg_temp.gone AS g WHERE NOT %s) AS lost,
        (SELECT count(*) FROM %s AS t WHERE %s AND (%s)%s AND NOT %s) AS listed,
        %s AS families
) AS n`, run.Limit.exceeded(q, "(lost + families)", "(listed + families)", "lost", "listed"),
		y.t.keyRow("g"), y.orphaned("g"), y.t.name, y.t.where, strings.Join(scopes, " OR "), y.stoodBefore(q), y.orphaned("t"), families), q.args...).Scan(&ended, &size, &held)
	if err != nil || !held {
		return held, err
	}
	told := fmt.Sprintf("%d of %d rows are no longer listed", ended, size)
	if len(c.Held) != 1 || !strings.HasSuffix(c.Held[0], ": "+told) {
		c.Held = append([]string{"all listings together: " + told}, c.Held...)
	}
	return held, nil
}

// heldRows asks how many rows are held, and for their digest: the same rows have
// the same, in any order.
func (y *Sync) heldRows(v verdict) string {
	gone := "SELECT DISTINCT " + y.t.keyRow("g") + " AS key FROM pg_temp.gone AS g"
	would, will := gone, gone+" WHERE g.ends"
	if y.t.EndsWith != nil {
		orphans := " UNION SELECT " + y.t.keyRow("o") + " FROM pg_temp.orphans AS o WHERE o.round IN "
		would += orphans + "(1)"
		will += orphans + fmt.Sprintf("(0, %d)", v.round)
	}
	return fmt.Sprintf("SELECT count(*), coalesce(bit_xor(hashtextextended(key::text, 0)), 0) FROM ((%s) EXCEPT (%s)) AS held", would, will)
}

// confirmations is how many scheduled runs in a row, this one included, must miss
// the same rows before their absence is believed.
const confirmations = 3

// confirmed reports whether the scheduled runs of its kind before this one held
// the same rows.
func (y *Sync) confirmed(ctx context.Context, tx pgx.Tx, run Run, digest int64) (bool, error) {
	if run.Trigger != "schedule" {
		return false, nil
	}
	same, err := collect[bool](ctx, tx, `SELECT status = 'held' AND held_digest = $4
FROM syncer.sync_runs
WHERE account_id = $1 AND source = $2 AND region_id = $3 AND trigger = 'schedule' AND full_sweep = $6 AND status <> 'failed'
ORDER BY run_id DESC
LIMIT $5`, y.part.AccountID, y.part.Source.Name, y.part.RegionID, digest, confirmations-1, run.Full)
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
