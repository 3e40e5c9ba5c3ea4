package source

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"syncer/internal/yamlfile"
)

// Validate tells all that is wrong with a list of sources and that their shape does not
// show, as [yamlfile.Problems]; nil when everything else can be derived from it.
func Validate(list []*Source) error {
	var problems yamlfile.Problems
	for _, s := range list {
		v := validation{list: list, source: s, report: func(_ bool, at []string, message string) {
			problems = append(problems, yamlfile.Problem{File: fmt.Sprintf("source %q", s.Name), Path: yamlfile.Dotted(at), Message: message})
		}}
		v.all()
	}
	if len(problems) > 0 {
		return problems
	}
	return nil
}

// validate is Validate for one source of a list, which was read from a document.
func validate(list []*Source, s *Source, d *yamlfile.Document) {
	v := validation{list: list, source: s, report: func(asAWhole bool, at []string, message string) {
		switch {
		case !asAWhole:
			d.Report(d.Place(at), at, "%s", message)
		case d.Sound(at): // else that is the cause
			d.Report(d.KeyPlace(at), at, "%s", message)
		}
	}}
	v.all()
}

// A validation looks at one source of a list.
type validation struct {
	list   []*Source
	source *Source
	report func(asAWhole bool, at []string, message string)
}

func (v *validation) all() {
	v.face()
	v.columns()
	v.key()
	v.sweeps()
	v.parent()
	v.stuck()
	v.trends()
	v.spells()
}

// add notes what is wrong with a value.
func (v *validation) add(at []string, format string, args ...any) {
	v.report(false, at, fmt.Sprintf(format, args...))
}

// addKey notes what is wrong with a key, or with what stands under it as a whole.
func (v *validation) addKey(at []string, format string, args ...any) {
	v.report(true, at, fmt.Sprintf(format, args...))
}

// in is the path of a part of a declaration.
func in(path []string, steps ...string) []string {
	return append(path[:len(path):len(path)], steps...)
}

func at(steps ...string) []string { return steps }

// face checks what is said of the source as a whole.
func (v *validation) face() {
	s := v.source
	if err := CheckName(s.Name); err != nil {
		v.add(at("name"), "%q %s", s.Name, err)
	}
	if slices.IndexFunc(v.list, func(o *Source) bool { return o.Name == s.Name }) != slices.Index(v.list, s) {
		v.add(at("name"), "there is another source %s: every one needs a name of its own", s.Name)
	} else if slices.ContainsFunc(v.list, func(o *Source) bool {
		return slices.ContainsFunc(o.Spells, func(sp Spell) bool { return sp.Name == s.Name })
	}) {
		v.add(at("name"), "there is another view %s: every one needs a name of its own", s.Name)
	}
	if len(cycle(v.list, s)) > 0 {
		v.add(at("name"), "the source reads itself through others: %s", strings.Join(cycle(v.list, s), " reads "))
	}
	if s.Pager == nil {
		v.add(at("pager"), "is missing")
	}
	if _, object := s.Pager.(Object); s.Items == "" && !object && s.Pager != nil {
		v.add(at("items"), "is missing: expected where the answer holds its list")
	}
	if p := s.Sizes(); p.Most > 0 && p.Default > p.Most {
		v.addKey(at("pager"), "page_size is larger than max_page_size")
	}
	if s.Regions == 0 || s.Regions == Listed && len(s.Listed) == 0 {
		v.add(at("regions"), "is missing")
	}
}

func (v *validation) columns() {
	s := v.source
	fields := map[string]string{} // field: the column that has it
	for i, c := range s.Columns {
		here := at("columns", c.Name)
		if err := CheckColumn(c.Name); err != nil {
			v.addKey(here, "%s", err)
		}
		if s.Index(c.Name) != i {
			v.addKey(here, "the column is declared twice")
		}
		isKey := slices.Contains(s.Key, c.Name)
		if c.Unordered && c.Type != Text {
			v.add(in(here, "unordered"), "only text can be a list without an order")
		}
		if c.Unordered && isKey {
			v.add(in(here, "unordered"), "a column of the key cannot be a list without an order")
		}
		if c.Volatile && isKey {
			v.add(in(here, "volatile"), "a column of the key cannot be volatile")
		}
		if (c.Type == LocalTime) != (c.Zone != nil) {
			v.add(in(here, "zone"), "a local_time needs the zone that it is of, and no other type has one")
		}
		if other, twice := fields[c.Field]; twice && c.Field != "" {
			v.add(in(here, "field"), "%q fills column %s already", c.Field, other)
		}
		fields[c.Field] = c.Name
		v.labels(here, c)
		if c.Field == "" {
			v.filled(here, c)
		}
	}
}

func (v *validation) labels(here []string, c Column) {
	if len(c.Labels) == 0 {
		return
	}
	if c.Type != Text && c.Type != BigInt && c.Type != 0 {
		v.addKey(in(here, "labels"), "only text and integer columns hold codes")
	}
	if v.source.Index(c.Name+"_label") >= 0 {
		v.addKey(at("columns", c.Name+"_label"), "this is the name of the labels of %s", c.Name)
	}
	for i, l := range c.Labels {
		if slices.ContainsFunc(c.Labels[:i], func(o Label) bool { return o.Code == l.Code }) {
			v.addKey(in(here, "labels", l.Code), "the code has another label already")
		}
		if c.Type == BigInt && !isValueOf(BigInt, l.Code) {
			v.addKey(in(here, "labels", l.Code), "%q is no whole number, and so no code of an integer column", l.Code)
		}
	}
}

