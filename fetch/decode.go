package fetch

import (
	"slices"
	"strings"

	"syncer/source"

	"github.com/tidwall/gjson"
)

// A decoder makes rows of the items of a sweep's pages. Its memory is used
// again from page to page, so a page's rows are valid until the next one.
//
// Every field of an item ends up in its column or in extra, whatever it holds.
// Of a field that an item holds twice, the last one counts.
type decoder struct {
	columns []source.Column
	fields  map[string]int // column by the API's field name
	// after guesses the column of a field by that of the known field before it:
	// items of one API have their fields in one order. The last element is for
	// the first field.
	after []int
	blank source.Row // a row before its item is read: the sweep's own columns, NULLs
	key   []int

	// Of the item being read: its value for each column, and what has none.
	found  []gjson.Result
	others []member
	last   int // column of the last known field, an index into after
	readBy func(name, value gjson.Result) bool

	// Of the page being read.
	values  []source.Value // of all rows, one after the other
	rows    []source.Row
	scratch []byte

	// Of the sweep.
	unusable         int // items that are no objects, or lack a key column
	unknown, refused map[string]int
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
		fields:  make(map[string]int, width),
		after:   make([]int, width+1),
		blank:   make(source.Row, width+1),
		key:     s.KeyIndexes(),
		found:   make([]gjson.Result, width),
	}
	d.readBy = d.readField
	for i, c := range s.Columns {
		if c.Field != "" {
			d.fields[c.Field] = i
			continue
		}
		if text, ok := constant(r, c); ok {
			d.blank[i], _ = d.decode(&c, gjson.Result{Type: gjson.String, Str: text, Raw: text})
		}
	}
	d.reset()
	return d
}

// constant is what a sweep says about a column that no field fills.
func constant(r Request, c source.Column) (string, bool) {
	if text, ok := r.Sweep.Set[c.Name]; ok {
		return text, true
	}
	if each := r.Sweep.Each; each != nil && each.Column == c.Name && r.Value != "" {
		return r.Value, true
	}
	return "", false
}

// reset forgets the counts.
func (d *decoder) reset() {
	d.unusable, d.unknown, d.refused = 0, make(map[string]int), make(map[string]int)
}

// page decodes a page: a list of items, or the one item itself.
func (d *decoder) page(items gjson.Result) []source.Row {
	d.values = d.values[:0]
	read := func(_, item gjson.Result) bool {
		d.item(item)
		return true
	}
	if items.IsArray() {
		items.ForEach(read)
	} else {
		read(gjson.Result{}, items)
	}
	d.rows = d.rows[:0]
	for row := range slices.Chunk(d.values, len(d.blank)) {
		d.rows = append(d.rows, source.Row(row))
	}
	return d.rows
}

// item decodes an item to a row at the end of d.values.
func (d *decoder) item(item gjson.Result) {
	if !item.IsObject() {
		d.unusable++
		return
	}
	clear(d.found)
	d.others = d.others[:0]
	d.last = len(d.columns)
	item.ForEach(d.readBy)
	for i := range d.others {
		count(d.unknown, d.others[i].name)
	}

	start := len(d.values)
	d.values = append(d.values, d.blank...)
	row := source.Row(d.values[start:])
	for i := range d.found {
		if d.found[i].Raw == "" {
			continue
		}
		column := &d.columns[i]
		var ok bool
		if row[i], ok = d.decode(column, d.found[i]); !ok {
			count(d.refused, column.Field)
			d.others = append(d.others, member{column.Field, d.found[i]})
		}
	}
	for _, i := range d.key {
		if !row[i].Valid || d.columns[i].Type == source.Text && row[i].Text == "" {
			d.unusable++
			d.values = d.values[:start]
			return
		}
	}
	if len(d.others) > 0 {
		d.scratch = appendMembers(d.scratch[:0], d.others, 0)
		row[len(row)-1] = source.TextValue(string(d.scratch))
	}
}

// readField takes one field of an item.
func (d *decoder) readField(name, value gjson.Result) bool {
	i := d.after[d.last]
	if i >= len(d.columns) || d.columns[i].Field != name.Str || name.Str == "" {
		var known bool
		if i, known = d.fields[name.Str]; !known {
			d.others = append(d.others, member{clean(name.Str), value})
			return true
		}
		d.after[d.last] = i
	}
	d.found[i] = value
	d.last = i
	return true
}

// maxNames is how many field names are counted: an API has fewer, and a broken
// answer must not fill the memory with them.
const maxNames = 1000

func count(names map[string]int, name string) {
	if _, known := names[name]; known {
		names[name]++
	} else if len(names) < maxNames {
		names[strings.Clone(name)] = 1 // not a part of the page, which it would keep
	}
}
