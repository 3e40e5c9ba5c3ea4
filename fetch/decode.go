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
	names   []string       // field name by column; the last one is empty
	// after guesses the column of a field by that of the known field before it:
	// items of one API have their fields in one order. The last element is for
	// the first field.
	after []int
	// ignored are fields without a column that are left out, by name.
	ignored map[string]bool
	// whole: an item is the whole answer, of which what is about the call is left out.
	whole bool
	blank source.Row // a row before its item is read: the sweep's own columns, NULLs
	key   []int

	// Of the item being read: its value for each column, and what has none.
	found  []span
	others []member
	last   int // column of the last known field, an index into after
	readBy func(s string, i int) int

	// Of the page being read.
	values  []source.Value // of all rows, one after the other
	rows    []source.Row
	scratch []byte

	// Of the sweep.
	unusable         int // items that are no objects, lack a key column, or have too long a key
	tooLong          int // those of them with too long a key
	unknown, refused map[string]int
}

// A span is a part of a text. Spans hold no pointers, so that the garbage
// collector has no work with them.
type span struct {
	from, to int
	plain    bool // a string without escapes
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
		names:   make([]string, width+1),
		after:   make([]int, width+1),
		blank:   make(source.Row, width+1),
		key:     s.KeyIndexes(),
		found:   make([]span, width),
		whole:   s.Items == "",
	}
	d.readBy = d.readField
	for _, name := range r.Ignore {
		if d.ignored == nil {
			d.ignored = make(map[string]bool)
		}
		d.ignored[name] = true
	}
	for i, c := range s.Columns {
		if c.Field != "" {
			d.fields[c.Field], d.names[i] = i, c.Field
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
	if each := r.Sweep.Each; each != nil && each.Column == c.Name && r.Value != "" {
		return r.Value, true
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
		scanInside(items.Raw, 0, 1, d.item)
	} else {
		d.item(items.Raw, 0)
	}
	d.rows = d.rows[:0]
	for row := range slices.Chunk(d.values, len(d.blank)) {
		d.rows = append(d.rows, source.Row(row))
	}
	return d.rows
}

// item decodes the item at s[i] and returns where it ends.
func (d *decoder) item(s string, i int) int {
	if at(s, i) != '{' {
		d.unusable++
		return scanValue(s, i, 1)
	}
	clear(d.found)
	d.others = d.others[:0]
	d.last = len(d.columns)
	end := scanInside(s, i, 2, d.readBy)
	if end != none { // never: the answer was checked
		d.row(s)
	}
	return end
}

// row makes a row at the end of d.values of what the item holds.
func (d *decoder) row(s string) {
	for i := range d.others {
		count(d.unknown, d.others[i].name)
	}

	start := len(d.values)
	d.values = append(d.values, d.blank...)
	row := source.Row(d.values[start:])
	for i := range d.found {
		at := &d.found[i]
		if at.to == 0 {
			continue
		}
		column := &d.columns[i]
		var ok bool
		if at.plain && column.Type != source.JSON {
			row[i], ok = decodeString(column, s[at.from+1:at.to-1])
		} else {
			row[i], ok = d.decode(column, parsed(s[at.from:at.to]))
		}
		if !ok {
			count(d.refused, column.Field)
			d.others = append(d.others, member{column.Field, parsed(s[at.from:at.to])})
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

// readField takes the field of an item at s[i] and returns where it ends.
func (d *decoder) readField(s string, i int) int {
	column := d.after[d.last]
	guess := d.names[column]
	name := i
	if end := i + 1 + len(guess); guess != "" && at(s, i) == '"' && at(s, end) == '"' && s[i+1:end] == guess {
		i = end + 1
	} else {
		if i, _ = scanString(s, i); i == none {
			return none
		}
		called := parsed(s[name:i]).Str
		var known bool
		if column, known = d.fields[called]; !known {
			value := scanColon(s, i)
			if i = scanValue(s, value, 2); i != none && !d.ignored[called] && !(d.whole && isEnvelope(called)) {
				d.others = append(d.others, member{clean(called), parsed(s[value:i])})
			}
			return i
		}
		d.after[d.last] = column
	}
	value := scanColon(s, i)
	d.last = column
	plain := false
	if at(s, value) == '"' {
		i, plain = scanString(s, value)
	} else {
		i = scanValue(s, value, 2)
	}
	d.found[column] = span{value, i, plain}
	return i
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
