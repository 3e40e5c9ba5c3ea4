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
	fields  map[string]int // column by the API's field name
	// ignored are fields without a column that are left out, by name.
	ignored map[string]bool
	// whole: an item is the whole answer, of which what is about the call is left out.
	whole bool
	blank source.Row // a row before its item is read: the sweep's own columns, NULLs
	key   []int

	// Of the item being read: its value for each column, and what has none.
	found  []gjson.Result
	others []member

	// Of the page being read.
	values  []source.Value // of all rows, one after the other
	rows    []source.Row
	scratch []byte

	// Of the sweep.
	unusable         int // items that are no objects, lack a key column, or have too long a key
	tooLong          int // those of them with too long a key
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
		blank:   make(source.Row, width+1),
		key:     s.KeyIndexes(),
		whole:   s.Items == "",
		found:   make([]gjson.Result, width),
	}
	for _, name := range r.Ignore {
		if d.ignored == nil {
			d.ignored = make(map[string]bool)
		}
		d.ignored[name] = true
	}
	for i, c := range s.Columns {
		if c.Field != "" {
			d.fields[c.Field] = i
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
	clear(d.found)
	d.others = d.others[:0]
	item.ForEach(func(name, value gjson.Result) bool {
		if i, known := d.fields[name.Str]; known {
			d.found[i] = value
		} else if !d.ignored[name.Str] && (!d.whole || !isEnvelope(name.Str)) {
			d.others = append(d.others, member{clean(name.Str), value})
			count(d.unknown, d.others[len(d.others)-1].name)
		}
		return true
	})

	start := len(d.values)
	d.values = append(d.values, d.blank...)
	row := source.Row(d.values[start:])
	for i, value := range d.found {
		if !value.Exists() {
			continue
		}
		column := &d.columns[i]
		var ok bool
		if row[i], ok = d.decode(column, value); !ok {
			count(d.refused, column.Field)
			d.others = append(d.others, member{column.Field, value})
		}
	}
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
	if len(d.others) > 0 {
		d.scratch = appendMembers(d.scratch[:0], d.others, 0)
		row[len(row)-1] = source.TextValue(string(d.scratch))
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
