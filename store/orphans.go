package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// A row with a parent (source.Parent) ends when the parent no longer stands.

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

// newOrphans selects whether the merge has opened rows whose parent does not stand.
func (t *table) newOrphans() string {
	return fmt.Sprintf("SELECT EXISTS (SELECT FROM %s AS t WHERE %s AND t.valid_from = $3 AND %s)", t.name, t.where, t.orphan())
}

// endOrphans ends rows whose parent is gone. It does nothing before the first sync of the
// parents. It compares whole tables, so it skips the comparison if neither side has changed
// since the last one. For the parents' side, the generation of their partition tells. It is
// read before the parents, so that parents that change meanwhile are compared next time.
func (m *merge) endOrphans(ctx context.Context) error {
	if m.t.EndsWith == nil {
		return nil
	}
	account, region, own := m.part.AccountID, m.part.RegionID, m.t.ownParents()
	var parents int64
	var compared *int64
	err := m.tx.QueryRow(ctx, `SELECT p.generation, c.parent_generation
FROM syncer.partitions AS c
JOIN syncer.partitions AS p USING (account_id, region_id)
WHERE c.account_id = $1 AND c.region_id = $2 AND c.source = $3 AND p.source = $4`, account, region, m.t.Name, m.t.EndsWith.Source).Scan(&parents, &compared)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && parents == 0 && !own {
		return nil
	}
	if err != nil || !m.wrote() && compared != nil && *compared == parents {
		return err
	}
	waits := false
	err = byHash(ctx, m.tx, func() error {
		for {
			n, err := m.end(ctx, m.t.endOrphans())
			if err != nil {
				return err
			}
			m.result.Ended += n
			if n == 0 || !own { // otherwise the ended rows may be parents themselves
				break
			}
		}
		if m.result.Opened+m.result.Changed == 0 {
			return nil
		}
		return m.tx.QueryRow(ctx, m.t.newOrphans(), account, region, m.result.At).Scan(&waits)
	})
	if err != nil {
		return err
	}
	now := &parents
	switch {
	case waits:
		now = nil // compare again at the next merge
	case own && m.wrote():
		parents++ // this merge will raise the generation
	}
	_, err = m.tx.Exec(ctx, `UPDATE syncer.partitions
SET parent_generation = $4
WHERE account_id = $1 AND region_id = $2 AND source = $3 AND parent_generation IS DISTINCT FROM $4`, account, region, m.t.Name, now)
	return err
}

// Rounds of pg_temp.orphans. Each has the rows whose parent ends in one case.
const (
	orphanedAnyway = 0 // the parent does not stand, whatever else ends
	orphanedByAll  = 1 // all rows that are gone end
	orphanedByRest = 2 // only the rows end that are gone and not held
)

// findOrphans fills pg_temp.orphans, before the stage is merged, with the first two
// rounds. It returns how many rows the second has.
func (m *merge) findOrphans(ctx context.Context, gone bool) (n int64, err error) {
	if _, err := m.tx.Exec(ctx, m.t.createOrphans()); err != nil {
		return 0, err
	}
	synced := m.foresight.Knows(m.t.EndsWith.Source)
	if err := m.tx.QueryRow(ctx, "SELECT $4 OR EXISTS (SELECT FROM syncer.partitions WHERE account_id = $1 AND region_id = $2 AND source = $3 AND generation > 0)",
		m.part.AccountID, m.part.RegionID, m.t.EndsWith.Source, synced).Scan(&synced); err != nil || !synced {
		return 0, err
	}
	if _, err := m.addOrphans(ctx, orphanedAnyway); err != nil || !gone {
		return 0, err
	}
	return m.addOrphans(ctx, orphanedByAll)
}

// addOrphans adds the rows of a round to pg_temp.orphans: rows whose parent ends as
// pg_temp.gone says, and the rows below them. Rows of round orphanedAnyway are in no later
// round.
func (m *merge) addOrphans(ctx context.Context, round int) (found int64, err error) {
	own := m.t.ownParents()
	if round > orphanedAnyway && !own {
		return 0, nil
	}
	sql := m.t.addOrphans(m.found.stage.exists(), m.rowsOf(m.t.EndsWith.Source), round)
	for {
		tag, err := m.tx.Exec(ctx, sql, m.part.AccountID, m.part.RegionID, round)
		if err != nil {
			return found, err
		}
		found += tag.RowsAffected()
		if tag.RowsAffected() == 0 || !own {
			break
		}
		if _, err := m.tx.Exec(ctx, "ANALYZE pg_temp.orphans"); err != nil {
			return found, err
		}
	}
	return found, nil
}

func (t *table) createOrphans() string {
	return fmt.Sprintf("CREATE TEMP TABLE orphans ON COMMIT DROP AS SELECT %s FROM %s WITH NO DATA",
		strings.Join(append([]string{"0 AS round_"}, t.key()...), ", "), t.name)
}

// addOrphans adds the rows of a round whose parent will not stand. others is the relation
// of the parents if they are rows of another source.
func (t *table) addOrphans(staged bool, others string, round int) string {
	known := func(alias string) string {
		return fmt.Sprintf("NOT EXISTS (SELECT FROM pg_temp.orphans AS o WHERE %s AND o.round_ IN (%d, $3))", t.sameKey("o", alias), orphanedAnyway)
	}
	p, parents, stands := t.EndsWith, others, ""
	if t.ownParents() {
		parents, stands = t.afterwards(staged, p.Column), " AND "+known("p")
		if round > orphanedAnyway {
			stands += fmt.Sprintf(" AND NOT EXISTS (SELECT FROM pg_temp.gone AS g WHERE %s AND g.ends_)", t.sameKey("g", "p"))
		}
	}
	return fill("add_orphans.sql", verbs{
		"columns": strings.Join(append([]string{"round_"}, t.key()...), ", "),
		"values":  strings.Join(append([]string{"$3::int"}, t.qualifiedKey("t")...), ", "),
		"rows":    t.afterwards(staged, p.Via), "via": ident(p.Via), "known": known("t"),
		"parents": parents, "id": ident(p.Column), "parentStands": stands,
	})
}

// afterwards is the relation of the rows that will stand once the stage is merged, before
// any row ends. It has their key, the named columns, and stood_: true for rows that the
// merge neither opens nor changes.
func (t *table) afterwards(staged bool, names ...string) string {
	columns := t.key()
	for _, name := range names {
		if !slices.Contains(columns, ident(name)) {
			columns = append(columns, ident(name))
		}
	}
	if !staged {
		return fmt.Sprintf("(SELECT %s, true AS stood_ FROM %s AS t WHERE %s)", columnList("t.", columns), t.name, t.where)
	}
	return fill("afterwards.sql", verbs{
		"ofTable": columnList("t.", columns), "ofStage": columnList("s.", columns), "table": t.name, "standing": t.where, "same": t.sameKey("s", "t"),
	})
}

// orphaned is the condition that a row of alias ends with its parent, if all rows end that
// are gone.
func (t *table) orphaned(alias string) string {
	if t.EndsWith == nil {
		return "false"
	}
	return fmt.Sprintf("EXISTS (SELECT FROM pg_temp.orphans AS o WHERE %s AND o.round_ IN (%d, %d))", t.sameKey("o", alias), orphanedAnyway, orphanedByAll)
}
