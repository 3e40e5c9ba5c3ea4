package source

import (
	"slices"
	"strconv"
	"strings"
)

// trendReserved are the columns that every trend has by itself, or its table.
var trendReserved = []string{"day", "account_id", "region_id", "series", "from_day", "to_day"}

func (v *validation) trends() {
	for _, t := range v.source.Trends {
		here := at("trends", t.Name)
		if err := trendName(t.Name); err != nil {
			v.addKey(here, "%s", err)
		}
		if v.isTaken(t.Name) {
			v.addKey(here, "there is another view %s: every one needs a name of its own", t.Name)
		}
		for i, name := range t.By {
			by := in(here, "by", strconv.Itoa(i))
			if _, ok := v.steady(by, v.source, name); ok && slices.Contains(trendReserved, name) {
				v.add(by, "%q is the name of a column that every trend has", name)
			}
		}
		if !slices.ContainsFunc(t.Measures, Measure.Kept) {
			v.addKey(in(here, "measures"), "there is no measure but shares of others")
		}
		for i := range t.Measures {
			v.measure(in(here, "measures", t.Measures[i].Name), t, i)
		}
		if t.Chart != nil {
			v.chart(in(here, "chart"), t)
		}
	}
}

func (v *validation) chart(here []string, t Trend) {
	c := t.Chart
	m, ok := t.Measure(c.Measure)
	switch {
	case !ok:
		v.add(in(here, "measure"), "%q is no measure of the trend", c.Measure)
	case m.Value != "":
		v.add(in(here, "measure"), "%s is a value of one row, which does not add up: expected a measure that is counted, summed or a share", c.Measure)
	}
	if c.By != "" && !slices.Contains(t.By, c.By) {
		v.add(in(here, "by"), "%q is no dimension of the trend: expected one of those in its by", c.By)
	}
}

// isTaken reports whether the name of a trend, or of a spell, is that of another view of
// the list.
func (v *validation) isTaken(name string) bool {
	n := 0
	for _, s := range v.list {
		if s.Name == name {
			n++
		}
		for _, t := range s.Trends {
			if t.Name == name {
				n++
			}
		}
		for _, sp := range s.Spells {
			if sp.Name == name || sp.Daily() == name {
				n++
			}
		}
	}
	return n > 1
}

func (v *validation) measure(here []string, t Trend, i int) {
	m := t.Measures[i]
	if err := identifier(m.Name, mostColumn); err != nil {
		v.addKey(here, "%s", err)
	} else if slices.Contains(trendReserved, m.Name) || slices.Contains(t.By, m.Name) {
		v.addKey(here, "this is the name of another column of the trend")
	}
	if slices.IndexFunc(t.Measures, func(o Measure) bool { return o.Name == m.Name }) != i {
		v.addKey(here, "the measure is declared twice")
	}
	v.conditions(in(here, "where"), v.source, m.Where)
	if m.On != "" {
		v.time(in(here, "on_day"), m.On)
	}
	if m.Sum != "" {
		if c, ok := v.steady(in(here, "sum"), v.source, m.Sum); ok && c.Type != BigInt && c.Type != Double {
			v.add(in(here, "sum"), "column %s is no number", m.Sum)
		}
	}
	if m.Value != "" {
		if c, ok := v.steady(in(here, "value"), v.source, m.Value); ok && !isPlain(c.Type) {
			v.add(in(here, "value"), "column %s is no text and no integer", m.Value)
		}
		if m.Sum != "" || m.On != "" || len(m.Where) > 0 {
			v.addKey(here, "a value stands alone: expected no where, on_day or sum")
		}
		if !isSubset(v.source.Key, t.By) {
			v.addKey(in(here, "value"), "is that of one row: expected the whole key in by (%s)", strings.Join(v.source.Key, ", "))
		}
	}
	if m.Kept() {
		return
	}
	for j, name := range m.Share {
		k := slices.IndexFunc(t.Measures, func(o Measure) bool { return o.Name == name })
		if k < 0 || k == i || !t.Measures[k].Kept() || t.Measures[k].Value != "" {
			v.add(in(here, "share", [2]string{"of", "in"}[j]), "%q is no other measure of the trend that is counted or summed", name)
		}
	}
	if m.Sum != "" || m.Value != "" || m.On != "" || len(m.Where) > 0 {
		v.addKey(here, "a share stands alone: expected no where, on_day, sum or value")
	}
}

func isSubset(a, b []string) bool {
	return !slices.ContainsFunc(a, func(s string) bool { return !slices.Contains(b, s) })
}
