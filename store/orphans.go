package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// A row that hangs on another (source.Parent) ends when that one no longer stands.

// ownParents reports whether the parents are rows of the same source.
func (t *table) ownParents() bool { return t.EndsWith != nil && t.EndsWith.Source == t.Name }

// orphan is the condition that a standing row's parent does not stand.
func (t *table) orphan() string {
	p := t.EndsWith
	return fmt.Sprintf(`t.%s IS NOT NULL
    AND NOT EXISTS (
        SELECT FROM %s AS p
        WHERE p.account_id = $1 AND p.region_id = $2 AND p.valid_to = 'infinity' AND p.%s = t.%s
    )`, ident(p.Via), pgx.Identifier{"syncer", p.Source}.Sanitize(), ident(p.Column), ident(p.Via))
}

// endOrphans ends the rows whose parent no longer stands. A row that this very
// merge opened waits for the next one: a version cannot end as it begins.
func (t *table) endOrphans() string {
	return fmt.Sprintf("UPDATE %s AS t\nSET %s\nWHERE %s\n    AND t.valid_from < $3\n    AND %s", t.name, t.setEnded(), t.where, t.orphan())
}

// endOrphans ends rows whose parent is gone, once the parents were ever synced. It
// compares whole tables, so it looks first whether either side has changed since
// they were last compared: that is told by the generation of the parents'
// partition, which is read before they are, so that parents that change meanwhile
// are looked at again.
func (y *Sync) endOrphans(ctx context.Context, tx pgx.Tx, c *MergeResult, end func(string) (int64, error)) error {
	account, region, own := y.part.AccountID, y.part.RegionID, y.t.ownParents()
	var parents int64
	var compared *int64
	err := tx.QueryRow(ctx, `SELECT p.generation, c.parent_generation
FROM syncer.partitions AS c
JOIN syncer.partitions AS p USING (account_id, region_id)
WHERE c.account_id = $1 AND c.region_id = $2 AND c.source = $3 AND p.source = $4`, account, region, y.t.Name, y.t.EndsWith.Source).Scan(&parents, &compared)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && parents == 0 && !own {
		return nil
	}
	if err != nil || !y.wrote(c) && compared != nil && *compared == parents {
		return err
	}
	waits := false
	err = byHash(ctx, tx, func() error {
		for {
			n, err := end(y.t.endOrphans())
			if err != nil {
				return err
			}
			c.Ended += n
			if n == 0 || !own { // else these may be parents, too
				break
			}
		}
		if c.Opened+c.Changed == 0 {
			return nil
		}
		return tx.QueryRow(ctx, fmt.Sprintf("SELECT EXISTS (SELECT FROM %s AS t WHERE %s AND t.valid_from = $3 AND %s)",
			y.t.name, y.t.where, y.t.orphan()), account, region, c.At).Scan(&waits)
	})
	if err != nil {
		return err
	}
	now := &parents
	switch {
	case waits:
		now = nil // look again next time
	case own && y.wrote(c):
		parents++ // by this merge
	}
	_, err = tx.Exec(ctx, `UPDATE syncer.partitions
SET parent_generation = $4
WHERE account_id = $1 AND region_id = $2 AND source = $3 AND parent_generation IS DISTINCT FROM $4`, account, region, y.t.Name, now)
	return err
}

// findFamilies fills pg_temp.orphans, before the stage is merged: with the rows that
// end because their parent is not there any more, whatever is gone (round 0), and
// with those that would end if all that is gone did (round 1). It answers how many
// the latter are.
func (y *Sync) findFamilies(ctx context.Context, tx pgx.Tx, gone bool) (n int64, err error) {
	if _, err := tx.Exec(ctx, fmt.Sprintf("CREATE TEMP TABLE orphans ON COMMIT DROP AS SELECT %s FROM %s WITH NO DATA",
		strings.Join(append([]string{"0 AS round"}, y.t.key()...), ", "), y.t.name)); err != nil {
		return 0, err
	}
	synced := y.foresight.Knows(y.t.EndsWith.Source)
	if err := tx.QueryRow(ctx, "SELECT $4 OR EXISTS (SELECT FROM syncer.partitions WHERE account_id = $1 AND region_id = $2 AND source = $3 AND generation > 0)",
		y.part.AccountID, y.part.RegionID, y.t.EndsWith.Source, synced).Scan(&synced); err != nil || !synced {
		return 0, err
	}
	if _, err := y.findOrphans(ctx, tx, 0); err != nil || !gone {
		return 0, err
	}
	return y.findOrphans(ctx, tx, 1)
}

