package source

import (
	"fmt"
	"slices"
	"strings"
)

// trendReserved are the columns that every trend has by itself, or its table.
var trendReserved = []string{"day", "account_id", "region_id", "series", "from_day", "to_day"}

func (v *validation) trends() {
	for _, t := range v.source.Trends {
		who := fmt.Sprintf("trend %q", t.Name)
		if !snakeCase.MatchString(t.Name) || !strings.HasSuffix(t.Name, "_daily") {
			v.add("%s: the name is not in snake_case, or does not end in _daily", who)
		}
		if v.trendTwice(t.Name) {
			v.add("%s is declared twice", who)
		}
		if !isSentence(t.Doc) {
			v.add("%s: Doc is not a sentence that ends with a period", who)
		}
		for _, name := range t.By {
			if v.trendColumn(who, name) && slices.Contains(trendReserved, name) {
				v.add("%s: the dimension %q has a reserved name", who, name)
			}
		}
		if !slices.ContainsFunc(t.Measures, Measure.Kept) {
			v.add("%s has no measures", who)
		}
		for i := range t.Measures {
			v.measure(who, t, i)
		}
	}
}

// trendTwice reports whether a name is that of two trends of the list.
func (v *validation) trendTwice(name string) bool {
	n := 0
	for _, s := range v.list {
		for _, t := range s.Trends {
			if t.Name == name {
				n++
			}
		}
	}
	return n > 1
}

// trendColumn finds a column that trends may use: a merge sees those that make versions.
func (v *validation) trendColumn(who, name string) bool {
	c, ok := v.source.Column(name)
	if !ok || c.Volatile {
		v.add("%s names column %q, which does not exist or is volatile", who, name)
	}
	return ok
}

func (v *validation) measure(who string, t Trend, i int) {
	m := t.Measures[i]
	who += fmt.Sprintf(", measure %q", m.Name)
	if !snakeCase.MatchString(m.Name) || slices.Contains(trendReserved, m.Name) || slices.Contains(t.By, m.Name) {
		v.add("%s: the name is not in snake_case, reserved or that of a dimension", who)
	}
	if slices.IndexFunc(t.Measures, func(o Measure) bool { return o.Name == m.Name }) != i {
		v.add("%s is declared twice", who)
	}
	if !isSentence(m.Doc) {
		v.add("%s: Doc is not a sentence that ends with a period", who)
	}
	v.conditions(who, v.source, m.Where)
	for _, c := range m.Where {
		v.trendColumn(who, c.Column)
	}
	if m.On != "" && v.trendColumn(who, m.On) {
		if c, _ := v.source.Column(m.On); c.Type != Millis && c.Type != ISOTime {
			v.add("%s: On names column %q, which is not a time", who, m.On)
		}
	}
	if m.Sum != "" && v.trendColumn(who, m.Sum) {
		if c, _ := v.source.Column(m.Sum); c.Type != BigInt && c.Type != Double {
			v.add("%s: Sum names column %q, which is no number", who, m.Sum)
		}
	}
	if m.Value != "" && v.trendColumn(who, m.Value) {
		if c, _ := v.source.Column(m.Value); c.Type != BigInt && c.Type != Text {
			v.add("%s: Value names column %q, which is neither Text nor BigInt", who, m.Value)
		}
		if m.Sum != "" || m.On != "" || len(m.Where) > 0 || !isSubset(v.source.Key, t.By) {
			v.add("%s: a Value stands alone, where the dimensions hold the whole key", who)
		}
	}
	if m.Kept() {
		return
	}
	for _, name := range m.Share {
		j := slices.IndexFunc(t.Measures, func(o Measure) bool { return o.Name == name })
		if j < 0 || j == i || !t.Measures[j].Kept() || t.Measures[j].Value != "" {
			v.add("%s is a share of measure %q, which is no number of the trend", who, name)
		}
	}
	if m.Sum != "" || m.Value != "" || m.On != "" || len(m.Where) > 0 {
		v.add("%s: a Share stands alone", who)
	}
}

func isSubset(a, b []string) bool {
	return !slices.ContainsFunc(a, func(s string) bool { return !slices.Contains(b, s) })
}
