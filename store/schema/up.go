package schema

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"syncer/source"
)

// Up brings all that is derived from the program's sources up to date, and names the
// sources of which something was done. It keeps what users have: rows, columns, grants,
// options of views, and views of their own. Where any source cannot be derived, nothing is done.
//
// The caller keeps merges and other programs away, and has applied the migrations.
func (p *Program) Up(ctx context.Context, tx pgx.Tx) (done []string, err error) {
	u := up{Program: p, tx: tx, moves: map[string]moves{}}
	if u.row, err = standing(ctx, tx); err != nil {
		return nil, err
	}
	if err := p.clashes(); err != nil {
		return nil, err
	}
	if u.stands, err = readCatalogue(ctx, tx); err != nil {
		return nil, err
	}
	var due []design
	var refused []error
	for _, s := range p.sources {
		switch err := p.judge(s, u.row); {
		case errors.Is(err, ErrNewer):
			return nil, err
		case err != nil:
			d := derive(s, u.stands)
			refused = append(refused, d.refuse())
			due = append(due, d)
		}
	}
	if err := errors.Join(refused...); err != nil || len(due) == 0 {
		return nil, err
	}
	if err := tx.QueryRow(ctx, "SELECT max(version_id) FROM syncer.goose_db_version").Scan(&u.migration); err != nil {
		return nil, err
	}
	if err := u.keep(ctx, due); err != nil {
		return nil, err
	}
	if u.had, err = readSettings(ctx, tx); err != nil {
		return nil, err
	}
	if due, err = u.afresh(ctx, due); err != nil {
		return nil, err
	}
	// What takes long comes first, of all sources, and under no lock that readers would wait
	// for. Then they wait for columns to be added, and for views to be replaced.
	for _, step := range []func(context.Context, design) error{u.table, u.trends, u.columns, u.views, u.note} {
		for _, d := range due {
			if err := step(ctx, d); err != nil {
				return nil, fmt.Errorf("source %s: %w", d.Name, err)
			}
		}
	}
	for _, d := range due {
		done = append(done, d.Name)
	}
	if err := unite(ctx, tx); err != nil {
		return nil, err
	}
	return done, u.had.give(ctx, tx)
}

// An up is under way.
type up struct {
	*Program
	tx        pgx.Tx
	row       map[string]row // that stand, by name
	stands    catalogue
	migration int64
	had       settings         // of users, before anything was done
	moves     map[string]moves // by source
}

func (u *up) exec(ctx context.Context, sql ...string) error { return exec(ctx, u.tx, sql...) }

func exec(ctx context.Context, tx pgx.Tx, sql ...string) error {
	_, err := tx.Exec(ctx, strings.Join(sql, ";\n"))
	return err
}