// findOrphans adds the rows of a round: those whose parent will not stand after the
// merge, if what pg_temp.gone says ends, and those that hang on them.
func (y *Sync) findOrphans(ctx context.Context, tx pgx.Tx, round int) (found int64, err error) {
	p, own := y.t.EndsWith, y.t.ownParents()
	if round > 0 && !own {
		return 0, nil
	}
	parents := y.rowsOf(p.Source)
	stands := ""
	known := func(alias string) string {
		return fmt.Sprintf("NOT EXISTS (SELECT FROM pg_temp.orphans AS o WHERE %s AND o.round IN (0, $3))", y.t.sameKey("o", alias))
	}
	if own {
		parents = y.afterwards(p.Column)
		stands = " AND " + known("p")
		if round > 0 {
			stands += fmt.Sprintf(" AND NOT EXISTS (SELECT FROM pg_temp.gone AS g WHERE %s AND g.ends)", y.t.sameKey("g", "p"))
		}
	}
	sql := fmt.Sprintf(`INSERT INTO pg_temp.orphans (%s)
SELECT %s
FROM %s AS t
WHERE t.stood
    AND t.%s IS NOT NULL
    AND %s
    AND NOT EXISTS (SELECT FROM %s AS p WHERE p.%s = t.%s%s)`,
		strings.Join(append([]string{"round"}, y.t.key()...), ", "), strings.Join(append([]string{"$3::int"}, y.t.qualifiedKey("t")...), ", "),
		y.afterwards(p.Via), ident(p.Via), known("t"), parents, ident(p.Column), ident(p.Via), stands)
	for {
		tag, err := tx.Exec(ctx, sql, y.part.AccountID, y.part.RegionID, round)
		if err != nil {
			return found, err
		}
		found += tag.RowsAffected()
		if tag.RowsAffected() == 0 || !own {
			break
		}
		if _, err := tx.Exec(ctx, "ANALYZE pg_temp.orphans"); err != nil {
			return found, err
		}
	}
	return found, nil
}

// afterwards is the relation of the rows that will stand once the stage is merged,
// with nothing ended, by their key and other columns: stood tells those that the
// merge neither opens nor changes.
func (y *Sync) afterwards(names ...string) string {
	columns := y.t.key()
	for _, name := range names {
		if !slices.Contains(columns, ident(name)) {
			columns = append(columns, ident(name))
		}
	}
	if y.conn == nil {
		return fmt.Sprintf("(SELECT %s, true AS stood FROM %s AS t WHERE %s)", list("t.", columns), y.t.name, y.t.where)
	}
	same := y.t.sameKey("s", "t")
	return fmt.Sprintf(`(
    SELECT %s, true AS stood
    FROM %[3]s AS t
    WHERE %[4]s AND NOT EXISTS (SELECT FROM pg_temp.stage AS s WHERE %[5]s AND s.version_hash <> t.version_hash)
    UNION ALL
    SELECT %[2]s, false
    FROM pg_temp.stage AS s
    WHERE NOT EXISTS (SELECT FROM %[3]s AS t WHERE %[4]s AND %[5]s AND s.version_hash = t.version_hash)
)`, list("t.", columns), list("s.", columns), y.t.name, y.t.where, same)
}

// orphaned is the condition that a row of alias ends because its parent does, if all
// that is gone ends.
func (y *Sync) orphaned(alias string) string {
	if y.t.EndsWith == nil {
		return "false"
	}
	return fmt.Sprintf("EXISTS (SELECT FROM pg_temp.orphans AS o WHERE %s AND o.round IN (0, 1))", y.t.sameKey("o", alias))
}
