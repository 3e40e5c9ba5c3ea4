package draft

import (
	"cmp"
	"fmt"
	"regexp"
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
	if err := d.findSweep(); err != nil {
		return "", err
	}
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

// envelope are fields that are about the call.
var envelope = []string{
	"RequestId", "Code", "Message", "Success", "HttpStatusCode", "Count", "PageInfo", "PageSize", "CurrentPage", "PageNumber", "PageNo", "Page",
	"TotalCount", "Total", "TotalNum", "NextToken", "MaxResults", "Token", "Marker", "DynamicCode", "DynamicMessage", "AccessDeniedDetail",
}

func isEnvelope(name string) bool {
	return slices.ContainsFunc(envelope, func(known string) bool { return strings.EqualFold(known, name) })
}

// findItems looks for the list that the answer holds, or for its one object.
func (d *draft) findItems() error {
	type place struct {
		path string
		item *Schema
	}
	var lists, objects []place
	var texts []string
	own := 0 // scalars of the answer itself
	var look func(s *Schema, path string, depth int)
	look = func(s *Schema, path string, depth int) {
		for _, f := range s.Properties.fields {
			name, v := path+f.Name, f.Value
			switch {
			case v.Type == "array" && v.Items != nil && (v.Items.Type == "object" || len(v.Items.Properties.fields) > 0):
				lists = append(lists, place{name, v.Items})
			case v.Type == "array":
				texts = append(texts, name)
			case len(v.Properties.fields) > 0 && !isEnvelope(f.Name):
				objects = append(objects, place{name, v})
				if depth < 2 {
					look(v, name+".", depth+1)
				}
			case depth == 0 && !isEnvelope(f.Name):
				own++
			}
		}
	}
	look(d.answer(), "", 0)
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
		for _, p := range lists {
			if p.path != best.path && len(p.item.Properties.fields) > 0 {
				d.otherItems = append(d.otherItems, p.path)
			}
		}
		return nil
	}
	d.object = true
	switch {
	case own == 0 && len(objects) > 0:
		d.items, d.item = objects[0].path, objects[0].item
	case own > 0:
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

// findColumns makes columns of the item's fields.
func (d *draft) findColumns() {
	for _, f := range d.item.Properties.fields {
		if d.object && d.items == "" && isEnvelope(f.Name) {
			continue
		}
		d.addColumn(f.Name, f.Value)
	}
}

// mostInner is how many scalars an object may have for each to become a column.
const mostInner = 8

func (d *draft) addColumn(field string, s *Schema) {
	called := field // by which the column is called
	if _, inner, ok := strings.Cut(field, "."); ok && strings.Contains(snake(inner), "_") {
		called = inner
	}
	scalars := len(s.Properties.fields) > 0 && len(s.Properties.fields) <= mostInner
	for _, inner := range s.Properties.fields {
		scalars = scalars && len(inner.Value.Properties.fields) == 0 && inner.Value.Type != "array"
	}
	switch {
	case scalars && s.Type != "array":
		for _, inner := range s.Properties.fields {
			d.addColumn(field+"."+inner.Name, inner.Value)
		}
		return
	case len(s.Properties.fields) == 1 && s.Properties.fields[0].Value.Type == "array":
		called = field
		field, s = field+"."+s.Properties.fields[0].Name, s.Properties.fields[0].Value // Tags.Tag
	}
	c := column{field: field, doc: d.meaning(field, s)}
	c.typ, c.zone, c.questions = columnType(field, s)
	for _, l := range s.EnumValueTitles {
		code := l.Name
		whole := c.typ == "integer" && integers.MatchString(code)
		if seen := slices.ContainsFunc(c.labels, func(s string) bool { return strings.HasPrefix(s, quoted(code)+": ") }); !seen && (whole || c.typ == "text") && oneLine(l.Value) != "" {
			c.labels = append(c.labels, quoted(l.Name)+": "+quoted(l.Value))
		}
	}
	if len(c.labels) == 0 && len(s.Enum) > 0 {
		c.questions = append(c.questions, "labels: its values are "+strings.Join(plain(s.Enum), ", "))
	}
	c.name = d.columnName(called, c.typ)
	if moves.MatchString(c.name) {
		c.questions = append(c.questions, "volatile: true, if it changes at nearly every call and is no news")
	}
	d.columns = append(d.columns, c)
}

func plain(list []text) (texts []string) {
	for _, t := range list {
		texts = append(texts, string(t))
	}
	return texts
}

// moves are columns that may change without news.
var moves = regexp.MustCompile(`(^|_)(last|latest|update|updated|heartbeat|seen|online|login|modified|checked|progress|now|current)(_|$)`)

var (
	isoTime   = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(\.\d+)?(Z|[+-]\d\d:?\d\d)$`)
	localTime = regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$`)
	millis    = regexp.MustCompile(`^1\d{12}$`)
	seconds   = regexp.MustCompile(`^1\d{9}$`)
	integers  = regexp.MustCompile(`^(0|-?[1-9]\d{0,17})$`)
	digits    = regexp.MustCompile(`^\d+$`)
	timeName  = regexp.MustCompile(`(Time|Timestamp|Ts|Date|TimeStamp|At|Create|Created|Modified)$`)
	countName = regexp.MustCompile(`(Count|Num|Number|Size|Total)$`)
)

// columnType is the type of a column, by the schema and the example of its field.
func columnType(field string, s *Schema) (typ, zone string, questions []string) {
	example := string(s.Example)
	switch s.Type {
	case "boolean":
		return "boolean", "", nil
	case "number":
		return "number", "", nil
	case "array", "object":
		return "json", "", nil
	case "integer":
		switch {
		case timeName.MatchString(field) && millis.MatchString(example):
			return "millis", "", nil
		case timeName.MatchString(field) && seconds.MatchString(example):
			return "integer", "", []string{"the example is a time in seconds since 1970, which no type takes as a time"}
		case timeName.MatchString(field) && s.Format == "int64" && !digits.MatchString(example):
			return "integer", "", []string{"type: millis, if it is a time in milliseconds since 1970"}
		}
		return "integer", "", nil
	}
	switch {
	case isoTime.MatchString(example):
		return "iso_time", "", nil
	case localTime.MatchString(example):
		return "local_time", "Asia/Shanghai", []string{"zone: the API's page may say which"}
	case timeName.MatchString(field) && millis.MatchString(example):
		return "millis", "", nil
	case strings.HasPrefix(example, "http://") || strings.HasPrefix(example, "https://"):
		return "url", "", nil
	case strings.HasPrefix(example, "{") || strings.HasPrefix(example, "["):
		return "json", "", nil
	case countName.MatchString(field) && digits.MatchString(example):
		return "integer", "", nil
	}
	return "text", "", nil
}

// most is how long a meaning may be, in letters.
const most = 300

// meaning is what the metadata says of a field, in a sentence.
func (d *draft) meaning(field string, s *Schema) string {
	said := cmp.Or(strings.TrimSpace(s.Description), strings.TrimSpace(s.Title))
	said, _, _ = strings.Cut(said, "\n")
	said = strings.Join(strings.Fields(markup.ReplaceAllString(said, "")), " ")
	said = strings.TrimRight(oneLine(listing.ReplaceAllString(said, "")), ". ")
	if said == "" {
		return "What the API calls " + field + "."
	}
	if r := []rune(said); len(r) > most {
		said = strings.TrimSpace(string(r[:most]))
	}
	return said + "."
}

// listing begins a list of values, which labels are for.
var listing = regexp.MustCompile(`(?i)\s*(valid|possible) values?:?\s*$`)

var markup = regexp.MustCompile("[*`<>]|\\[|\\]\\([^)]*\\)")

// findSweep says with which parameters the listing is made.
func (d *draft) findSweep() error {
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
	if len(d.each) > 0 && d.object {
		// One object is one row, and what was asked for tells the rows apart.
		d.object = false
		if d.pager == "object" && d.items == "" {
			return refused("it answers one object for each %s, in the answer itself: syncer makes one row of such an answer, not one for each value", d.each[0].name)
		}
	}
	return nil
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
	if len(d.each) == 2 || d.pager == "object" && d.items != "" {
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
	if strings.TrimSpace(d.pager) == "object" {
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
