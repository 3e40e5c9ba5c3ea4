package schema

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"syncer/source"
)

// Undeclared are the sources that stand in the database and are none of the declared ones.
// They are as their tables say: key, columns, and the names of their trends.
func Undeclared(ctx context.Context, q querier, declared []*source.Source) (list []*source.Source, err error) {
	rows, err := q.Query(ctx, `SELECT source, name, volatile
FROM syncer.derived
WHERE definition IS NULL
ORDER BY source, name <> source, name`)
	if err != nil {
		return nil, err
	}
	type part struct {
		Source, Name string
		Volatile     []string
	}
	parts, err := pgx.CollectRows(rows, pgx.RowToStructByPos[part])
	if err != nil {
		return nil, err
	}
	parts = slices.DeleteFunc(parts, func(p part) bool {
		_, ok := source.ByName(declared, p.Source)
		return ok
	})
	if len(parts) == 0 {
		return nil, nil
	}
	stands, err := readCatalogue(ctx, q)
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		table, there := stands["syncer."+p.Source]
		switch {
		case !there: // it was dropped after the names were read
		case p.Name == p.Source:
			s := standingSource(p.Name, table, p.Volatile)
			s.Columns = slices.DeleteFunc(s.Columns, func(c source.Column) bool { return slices.Contains(own, c.Name) })
			list = append(list, s)
		case !isSpell(p.Name, p.Source):
			last := list[len(list)-1]
			last.Trends = append(last.Trends, source.Trend{Name: p.Name})
		}
	}
	return list, nil
}

// own are the columns of a source's table that no declaration names.
var own = []string{"account_id", "region_id", "extra", "version_hash", "row_hash", "valid_from", "valid_to"}