// filled checks a column that no field fills. A column that sweeps set tells their
// scopes apart, so every sweep must set it. One that takes the values of each may be left
// NULL by the sweeps that ask for none, but in the key.
func (v *validation) filled(here []string, c Column) {
	set, each := 0, 0
	_, batches := v.source.Pager.(Batches)
	for _, w := range v.source.Sweeps {
		if _, ok := w.Set[c.Name]; ok {
			set++
		} else if w.Each != nil && !batches && slices.ContainsFunc(w.Each.Parts(""), func(p Part) bool { return p.Column == c.Name }) {
			each++
		}
	}
	switch all := len(v.source.Sweeps); {
	case set+each == 0:
		v.addKey(here, "nothing fills the column: expected a field, or a sweep that sets it or asks for each of its values")
	case set > 0 && set+each < all:
		v.addKey(here, "some sweeps set the column and others do not: expected all or none")
	case set+each < all && slices.Contains(v.source.Key, c.Name):
		v.addKey(here, "some sweeps leave this column of the key empty: expected that all set it or ask for each of its values")
	}
}

func (v *validation) key() {
	s := v.source
	if _, object := s.Pager.(Object); len(s.Key) == 0 && !object {
		v.add(at("key"), "is missing: only an object is one row without a key")
	}
	for i, name := range s.Key {
		here := at("key", strconv.Itoa(i))
		if c, ok := v.column(here, s, name); ok && !isPlain(c.Type) {
			v.add(here, "the column is no text and no integer, and so cannot be of the key")
		}
	}
}

// isPlain tells the types whose values are asked for and told apart by.
func isPlain(t Type) bool { return t == Text || t == BigInt || t == 0 }

// column finds a column that a part of the declaration names.
func (v *validation) column(here []string, of *Source, name string) (c Column, ok bool) {
	c, ok = of.Column(name)
	if ok || name == "" {
		return c, ok
	}
	var names []string
	for _, c := range of.Columns {
		names = append(names, c.Name)
	}
	hint := ""
	if near := yamlfile.Nearest(name, names); near != "" {
		hint = ": did you mean " + near + "?"
	}
	whose := ""
	if of != v.source {
		whose = " of " + of.Name
	}
	v.add(here, "there is no column %q%s%s", name, whose, hint)
	return c, false
}

// steady finds a column that is read from the tables' versions, where volatile ones are
// not kept current.
func (v *validation) steady(here []string, of *Source, name string) (Column, bool) {
	c, ok := v.column(here, of, name)
	if ok && c.Volatile {
		v.add(here, "column %s is volatile, and so cannot be used here", name)
	}
	return c, ok
}

// time checks that a column is one of moments.
func (v *validation) time(here []string, name string) {
	if c, ok := v.steady(here, v.source, name); ok && c.Type.SQL() != "timestamptz" && c.Type != 0 {
		v.add(here, "column %s is no time", name)
	}
}

// isValueOf tells whether a text is a value of a column of that type.
func isValueOf(t Type, value string) bool {
	switch t {
	case Text, URL, 0:
		return true
	case Bool:
		return value == "true" || value == "false"
	case BigInt:
		n, err := strconv.ParseInt(value, 10, 64)
		return err == nil && strconv.FormatInt(n, 10) == value // as PostgreSQL writes it
	}
	return false
}

func (v *validation) conditions(here []string, of *Source, list []Condition) {
	for _, c := range list {
		here := in(here, c.Column)
		column, ok := v.steady(here, of, c.Column)
		if !ok {
			continue
		}
		if c.Above0 && column.Type != BigInt && column.Type != Double && column.Type != 0 {
			v.add(here, "column %s is no number", c.Column)
		}
		for _, value := range c.In {
			if !isValueOf(column.Type, value) {
				v.add(here, "%q can be no value of column %s", value, c.Column)
			}
		}
	}
}

func (v *validation) parent() {
	p := v.source.EndsWith
	if p == nil {
		return
	}
	via, ok := v.steady(at("ends_with", "via"), v.source, p.Via)
	of := v.read(at("ends_with", "source"), p.Source)
	if of == nil {
		return
	}
	c, found := v.steady(at("ends_with", "column"), of, p.Column)
	if ok && found && c.Type.SQL() != via.Type.SQL() {
		v.addKey(at("ends_with"), "columns %s and %s of %s are of two types, and so never equal", p.Via, p.Column, of.Name)
	}
}

// read finds the source whose rows this one reads: itself or another one, whose
// partitions are cut in the same way. It is nil, and told, if there is none.
func (v *validation) read(here []string, name string) *Source {
	if name == "" || name == v.source.Name {
		return v.source
	}
	of, ok := ByName(v.list, name)
	if !ok {
		hint := ""
		if near := yamlfile.Nearest(name, names(v.list)); near != "" {
			hint = ": did you mean " + near + "?"
		}
		v.add(here, "there is no source %q%s", name, hint)
		return nil
	}
	if of.Regions != v.source.Regions || !slices.Equal(of.Listed, v.source.Listed) {
		v.add(here, "source %s has other regions: a row is read in its own account and region", name)
	}
	return of
}

func names(list []*Source) (names []string) {
	for _, s := range list {
		names = append(names, s.Name)
	}
	return names
}

func (v *validation) stuck() {
	s := v.source.Stuck
	if s == nil {
		return
	}
	v.time(at("stuck", "column"), s.Column)
	if len(s.Open) == 0 {
		v.addKey(at("stuck"), "what is stuck is open: expected open, which says what that is")
	}
}

// sortedKeys are a map's.
func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
