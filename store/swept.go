package store

import (
	"context"
	"fmt"
	"time"

	"github.com/cespare/xxhash/v2"

	"syncer/source"
)

// resting leaves out the values that rest: a full sweep spoke for them not long ago, the
// row that each was read from has not changed since, and all of their own rows are final.
func (s *Sync) resting(q *query, each *source.Each) string {
	now := "clock_timestamp()"
	if at := s.store.now(); at != nil {
		now = q.arg(*at)
	}
	of := ident(each.Full[0].Columns[0])
	staged := ""
	if s.found.stage.exists() {
		staged = fmt.Sprintf(" AND NOT EXISTS (SELECT FROM pg_temp.stage AS s WHERE s.%s::text = w.value)", of)
	}
	return fmt.Sprintf(` AND v COLLATE "C" NOT IN (
    SELECT w.value
    FROM syncer.swept AS w
    JOIN %s AS t ON %s AND t.%s::text = w.value AND t.valid_from <= w.swept_at%s
    WHERE w.account_id = $1 AND w.region_id = $2 AND w.source = %s AND w.due_at > %s%s%s
)`, s.t.name, s.t.where, of, q.conditions(each.Rest.Final), q.arg(s.t.Source.Name), now, s.allFinal(q, each, "w.value"), staged)
}

// allFinal holds where all rows of a value are final.
func (s *Sync) allFinal(q *query, each *source.Each, value string) string {
	return fmt.Sprintf(" AND NOT EXISTS (SELECT FROM %s AS t WHERE %s AND t.%s::text = %s AND (true%s) IS NOT TRUE)",
		s.t.name, s.t.where, ident(each.Column), value, q.conditions(each.Rest.Final))
}

// recordSwept notes for which values the run's complete listings have spoken, where it
// asked for everything: those may rest whose rows are final. Where something was held,
// nothing is noted, so that it is asked for again.
func (m *merge) recordSwept(ctx context.Context) error {
	if !m.run.Full || len(m.result.Held) > 0 {
		return nil
	}
	for i := range m.t.Sweeps {
		sweep := &m.t.Sweeps[i]
		if sweep.Each == nil || sweep.Each.Rest == nil {
			continue
		}
		of, rest := ident(sweep.Each.Full[0].Columns[0]), sweep.Each.Rest
		var values []string
		for _, l := range m.listings {
			if l.sweep == sweep && l.complete && !l.noted {
				values = append(values, l.scope.Values...)
			}
		}
		late := make([]time.Duration, len(values))
		for i, v := range values {
			late[i] = time.Duration(float64(rest.Every) * float64(xxhash.Sum64String(v)>>11) / (1 << 53))
		}
		q := m.query()
		at := q.arg(m.result.At)
		if _, err := m.tx.Exec(ctx, fill("record_swept.sql", verbs{
			"source": q.arg(m.t.Source.Name), "at": at, "every": q.arg(rest.Every), "values": q.arg(values), "late": q.arg(late),
			"table": m.t.name, "standing": m.t.where, "of": of, "final": q.conditions(rest.Final), "allFinal": m.allFinal(q, sweep.Each, "u.v"),
			"everyAgain": q.arg(rest.Every),
		}), q.args...); err != nil {
			return err
		}
		if _, err := m.tx.Exec(ctx, fmt.Sprintf(`DELETE FROM syncer.swept AS w
WHERE w.account_id = $1 AND w.region_id = $2 AND w.source = $3 AND NOT EXISTS (SELECT FROM %s AS t WHERE %s AND t.%s::text = w.value)`,
			m.t.name, m.t.where, of), m.part.AccountID, m.part.RegionID, m.t.Source.Name); err != nil {
			return err
		}
	}
	return nil
}
