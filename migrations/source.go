package migrations

import (
	"fmt"
	"slices"
	"strings"

	"syncer/source"
)

// ForSource writes the goose file that makes a source's table, views, as-of
// function and comments, from its declaration. All names are snake_case (which
// source.Validate sees to), so that none needs quotes.
func ForSource(s *source.Source) string {
	var b strings.Builder
	b.WriteString("-- +goose Up\n")
	table(&b, s)
	shown(&b, s, "CREATE")
	b.WriteString(TrendsAndChanges(s))
	fmt.Fprintf(&b, `
-- +goose Down
DROP VIEW syncer.%[1]s_changes CASCADE;
SELECT syncer.unite_changes();
%[2]sDROP FUNCTION alicloud.%[1]s_as_of(timestamptz);
DROP VIEW alicloud.%[1]s_history;
DROP VIEW alicloud.%[1]s;
DROP TABLE syncer.%[1]s;
%[3]s`, s.Name, dropTrends(s), dropVolatile(s))
	return b.String()
}

// AddColumn writes the goose file that gives a source its late column of that name.
// Views are replaced, so that what users granted and made on them stays.
func AddColumn(s *source.Source, name string) string {
	var b strings.Builder
	c, _ := s.Column(name)
	after, before := until(s, name, true), until(s, name, false)
	fmt.Fprintf(&b, "-- +goose Up\nALTER TABLE syncer.%s ADD COLUMN %s %s;\n", s.Name, name, c.Type.SQL())
	shown(&b, after, "CREATE OR REPLACE")
	changesView(&b, after, "CREATE OR REPLACE")
	// A view cannot lose a column by being replaced.
	fmt.Fprintf(&b, `
-- +goose Down
-- Grants on these views are lost. Where users made views on them, nothing is done.
DROP FUNCTION alicloud.%[1]s_as_of(timestamptz);
DROP VIEW alicloud.%[1]s_history;
DROP VIEW alicloud.%[1]s;
`, s.Name)
	shown(&b, before, "CREATE")
	changesView(&b, before, "CREATE OR REPLACE")
	fmt.Fprintf(&b, "ALTER TABLE syncer.%s DROP COLUMN %s;\n", s.Name, name)
	return b.String()
}

// Replace writes what makes all that users see of the sources what their declarations
// say now, such as other labels or comments. Tables stay as they are.
func Replace(sources []*source.Source) string {
	var b strings.Builder
	for _, s := range sources {
		shown(&b, s, "CREATE OR REPLACE")
		changesView(&b, s, "CREATE OR REPLACE")
		for _, t := range s.Trends {
			trendView(&b, s, t, "CREATE OR REPLACE")
			trendComments(&b, s, t)
		}
	}
	return b.String()
}

// until is the source as it was when the late column of that name came.
func until(s *source.Source, name string, with bool) *source.Source {
	then := *s
	then.Columns = nil
	came := false
	for _, c := range s.Columns {
		it := c.Name == name
		came = came || it
		if !c.Late || !came || it && with {
			then.Columns = append(then.Columns, c)
		}
	}
	return &then
}

// shown writes what users see of a source, but for its changes and trends.
func shown(b *strings.Builder, s *source.Source, create string) {
	views(b, s, create)
	asOf(b, s, create)
	comments(b, s)
}

// TrendsAndChanges writes what migration 9 brought to the sources of the ones
// before it, and what the migration of any later source has from the start.
func TrendsAndChanges(s *source.Source) string {
	var b strings.Builder
	for _, t := range s.Trends {
		trend(&b, s, t)
	}
	changes(&b, s)
	return b.String()
}

func dropVolatile(s *source.Source) string {
	if len(s.Volatile()) == 0 {
		return ""
	}
	return "DROP TABLE syncer." + s.Name + "_volatile;\n"
}

func dropTrends(s *source.Source) string {
	var b strings.Builder
	for _, t := range s.Trends {
		fmt.Fprintf(&b, "DROP VIEW alicloud.%[1]s;\nDROP TABLE syncer.%[1]s;\n", t.Name)
	}
	return b.String()
}

