package source

import "slices"

// ByName finds a source in a list.
func ByName(list []*Source, name string) (*Source, bool) {
	for _, s := range list {
		if s.Name == name {
			return s, true
		}
	}
	return nil, false
}

// Column finds a column.
func (s *Source) Column(name string) (Column, bool) {
	if i := s.Index(name); i >= 0 {
		return s.Columns[i], true
	}
	return Column{}, false
}

// Index is the place of a column in Columns, and so in a Row; -1 if there is no
// such column.
func (s *Source) Index(name string) int {
	return slices.IndexFunc(s.Columns, func(c Column) bool { return c.Name == name })
}

// KeyIndexes are the places of the key's columns, in the order of Key.
func (s *Source) KeyIndexes() []int {
	indexes := make([]int, len(s.Key))
	for i, name := range s.Key {
		indexes[i] = s.Index(name)
	}
	return indexes
}

// Tracked are the places of the columns that make a new version when they
// change, in the order of Columns. The row's extra, which has no column, does too.
func (s *Source) Tracked() []int {
	var indexes []int
	for i, c := range s.Columns {
		if !c.Volatile {
			indexes = append(indexes, i)
		}
	}
	return indexes
}

// Volatile are the columns that are kept current and make no new version.
func (s *Source) Volatile() []Column {
	return slices.DeleteFunc(slices.Clone(s.Columns), func(c Column) bool { return !c.Volatile })
}

// Narrows reports whether a sweep leaves out what is long finished, so that full
// sweeps are needed now and then.
func (s *Source) Narrows() bool {
	return slices.ContainsFunc(s.Sweeps, func(w Sweep) bool { return w.Since != nil || w.Each != nil && w.Each.Full != nil })
}

// AsksItself reports whether a sweep asks for values of the source's own rows,
// those that the run has just found among them.
func (s *Source) AsksItself() bool {
	return slices.ContainsFunc(s.Sweeps, func(w Sweep) bool {
		return w.Each != nil && slices.ContainsFunc(w.Each.Reads(), func(v Values) bool {
			return v.Source == "" || v.Source == s.Name
		})
	})
}

// DependsOn names the other sources whose tables this one reads: for the values
// that it asks for, and for the rows that its own hang on. Each is named once.
func (s *Source) DependsOn() []string {
	var names []string
	add := func(name string) {
		if name != "" && name != s.Name && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, w := range s.Sweeps {
		if w.Each == nil {
			continue
		}
		for _, v := range w.Each.Reads() {
			add(v.Source)
		}
	}
	if s.EndsWith != nil {
		add(s.EndsWith.Source)
	}
	return names
}

// ReadsOf names the columns of another source's rows that this one reads.
func (s *Source) ReadsOf(name string) (columns []string) {
	for _, w := range s.Sweeps {
		if w.Each == nil {
			continue
		}
		for _, v := range w.Each.Reads() {
			if v.Source != name {
				continue
			}
			columns = append(columns, v.Columns...)
			for _, c := range v.Where {
				columns = append(columns, c.Column)
			}
		}
	}
	if s.EndsWith != nil && s.EndsWith.Source == name {
		columns = append(columns, s.EndsWith.Column)
	}
	return columns
}
