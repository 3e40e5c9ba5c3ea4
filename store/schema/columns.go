package schema

import (
	"fmt"
	"slices"
	"strings"

	"syncer/source"
)

// A shown column is one of a view.
type shown struct {
	Name string
	Type string // in the catalogue's words
	// What the views select: the standing rows, and both halves of the history. A
	// trend has one expression, now.
	now, standing, ended string
	comment              string
}

func everywhere(name, typ, expression, comment string) shown {
	return shown{name, typ, expression, expression, expression, comment}
}

// declared are the columns of a source's views, in the order of its declaration.
func declared(s *source.Source) []shown {
	list := []shown{
		everywhere("account_id", "text", "t.account_id", "ID of the Alibaba Cloud account."),
		everywhere("region_id", "text", "t.region_id", regionComment(s.Regions)),
	}
	for _, c := range s.Columns {
		column := everywhere(c.Name, catalogueType(c.Type), "t."+c.Name, c.Doc)
		if c.Volatile {
			column.comment += " Kept current; makes no version."
			moved := fmt.Sprintf("CASE WHEN v.row_hash IS NULL THEN t.%[1]s ELSE v.%[1]s END", c.Name)
			column.now = moved
			// Not a join: with one, filters and joins on this half of a UNION ALL would
			// no longer reach its index.
			column.standing = fmt.Sprintf(`(
        SELECT %s
        FROM (VALUES (1)) AS one
        LEFT JOIN syncer.%s_volatile AS v ON %s
    )`, moved, s.Name, design{Source: s}.SameKey("v", "t"))
		}
		if c.Field != "" {
			column.comment += " API field: " + c.Field + "."
		}
		list = append(list, column)
		if len(c.Labels) > 0 {
			list = append(list, labelled(column, c))
		}
	}
	return append(list,
		everywhere("extra", "jsonb", "t.extra", "What the API answered that no column holds, or that a column's type refused. NULL: nothing."),
		everywhere("valid_from", "timestamp with time zone", "t.valid_from", "Since when this version stands: the moment of the sync that found it."),
	)
}

// labelled is the column <name>_label beside one of codes.
func labelled(column shown, c source.Column) shown {
	codes := make([]string, len(c.Labels))
	for i, l := range c.Labels {
		codes[i] = l.Code + " = " + l.Text
	}
	return shown{
		column.Name + "_label", "text", label(column.now, c), label(column.standing, c), label(column.ended, c),
		"What " + column.Name + " says: " + strings.Join(codes, ", ") + ". Any other code is shown as it is.",
	}
}

// label is the text of the code in an expression.
func label(expression string, c source.Column) string {
	var b strings.Builder
	fmt.Fprintf(&b, "CASE %s", expression)
	for _, l := range c.Labels {
		code := l.Code
		if c.Type != source.BigInt {
			code = Literal(code)
		}
		fmt.Fprintf(&b, "\n        WHEN %s THEN %s", code, Literal(l.Text))
	}
	itself := expression // a code that has no label
	if c.Type != source.Text {
		itself += "::text"
	}
	fmt.Fprintf(&b, "\n        ELSE %s\n    END", itself)
	return b.String()
}

// arrange gives columns that stand in a view already their places, and the others the
// ones behind: PostgreSQL replaces a view in no other way. Those that stand and are no
// longer declared stay, as former says.
func arrange(columns []shown, stands []attribute, former func(attribute) shown) []shown {
	named := func(name string) func(shown) bool { return func(c shown) bool { return c.Name == name } }
	list := make([]shown, 0, len(columns))
	for _, a := range stands {
		if i := slices.IndexFunc(columns, named(a.name)); i >= 0 {
			list = append(list, columns[i])
		} else {
			list = append(list, former(a))
		}
	}
	for _, c := range columns {
		if !slices.ContainsFunc(list, named(c.Name)) {
			list = append(list, c)
		}
	}
	return list
}

const noLonger = "No longer declared: versions have it up to when it was."

// former is a column of the views that is no longer declared. Its values stay in the
// table, and newer versions have none; a label that is gone shows the code.
func (d design) former(a attribute) shown {
	table := d.stands["syncer."+d.Name]
	if table.has(a.name) {
		return everywhere(a.name, a.typ, "t."+a.name, noLonger)
	}
	code, isLabel := strings.CutSuffix(a.name, "_label")
	if c, ok := d.Column(code); ok && isLabel {
		shown := declared(&source.Source{Name: d.Name, Key: d.Key, Columns: []source.Column{c}})[2]
		text := func(expression string) string { return fmt.Sprintf("(%s)::text", expression) }
		return everywhereOf(a.name, a.typ, shown, text, "No longer declared: the same as "+code+".")
	}
	if isLabel && table.has(code) {
		return everywhere(a.name, a.typ, "t."+code+"::text", "No longer declared: the same as "+code+".")
	}
	return everywhere(a.name, a.typ, "NULL::"+a.typ, noLonger)
}

func everywhereOf(name, typ string, of shown, expression func(string) string, comment string) shown {
	return shown{name, typ, expression(of.now), expression(of.standing), expression(of.ended), comment}
}

func regionComment(r source.Regions) string {
	if r == source.SecurityCenter {
		return "Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else."
	}
	return "Region that was asked."
}

// catalogueType is a type's name as PostgreSQL tells it.
func catalogueType(t source.Type) string {
	if sql := t.SQL(); sql != "timestamptz" {
		return sql
	}
	return "timestamp with time zone"
}

// Comments lists the columns of alicloud.<source> in the order of the declaration, each
// with its comment.
func Comments(s *source.Source) (list [][2]string) {
	for _, c := range declared(s) {
		list = append(list, [2]string{c.Name, c.comment})
	}
	return list
}
