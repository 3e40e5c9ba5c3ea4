package draft

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"syncer/source"
)

// findSweep says with which parameters the listing is made.
func (d *draft) findSweep() {
	for _, p := range d.Parameters {
		name := strings.ToLower(p.Name)
		switch {
		case slices.Contains(d.paging, name), name == "regionid", p.In != "" && p.In != "query":
		case name == "lang":
			d.params = append(d.params, param{name: p.Name, values: []string{"en"}})
		case p.Schema.Required:
			d.require(p)
		default:
			d.left = append(d.left, p.Name)
		}
	}
}

// require finds values for a parameter that must be sent.
func (d *draft) require(p Parameter) {
	one := strings.TrimSuffix(p.Name, "s")
	many := one != p.Name && (p.Schema.Type == "array" || strings.Contains(string(p.Schema.Example), ",") || strings.HasSuffix(p.Name, "Ids") || strings.HasSuffix(p.Name, "Uuids"))
	if !many {
		one = p.Name
	}
	name := snake(one)
	r := param{name: p.Name, column: name, values: plain(p.Schema.Enum)}
	i := slices.IndexFunc(d.columns, func(c column) bool { return strings.EqualFold(c.field, one) })
	switch {
	case i >= 0:
		r.column = d.columns[i].name
	case len(d.each) < 2:
		r.column = d.columnName(one, "text")
	}
	if len(r.values) == 0 {
		for _, s := range d.known {
			c, ok := s.Column(name)
			if ok && slices.Equal(s.Key, []string{name}) && (c.Type == source.Text || c.Type == source.BigInt) && regionsOf(s) == d.regions() {
				r.from = fmt.Sprintf("[{source: %s, columns: %s}]", s.Name, name)
				r.question = "or values: [...], or the rows of another source"
				break
			}
		}
	}
	if len(r.values) == 0 && r.from == "" {
		r.values = []string{cmp.Or(string(p.Schema.Example), "VALUE")}
		if many {
			first, _, _ := strings.Cut(r.values[0], ",")
			r.values = []string{first}
		}
		r.question = "the values that are to be asked for; or from: [{source: NAME, columns: COLUMN}], the rows of another source"
	}
	if len(d.each) == 2 {
		r.question = "the value that is to be asked for"
		d.params = append(d.params, r)
		return
	}
	typ := "text"
	if p.Schema.Type == "integer" && !slices.ContainsFunc(r.values, func(v string) bool { return !integers.MatchString(v) }) {
		typ = "integer"
	}
	if i < 0 {
		d.columns = append([]column{{name: r.column, typ: typ, doc: "The " + p.Name + " that was asked for."}}, d.columns...)
	} else if r.from == "" {
		d.columns[i].typ, d.columns[i].zone, d.columns[i].labels = typ, "", nil
	}
	if many && d.pager == "list" && len(d.each) == 0 {
		form := ""
		if p.Schema.Type == "array" {
			form = map[string]string{"json": "form: json_array, "}[p.Style]
			form = cmp.Or(form, "form: repeated, ")
		}
		d.pager = fmt.Sprintf("\n  batches: {%spage_size: 100}", form)
		d.questions.pager = append(d.questions.pager, "max_page_size: how many values the API takes in one call, by its page")
	}
	d.each = append(d.each, r)
}

// findKey looks for the columns that tell rows apart.
func (d *draft) findKey() {
	if d.pager == "object" { // what was asked for tells its rows apart
		for _, e := range d.each {
			d.key = append(d.key, e.column)
		}
		return
	}
	var asked []string
	for _, c := range d.columns {
		if c.field == "" {
			asked = append(asked, c.name)
		}
	}
	noun := strings.TrimSuffix(strings.ToLower(noun(d.Name)), "s")
	list := strings.TrimSuffix(strings.ToLower(d.items[strings.LastIndex(d.items, ".")+1:]), "s")
	rank := func(c column) int {
		field := strings.ToLower(c.field)
		switch {
		case c.field == "" || c.typ != "text" && c.typ != "integer":
			return 0
		case field == noun+"id" || field == list+"id":
			return 9
		case field == "primaryid":
			return 8
		case field == "id":
			return 7
		case field == "uuid":
			return 6
		case len(field) > 4 && strings.HasSuffix(field, "id") && strings.HasPrefix(noun, strings.TrimSuffix(field, "id")): // InstanceId of InstancePatchStates
			return 6
		case strings.HasSuffix(c.field, "Id") && !slices.Contains([]string{"regionid", "groupid", "accountid", "aliuid", "ownerid", "vpcid", "zoneid"}, field), strings.HasSuffix(c.field, "Uuid"):
			return 5
		case field == "accountid":
			return 4
		case field == "name":
			return 3
		case strings.HasSuffix(c.field, "Id"):
			return 2
		case strings.HasSuffix(c.field, "Name"):
			return 1
		}
		return 0
	}
	ranked := slices.Clone(d.columns)
	slices.SortStableFunc(ranked, func(a, b column) int { return rank(b) - rank(a) })
	ranked = slices.DeleteFunc(ranked, func(c column) bool { return rank(c) == 0 })
	if len(ranked) == 0 {
		ranked = slices.DeleteFunc(slices.Clone(d.columns), func(c column) bool { return c.field == "" || c.typ != "text" && c.typ != "integer" })
	}
	d.key = asked
	if len(ranked) > 0 {
		d.key = append(d.key, ranked[0].name)
		for _, c := range ranked[1:] {
			d.keys = append(d.keys, c.name)
		}
	}
	// A key that says how it was seen is no news.
	for i, c := range d.columns {
		if slices.Contains(d.key, c.name) {
			d.columns[i].questions = slices.DeleteFunc(c.questions, func(q string) bool { return strings.HasPrefix(q, "volatile") })
		}
	}
}

func regionsOf(s *source.Source) string {
	switch s.Regions {
	case source.SecurityCenter:
		return "security_center"
	case source.OOS:
		return "oos"
	}
	return "[" + strings.Join(s.Listed, ", ") + "]"
}

func (d *draft) regions() string {
	switch strings.ToLower(d.Product) {
	case "sas":
		return "security_center"
	case "oos":
		return "oos"
	}
	return "[cn-hangzhou]"
}
