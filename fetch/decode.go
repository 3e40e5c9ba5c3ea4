package fetch

import (
	"slices"
	"strings"

	"syncer/source"
	"syncer/text"

	"github.com/tidwall/gjson"
)

// A decoder makes rows of the items of a sweep's pages. Its memory is used
// again from page to page, so a page's rows are valid until the next one.
//
// Every field of an item ends up in its column or in extra, whatever it holds.
// Of a field that an item holds twice, the last one counts.
type decoder struct {
	columns []source.Column
	fields  node // an item, whose fields columns take
	// ignored are fields without a column that are left out, by path.
	ignored map[string]bool
	// whole: an item is the whole answer, of which what is about the call is left out.
	whole bool
	blank source.Row // a row before its item is read: the sweep's own columns, NULLs
	key   []int

	// Of the page being read.
	values  []source.Value // of all rows, one after the other
	rows    []source.Row
	scratch []byte

	// Of the sweep.
	unusable         int // items that are no objects, lack a key column, or have too long a key
	tooLong          int // those of them with too long a key
	unknown, refused map[string]int
}

// A node is a field that a column takes, or in which columns take fields.
type node struct {
	name, path string // the path has the names of the fields that it is in, joined by dots
	column     int    // none: -1
	inner      map[string]*node
	order      []*node // inner, as columns name them

	// Of the item being read.
	value  gjson.Result
	others []member // of the object that the field is, those of no column
}

// in is the field of a path inside another one. It is made if it is not there.
func (f *node) in(path string) *node {
	name, rest, deeper := strings.Cut(path, ".")
	inner, ok := f.inner[name]
	if !ok {
		inner = &node{name: name, path: f.pathOf(name), column: -1}
		if f.inner == nil {
			f.inner = make(map[string]*node)
		}
		f.inner[name] = inner
		f.order = append(f.order, inner)
	}
	if deeper {
		return inner.in(rest)
	}
	return inner
}

func (f *node) pathOf(name string) string {
	if f.path == "" {
		return name
	}
	return f.path + "." + name
}

// A member is one field of a JSON object.
type member struct {
	name  string
	value gjson.Result
}

func newDecoder(r Request) *decoder {
	s := r.Source
	width := len(s.Columns)
	d := &decoder{
		columns: s.Columns,
		fields:  node{column: -1},
		blank:   make(source.Row, width+1),
		key:     s.KeyIndexes(),
		whole:   s.Items == "",
	}
	for _, name := range r.Ignore {
		if d.ignored == nil {
			d.ignored = make(map[string]bool)
		}
		d.ignored[name] = true
	}
	for i, c := range s.Columns {
		if c.Field != "" {
			d.fields.in(c.Field).column = i
			continue
		}
		if given, ok := constant(r, c); ok {
			d.blank[i], _ = d.decode(&c, gjson.Result{Type: gjson.String, Str: given, Raw: given})
		}
	}
	d.reset()
	return d
}

// constant is what a sweep says about a column that no field fills.
func constant(r Request, c source.Column) (string, bool) {
	if given, ok := r.Sweep.Set[c.Name]; ok {
		return given, true
	}
	if r.Sweep.Each != nil && r.Value != "" {
		for _, p := range r.Sweep.Each.Parts(r.Value) {
			if p.Column == c.Name {
				return p.Value, true
			}
		}
	}
	return "", false
}

// reset forgets the counts.
func (d *decoder) reset() {
	d.unusable, d.tooLong, d.unknown, d.refused = 0, 0, make(map[string]int), make(map[string]int)
}

// page decodes a page: a list of items, or the one item itself.
func (d *decoder) page(items gjson.Result) []source.Row {
	d.values = d.values[:0]
	if items.IsArray() {
		items.ForEach(func(_, item gjson.Result) bool {
			d.item(item)
			return true
		})
	} else {
		d.item(items)
	}
	d.rows = d.rows[:0]
	for row := range slices.Chunk(d.values, len(d.blank)) {
		d.rows = append(d.rows, source.Row(row))
	}
	return d.rows
}

// item makes a row at the end of d.values.
func (d *decoder) item(item gjson.Result) {
	if !item.IsObject() {
		d.unusable++
		return
	}
	start := len(d.values)
	d.values = append(d.values, d.blank...)
	row := source.Row(d.values[start:])
	d.take(&d.fields, item, row)
	length := 0
	for _, i := range d.key {
		if !row[i].Valid || d.columns[i].Type == source.Text && row[i].Text == "" {
			d.unusable++
			d.values = d.values[:start]
			return
		}
		length += len(row[i].Text)
	}
	if length > maxKey {
		d.unusable++
		d.tooLong++
		d.values = d.values[:start]
		return
	}
	if others := d.fields.others; len(others) > 0 {
		d.scratch = appendMembers(d.scratch[:0], others, 0)
		row[len(row)-1] = source.TextValue(string(d.scratch))
	}
}

// take fills the columns that take the fields of an object, and notes what has none.
func (d *decoder) take(of *node, object gjson.Result, row source.Row) {
	of.others = of.others[:0]
	top := of == &d.fields
	object.ForEach(func(name, value gjson.Result) bool {
		if f, known := of.inner[name.Str]; known {
			f.value = value
			return true
		}
		path := of.pathOf(name.Str)
		if of.column < 0 && !d.ignored[path] && (!top || !d.whole || !isEnvelope(path)) {
			of.others = append(of.others, member{clean(name.Str), value})
			count(d.unknown, clean(path))
		}
		return true
	})
	for _, f := range of.order {
		value := f.value
		f.value = gjson.Result{}
		if !value.Exists() {
			continue
		}
		taken := true
		if f.column >= 0 {
			row[f.column], taken = d.decode(&d.columns[f.column], value)
		}
		if f.inner != nil {
			object := unwrapped(value)
			isObject := object.IsObject()
			if isObject {
				d.take(f, object, row)
			}
			if isObject && len(f.others) > 0 {
				of.others = append(of.others, member{f.name, gjson.ParseBytes(appendMembers(nil, f.others, 0))})
			}
			if f.column < 0 {
				taken = isObject || value.Type == gjson.Null
			}
		}
		if !taken {
			count(d.refused, f.path)
			of.others = append(of.others, member{f.name, value})
		}
	}
}

// maxKey is how many bytes the texts of a key may have together: PostgreSQL's indexes
// hold some 2,700 of a row, with account and region. One item with a longer key would
// fail the whole merge. It is kept out, and the listing is not complete: nothing ends
// because of it.
const maxKey = 2000

// maxNames is how many field names are counted: an API has fewer, and a broken
// answer must not fill the memory with them.
const maxNames = 1000

// maxName is how many bytes of a field's name are counted by; extra has all of it.
const maxName = 200

func count(names map[string]int, name string) {
	name = text.CutBytes(name, maxName)
	if _, known := names[name]; known {
		names[name]++
	} else if len(names) < maxNames {
		names[strings.Clone(name)] = 1 // not a part of the page, which it would keep
	}
}
