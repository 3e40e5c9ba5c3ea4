package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Once a volatile column of a standing row has moved, the row's volatile columns are kept
// in a narrow table beside the wide one, syncer.<source>_volatile. Its updates find room
// in their own page and touch no index, so that a row of which only a volatile column
// moves costs tens of bytes of WAL, not a wide tuple. When the version ends, their last
// values are written into it.

// volatile names the columns; empty: the source has none, and no such table.
func (t *table) volatile() (names []string) {
	for _, c := range t.Source.Volatile() {
		names = append(names, ident(c.Name))
	}
	return names
}

func (t *table) volatileTable() string {
	return pgx.Identifier{"syncer", t.Source.Name + "_volatile"}.Sanitize()
}

// ofVolatile narrows alias v to the partition.
const ofVolatile = "v.account_id = $1 AND v.region_id = $2"

// selectVolatile reads (key…, row_hash) of the rows that have moved.
func (t *table) selectVolatile() string {
	return fmt.Sprintf("SELECT %s FROM %s AS v WHERE %s", columnList("v.", append(t.key(), "row_hash")), t.volatileTable(), ofVolatile)
}

// setEnded ends a version at $3.
func (t *table) setEnded() string {
	names := t.volatile()
	if len(names) == 0 {
		return "valid_to = $3"
	}
	last := make([]string, len(names))
	for i, name := range names {
		last[i] = fmt.Sprintf("CASE WHEN v.row_hash IS NULL THEN t.%[1]s ELSE v.%[1]s END", name)
	}
	return fill("set_ended.sql", verbs{
		"columns": strings.Join(names, ", "), "last": strings.Join(last, ", "),
		"volatile": t.volatileTable(), "ofVolatile": ofVolatile, "same": t.sameKey("v", "t"),
	})
}

// moveVolatile brings what has moved before up to what is staged.
func (t *table) moveVolatile() string {
	set := []string{"row_hash = s.row_hash"}
	for _, name := range t.volatile() {
		set = append(set, fmt.Sprintf("%[1]s = s.%[1]s", name))
	}
	return fmt.Sprintf(`UPDATE %s AS v
SET %s
FROM pg_temp.stage AS s
WHERE %s AND %s AND v.row_hash <> s.row_hash`, t.volatileTable(), strings.Join(set, ", "), ofVolatile, t.sameKey("v", "s"))
}

// addVolatile adds the rows of which a volatile column moves for the first time:
// those that stand, once the new versions are open, with other values than staged.
func (t *table) addVolatile() string {
	columns := append(append(t.key(), t.volatile()...), "row_hash")
	return fill("add_volatile.sql", verbs{
		"volatile": t.volatileTable(), "ofVolatile": ofVolatile, "columns": columnList("", columns), "values": columnList("s.", columns),
		"table": t.name, "standing": t.where, "sameTable": t.sameKey("t", "s"), "sameVolatile": t.sameKey("v", "s"),
		"order": columnList("s.", append(t.key(), "seq")),
	})
}

// dropVolatile is a part of a statement behind v, the versions that it has ended for
// good: what their volatile columns were is in them now.
func (t *table) dropVolatile() string {
	if len(t.volatile()) == 0 {
		return ""
	}
	return fmt.Sprintf(",\ngone AS (\nDELETE FROM %s AS o USING v WHERE o.account_id = $1 AND o.region_id = $2 AND %s\n)",
		t.volatileTable(), t.sameKey("o", "v"))
}

// keepVolatile brings the volatile columns of the rows that stand up to what is staged.
func (m *merge) keepVolatile(ctx context.Context) error {
	if !m.found.stage.exists() || len(m.t.volatile()) == 0 {
		return nil
	}
	for _, sql := range []string{m.t.moveVolatile(), m.t.addVolatile()} {
		if _, err := m.tx.Exec(ctx, sql, m.part.AccountID, m.part.RegionID); err != nil {
			return err
		}
	}
	return nil
}