func table(b *strings.Builder, s *source.Source) {
	fmt.Fprintf(b, "CREATE TABLE syncer.%s (\n", s.Name)
	line := func(format string, args ...any) { fmt.Fprintf(b, "    "+format, args...) }
	line("account_id text COLLATE \"C\" NOT NULL,\n")
	line("region_id text COLLATE \"C\" NOT NULL,\n")
	for _, c := range s.Columns {
		if slices.Contains(s.Key, c.Name) {
			line("%s,\n", keyColumn(c))
		} else {
			line("%s %s,\n", c.Name, c.Type.SQL())
		}
	}
	line("extra jsonb,\n")
	line("version_hash bigint NOT NULL,\n")
	line("row_hash bigint NOT NULL,\n")
	line("valid_from timestamptz NOT NULL,\n")
	line("valid_to timestamptz NOT NULL DEFAULT 'infinity',\n")
	key := append(append([]string{"account_id", "region_id"}, s.Key...), "valid_to")
	line("CONSTRAINT %s_pkey PRIMARY KEY (%s),\n", s.Name, strings.Join(key, ", "))
	line("CONSTRAINT %s_valid_check CHECK (valid_from < valid_to)\n", s.Name)
	b.WriteString(") PARTITION BY RANGE (valid_to);\n")
	fmt.Fprintf(b, `CREATE TABLE syncer.%[1]s_standing PARTITION OF syncer.%[1]s
    FOR VALUES FROM ('infinity') TO (MAXVALUE);
CREATE TABLE syncer.%[1]s_default PARTITION OF syncer.%[1]s DEFAULT;
`, s.Name)
	volatile(b, s)
}

// volatile writes the narrow table of the columns that move without a new version. A
// row stands in it from when one of them has moved first: until then, the version
// itself holds what they are. More than half of each page is left free, so that
// every update finds room in its own page and touches no index.
func volatile(b *strings.Builder, s *source.Source) {
	if len(s.Volatile()) == 0 {
		return
	}
	fmt.Fprintf(b, "CREATE TABLE syncer.%s_volatile (\n", s.Name)
	line := func(format string, args ...any) { fmt.Fprintf(b, "    "+format, args...) }
	line("account_id text COLLATE \"C\" NOT NULL,\n")
	line("region_id text COLLATE \"C\" NOT NULL,\n")
	for _, name := range s.Key {
		c, _ := s.Column(name)
		line("%s,\n", keyColumn(c))
	}
	line("row_hash bigint NOT NULL,\n")
	for _, c := range s.Volatile() {
		line("%s %s,\n", c.Name, c.Type.SQL())
	}
	key := append([]string{"account_id", "region_id"}, s.Key...)
	line("CONSTRAINT %s_volatile_pkey PRIMARY KEY (%s)\n", s.Name, strings.Join(key, ", "))
	b.WriteString(") WITH (fillfactor = 45);\n")
}

// keyColumn declares a column of the key. The key's order is only ever an index's:
// bytes compare fastest.
func keyColumn(c source.Column) string {
	sql := c.Name + " " + c.Type.SQL()
	if c.Type.SQL() == "text" {
		sql += " COLLATE \"C\""
	}
	return sql + " NOT NULL"
}

// sameRow joins alias v, a volatile row, to alias t, a standing version.
func sameRow(s *source.Source) string {
	on := []string{"v.account_id = t.account_id", "v.region_id = t.region_id"}
	for _, name := range s.Key {
		on = append(on, fmt.Sprintf("v.%[1]s = t.%[1]s", name))
	}
	return strings.Join(on, " AND ")
}

// viewColumns are the columns that alicloud.s and alicloud.s_history share, and the
// late ones, which come behind all others.
func viewColumns(s *source.Source, prefix string) (list, late []string) {
	return columnsOf(s, prefix, func(c source.Column) string { return prefix + c.Name })
}

