package source

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// reserved are the columns that every table has by itself.
var reserved = []string{"account_id", "region_id", "extra", "valid_from", "valid_to", "version_hash", "row_hash"}

var snakeCase = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

// Validate tells all that is wrong with a list of sources, joined; nil when
// everything else can be derived from it.
func Validate(list []*Source) error {
	v := validation{list: list}
	for i, s := range list {
		v.source, v.readable = s, list[:i+1]
		if _, twice := ByName(list[:i], s.Name); twice {
			v.add("is declared twice")
		}
		v.face()
		v.columns()
		v.key()
		v.sweeps()
		v.parent()
		v.stuck()
		v.trends()
	}
	return errors.Join(v.problems...)
}

// A validation is under way: it looks at one source after the other.
type validation struct {
	list     []*Source
	source   *Source
	readable []*Source // the sources that stand before this one, and itself
	problems []error
}

func (v *validation) add(format string, args ...any) {
	v.problems = append(v.problems, fmt.Errorf("source %q: %s", v.source.Name, fmt.Sprintf(format, args...)))
}

// face checks what is said of the source as a whole.
func (v *validation) face() {
	s := v.source
	if !snakeCase.MatchString(s.Name) {
		v.add("the name is not in snake_case")
	}
	if !isSentence(s.Doc) {
		v.add("Doc is not a sentence that ends with a period")
	}
	for _, f := range []struct{ name, value string }{
		{"API.Product", s.API.Product},
		{"API.Version", s.API.Version},
		{"API.Action", s.API.Action},
		{"API.RAMAction", s.API.RAMAction},
		{"API.Page", s.API.Page},
		{"Schedule", s.Schedule},
		{"Items", s.Items},
	} {
		if f.value == "" {
			v.add("%s is not set", f.name)
		}
	}
	if s.Regions != SecurityCenter && s.Regions != OOS {
		v.add("Regions is not set")
	}
	if !pagerIsSet(s.Pager) {
		v.add("Pager is not set, or not completely")
	}
}

func pagerIsSet(p Pager) bool {
	switch p := p.(type) {
	case PageNumber:
		return p.Page != "" && p.Size != "" && p.Info != "" && p.Default > 0
	case NextToken:
		return p.Token != "" && p.Size != "" && p.Next != "" && p.Default > 0
	case Batches:
		return p.Default > 0 && p.Form.known()
	case Single:
		return true
	}
	return false
}

func isSentence(doc string) bool {
	return len(doc) > 1 && strings.HasSuffix(doc, ".") && strings.TrimSpace(doc) == doc
}

func (v *validation) columns() {
	s := v.source
	if len(s.Columns) == 0 {
		v.add("there are no columns")
	}
	fields := map[string]string{} // field: the column that has it
	for i, c := range s.Columns {
		if !snakeCase.MatchString(c.Name) {
			v.add("column %q is not in snake_case", c.Name)
		}
		if slices.Contains(reserved, c.Name) {
			v.add("column %q has a reserved name", c.Name)
		}
		if s.Index(c.Name) != i {
			v.add("column %q is declared twice", c.Name)
		}
		if c.Type.SQL() == "" {
			v.add("column %q has no known type", c.Name)
		}
		if c.Late && slices.Contains(s.Key, c.Name) {
			v.add("column %q is late, and of the key: that is another source", c.Name)
		}
		if c.Unordered && (c.Type != Text || slices.Contains(s.Key, c.Name)) {
			v.add("column %q is unordered, but no list in a text, or of the key", c.Name)
		}
		if !isSentence(c.Doc) {
			v.add("column %q: Doc is not a sentence that ends with a period", c.Name)
		}
		if other, twice := fields[c.Field]; twice && c.Field != "" {
			v.add("columns %q and %q have the same field %q", other, c.Name, c.Field)
		}
		fields[c.Field] = c.Name
		v.labels(c)
		if c.Field == "" {
			v.filled(c)
		}
	}
}

func (v *validation) labels(c Column) {
	if len(c.Labels) == 0 {
		return
	}
	if c.Type != Text && c.Type != BigInt {
		v.add("column %q has labels, but is neither Text nor BigInt", c.Name)
	}
	if v.source.Index(c.Name+"_label") >= 0 {
		v.add("column %q has the name of the label of %q", c.Name+"_label", c.Name)
	}
	codes := map[string]bool{}
	for _, l := range c.Labels {
		if codes[l.Code] {
			v.add("column %q has two labels for %q", c.Name, l.Code)
		}
		codes[l.Code] = true
		if l.Text == "" {
			v.add("column %q has an empty label for %q", c.Name, l.Code)
		}
		if c.Type == BigInt && !isValueOf(BigInt, l.Code) {
			v.add("column %q has a label for %q, which is not a whole number", c.Name, l.Code)
		}
	}
}

