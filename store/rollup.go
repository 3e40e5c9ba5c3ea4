package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"syncer/source"
	"syncer/store/schema"
)

// A rollup holds a trend's numbers, one row for each series (value of the
// dimensions, in a partition) and span of days over which they stood. Every
// statement of a merge that writes versions also answers what these add or take
// away (its tally), and fold brings the rollup up to that before the merge
// commits. The transaction's time zone is the one that days are cut in.

// trendColumns are the columns that the trends of a source look at.
func (t *table) trendColumns() []string {
	names := []string{"valid_from", "valid_to"}
	add := func(name string) {
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, tr := range t.Trends {
		for _, name := range tr.By {
			add(name)
		}
		for _, m := range tr.Measures {
			for _, c := range m.Where {
				add(c.Column)
			}
			add(m.On)
			add(m.Sum)
			add(m.Value)
		}
	}
	for i := range names {
		names[i] = ident(names[i])
	}
	return names
}

// tallied makes a statement that writes versions on alias t answer how many, and
// what each trend gains (by +1) or loses (by -1). then is another part of the
// statement, which may read the versions as v.
func (t *table) tallied(sql string, by int, then string) string {
	columns := t.trendColumns()
	for _, k := range t.key() {
		if !slices.Contains(columns, k) {
			columns = append(columns, k)
		}
	}
	return fmt.Sprintf("WITH v AS (\n%s\nRETURNING %s\n)%s\nSELECT (SELECT count(*) FROM v)%s",
		sql, columnList("t.", columns), then, t.tallies(by))
}

// tallyOpened answers what each trend gains by all that a merge has opened.
func (t *table) tallyOpened() string {
	return fmt.Sprintf("WITH v AS (\nSELECT %s\nFROM %s AS t\nWHERE %s AND t.valid_from = $3\n)\nSELECT 0%s",
		columnList("t.", t.trendColumns()), t.standing, t.where, t.tallies(+1))
}

// tallies are columns, one for each trend: a JSON array with an object for each
// series in v.
func (t *table) tallies(by int) string {
	var b strings.Builder
	for i := range t.Trends {
		tr := &t.Trends[i]
		columns := []string{schema.Series(t.Source, tr) + " AS series"}
		for _, name := range tr.By {
			columns = append(columns, "v."+ident(name))
		}
		for _, m := range tr.Measures {
			switch {
			case m.Value != "" && by > 0:
				columns = append(columns, fmt.Sprintf("max(v.%s) AS %s", ident(m.Value), ident(m.Name)))
			case m.Value == "" && m.Kept():
				columns = append(columns, fmt.Sprintf("%d * sum(%s) AS %s", by, schema.Term(m, by), ident(m.Name)))
			}
		}
		group := "HAVING count(*) > 0"
		if len(tr.By) > 0 {
			group = "GROUP BY " + columnList("v.", quoted(tr.By))
		}
		fmt.Fprintf(&b, ",\n(SELECT jsonb_agg(to_jsonb(d_)) FROM (SELECT %s FROM v %s) AS d_)", strings.Join(columns, ", "), group)
	}
	return b.String()
}

var literal = schema.Literal

func quoted(names []string) []string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = ident(name)
	}
	return quoted
}

// A tally collects what the statements of a merge answer, trend by trend.
type tally [][]json.RawMessage

// tallyRows runs a tallied statement and returns how many versions it wrote.
func (m *merge) tallyRows(ctx context.Context, sql string, args ...any) (n int64, err error) {
	parts := make([]json.RawMessage, len(m.t.Trends))
	dest := []any{&n}
	for i := range parts {
		dest = append(dest, &parts[i])
	}
	if err := m.tx.QueryRow(ctx, sql, args...).Scan(dest...); err != nil {
		return 0, err
	}
	if m.tally == nil {
		m.tally = make(tally, len(parts))
	}
	for i, part := range parts {
		if len(part) > 2 { // not NULL, not []
			m.tally[i] = append(m.tally[i], part[1:len(part)-1])
		}
	}
	return n, nil
}