// columnsOf are the views' columns where value is the expression of a declared one;
// prefix "h." takes labels from a view that has them.
func columnsOf(s *source.Source, prefix string, value func(source.Column) string) (list, late []string) {
	list = []string{prefix + "account_id", prefix + "region_id"}
	for _, c := range s.Columns {
		expr := value(c)
		column := expr
		if expr != prefix+c.Name {
			column += " AS " + c.Name
		}
		columns := []string{column}
		switch {
		case len(c.Labels) > 0 && prefix == "h.":
			columns = append(columns, prefix+c.Name+"_label")
		case len(c.Labels) > 0:
			columns = append(columns, label(expr, c.Name, c))
		}
		if c.Late {
			late = append(late, columns...)
		} else {
			list = append(list, columns...)
		}
	}
	return append(list, prefix+"extra", prefix+"valid_from"), late
}

// label is the column <name>_label of the codes in an expression.
func label(expr, name string, c source.Column) string {
	var b strings.Builder
	fmt.Fprintf(&b, "CASE %s", expr)
	for _, l := range c.Labels {
		code := l.Code
		if c.Type != source.BigInt {
			code = quote(code)
		}
		fmt.Fprintf(&b, "\n        WHEN %s THEN %s", code, quote(l.Text))
	}
	itself := expr // a code that has no label
	if c.Type != source.Text {
		itself += "::text"
	}
	fmt.Fprintf(&b, "\n        ELSE %s\n    END AS %s_label", itself, name)
	return b.String()
}

func views(b *strings.Builder, s *source.Source, create string) {
	now, standing, ended := "syncer."+s.Name, "syncer."+s.Name, "syncer."+s.Name
	prefix := ""
	joined, looked := func(c source.Column) string { return c.Name }, func(c source.Column) string { return c.Name }
	if len(s.Volatile()) > 0 {
		prefix = "t."
		standing += " AS t"
		ended += " AS t"
		// A join, which the planner drops where nobody asks for what it brings.
		now += fmt.Sprintf(" AS t\nLEFT JOIN syncer.%s_volatile AS v ON %s", s.Name, sameRow(s))
		joined = func(c source.Column) string {
			if !c.Volatile {
				return "t." + c.Name
			}
			return fmt.Sprintf("CASE WHEN v.row_hash IS NULL THEN t.%[1]s ELSE v.%[1]s END", c.Name)
		}
		// Not a join: with one, filters and joins on this half of a UNION ALL would
		// no longer reach its index.
		looked = func(c source.Column) string {
			if !c.Volatile {
				return "t." + c.Name
			}
			return fmt.Sprintf(`(
        SELECT CASE WHEN v.row_hash IS NULL THEN t.%[1]s ELSE v.%[1]s END
        FROM (VALUES (1)) AS one
        LEFT JOIN syncer.%[2]s_volatile AS v ON %[3]s
    )`, c.Name, s.Name, sameRow(s))
		}
	}
	list := func(value func(source.Column) string, to ...string) string {
		columns, late := columnsOf(s, prefix, value)
		return strings.Join(slices.Concat(columns, to, late), ",\n    ")
	}
	fmt.Fprintf(b, `
%[1]s VIEW alicloud.%[2]s AS
SELECT
    %[3]s
FROM %[4]s
WHERE %[9]svalid_to = 'infinity';

%[1]s VIEW alicloud.%[2]s_history AS
SELECT
    %[5]s
FROM %[6]s
WHERE %[9]svalid_to = 'infinity'
UNION ALL
SELECT
    %[7]s
FROM %[8]s
WHERE %[9]svalid_to < 'infinity';
`, create, s.Name, list(joined), now, list(looked, "NULL::timestamptz AS valid_to"), standing,
		list(func(c source.Column) string { return prefix + c.Name }, prefix+"valid_to"), ended, prefix)
}

