package schema

import (
	"fmt"
	"slices"
	"strings"

	"syncer/source"
)

// A trend is what is derived from one of a source's.
type trend struct {
	*source.Trend
	Source     *source.Source
	Versions   string // relation that it is filled from
	Dimensions []tableColumn
	Numbers    []number // those that are kept
	view       []shown
}

type tableColumn struct{ Name, Type string }

// A number is a measure that is kept, with what fills it.
type number struct {
	Name, Type string
	On, Value  bool
	Term       string // what a version adds
	Zero       string // what there is before any
	Sum        string // aggregate over what happens on a day
	From, To   string // what a span s adds on its first day, and on the one after its last
	Running    string // what stands at the end of day d
}

func (d design) trends() (list []trend) {
	for i := range d.Trends {
		list = append(list, deriveTrend(d.Source, &d.Trends[i], d.stands))
	}
	return list
}

func deriveTrend(s *source.Source, tr *source.Trend, stands catalogue) trend {
	t := trend{Trend: tr, Source: s, Versions: "syncer." + s.Name}
	for _, name := range tr.By {
		c, _ := s.Column(name)
		t.Dimensions = append(t.Dimensions, tableColumn{name, c.Type.SQL()})
	}
	for _, m := range tr.Measures {
		if m.Kept() {
			t.Numbers = append(t.Numbers, t.number(m))
		}
	}
	t.view = arrange(t.declared(), stands["alicloud."+tr.Name].columns, func(a attribute) shown {
		return shown{Name: a.name, Type: a.typ, now: "NULL::" + a.typ, comment: "No longer declared, and so no longer kept."}
	})
	return t
}

func (t trend) number(m source.Measure) number {
	n := number{
		Name: m.Name, Type: "bigint NOT NULL DEFAULT 0", On: m.On != "",
		Term: Term(m, +1), Zero: "0", Sum: "sum", From: "s." + m.Name, To: "-s." + m.Name,
		Running: fmt.Sprintf("sum(d.%s) OVER w", m.Name),
	}
	switch {
	case m.Value != "":
		c, _ := t.Source.Column(m.Value)
		n.Type, n.Value = c.Type.SQL(), true
		n.Term, n.Zero, n.Sum = "v."+m.Value, "NULL::"+n.Type, "max"
		n.From, n.To = fmt.Sprintf("CASE WHEN s.to_day > s.from_day THEN s.%s END", m.Name), n.Zero
		n.Running = "d." + m.Name
	case m.On != "": // counted on its first day only, if it is still there at that day's end
		n.From, n.To = fmt.Sprintf("CASE WHEN s.to_day > s.from_day THEN s.%s ELSE 0 END", m.Name), "0"
		n.Running = "d." + m.Name
	}
	if m.Sum != "" {
		n.Type = "numeric NOT NULL DEFAULT 0" // exact: what was added can be taken away again
	}
	return n
}

// Series names the value of the dimensions of v.
func (t trend) Series() string { return Series(t.Source, t.Trend) }

// Select is what stands between SELECT and FROM.
func (t trend) Select() string { return selected(t.view, func(c shown) string { return c.now }) }

// text is all that is derived from a trend in an empty database, and how it is filled.
func (t trend) text() string { return render("trend.sql", t) + "\n" + t.replaced() + "\n" + t.fill() }

// replaced is its view.
func (t trend) replaced() string { return render("trend_view.sql", t) + t.comments() }

func (t trend) fill() string { return render("fill.sql", t) }

// Fill is what makes a trend's rollup anew from the versions, in a transaction whose
// time zone is the one that days are cut in. Days before the horizon, whose versions
// are gone, stay as they are.
func Fill(s *source.Source, tr *source.Trend) string { return deriveTrend(s, tr, nil).fill() }

// declared are the columns of the trend's view.
func (t trend) declared() []shown {
	list := []shown{
		{Name: "day", Type: "date", now: "r.from_day + d.n", comment: "Day in the configured time zone, without gaps from the first sync to today."},
		{Name: "account_id", Type: "text", now: "r.account_id", comment: "ID of the Alibaba Cloud account."},
		{Name: "region_id", Type: "text", now: "r.region_id", comment: regionComment(t.Source.Regions)},
	}
	add := func(column shown, c source.Column) {
		list = append(list, column)
		if len(c.Labels) > 0 {
			list = append(list, labelled(column, c))
		}
	}
	for _, name := range t.By {
		c, _ := t.Source.Column(name)
		add(shown{Name: name, Type: catalogueType(c.Type), now: "r." + name, comment: c.Doc}, c)
	}
	for _, m := range t.Measures {
		column := shown{Name: m.Name, Type: "bigint", now: t.shown(m.Name), comment: m.Doc}
		var coded source.Column
		switch {
		case m.Value != "":
			coded, _ = t.Source.Column(m.Value)
			column.Type = catalogueType(coded.Type)
		case m.Sum != "":
			c, _ := t.Source.Column(m.Sum)
			column.Type = catalogueType(c.Type)
		case !m.Kept():
			column.Type = "double precision"
			column.now = fmt.Sprintf("round(100.0 * %s / nullif(%s, 0), 2)::double precision", t.shown(m.Share[0]), t.shown(m.Share[1]))
		}
		add(column, coded)
	}
	return list
}

