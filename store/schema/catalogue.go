package schema

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"syncer/source"
)

// A catalogue is what stands in schemas syncer and alicloud, by qualified name.
type catalogue map[string]relation

type relation struct {
	kind    string // as in pg_class: r and p are tables, v is a view
	columns []attribute
	key     []string // the primary key's columns
}

type attribute struct {
	name, typ string
	notNull   bool
}

func (r relation) attribute(name string) (attribute, bool) {
	i := slices.IndexFunc(r.columns, func(a attribute) bool { return a.name == name })
	if i < 0 {
		return attribute{}, false
	}
	return r.columns[i], true
}

func (r relation) has(name string) bool { _, ok := r.attribute(name); return ok }

func readCatalogue(ctx context.Context, q querier) (catalogue, error) {
	rows, err := q.Query(ctx, `SELECT n.nspname || '.' || c.relname, c.relkind::text, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
    ARRAY(
        SELECT k.attname::text
        FROM pg_index AS i, unnest(i.indkey) WITH ORDINALITY AS u (attnum, place)
        JOIN pg_attribute AS k ON k.attrelid = c.oid AND k.attnum = u.attnum
        WHERE i.indrelid = c.oid AND i.indisprimary
        ORDER BY u.place
    )
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname IN ('syncer', 'alicloud') AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
ORDER BY c.oid, a.attnum`)
	if err != nil {
		return nil, err
	}
	all := catalogue{}
	var name string
	var r relation
	var a attribute
	_, err = pgx.ForEachRow(rows, []any{&name, &r.kind, &a.name, &a.typ, &a.notNull, &r.key}, func() error {
		stands := all[name]
		all[name] = relation{r.kind, append(stands.columns, a), slices.Clone(r.key)}
		return nil
	})
	return all, err
}

// refuse tells all that keeps a source from being derived where something stands
// already, each with both sides and what to do.
func (d design) refuse() error {
	var problems []error
	add := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("source %s: %s", d.Name, fmt.Sprintf(format, args...)))
	}
	if most := 63 - len("_valid_from_idx"); len(d.Name) > most {
		add("the name has %d letters, and a table's may have %d: shorten it", len(d.Name), most)
	}
	table, made := d.stands["syncer."+d.Name]
	if !made {
		for _, name := range []string{"alicloud." + d.Name, "alicloud." + d.Name + "_history", "syncer." + d.Name + "_volatile", "syncer." + d.Name + "_changes"} {
			if _, taken := d.stands[name]; taken {
				add("%s is there already, and not of a source of this name: take another name", name)
			}
		}
		return errors.Join(append(append(problems, d.refuseTrends()...), d.refuseSpells()...)...)
	}
	if table.kind != "p" || !table.has("version_hash") {
		add("syncer.%s is there already, and not of a source: take another name", d.Name)
		return errors.Join(problems...)
	}
	key := append(append([]string{"account_id", "region_id"}, d.Key...), "valid_to")
	if !slices.Equal(key, table.key) {
		add("its key is (%s) in the database and (%s) in the declaration: a key never changes; declare a source of another name%s",
			inner(table.key), inner(key), d.anew())
	}
	for _, c := range d.Columns {
		if a, ok := table.attribute(c.Name); ok && a.typ != catalogueType(c.Type) {
			add("column %s is %s in the database and %s in the declaration: a type never changes; declare a column of another name%s", c.Name, a.typ, catalogueType(c.Type), d.anew())
		}
	}
	for name, columns := range map[string][]shown{"alicloud." + d.Name: d.view, "alicloud." + d.Name + "_history": d.history} {
		for _, problem := range differ(d.stands[name], columns) {
			add("%s: %s", name, problem)
		}
	}
	slices.SortStableFunc(problems, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
	return errors.Join(append(append(problems, d.refuseTrends()...), d.refuseSpells()...)...)
}

// anew is what else can be done about a source that a user declared.
func (d design) anew() string {
	if _, ok := source.ByName(source.All, d.Name); ok {
		return ""
	}
	return ", or give up its history: syncer sources drop " + d.Name
}

func (d design) refuseTrends() (problems []error) {
	for _, t := range d.trends() {
		add := func(format string, args ...any) {
			problems = append(problems, fmt.Errorf("trend %s of source %s: %s", t.Name, d.Name, fmt.Sprintf(format, args...)))
		}
		table, made := d.stands["syncer."+t.Name]
		if _, taken := d.stands["alicloud."+t.Name]; taken != made || made && !table.has("series") {
			add("a relation of this name is there already, and not of a trend: take another name")
			continue
		}
		for _, c := range t.columns() {
			a, ok := table.attribute(c.Name)
			if is := attributeType(a); ok && !strings.HasPrefix(strings.ReplaceAll(c.Type, "timestamptz", "timestamp with time zone"), is) {
				add("%s is %s in the database and %s in the declaration: take another name", c.Name, is, c.Type)
			}
		}
		for _, problem := range differ(d.stands["alicloud."+t.Name], t.view) {
			add("%s", problem)
		}
	}
	return problems
}

func (d design) refuseSpells() (problems []error) {
	for _, s := range d.spells() {
		add := func(format string, args ...any) {
			problems = append(problems, fmt.Errorf("spell %s of source %s: %s", s.Name, d.Name, fmt.Sprintf(format, args...)))
		}
		for name, of := range map[string]struct {
			sign    string // a column that no other view has
			columns []shown
		}{s.Name: {"began_within_hours", s.view}, s.Daily(): {"begun_unseen", s.daily}} {
			view, made := d.stands["alicloud."+name]
			if made && !view.has(of.sign) || d.stands["syncer."+name].kind != "" {
				add("a relation %s is there already, and not of a spell: take another name", name)
				continue
			}
			for _, problem := range differ(view, of.columns) {
				add("alicloud.%s: %s", name, problem)
			}
		}
	}
	slices.SortFunc(problems, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
	return problems
}

func attributeType(a attribute) string {
	if a.notNull {
		return a.typ + " NOT NULL"
	}
	return a.typ
}

// inner is a key without what every table has.
func inner(key []string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(key), func(name string) bool {
		return slices.Contains([]string{"account_id", "region_id", "valid_to"}, name)
	}), ", ")
}

// differ tells of the columns of a view whose type would change.
func differ(stands relation, columns []shown) (problems []string) {
	for _, c := range columns {
		if a, ok := stands.attribute(c.Name); ok && a.typ != c.Type {
			problems = append(problems, fmt.Sprintf("column %s is %s in the database and %s by the declaration: a type never changes; take another name", c.Name, a.typ, c.Type))
		}
	}
	return problems
}

// clashes tells of the program's sources that would have the same relations.
func (p *Program) clashes() error {
	owner := map[string]string{}
	var problems []error
	claim := func(who string, names ...string) {
		for _, name := range names {
			if other, taken := owner[name]; taken {
				problems = append(problems, fmt.Errorf("%s and %s would both have %s: give one of them another name", other, who, name))
			}
			owner[name] = who
		}
	}
	for _, s := range p.sources {
		table, view := "syncer."+s.Name, "alicloud."+s.Name
		claim("source "+s.Name, table, table+"_standing", table+"_default", table+"_volatile", table+"_changes", view, view+"_history")
		for _, t := range s.Trends {
			claim("trend "+t.Name, "syncer."+t.Name, "alicloud."+t.Name)
		}
		for _, sp := range s.Spells {
			claim("spell "+sp.Name, "syncer."+sp.Name, "alicloud."+sp.Name, "alicloud."+sp.Daily())
		}
	}
	return errors.Join(problems...)
}