func asOf(b *strings.Builder, s *source.Source, create string) {
	names, late := viewColumns(s, "h.")
	// A plain SQL function over the history view: PostgreSQL inlines it, so that
	// a caller's filters reach the indexes and months that ended before are pruned.
	// That at is kept is asked once, since it depends on no row. Its text is read in
	// the caller's session, whose search_path may begin with a schema that others
	// write to: each name in it says where it is from, operators too. A path of its
	// own would keep the function from being inlined.
	fmt.Fprintf(b, `
-- +goose StatementBegin
%[1]s FUNCTION alicloud.%[2]s_as_of(at timestamptz)
RETURNS SETOF alicloud.%[2]s
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT
    %[3]s
FROM alicloud.%[2]s_history AS h
WHERE alicloud.kept(at)
    AND h.valid_from OPERATOR(pg_catalog.<=) at
    AND (h.valid_to OPERATOR(pg_catalog.>) at OR h.valid_to IS NULL)
$$;
-- +goose StatementEnd
`, create, s.Name, strings.Join(slices.Concat(names, late), ",\n    "))
}

func comments(b *strings.Builder, s *source.Source) {
	origin := fmt.Sprintf("From %s %s.", s.API.Product, s.API.Action)
	b.WriteString("\n")
	comment := func(kind, name, text string) { fmt.Fprintf(b, "COMMENT ON %s %s IS %s;\n", kind, name, quote(text)) }

	view, history := "alicloud."+s.Name, "alicloud."+s.Name+"_history"
	comment("TABLE", "syncer."+s.Name, "Versions behind "+view+" and "+history+". Read those.")
	comment("COLUMN", "syncer."+s.Name+".version_hash", "Hash of the tracked columns: another hash is another version.")
	comment("COLUMN", "syncer."+s.Name+".row_hash", "Hash of all columns, volatile ones included, when the version was opened.")
	if len(s.Volatile()) > 0 {
		comment("TABLE", "syncer."+s.Name+"_volatile", "What the volatile columns of standing rows have moved to since their version was opened. Read "+view+".")
		comment("COLUMN", "syncer."+s.Name+"_volatile.row_hash", "Hash of all columns, volatile ones included: the same hash is nothing to write.")
	}
	comment("VIEW", view, s.Doc+" As it stands now. "+origin)
	comment("VIEW", history, s.Doc+" Every version that is kept, with the time it stood. "+origin)
	comment("FUNCTION", view+"_as_of(timestamptz)", "The rows that "+view+" showed at that moment. An error where history no longer reaches back to it. No rows of what was not yet synced then: alicloud.partitions says since when each account and region is.")
	for _, v := range []string{view, history} {
		for _, c := range Comments(s) {
			comment("COLUMN", v+"."+c[0], c[1])
		}
	}
	comment("COLUMN", history+".valid_to", "When this version ended (not included). NULL while it stands.")
}

// Comments lists the columns of alicloud.<source> in order, each with its comment.
func Comments(s *source.Source) [][2]string {
	list := [][2]string{
		{"account_id", "ID of the Alibaba Cloud account."},
		{"region_id", regionComment(s.Regions)},
	}
	var late [][2]string
	for _, c := range s.Columns {
		text := c.Doc
		if c.Volatile {
			text += " Kept current; makes no version."
		}
		if c.Field != "" {
			text += " API field: " + c.Field + "."
		}
		columns := [][2]string{{c.Name, text}}
		if len(c.Labels) > 0 {
			columns = append(columns, labelComment(c.Name, c))
		}
		if c.Late {
			late = append(late, columns...)
		} else {
			list = append(list, columns...)
		}
	}
	list = append(list,
		[2]string{"extra", "What the API answered that no column holds, or that a column's type refused. NULL: nothing."},
		[2]string{"valid_from", "Since when this version stands: the moment of the sync that found it."},
	)
	return append(list, late...)
}

func labelComment(name string, c source.Column) [2]string {
	var codes []string
	for _, l := range c.Labels {
		codes = append(codes, l.Code+" = "+l.Text)
	}
	return [2]string{name + "_label", "What " + name + " says: " + strings.Join(codes, ", ") + ". Any other code is shown as it is."}
}

func regionComment(r source.Regions) string {
	if r == source.SecurityCenter {
		return "Service region of Security Center that was asked: cn-hangzhou answers for China, ap-southeast-1 for everywhere else."
	}
	return "Region that was asked."
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
