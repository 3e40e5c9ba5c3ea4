package store

import (
	"context"
	"fmt"
	"time"

	"github.com/cespare/xxhash/v2"

	"syncer/source"
)

// resting leaves out the values that rest: a sweep spoke for them not long ago, the row
// that each was read from has not changed since, and all of their own rows are final.
func (s *Sync) resting(q *query, each *source.Each) string {
	from, standing, own := s.t.restsOn(each)
	if !own && s.foresight.Knows(each.RestsOn().Source) {
		return "" // it does not know since when its rows stand
	}
	now := "clock_timestamp()"
	if at := s.store.now(); at != nil {
		now = q.arg(*at)
	}
	of := ident(each.RestsOn().Columns[0])
	if !own {
		return fmt.Sprintf(` AND v COLLATE "C" NOT IN (
    SELECT w.value
    FROM syncer.swept AS w
    WHERE w.account_id = $1 AND w.region_id = $2 AND w.source = %s AND w.due_at > %s
        AND NOT EXISTS (SELECT FROM %s AS t WHERE %s AND t.%s::text = w.value AND t.valid_from > w.swept_at)%s
)`, q.arg(s.t.Source.Name), now, from, standing, of, s.t.allFinal(q, each, "w.value"))
	}
	staged := ""
	if s.found.stage.exists() {
		staged = fmt.Sprintf(" AND NOT EXISTS (SELECT FROM pg_temp.stage AS s WHERE s.%s::text = w.value)", of)
	}
	return fmt.Sprintf(` AND v COLLATE "C" NOT IN (
    SELECT w.value
    FROM syncer.swept AS w
    JOIN %s AS t ON %s AND t.%s::text = w.value AND t.valid_from <= w.swept_at%s
    WHERE w.account_id = $1 AND w.region_id = $2 AND w.source = %s AND w.due_at > %s%s%s
)`, s.t.name, s.t.where, of, q.conditions(each.Rest.Final), q.arg(s.t.Source.Name), now, s.t.allFinal(q, each, "w.value"), staged)
}

// restsOn is the relation that the values which may rest are read from, and the predicate
// of its standing rows on alias t. own: it is the source itself.
func (t *table) restsOn(each *source.Each) (relation, standing string, own bool) {
	if v := each.RestsOn(); v.Source != "" && v.Source != t.Source.Name {
		return standingOf(v.Source), "true", false
	}
	return t.name, t.where, true
}

// allFinal holds where all rows of a value are final.
func (t *table) allFinal(q *query, each *source.Each, value string) string {
	return fmt.Sprintf(" AND NOT EXISTS (SELECT FROM %s AS t WHERE %s AND t.%s::text = %s AND (true%s) IS NOT TRUE)",
		t.name, t.where, ident(each.Column), value, q.conditions(each.Rest.Final))
}

// recordSwept notes for which values the run's complete listings have spoken: those may
// rest whose rows are final. Of a sweep with Full, only full runs count. Where something
// was held, nothing is noted, so that it is asked for again.
func (m *merge) recordSwept(ctx context.Context) error {
	if len(m.result.Held) > 0 {
		return nil
	}
	for i := range m.t.Sweeps {
		sweep := &m.t.Sweeps[i]
		if sweep.Each == nil || sweep.Each.Rest == nil || !m.run.Full && sweep.Each.Full != nil {
			continue
		}
		// A row of the source itself has changed in this merge, or before it. One of
		// another may have changed at any time since the run began.
		at := m.result.At
		if _, _, own := m.t.restsOn(sweep.Each); !own {
			at = m.run.Started
		}
		rest := sweep.Each.Rest
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
		if _, err := m.tx.Exec(ctx, m.t.recordSwept(q, sweep.Each, at, values, late), q.args...); err != nil {
			return err
		}
		if _, err := m.tx.Exec(ctx, m.t.forgetSwept(sweep.Each), m.part.AccountID, m.part.RegionID, m.t.Source.Name); err != nil {
			return err
		}
	}
	return nil
}

// recordSwept notes values that may rest. Each is due again once the time between two full
// sweeps and its own delay have passed.
func (t *table) recordSwept(q *query, each *source.Each, at time.Time, values []string, late []time.Duration) string {
	from, standing, own := t.restsOn(each)
	final := func() string {
		if !own {
			return ""
		}
		return q.conditions(each.Rest.Final)
	}
	return fill("record_swept.sql", verbs{
		"at": q.arg(at), "source": q.arg(t.Source.Name), "every": q.arg(each.Rest.Every), "values": q.arg(values), "late": q.arg(late),
		"table": from, "standing": standing, "of": ident(each.RestsOn().Columns[0]), "final": final(),
		"allFinal": t.allFinal(q, each, "u.v"), "everyAgain": q.arg(each.Rest.Every),
	})
}

// forgetSwept deletes the notes of values that no standing row has any more.
func (t *table) forgetSwept(each *source.Each) string {
	from, standing, _ := t.restsOn(each)
	return fmt.Sprintf(`DELETE FROM syncer.swept AS w
WHERE w.account_id = $1 AND w.region_id = $2 AND w.source = $3 AND NOT EXISTS (SELECT FROM %s AS t WHERE %s AND t.%s::text = w.value)`,
		from, standing, ident(each.RestsOn().Columns[0]))
}
