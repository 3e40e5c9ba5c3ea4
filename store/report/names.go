package report

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"syncer/source"
	"syncer/store"
)

// namedBefore is how long before a change the last version may have ended that still
// names its row: a server may go before what hangs on it does.
const namedBefore = 31 * 24 * time.Hour

// NameByOthers fills in the names of changes whose source has no column for one: where
// its key is a column of a source that has, as an instance's ID is of the servers, the
// row is called as that one was then. There is one query for each such source, and one
// that takes too long is left out.
func (r Reader) NameByOthers(ctx context.Context, list []Change) error {
	for _, src := range r.store.Sources() {
		other := namedBy(r.store.Sources(), src)
		if other == nil {
			continue
		}
		var places []int64
		var accounts, regions, keys []string
		var moments []time.Time
		var first time.Time
		for i, c := range list {
			if c.Source != src.Name || c.Name != nil {
				continue
			}
			if first.IsZero() || c.At.Before(first) {
				first = c.At
			}
			places, accounts, regions = append(places, int64(i)), append(accounts, c.AccountID), append(regions, c.RegionID)
			keys, moments = append(keys, c.Key), append(moments, c.At)
		}
		if len(places) == 0 {
			continue
		}
		err := r.look(ctx, func(tx pgx.Tx) error {
			rows, err := tx.Query(ctx, nameByOther(src, other), places, accounts, regions, keys, moments, first.Add(-namedBefore))
			if err != nil {
				return err
			}
			var place int64
			var name string
			_, err = pgx.ForEachRow(rows, []any{&place, &name}, func() error {
				list[place].Name = &[]string{name}[0]
				return nil
			})
			return err
		})
		if err != nil && !errors.Is(err, ErrSlow) {
			return fmt.Errorf("name the rows of %s by %s: %w", src.Name, other.Name, err)
		}
	}
	return nil
}

// namedBy is the source whose rows name those of another; nil: there is none, or it
// has names of its own.
func namedBy(all []*source.Source, src *source.Source) *source.Source {
	if store.NameColumn(src) != "" || len(src.Key) != 1 {
		return nil
	}
	for _, other := range all {
		if c, ok := other.Column(src.Key[0]); ok && c.Type == source.Text && other != src && store.NameColumn(other) != "" {
			return other
		}
	}
	return nil
}

// nameByOther asks for the names of many changes: that of the version which stood then,
// or else of the one nearest to it. Sources that are asked in the same regions share
// these, and the key's index with them.
func nameByOther(src, other *source.Source) string {
	sameRegion := ""
	if src.Regions == other.Regions {
		sameRegion = " AND v.region_id = c.region_id"
	}
	name, key := pgx.Identifier{store.NameColumn(other)}.Sanitize(), pgx.Identifier{src.Key[0]}.Sanitize()
	return fmt.Sprintf(`SELECT DISTINCT ON (c.place) c.place, v.%[1]s
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::timestamptz[]) AS c (place, account_id, region_id, key, at)
JOIN %[2]s AS v ON v.account_id = c.account_id AND v.%[3]s = c.key%[4]s
WHERE v.valid_to >= $6 AND v.%[1]s <> ''
ORDER BY c.place, v.valid_from <= c.at DESC, CASE WHEN v.valid_from <= c.at THEN c.at - v.valid_from ELSE v.valid_from - c.at END`,
		name, pgx.Identifier{"syncer", other.Name}.Sanitize(), key, sameRegion)
}
