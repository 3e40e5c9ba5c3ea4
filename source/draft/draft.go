package draft

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"syncer/source"
)

// Options say what the metadata does not.
type Options struct {
	// Name is the source's; empty: it follows from the operation's.
	Name string
	// Known are the sources there are, whose names are taken and whose rows may be read.
	Known []*source.Source
}

// Declaration drafts the YAML of a source. What cannot be known stands behind "# ?", with
// the choices. The error is a [RefusedError] where the operation cannot be declared.
func Declaration(o *Operation, options Options) (string, error) {
	if err := o.judge(); err != nil {
		return "", err
	}
	d := draft{Operation: o, known: options.Known, source: cmp.Or(options.Name, sourceName(o.Name, options.Known))}
	if err := d.findItems(); err != nil {
		return "", err
	}
	d.findPager()
	d.findColumns()
	d.findSweep()
	if d.findKey(); len(d.columns) == 0 {
		return "", refused("its items have no fields that its metadata names")
	}
	if len(d.key) == 0 && d.pager != "object" {
		return "", refused("no field of its items is a text or a whole number, by which rows could be told apart")
	}
	return d.write(), nil
}

// A draft is what was found out so far.
type draft struct {
	*Operation
	known  []*source.Source
	source string // its name

	items      string   // path
	otherItems []string // that might be meant
	item       *Schema
	object     bool // there is one

	pager     string // its YAML, without its key
	paging    []string
	questions struct{ pager, regions []string }

	columns []column
	key     []string
	keys    []string // other candidates

	params []param
	each   []param
	left   []string // parameters that are not sent
}

// A column of the draft.
type column struct {
	name, field, typ, zone, doc string
	labels                      []string
	questions                   []string
}

// A param is a parameter with the value, or the values, that are sent.
type param struct {
	name, column string
	values       []string
	from         string // the YAML of where values are read
	question     string
}

// ofCall are fields of an answer that are about the call, and ofPage those that are about the
// page of a list. In an answer without a list, a count is what was asked for.
var (
	ofCall = []string{"RequestId", "Code", "Message", "Success", "HttpStatusCode", "DynamicCode", "DynamicMessage", "AccessDeniedDetail"}
	ofPage = []string{
		"Count", "PageInfo", "PageSize", "CurrentPage", "PageNumber", "PageNo", "Page",
		"TotalCount", "Total", "TotalNum", "NextToken", "MaxResults", "Token", "Marker",
	}
)

func isOne(of []string, name string) bool {
	return slices.ContainsFunc(of, func(known string) bool { return strings.EqualFold(known, name) })
}

// findItems looks for the list that the answer holds, or for its one object.
func (d *draft) findItems() error {
	type place struct {
		path string
		item *Schema
	}
	var lists, objects []place
	var texts []string
	own, counts := 0, 0 // scalars of the answer itself
	var look func(s *Schema, path string, depth int)
	look = func(s *Schema, path string, depth int) {
		for _, f := range s.Properties.fields {
			name, v := path+f.Name, f.Value
			switch {
			case v.Type == "array" && v.Items != nil && (v.Items.Type == "object" || len(v.Items.Properties.fields) > 0):
				lists = append(lists, place{name, v.Items})
			case v.Type == "array":
				texts = append(texts, name)
			case isOne(ofCall, f.Name):
			case isOne(ofPage, f.Name):
				counts++
			case len(v.Properties.fields) > 0:
				objects = append(objects, place{name, v})
				if depth < 2 {
					look(v, name+".", depth+1)
				}
			case depth == 0:
				own++
			}
		}
	}
	look(d.answer(), "", 0)
	if slices.ContainsFunc(lists, func(p place) bool { return len(p.item.Properties.fields) > 0 }) {
		lists = slices.DeleteFunc(lists, func(p place) bool { return len(p.item.Properties.fields) == 0 })
	}
	if len(lists) > 0 {
		noun := strings.ToLower(noun(d.Name))
		best := slices.MaxFunc(lists, func(a, b place) int {
			rank := func(p place) int {
				n := len(p.item.Properties.fields) - 100*strings.Count(p.path, ".")
				if last := strings.ToLower(p.path[strings.LastIndex(p.path, ".")+1:]); strings.Contains(last, noun) || strings.Contains(noun, strings.TrimSuffix(last, "s")) {
					n += 50
				}
				return n
			}
			return rank(a) - rank(b)
		})
		// A list in an object that is of a few scalars belongs to that object.
		if len(best.item.Properties.fields) == 0 {
			return refused("the items of %s have no fields that its metadata names: they are not the same in every answer", best.path)
		}
		d.items, d.item = best.path, best.item
		for _, p := range slices.Concat(lists, objects) {
			if !strings.HasPrefix(best.path+".", p.path+".") {
				d.otherItems = append(d.otherItems, p.path)
			}
		}
		return nil
	}
	d.object = true
	switch {
	case own == 0 && len(objects) > 0:
		d.items, d.item = objects[0].path, objects[0].item
	case own+counts > 0:
		d.item = d.answer()
	case len(texts) > 0:
		return refused("%s lists texts, and not objects with fields", texts[0])
	default:
		return refused("its answer holds no list and no fields of its own")
	}
	return nil
}