// filled checks a column that no field fills. A column that sweeps Set tells
// their scopes apart, so every sweep must set it. One that is an Each.Column may
// be left NULL by the sweeps that ask for no values.
func (v *validation) filled(c Column) {
	set, each := 0, 0
	for _, w := range v.source.Sweeps {
		if _, ok := w.Set[c.Name]; ok {
			set++
		} else if w.Each != nil && w.Each.Column == c.Name {
			each++
		}
	}
	switch {
	case set+each == 0:
		v.add("column %q has no field, and no sweep fills it", c.Name)
	case set > 0 && set+each < len(v.source.Sweeps):
		v.add("column %q is set by some sweeps only", c.Name)
	}
}

func (v *validation) key() {
	s := v.source
	if _, single := s.Pager.(Single); len(s.Key) == 0 && !single {
		v.add("there is no key, but more than one row")
	}
	for i, name := range s.Key {
		c, ok := s.Column(name)
		switch {
		case !ok:
			v.add("the key names column %q, which does not exist", name)
		case c.Type != Text && c.Type != BigInt:
			v.add("key column %q is neither Text nor BigInt", name)
		case c.Volatile:
			v.add("key column %q is volatile", name)
		}
		if slices.Index(s.Key, name) != i {
			v.add("the key names column %q twice", name)
		}
	}
}

func (v *validation) sweeps() {
	s := v.source
	if len(s.Sweeps) == 0 {
		v.add("there are no sweeps")
	}
	for i, w := range s.Sweeps {
		if w.Name == "" || slices.IndexFunc(s.Sweeps, func(o Sweep) bool { return o.Name == w.Name }) != i {
			v.add("sweep %q has no name of its own", w.Name)
		}
		if w.Absent != Ends && w.Absent != Keeps {
			v.add("sweep %q: Absent is not set", w.Name)
		}
		for _, name := range slices.Sorted(maps.Keys(w.Set)) {
			c, ok := s.Column(name)
			value := w.Set[name]
			switch {
			case !ok:
				v.add("sweep %q sets column %q, which does not exist", w.Name, name)
			case c.Field != "":
				v.add("sweep %q sets column %q, which has a field", w.Name, name)
			case !isValueOf(c.Type, value):
				v.add("sweep %q sets column %q to %q, which is not of its type", w.Name, name, value)
			}
		}
		if _, batches := s.Pager.(Batches); batches && w.Each == nil {
			v.add("sweep %q has no Each, whose values Batches asks for", w.Name)
		}
		if w.Each != nil {
			v.each(w)
		}
		if w.Since != nil {
			v.since(w)
		}
	}
}

// isValueOf tells whether a sweep may set a column of that type to a value.
func isValueOf(t Type, value string) bool {
	switch t {
	case Text:
		return true
	case Bool:
		return value == "true" || value == "false"
	case BigInt:
		_, err := strconv.ParseInt(value, 10, 64)
		return err == nil
	}
	return false
}

func (v *validation) parent() {
	p := v.source.EndsWith
	if p == nil {
		return
	}
	via, ok := v.source.Column(p.Via)
	if !ok {
		v.add("EndsWith.Via names column %q, which does not exist", p.Via)
	}
	of := v.read("EndsWith", p.Source)
	if of == nil {
		return
	}
	c, found := of.Column(p.Column)
	if !found {
		v.add("EndsWith names column %q of %q, which does not exist", p.Column, of.Name)
	}
	if ok && found && c.Type != via.Type {
		v.add("EndsWith compares columns of two types, %q and %q of %q", p.Via, p.Column, of.Name)
	}
}

// read finds the source whose rows this one reads: itself or an earlier one,
// whose partitions are cut in the same way. It is nil, and told, if there is none.
func (v *validation) read(who, name string) *Source {
	if name == "" || name == v.source.Name {
		return v.source
	}
	of, ok := ByName(v.readable, name)
	if !ok {
		if _, later := ByName(v.list, name); later {
			v.add("%s reads %q, which comes later", who, name)
		} else {
			v.add("%s reads %q, which does not exist", who, name)
		}
		return nil
	}
	if of.Regions != v.source.Regions {
		v.add("%s reads %q, whose partitions are cut in another way", who, name)
	}
	return of
}
