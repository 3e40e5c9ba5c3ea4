package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/jackc/pgx/v5"

	"syncer/source"
)

// resting leaves the values out that a full sweep spoke for not long ago, and about
// which nothing can have changed since: the row that each was read from has not, and
// all of its rows are final.
func (y *Sync) resting(q *query, each *source.Each) string {
	now := "clock_timestamp()"
	if at := y.store.now(); at != nil {
		now = q.arg(*at)
	}
	of := ident(each.Full[0].Columns[0])
	staged := ""
	if y.conn != nil {
		staged = fmt.Sprintf(" AND NOT EXISTS (SELECT FROM pg_temp.stage AS s WHERE s.%s::text = w.value)", of)
	}
	return fmt.Sprintf(` AND v COLLATE "C" NOT IN (
    SELECT w.value
    FROM syncer.swept AS w
    JOIN %s AS t ON %s AND t.%s::text = w.value AND t.valid_from <= w.swept_at%s
    WHERE w.account_id = $1 AND w.region_id = $2 AND w.source = %s AND w.due_at > %s%s%s
)`, y.t.name, y.t.where, of, q.conditions(each.Rest.Final), q.arg(y.t.Source.Name), now, y.allFinal(q, each, "w.value"), staged)
}

// allFinal holds where all rows of a value are final.
func (y *Sync) allFinal(q *query, each *source.Each, value string) string {
	return fmt.Sprintf(" AND NOT EXISTS (SELECT FROM %s AS t WHERE %s AND t.%s::text = %s AND (true%s) IS NOT TRUE)",
		y.t.name, y.t.where, ident(each.Column), value, q.conditions(each.Rest.Final))
}

// recordSwept notes for which values the run's complete full sweeps have spoken, once
// that is merged, so that those may rest whose rows are final. Nothing is noted where
// something was held: that will be looked for again.
func (y *Sync) recordSwept(ctx context.Context, tx pgx.Tx, run Run, c *MergeResult) error {
	if !run.Full || len(c.Held) > 0 {
		return nil
	}
	for i := range y.part.Source.Sweeps {
		decl := &y.part.Source.Sweeps[i]
		if decl.Each == nil || decl.Each.Rest == nil {
			continue
		}
		of, rest := ident(decl.Each.Full[0].Columns[0]), decl.Each.Rest
		var values []string
		for _, w := range y.sweeps {
			if w.decl == decl && w.complete && !w.noted {
				values = append(values, w.scope.Values...)
			}
		}
		late := make([]time.Duration, len(values))
		for i, v := range values {
			late[i] = time.Duration(float64(rest.Every) * float64(xxhash.Sum64String(v)>>11) / (1 << 53))
		}
		q := y.query()
		at := q.arg(c.At)
		if _, err := tx.Exec(ctx, fmt.Sprintf(`INSERT INTO syncer.swept AS w (account_id, region_id, source, value, swept_at, due_at)
SELECT $1, $2, %s::text, u.v, %s::timestamptz, %s::timestamptz + %s::interval + u.late
FROM unnest(%s::text[], %s::interval[]) AS u (v, late)
WHERE EXISTS (SELECT FROM %s AS t WHERE %s AND t.%s::text = u.v%s)%s
ON CONFLICT (account_id, region_id, source, value) DO UPDATE
SET swept_at = excluded.swept_at, due_at = excluded.swept_at + %s::interval`,
			q.arg(y.t.Source.Name), at, at, q.arg(rest.Every), q.arg(values), q.arg(late),
			y.t.name, y.t.where, of, q.conditions(rest.Final), y.allFinal(q, decl.Each, "u.v"), q.arg(rest.Every)), q.args...); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, fmt.Sprintf(`DELETE FROM syncer.swept AS w
WHERE w.account_id = $1 AND w.region_id = $2 AND w.source = $3 AND NOT EXISTS (SELECT FROM %s AS t WHERE %s AND t.%s::text = w.value)`,
			y.t.name, y.t.where, of), y.part.AccountID, y.part.RegionID, y.t.Source.Name); err != nil {
			return err
		}
	}
	return nil
}

// Checkpoint makes visible what the listings have found so far, and lets the run go on
// from there. It ends nothing that is gone: that is judged at the end of the run, all
// of it together. The run is recorded then, too, with all that it did.
func (y *Sync) Checkpoint(ctx context.Context, run *Run) error {
	all := y.sweeps
	whole, err := y.whole(ctx)
	if err != nil {
		return err
	}
	y.sweeps = whole
	c, err := y.mergeAnd(ctx, *run, func(pgx.Tx, *MergeResult) error { return nil })
	y.sweeps = all
	if err != nil {
		return err
	}
	run.Kept.add(c)
	y.Close(ctx)
	next, err := y.store.Begin(ctx, y.part)
	if err != nil {
		return err
	}
	if next.enc.seed != y.enc.seed { // then nobody knows what was shown
		return ErrStale
	}
	next.known.carry(&y.known)
	next.sweeps, next.judged = all, len(all)
	next.merged, next.repeated, next.parted = y.merged+c.Opened+c.Changed, y.repeated, y.parted
	if next.parted.IsZero() {
		next.parted = c.At
	}
	for _, w := range whole {
		w.noted = true
	}
	*y = *next
	return nil
}

// stoodBefore leaves the rows out that a checkpoint of this run has opened: what is
// gone is judged among the rows that stood when the run began.
func (y *Sync) stoodBefore(q *query) string {
	if y.merged == 0 {
		return ""
	}
	at := q.arg(y.parted)
	return fmt.Sprintf(" AND (t.valid_from < %[1]s OR EXISTS (SELECT FROM %[2]s AS b WHERE b.account_id = $1 AND b.region_id = $2 AND %[3]s AND b.valid_from < %[1]s AND b.valid_to >= %[1]s))",
		at, pgx.Identifier{"syncer", y.t.Name}.Sanitize(), y.t.sameKey("b", "t"))
}

// whole are the complete listings since the last checkpoint from which nothing is missing.
func (y *Sync) whole(ctx context.Context) (list []*Listing, err error) {
	defer wrap(&err, "look for what is missing of %s", y.part)
	all := y.sweeps
	defer func() { y.sweeps = all }()
	y.sweeps = all[y.judged:]
	for i := range y.part.Source.Sweeps {
		decl := &y.part.Source.Sweeps[i]
		scope, complete := y.completeScope(decl)
		if !complete {
			continue
		}
		missing, err := y.missingFrom(ctx, decl, scope)
		if err != nil {
			return nil, err
		}
		for _, w := range y.sweeps {
			if w.decl == decl && w.complete && !slices.ContainsFunc(missing, w.speaksFor) {
				list = append(list, w)
			}
		}
	}
	return list, nil
}

// speaksFor reports whether a listing, as table.listing tells them apart, is the sweep's.
func (w *Listing) speaksFor(listing string) bool {
	return listing == "" || slices.Contains(w.scope.Values, listing)
}

// Settles reports whether a complete listing of the run, or an earlier part of it,
// lets a full sweep that is interrupted go on where it was.
func (y *Sync) Settles(run Run) bool {
	return run.Full && slices.ContainsFunc(y.sweeps, func(w *Listing) bool {
		return w.complete && w.decl.Each != nil && w.decl.Each.Rest != nil
	})
}