var (
	pageParams  = []string{"CurrentPage", "PageNumber", "PageNo", "PageNum", "PageIndex", "Page"}
	sizeParams  = []string{"PageSize", "MaxResults", "Limit", "MaxItems"}
	tokenParams = []string{"NextToken", "Token", "Marker", "PageToken"}
	totals      = []string{"TotalCount", "Total", "TotalNum", "TotalItems", "TotalNumber"}
)

// findPager tells how pages are asked for.
func (d *draft) findPager() {
	page, paged := d.parameter(pageParams...)
	size, sized := d.parameter(sizeParams...)
	token, continued := d.parameter(tokenParams...)
	total, next := d.outside(totals...), ""
	if continued {
		next = d.outside(append([]string{token.Name, "Next" + token.Name}, tokenParams...)...)
	}
	if most, ok := d.parameter("MaxResults"); ok && total == "" {
		size = most
	}
	use := func(names ...string) {
		for _, name := range names {
			d.paging = append(d.paging, strings.ToLower(name))
		}
	}
	for _, p := range slices.Concat(pageParams, sizeParams, tokenParams) {
		use(p)
	}
	flag, flagged := d.parameter("UseNextToken")
	switch {
	case d.object:
		d.pager = "object"
	case paged && sized && total != "":
		d.pager = fmt.Sprintf("\n  page_number: {page_param: %s, size_param: %s, total: %s, page_size: 100}", quoted(page.Name), quoted(size.Name), quoted(total))
		if next != "" {
			if most, ok := d.parameter("MaxResults"); ok {
				size = most
			}
			d.questions.pager = append(d.questions.pager, fmt.Sprintf("or, where a page's number must not grow large: next_token: {token_param: %s, size_param: %s, next: %s}", token.Name, size.Name, next))
			if flagged {
				d.questions.pager = append(d.questions.pager, fmt.Sprintf("which asks for the parameter %s: true in params", flag.Name))
				use(flag.Name)
			}
		}
	case continued && sized && next != "":
		d.pager = fmt.Sprintf("\n  next_token: {token_param: %s, size_param: %s, next: %s, page_size: 100}", quoted(token.Name), quoted(size.Name), quoted(next))
		if flagged {
			d.params = append(d.params, param{name: flag.Name, values: []string{"true"}})
			use(flag.Name)
		}
	case total != "":
		d.pager = fmt.Sprintf("\n  list: {total: %s}", quoted(total))
	default:
		d.pager = "list"
	}
	if _, ok := strings.CutPrefix(d.pager, "\n"); ok && (paged || continued) {
		d.questions.pager = append(d.questions.pager, "max_page_size: the most that the API takes in one call, by its page")
	}
	if (paged || continued) && strings.HasPrefix(strings.TrimSpace(d.pager), "list") {
		d.questions.pager = append(d.questions.pager, "the operation has parameters of paging, but its answer tells neither a total nor a token: more than one page would be missed")
	}
}

// outside finds a field of the answer that is not in the items: in the root, or in an object
// of it.
func (d *draft) outside(names ...string) string {
	for _, name := range names {
		for _, f := range d.answer().Properties.fields {
			if strings.EqualFold(f.Name, name) {
				return f.Name
			}
		}
		for _, f := range d.answer().Properties.fields {
			for _, inner := range f.Value.Properties.fields {
				if strings.EqualFold(inner.Name, name) && f.Name+"."+inner.Name != d.items {
					return f.Name + "." + inner.Name
				}
			}
		}
	}
	return ""
}