// shown is a measure that is kept as the view has it.
func (t trend) shown(name string) string {
	m := t.Measures[slices.IndexFunc(t.Measures, func(m source.Measure) bool { return m.Name == name })]
	expression := "r." + m.Name
	if m.Sum != "" {
		// The rollup is exact, whatever its size; the view's type may be too small for it.
		c, _ := t.Source.Column(m.Sum)
		most := largest[c.Type]
		expression = fmt.Sprintf("least(greatest(%s, -%s), %s)::%s", expression, most, most, c.Type.SQL())
	}
	if m.On != "" { // of the day itself, so of the first of the days that a row stands for
		expression = fmt.Sprintf("CASE d.n WHEN 0 THEN %s ELSE 0 END", expression)
	}
	return expression
}

// largest are the sums that a view can show, either way.
var largest = map[source.Type]string{source.BigInt: "9223372036854775807.0", source.Double: "1.79e308"}

func (t trend) comments() string {
	var b comments
	view := "alicloud." + t.Name
	b.on("TABLE", "syncer."+t.Name, "Rollup behind "+view+": the numbers of a series from from_day to to_day (not included; infinity while they stand). Read that view.")
	b.on("VIEW", view, t.Doc+" A day's numbers are those at its end, today's those of now, in the configured time zone. From alicloud."+t.Source.Name+".")
	b.columns(view, t.view)
	return b.String()
}

// Series is an expression that names the value of the dimensions of v: NULL is a value
// like others.
func Series(s *source.Source, tr *source.Trend) string {
	if len(tr.By) == 0 {
		return "'[]'"
	}
	series := fmt.Sprintf("jsonb_build_array(v.%s)::text", strings.Join(tr.By, ", v."))
	if !slices.ContainsFunc(tr.By, func(name string) bool { c, _ := s.Column(name); return c.Type == source.Text }) {
		return series
	}
	// It stands in the rollup's key, and an index holds some 2,700 bytes of a row: of a
	// longer one its beginning and its hash. The dimensions themselves stay whole.
	return fmt.Sprintf("(SELECT CASE WHEN octet_length(s.t) <= %d THEN s.t ELSE left(s.t, 100) || md5(s.t) END FROM (SELECT %s) AS s (t))", mostSeries, series)
}

// mostSeries is the length of a series in bytes up to which it is kept as it is.
const mostSeries = 1000

// Term is what one version of v adds to a measure. What is counted on the day of its
// time was only counted if it was found on that day, and is only taken away again (by
// < 0) on that day.
func Term(m source.Measure, by int) string {
	what := "1"
	if m.Sum != "" {
		what = fmt.Sprintf("coalesce(v.%s, 0)::numeric", m.Sum)
	}
	where := make([]string, 0, len(m.Where)+2)
	for _, c := range m.Where {
		where = append(where, condition("v", c))
	}
	if m.On != "" {
		where = append(where, fmt.Sprintf("v.%s::date = v.valid_from::date", m.On))
		if by < 0 {
			where = append(where, "v.valid_from::date = v.valid_to::date")
		}
	}
	if len(where) == 0 {
		return what
	}
	return fmt.Sprintf("CASE WHEN %s THEN %s ELSE 0 END", strings.Join(where, " AND "), what)
}

// condition renders one with constants in the text: it is part of statements whose
// parameters are others.
func condition(alias string, c source.Condition) string {
	column := alias + "." + c.Column
	text := column + " > 0"
	if !c.Above0 {
		values := make([]string, len(c.In))
		for i, v := range c.In {
			values[i] = Literal(v)
		}
		text = fmt.Sprintf("%s::text IN (%s)", column, strings.Join(values, ", "))
	}
	if c.Not {
		return fmt.Sprintf("(%s) IS NOT TRUE", text) // also where the column is NULL
	}
	return fmt.Sprintf("(%s) IS TRUE", text)
}
