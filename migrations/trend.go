package migrations

import (
	"fmt"
	"slices"
	"strings"

	"syncer/source"
)

// trend writes the table of a trend's rollup, the view over it and its comments.
//
// A row of the rollup says what the numbers of one series (one value of the
// dimensions, in an account and region) were from one day to another: a day on
// which nothing changed costs nothing, and reading is unfolding.
func trend(b *strings.Builder, s *source.Source, t source.Trend) {
	trendTable(b, s, t)
	trendView(b, s, t, "CREATE")
	trendComments(b, s, t)
}

func trendTable(b *strings.Builder, s *source.Source, t source.Trend) {
	fmt.Fprintf(b, "\nCREATE TABLE syncer.%s (\n", t.Name)
	line := func(format string, args ...any) { fmt.Fprintf(b, "    "+format+",\n", args...) }
	line(`account_id text COLLATE "C" NOT NULL`)
	line(`region_id text COLLATE "C" NOT NULL`)
	line(`series text COLLATE "C" NOT NULL`)
	for _, name := range t.By {
		c, _ := s.Column(name)
		line("%s %s", name, c.Type.SQL())
	}
	line("from_day date NOT NULL")
	line("to_day date NOT NULL")
	for _, m := range t.Measures {
		switch {
		case m.Value != "":
			c, _ := s.Column(m.Value)
			line("%s %s", m.Name, c.Type.SQL())
		case m.Sum != "":
			line("%s numeric NOT NULL", m.Name) // exact: what was added can be taken away again
		case m.Kept():
			line("%s bigint NOT NULL", m.Name)
		}
	}
	line("CONSTRAINT %s_pkey PRIMARY KEY (account_id, region_id, to_day, series)", t.Name)
	fmt.Fprintf(b, "    CONSTRAINT %s_day_check CHECK (from_day < to_day)\n);\n", t.Name)
}

func trendView(b *strings.Builder, s *source.Source, t source.Trend, create string) {
	list := []string{"r.from_day + d.n AS day", "r.account_id", "r.region_id"}
	for _, name := range t.By {
		c, _ := s.Column(name)
		list = append(list, "r."+name)
		if len(c.Labels) > 0 {
			list = append(list, label("r."+name, name, c))
		}
	}
	for _, m := range t.Measures {
		list = append(list, measure(s, t, m)+" AS "+m.Name)
		if m.Value != "" {
			if c, _ := s.Column(m.Value); len(c.Labels) > 0 {
				list = append(list, label("r."+m.Name, m.Name, c))
			}
		}
	}
	fmt.Fprintf(b, `
%[3]s VIEW alicloud.%[1]s AS
SELECT
    %[2]s
FROM syncer.%[1]s AS r
CROSS JOIN LATERAL generate_series(0, least(r.to_day, (
    SELECT (now() AT TIME ZONE coalesce(timezone, 'UTC'))::date + 1
    FROM syncer.settings
)) - r.from_day - 1) AS d (n);
`, t.Name, strings.Join(list, ",\n    "), create)
}

// measure is one as the view shows it.
func measure(s *source.Source, t source.Trend, m source.Measure) string {
	switch {
	case !m.Kept():
		part, whole := kept(s, t, m.Share[0]), kept(s, t, m.Share[1])
		return fmt.Sprintf("round(100.0 * %s / nullif(%s, 0), 2)::double precision", part, whole)
	default:
		return kept(s, t, m.Name)
	}
}

func kept(s *source.Source, t source.Trend, name string) string {
	m := t.Measures[slices.IndexFunc(t.Measures, func(m source.Measure) bool { return m.Name == name })]
	expr := "r." + m.Name
	if m.Sum != "" {
		// The rollup is exact, whatever its size; the view's type may be too small for it.
		c, _ := s.Column(m.Sum)
		most := largest[c.Type]
		expr = fmt.Sprintf("least(greatest(%s, -%s), %s)::%s", expr, most, most, c.Type.SQL())
	}
	if m.On != "" { // of the day itself, so of the first of the days that a row stands for
		expr = fmt.Sprintf("CASE d.n WHEN 0 THEN %s ELSE 0 END", expr)
	}
	return expr
}

// largest are the sums that a view can show, either way.
var largest = map[source.Type]string{source.BigInt: "9223372036854775807.0", source.Double: "1.79e308"}

func trendComments(b *strings.Builder, s *source.Source, t source.Trend) {
	b.WriteString("\n")
	comment := func(kind, name, text string) { fmt.Fprintf(b, "COMMENT ON %s %s IS %s;\n", kind, name, quote(text)) }
	view := "alicloud." + t.Name
	comment("TABLE", "syncer."+t.Name, "Rollup behind "+view+": the numbers of a series from from_day to to_day (not included; infinity while they stand). Read that view.")
	comment("VIEW", view, t.Doc+" A day's numbers are those at its end, today's those of now, in the configured time zone. From alicloud."+s.Name+".")
	for _, c := range trendColumnComments(s, t) {
		comment("COLUMN", view+"."+c[0], c[1])
	}
}

func trendColumnComments(s *source.Source, t source.Trend) [][2]string {
	list := [][2]string{
		{"day", "Day in the configured time zone, without gaps from the first sync to today."},
		{"account_id", "ID of the Alibaba Cloud account."},
		{"region_id", regionComment(s.Regions)},
	}
	for _, name := range t.By {
		c, _ := s.Column(name)
		list = append(list, [2]string{name, c.Doc})
		if len(c.Labels) > 0 {
			list = append(list, labelComment(name, c))
		}
	}
	for _, m := range t.Measures {
		list = append(list, [2]string{m.Name, m.Doc})
		if m.Value != "" {
			if c, _ := s.Column(m.Value); len(c.Labels) > 0 {
				list = append(list, labelComment(m.Name, c))
			}
		}
	}
	return list
}
