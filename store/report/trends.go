package report

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"syncer/source"
	"syncer/text"
)

// A Point is one value of a trend.
type Point struct {
	Day    time.Time
	Series string // label of what is counted
	Value  float64
}

// maxLabel is how many characters name a series: it stands in a legend.
const maxLabel = 60

// Points reads what the chart of a trend shows, since a day.
func (r Reader) Points(ctx context.Context, s *source.Source, t *source.Trend, f Filter, since time.Time) (list []Point, err error) {
	defer wrap(&err, "read alicloud.%s", t.Name)
	err = r.look(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, pointsOf(s, t), f.AccountID, f.RegionID, since)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (p Point, err error) {
			var label *string
			err = row.Scan(&p.Day, &label, &p.Value)
			p.Series = "unknown"
			if label != nil && *label != "" {
				p.Series = text.Cut(text.Line(*label), maxLabel)
			}
			return p, err
		})
		return err
	})
	return list, err
}

// pointsOf is the query of a chart: day, series and value.
func pointsOf(s *source.Source, t *source.Trend) string {
	series := "coalesce(a.name, d.account_id)"
	if by := t.Chart.By; by != "" {
		if c, ok := s.Column(by); ok && len(c.Labels) > 0 {
			by += "_label"
		}
		series = column("d", by) + "::text"
	}
	sum := func(measure string) string { return "sum(" + column("d", measure) + ")" }
	m, _ := t.Measure(t.Chart.Measure)
	value := sum(m.Name)
	if !m.Kept() {
		value = "100.0 * " + sum(m.Share[0]) + " / nullif(" + sum(m.Share[1]) + ", 0)"
	}
	return `SELECT d.day, ` + series + `, (` + value + `)::float8
FROM ` + pgx.Identifier{"alicloud", t.Name}.Sanitize() + ` AS d
LEFT JOIN alicloud.accounts AS a USING (account_id)
WHERE d.day >= $3::date AND ($1 = '' OR d.account_id = $1) AND ($2 = '' OR d.region_id = $2)
GROUP BY 1, 2
HAVING ` + value + ` IS NOT NULL
ORDER BY 1, 2`
}

func column(of, name string) string { return of + "." + pgx.Identifier{name}.Sanitize() }
