package source

import (
	"regexp"
	"strconv"
)

// sweepName is what may stand in logs and messages as it is.
var sweepName = regexp.MustCompile(`^[\pL\pN]([\pL\pN ,._()-]{0,58}[\pL\pN)])?$`)

func (v *validation) sweeps() {
	s := v.source
	for i := range s.Sweeps {
		w := &s.Sweeps[i]
		here := at("sweeps", w.Name)
		if !sweepName.MatchString(w.Name) {
			v.addKey(here, "is no name of a sweep: expected up to 60 letters, digits and spaces, such as main tasks")
		}
		for _, name := range sortedKeys(w.Set) {
			c, ok := v.column(in(here, "set", name), s, name)
			switch value := w.Set[name]; {
			case !ok:
			case c.Field != "":
				v.add(in(here, "set", name), "field %s fills column %s", c.Field, name)
			case !isValueOf(c.Type, value) || c.Type == URL:
				v.add(in(here, "set", name), "%q can be no value of column %s", value, name)
			}
		}
		if _, batches := s.Pager.(Batches); batches && w.Each == nil {
			v.addKey(here, "there is no each, whose values go into the batches")
		}
		if w.Each != nil {
			v.each(in(here, "each"), w)
		}
		if w.Since != nil {
			v.since(in(here, "since"), w)
		}
	}
	v.conditions(at("open"), s, s.Open)
}

func (v *validation) each(here []string, w *Sweep) {
	e := w.Each
	c, ok := v.steady(in(here, "column"), v.source, e.Column)
	if ok && !isPlain(c.Type) {
		v.add(in(here, "column"), "column %s is no text and no integer, and so holds nothing to ask for", e.Column)
	}
	if len(e.From) == 0 && len(e.Fixed) == 0 && !e.Configured {
		v.addKey(here, "there are no values to ask for: expected values, from or configured")
	}
	for i, value := range e.Fixed {
		if ok && !isValueOf(c.Type, value) {
			v.add(in(here, "values", strconv.Itoa(i)), "%q can be no value of column %s", value, e.Column)
		}
	}
	_, batches := v.source.Pager.(Batches)
	if e.Many != nil && batches {
		v.addKey(in(here, "many"), "has no effect: batches ask for many values anyway")
	}
	if e.Many != nil && len(v.source.Key) != 1 {
		v.addKey(in(here, "many"), "needs a key of one column, by which the rows are found that stand")
	}
	v.values(in(here, "from"), e.From)
	v.values(in(here, "full"), e.Full)
	if e.Each != nil {
		for _, b := range []struct {
			key string
			has bool
		}{{"many", e.Many != nil}, {"rest", e.Rest != nil}, {"full", e.Full != nil}, {"configured", e.Configured}} {
			if b.has {
				v.addKey(in(here, b.key), "has no place where each value is asked for with each of others")
			}
		}
		if batches {
			v.addKey(in(here, "each"), "has no place beside batches")
		}
		if e.Each.Column == e.Column {
			v.add(in(here, "each", "column"), "column %s holds the other value", e.Column)
		}
		v.each(in(here, "each"), &Sweep{Name: w.Name, Each: e.Each, Absent: w.Absent})
	}
	if e.Rest != nil {
		v.rest(in(here, "rest"), w)
	}
}

func (v *validation) values(here []string, list []Values) {
	for i, values := range list {
		here := in(here, strconv.Itoa(i))
		of := v.read(in(here, "source"), values.Source)
		if of == nil {
			continue
		}
		for j, name := range values.Columns {
			item := in(here, "columns")
			if len(values.Columns) > 1 {
				item = in(item, strconv.Itoa(j))
			}
			v.steady(item, of, name)
		}
		v.conditions(in(here, "where"), of, values.Where)
		if values.Touched && of != v.source {
			v.add(in(here, "touched"), "this run touches no rows of %s, which is another source", of.Name)
		}
	}
}

func (v *validation) rest(here []string, w *Sweep) {
	if w.Absent != Ends {
		v.addKey(here, "has no effect: the sweep ends no rows")
	}
	// Of a value must be known which row it was read from.
	from := w.Each.Full
	if len(from) == 0 {
		from = w.Each.From
	}
	if len(from) != 1 || len(from[0].Columns) != 1 {
		v.addKey(here, "needs the values to be read from one column: expected that of full, or else of from")
	}
	v.conditions(in(here, "final"), v.source, w.Each.Rest.Final)
}

func (v *validation) since(here []string, w *Sweep) {
	v.time(in(here, "column"), w.Since.Column)
	if (w.Since.As == LocalTime) != (w.Since.Zone != nil) {
		v.add(in(here, "zone"), "a local_time needs the zone that it is of, and no other form has one")
	}
	if w.Since.Older != nil {
		v.older(in(here, "older"), w)
	}
}

func (v *validation) older(here []string, w *Sweep) {
	o := w.Since.Older
	if len(w.Since.Open) == 0 {
		v.addKey(here, "asks for open rows: expected open, which says what that is")
	}
	if len(v.source.Key) != 1 {
		v.addKey(here, "asks by the key: expected a key of one column")
	} else if c, ok := v.source.Column(v.source.Key[0]); ok && c.Field == "" {
		v.addKey(here, "asks by column %s, of which the answer has no field", c.Name)
	}
	if w.Each != nil {
		v.addKey(here, "has no place in a sweep that asks for each of several values")
	}
	if _, batches := v.source.Pager.(Batches); batches {
		v.addKey(here, "has no place beside batches")
	}
	if o.Else == nil {
		return
	}
	c, ok := v.steady(in(here, "else", "column"), v.source, o.Else.Column)
	if ok && c.Field == "" {
		v.add(in(here, "else", "column"), "no field fills column %s, so that the answer cannot be checked", c.Name)
	}
	for i, value := range o.Else.Values {
		if ok && !isValueOf(c.Type, value) {
			v.add(in(here, "else", "values", strconv.Itoa(i)), "%q can be no value of column %s", value, c.Name)
		}
	}
}