// keep notes what stands of the sources that a newer program derives now, as `migrate
// down` will want it.
func (u *up) keep(ctx context.Context, due []design) error {
	for _, d := range due {
		names := []string{d.Name}
		for _, t := range d.Trends {
			names = append(names, t.Name)
		}
		for _, s := range d.Spells {
			names = append(names, s.Name)
		}
		for _, name := range append(names, u.retired(d)...) {
			r, derived := u.row[name]
			_, made := u.stands["alicloud."+name]
			if !made || derived && r.Revision >= u.revision {
				continue
			}
			definition, err := definition(ctx, u.tx, name, d.Name)
			if err != nil {
				return err
			}
			if derived {
				_, err = u.tx.Exec(ctx, "UPDATE syncer.derived SET definition = $2 WHERE name = $1 AND definition IS NULL", name, definition)
			} else { // by the files of the first release
				_, err = u.tx.Exec(ctx, "INSERT INTO syncer.derived (name, source, revision, migration, hash, volatile, fill, definition) VALUES ($1, $2, 0, 0, '', '{}', '', $3)", name, d.Name, definition)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// afresh lets a database in which nothing was ever synced have its columns in the
// order of the declarations, although the files of the first release have made its
// tables: those that are empty, and on which nobody has made anything, go.
func (u *up) afresh(ctx context.Context, due []design) ([]design, error) {
	var synced bool
	if err := u.tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM syncer.partitions)").Scan(&synced); err != nil || synced || len(u.row) > 0 {
		return due, err
	}
	for i, d := range due {
		if _, made := u.stands["syncer."+d.Name]; !made {
			continue
		}
		var holds bool
		if err := u.tx.QueryRow(ctx, fmt.Sprintf("SELECT EXISTS (SELECT FROM syncer.%s)", d.Name)).Scan(&holds); err != nil {
			return nil, err
		}
		if holds {
			continue
		}
		err := pgx.BeginFunc(ctx, u.tx, func(tx pgx.Tx) error { return drop(ctx, tx, d.Name, nil) })
		if isDependency(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, name := range []string{"syncer." + d.Name, "alicloud." + d.Name, "alicloud." + d.Name + "_history"} {
			delete(u.stands, name)
		}
		due[i] = derive(d.Source, u.stands)
	}
	return due, nil
}

// table makes a source's tables. Those that stand are read and written by others meanwhile.
func (u *up) table(ctx context.Context, d design) error {
	var sql []string
	if _, made := u.stands["syncer."+d.Name]; !made {
		sql = append(sql, render("table.sql", d))
	}
	var names []string
	for _, c := range d.Source.Volatile() {
		names = append(names, c.Name)
	}
	m := moveVolatile(d, u.stands, names)
	u.moves[d.Name] = m
	return u.exec(ctx, append(append(sql, render("index.sql", d)), m.back...)...)
}

// columns adds those that a source's tables lack: nullable, without default, so that no row
// is written.
func (u *up) columns(ctx context.Context, d design) error {
	var sql []string
	if stands, made := u.stands["syncer."+d.Name]; made {
		if add := lacking(stands, d.columns()); add != "" {
			sql = append(sql, "ALTER TABLE syncer."+d.Name+" "+add)
		}
	}
	return u.exec(ctx, append(sql, u.moves[d.Name].forth...)...)
}

func (d design) columns() (list []tableColumn) {
	for _, c := range d.Columns {
		list = append(list, tableColumn{c.Name, d.Definition(c)})
	}
	return list
}

func (t trend) columns() []tableColumn {
	list := slices.Clone(t.Dimensions)
	for _, n := range t.Numbers {
		list = append(list, tableColumn{n.Name, n.Type})
	}
	return list
}

// lacking is the part of ALTER TABLE that adds the columns that a table has not.
func lacking(stands relation, columns []tableColumn) string {
	var add []string
	for _, c := range columns {
		if !stands.has(c.Name) {
			add = append(add, fmt.Sprintf("ADD COLUMN %s %s", Ident(c.Name), c.Type))
		}
	}
	return strings.Join(add, ", ")
}

// moves are the statements that let a source have other volatile columns.
type moves struct {
	back  []string // into the wide rows
	forth []string // into the narrow ones, once the wide table has all columns
	drop  []string // once no view reads what is dropped
}

// moveVolatile lets a source have these volatile columns. One that is volatile no more
// goes back into the wide rows, and one that is now begins with what these hold.
func moveVolatile(d design, stands catalogue, names []string) (m moves) {
	narrow, wide := "syncer."+d.Name+"_volatile", stands["syncer."+d.Name]
	table := stands[narrow]
	var back, gone, forth []string
	for _, a := range table.columns {
		if a.name == "row_hash" || slices.Contains(table.key, a.name) || slices.Contains(names, a.name) {
			continue
		}
		back = append(back, fmt.Sprintf("%s = v.%s", Ident(a.name), a.name))
		gone = append(gone, "DROP COLUMN "+Ident(a.name))
	}
	if len(back) > 0 && len(names) == 0 {
		back = append(back, "row_hash = v.row_hash")
	}
	same := d.SameKey("v", "t")
	if len(back) > 0 {
		m.back = append(m.back, fmt.Sprintf("UPDATE syncer.%s AS t SET %s FROM %s AS v WHERE t.valid_to = 'infinity' AND %s", d.Name, strings.Join(back, ", "), narrow, same))
	}
	switch {
	case len(names) == 0 && table.kind != "":
		m.drop = append(m.drop, "DROP TABLE "+narrow)
	case table.kind != "":
		var columns []tableColumn
		for _, name := range names {
			c, _ := d.Column(name)
			columns = append(columns, tableColumn{name, c.Type.SQL()})
			if !table.has(name) && wide.has(name) {
				forth = append(forth, fmt.Sprintf("%s = t.%s", Ident(name), name))
			}
		}
		if add := lacking(table, columns); add != "" {
			m.forth = append(m.forth, fmt.Sprintf("ALTER TABLE %s %s", narrow, add))
		}
		if len(forth) > 0 {
			m.forth = append(m.forth, fmt.Sprintf("UPDATE %s AS v SET %s FROM syncer.%s AS t WHERE t.valid_to = 'infinity' AND %s", narrow, strings.Join(forth, ", "), d.Name, same))
		}
		if len(gone) > 0 {
			m.drop = append(m.drop, fmt.Sprintf("ALTER TABLE %s %s", narrow, strings.Join(gone, ", ")))
		}
	case len(names) > 0:
		m.back = append(m.back, render("volatile.sql", d))
	}
	return m
}

// trends makes the rollups of a source, and fills those that were not made as they are
// declared. One that is declared no more ends with today.
func (u *up) trends(ctx context.Context, d design) error {
	for _, t := range d.trends() {
		stands, made := u.stands["syncer."+t.Name]
		if !made {
			if err := u.exec(ctx, render("trend.sql", t)); err != nil {
				return err
			}
		} else if add := lacking(stands, t.columns()); add != "" {
			if err := u.exec(ctx, "ALTER TABLE syncer."+t.Name+" "+add); err != nil {
				return err
			}
		}
		if u.row[t.Name].Hash == digest(t.fill()) {
			continue
		}
		t.Versions = u.versions(d)
		if err := fill(ctx, u.tx, t.fill()); err != nil {
			return fmt.Errorf("fill trend %s: %w", t.Name, err)
		}
	}
	for _, name := range u.retired(d) {
		if isSpell(name, d.Name) { // it goes on as it was declared last
			comment := fmt.Sprintf("COMMENT ON VIEW alicloud.%%s IS 'No longer declared: as it was declared last, by alicloud.%s_history.'", d.Name)
			if err := u.exec(ctx, fmt.Sprintf(comment, name), fmt.Sprintf(comment, name+"_daily")); err != nil {
				return fmt.Errorf("end spell %s: %w", name, err)
			}
			continue
		}
		// Its days stay.
		err := u.exec(ctx, cutDays,
			fmt.Sprintf("UPDATE syncer.%s SET to_day = greatest(from_day, now()::date) + 1 WHERE to_day = 'infinity'", name),
			fmt.Sprintf("COMMENT ON VIEW alicloud.%s IS 'No longer declared: its days are those up to when it was.'", name))
		if err != nil {
			return fmt.Errorf("end trend %s: %w", name, err)
		}
	}
	return nil
}

// versions is the relation of a source's versions, with the columns that its table lacks
// as they will be: without a value.
func (u *up) versions(d design) string {
	stands, made := u.stands["syncer."+d.Name]
	var add strings.Builder
	for _, c := range d.Columns {
		if made && !stands.has(c.Name) {
			fmt.Fprintf(&add, ", NULL::%s AS %s", c.Type.SQL(), c.Name)
		}
	}
	if add.Len() == 0 {
		return "syncer." + d.Name
	}
	return fmt.Sprintf("(SELECT *%s FROM syncer.%s)", add.String(), d.Name)
}

// isSpell tells a spell from the trends among what is derived from a source: names of
// trends end in _daily, and no others do.
func isSpell(name, of string) bool { return name != of && !strings.HasSuffix(name, "_daily") }

// retired are the trends and spells of a source that were declared, and are no more.
func (u *up) retired(d design) (names []string) {
	for name, r := range u.row {
		if r.Source == d.Name && name != d.Name && r.Hash != "" && !slices.ContainsFunc(d.Trends, func(t source.Trend) bool { return t.Name == name }) &&
			!slices.ContainsFunc(d.Spells, func(s source.Spell) bool { return s.Name == name }) {
			names = append(names, name)
		}
	}
	return names
}

// cutDays makes the transaction's time zone the one that days are cut in.
const cutDays = "SELECT set_config('timezone', coalesce((SELECT timezone FROM syncer.settings), 'UTC'), true)"

// fill fills a trend, unless days were never cut: then the first sync fills all of them.
func fill(ctx context.Context, tx pgx.Tx, sql string) error {
	var cut bool
	if err := tx.QueryRow(ctx, "SELECT timezone IS NOT NULL FROM syncer.settings").Scan(&cut); err != nil || !cut {
		return err
	}
	return exec(ctx, tx, cutDays, sql)
}

func (u *up) views(ctx context.Context, d design) error {
	sql := d.views()
	for _, t := range d.trends() {
		sql += t.replaced()
	}
	for _, s := range d.spells() {
		sql += s.text()
	}
	return u.exec(ctx, append([]string{sql}, u.moves[d.Name].drop...)...)
}

// note says by whom, and how, what stands now was derived.
func (u *up) note(ctx context.Context, d design) error {
	volatile := []string{}
	for _, c := range d.Source.Volatile() {
		volatile = append(volatile, c.Name)
	}
	rows := []row{{Name: d.Name, Hash: u.hash(d.Source), Volatile: volatile}}
	for _, t := range d.trends() {
		rows = append(rows, row{Name: t.Name, Hash: digest(t.fill()), Volatile: []string{}, Fill: t.fill()})
	}
	for _, s := range d.spells() {
		rows = append(rows, row{Name: s.Name, Hash: digest(s.text()), Volatile: []string{}})
	}
	for _, name := range u.retired(d) {
		rows = append(rows, row{Name: name, Volatile: []string{}})
	}
	for _, r := range rows {
		if _, err := u.tx.Exec(ctx, `INSERT INTO syncer.derived (name, source, revision, migration, hash, volatile, fill)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (name, revision) DO UPDATE
SET (source, migration, hash, volatile, fill, derived_at) = ROW (excluded.source, excluded.migration, excluded.hash, excluded.volatile, excluded.fill, excluded.derived_at)`,
			r.Name, d.Name, u.revision, u.migration, r.Hash, r.Volatile, r.Fill); err != nil {
			return err
		}
	}
	return nil
}

// unite makes alicloud.changes of the sources that there are.
func unite(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, "SELECT name FROM syncer.derived WHERE name = source AND definition IS NULL ORDER BY name")
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return exec(ctx, tx, "DROP VIEW IF EXISTS alicloud.changes")
	}
	return exec(ctx, tx, render("all_changes.sql", names))
}
