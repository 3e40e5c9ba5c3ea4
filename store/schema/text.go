package schema

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"text/template"

	"github.com/jackc/pgx/v5"

	"syncer/source"
)

// A declaration's names are snake_case, which source.Validate sees to. They stand bare
// where any word may (behind a dot, behind AS), and in quotes where one that means
// something to PostgreSQL, such as user or order, may not. Its texts are literals.

//go:embed sql/*.sql
var files embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{"ident": Ident, "literal": Literal}).ParseFS(files, "sql/*.sql"))

func render(name string, data any) string {
	var b strings.Builder
	if err := templates.ExecuteTemplate(&b, name, data); err != nil {
		panic(err) // templates and what is given to them are part of this program
	}
	return b.String()
}

// Ident is a name as SQL writes it, in quotes.
func Ident(name string) string { return pgx.Identifier{name}.Sanitize() }

// Literal is a text as SQL writes it, in PostgreSQL and in DuckDB.
func Literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// Text is all that is derived from a source in an empty database.
func Text(s *source.Source) string {
	d := derive(s, catalogue{})
	parts := []string{render("table.sql", d), render("index.sql", d)}
	if len(d.Source.Volatile()) > 0 {
		parts = append(parts, render("volatile.sql", d))
	}
	for _, t := range d.trends() {
		parts = append(parts, t.text())
	}
	parts = append(parts, d.views())
	for _, sp := range d.spells() {
		parts = append(parts, sp.text())
	}
	return strings.Join(parts, "\n")
}

// A design is what is derived from a source, where something may stand of it already.
type design struct {
	*source.Source
	view    []shown // the columns of alicloud.<source>, in order
	history []shown // and of alicloud.<source>_history
	stands  catalogue
}

// derive finds the columns that views have, and their order: those that stand keep
// their places, others follow as they are declared.
func derive(s *source.Source, stands catalogue) design {
	d := design{Source: s, stands: stands}
	columns := declared(s)
	former := func(c attribute) shown { return d.former(c) }
	d.view = arrange(columns, stands["alicloud."+s.Name].columns, former)
	to := shown{Name: "valid_to", Type: "timestamp with time zone", standing: "NULL::timestamptz", ended: "t.valid_to", comment: "When this version ended (not included). NULL while it stands."}
	d.history = arrange(append(columns, to), stands["alicloud."+s.Name+"_history"].columns, former)
	return d
}

// Definition is a column's, in a table.
func (d design) Definition(c source.Column) string {
	definition := c.Type.SQL()
	if slices.Contains(d.Key, c.Name) {
		if definition == "text" { // the key's order is only ever an index's: bytes compare fastest
			definition += ` COLLATE "C"`
		}
		definition += " NOT NULL"
	}
	return definition
}

// KeyColumns are those of the key, in its order.
func (d design) KeyColumns() (list []source.Column) {
	for _, name := range d.Key {
		c, _ := d.Column(name)
		list = append(list, c)
	}
	return list
}

// Beside is the name of a column beside those of the key: no declared column ends in _.
func (d design) Beside(name string) string {
	if slices.Contains(d.Key, name) {
		name += "_"
	}
	return name
}

// SameKey joins two aliases on the whole key.
func (d design) SameKey(a, b string) string {
	var on []string
	for _, name := range append([]string{"account_id", "region_id"}, d.Key...) {
		on = append(on, fmt.Sprintf("%s.%s = %s.%s", a, name, b, name))
	}
	return strings.Join(on, " AND ")
}

// KeyText is the key for people: its columns' texts, a slash between them.
func (d design) KeyText(alias string) string {
	if len(d.Key) == 0 {
		return "''::text"
	}
	texts := make([]string, len(d.Key))
	for i, name := range d.Key {
		texts[i] = fmt.Sprintf("%s.%s::text", alias, name)
	}
	return strings.Join(texts, " || '/' || ")
}

// Compared are the columns whose change alicloud.changes shows.
func (d design) Compared() (names []string) {
	for _, c := range d.Columns {
		if !c.Volatile && !slices.Contains(d.Key, c.Name) {
			names = append(names, c.Name)
		}
	}
	return names
}

// Select… are what stands between SELECT and FROM.
func (d design) SelectNow() string { return selected(d.view, func(c shown) string { return c.now }) }

func (d design) SelectStanding() string {
	return selected(d.history, func(c shown) string { return c.standing })
}

func (d design) SelectEnded() string {
	return selected(d.history, func(c shown) string { return c.ended })
}

func (d design) SelectAsOf() string {
	return selected(d.view, func(c shown) string { return "h." + c.Name })
}

func selected(columns []shown, expression func(shown) string) string {
	list := make([]string, len(columns))
	for i, c := range columns {
		list[i] = expression(c)
		if !strings.HasSuffix(list[i], "."+c.Name) {
			list[i] += " AS " + c.Name
		}
	}
	return strings.Join(list, ",\n    ")
}

// views is what users see of the source, its trends aside: all of this is replaced at will.
func (d design) views() string {
	return render("views.sql", d) + render("changes.sql", d) + d.comments()
}

func (d design) comments() string {
	var b comments
	origin := fmt.Sprintf("From %s %s.", d.API.Product, d.API.Action)
	table, view, history := "syncer."+d.Name, "alicloud."+d.Name, "alicloud."+d.Name+"_history"
	b.on("TABLE", table, "Versions behind "+view+" and "+history+". Read those.")
	b.on("COLUMN", table+".version_hash", "Hash of the tracked columns: another hash is another version.")
	b.on("COLUMN", table+".row_hash", "Hash of all columns, volatile ones included, when the version was opened.")
	if len(d.Source.Volatile()) > 0 {
		b.on("TABLE", table+"_volatile", "What the volatile columns of standing rows have moved to since their version was opened. Read "+view+".")
		b.on("COLUMN", table+"_volatile.row_hash", "Hash of all columns, volatile ones included: the same hash is nothing to write.")
	}
	b.on("VIEW", view, d.Doc+" As it stands now. "+origin)
	b.on("VIEW", history, d.Doc+" Every version that is kept, with the time it stood. "+origin)
	b.on("FUNCTION", view+"_as_of(timestamptz)", "The rows that "+view+" showed at that moment. An error where history no longer reaches back to it. No rows of what was not yet synced then: alicloud.partitions says since when each account and region is.")
	b.on("FUNCTION", view+"_between(timestamptz, timestamptz)", "What differs between two moments, the earlier one first, by key. kind: opened (it was not there at the first), ended (it was not there at the second), changed (changed has its columns, as {\"column\": {\"old\": value, \"new\": value}}). What only went and came back is left out. No rows where the second moment is not after the first. An error where history no longer reaches back to the first.")
	b.columns(view, d.view)
	b.columns(history, d.history)
	b.on("VIEW", table+"_changes", "Part of alicloud.changes. Read that one.")
	return b.String()
}

// comments collects statements.
type comments struct{ strings.Builder }

func (b *comments) on(kind, name, text string) {
	fmt.Fprintf(b, "COMMENT ON %s %s IS %s;\n", kind, name, Literal(text))
}

func (b *comments) columns(relation string, list []shown) {
	for _, c := range list {
		b.on("COLUMN", relation+"."+c.Name, c.comment)
	}
}