// fold brings the rollups up to what the merge's statements answered. With the
// partition's first merge, trends without dimensions begin, if with zeros.
func (m *merge) fold(ctx context.Context) error {
	for i := range m.t.Trends {
		tr := &m.t.Trends[i]
		var parts []json.RawMessage
		if m.tally != nil {
			parts = m.tally[i]
		}
		if m.first && len(tr.By) == 0 {
			parts = append(parts, json.RawMessage(`{"series": "[]"}`))
		}
		if len(parts) == 0 {
			continue
		}
		all := []byte{'['}
		for k, part := range parts {
			if k > 0 {
				all = append(all, ',')
			}
			all = append(all, part...)
		}
		all = append(all, ']')
		var batch pgx.Batch
		for _, sql := range m.t.foldTrend(tr) {
			batch.Queue(sql, m.part.AccountID, m.part.RegionID, m.result.At, all)
		}
		if err := m.tx.SendBatch(ctx, &batch).Close(); err != nil {
			return fmt.Errorf("keep %s: %w", tr.Name, err)
		}
	}
	return nil
}

// foldTrend closes the series' last spans that began before today, opens today's
// with their numbers (a series that is new has been zero since the partition's
// first day), and adds the tally ($4) to these.
func (t *table) foldTrend(tr *source.Trend) []string {
	types := []string{`series text COLLATE "C"`}
	sums := []string{"j.series"}
	var zero, before, add, measures []string
	for _, name := range tr.By {
		types = append(types, ident(name)+" "+t.columnType(name))
		sums = append(sums, "j."+ident(name))
	}
	groups := strings.Join(sums, ", ")
	for _, m := range tr.Measures {
		name := ident(m.Name)
		switch {
		case m.Value != "":
			types = append(types, name+" "+t.columnType(m.Value))
			sums = append(sums, fmt.Sprintf("max(j.%[1]s) AS %[1]s", name))
			zero, before = append(zero, "NULL"), append(before, "d."+name)
			add = append(add, fmt.Sprintf("%[1]s = d.%[1]s", name))
		case m.Kept():
			types = append(types, name+" numeric")
			sums = append(sums, fmt.Sprintf("coalesce(sum(j.%[1]s), 0) AS %[1]s", name))
			zero = append(zero, "0")
			if m.On != "" {
				before = append(before, "0")
			} else {
				before = append(before, fmt.Sprintf("coalesce(r.%s, 0)", name))
			}
			add = append(add, fmt.Sprintf("%[1]s = r.%[1]s + d.%[1]s", name))
		default:
			continue
		}
		measures = append(measures, name)
	}
	dims := quoted(tr.By)
	v := verbs{
		"deltas": fmt.Sprintf("WITH d AS (\nSELECT %s\nFROM jsonb_to_recordset($4::jsonb) AS j (%s)\nGROUP BY %s\n)",
			strings.Join(sums, ", "), strings.Join(types, ", "), groups),
		"rollup": pgx.Identifier{"syncer", tr.Name}.Sanitize(), "source": literal(t.Source.Name), "today": "$3::timestamptz::date",
		"dims": columnsBefore("", dims), "ofD": columnsBefore("d.", dims), "measures": strings.Join(measures, ", "),
		"zero": strings.Join(zero, ", "), "before": strings.Join(before, ", "), "set": strings.Join(add, ", "),
	}
	return []string{fill("fold_close.sql", v), fill("fold_open.sql", v), fill("fold_add.sql", v)}
}

// columnsBefore is columnList with a comma behind each, to stand before others: none
// where there are no columns.
func columnsBefore(prefix string, columns []string) string {
	var b strings.Builder
	for _, c := range columns {
		b.WriteString(prefix + c + ", ")
	}
	return b.String()
}
