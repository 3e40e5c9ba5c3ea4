package source

import (
	"fmt"
	"slices"
)

func (v *validation) each(w Sweep) {
	e := w.Each
	if e.Param == "" {
		v.add("sweep %q: Each.Param is not set", w.Name)
	}
	if c, ok := v.source.Column(e.Column); !ok {
		v.add("sweep %q: Each names column %q, which does not exist", w.Name, e.Column)
	} else if c.Type != Text && c.Type != BigInt {
		v.add("sweep %q: Each.Column %q is neither Text nor BigInt", w.Name, e.Column)
	}
	if len(e.From) == 0 && !e.Configured {
		v.add("sweep %q: Each takes its values from nowhere", w.Name)
	}
	if e.Many != nil {
		v.many(fmt.Sprintf("sweep %q: Each.Many", w.Name), *e.Many)
		if _, batches := v.source.Pager.(Batches); batches {
			v.add("sweep %q: Each.Many, which Batches does without", w.Name)
		}
		if len(v.source.Key) != 1 {
			v.add("sweep %q: Each.Many finds rows by a key of one column", w.Name)
		}
	}
	v.rest(w)
	for _, values := range slices.Concat(e.From, e.Full) {
		of := v.read(fmt.Sprintf("sweep %q", w.Name), values.Source)
		if of == nil {
			continue
		}
		if len(values.Columns) == 0 {
			v.add("sweep %q: Each reads no column of %q", w.Name, of.Name)
		}
		for _, name := range values.Columns {
			if of.Index(name) < 0 {
				v.add("sweep %q reads column %q of %q, which does not exist", w.Name, name, of.Name)
			}
		}
		v.conditions(fmt.Sprintf("sweep %q", w.Name), of, values.Where)
		if values.Touched && of != v.source {
			v.add("sweep %q: Touched asks for rows of %q, which is another source", w.Name, of.Name)
		}
	}
}

// many checks a parameter that takes many values.
func (v *validation) many(who string, m Many) {
	if m.Param == "" || !m.Form.known() || m.Most <= 0 {
		v.add("%s is not set completely", who)
	}
}

func (f Form) known() bool { return f <= JSONArray }

func (v *validation) rest(w Sweep) {
	r := w.Each.Rest
	if r == nil {
		return
	}
	if r.Every <= 0 {
		v.add("sweep %q: Rest.Every is not set", w.Name)
	}
	if w.Absent != Ends {
		v.add("sweep %q: Rest, but it ends nothing", w.Name)
	}
	// The row that a value was read from must be one of the source's own.
	if full := w.Each.Full; len(full) != 1 || full[0].Source != "" && full[0].Source != v.source.Name || len(full[0].Columns) != 1 {
		v.add("sweep %q: Rest, but Full is not one column of the source itself", w.Name)
	}
	v.conditions(fmt.Sprintf("sweep %q: Rest", w.Name), v.source, r.Final)
}

func (v *validation) since(w Sweep) {
	if w.Since.Param == "" {
		v.add("sweep %q: Since.Param is not set", w.Name)
	}
	v.time(fmt.Sprintf("sweep %q: Since", w.Name), w.Since.Column)
	if w.Since.Lookback <= 0 {
		v.add("sweep %q: Since.Lookback is not set", w.Name)
	}
	v.conditions(fmt.Sprintf("sweep %q", w.Name), v.source, w.Since.Open)
	if w.Since.Older != nil {
		v.older(w)
	}
}

func (v *validation) older(w Sweep) {
	o := w.Since.Older
	who := fmt.Sprintf("sweep %q: Older", w.Name)
	if len(w.Since.Open) == 0 {
		v.add("%s, but Since does not say what is open", who)
	}
	v.many(who+".Keys", o.Keys)
	if len(v.source.Key) != 1 {
		v.add("%s asks by a key of one column", who)
	} else if c, ok := v.source.Column(v.source.Key[0]); ok && c.Field == "" {
		v.add("%s asks by column %q, which has no field", who, c.Name)
	}
	if w.Each != nil {
		v.add("%s, in a sweep that is made for each value", who)
	}
	if _, batches := v.source.Pager.(Batches); batches {
		v.add("%s, which Batches does without", who)
	}
	if o.Else == nil {
		return
	}
	v.many(who+".Else", o.Else.Many)
	c, ok := v.source.Column(o.Else.Column)
	switch {
	case !ok:
		v.add("%s.Else names column %q, which does not exist", who, o.Else.Column)
	case c.Field == "":
		v.add("%s.Else names column %q, which has no field", who, c.Name)
	case len(o.Else.Values) == 0:
		v.add("%s.Else names no values", who)
	}
	for _, value := range o.Else.Values {
		if ok && !isValueOf(c.Type, value) {
			v.add("%s.Else names the value %q, which is not of the type of %q", who, value, c.Name)
		}
	}
}

func (v *validation) stuck() {
	s := v.source.Stuck
	if s == nil {
		return
	}
	v.time("Stuck", s.Column)
	if s.After <= 0 {
		v.add("Stuck.After is not set")
	}
	if len(s.Open) == 0 {
		v.add("Stuck does not say what is open")
	}
	v.conditions("Stuck", v.source, s.Open)
}

// time checks that a column is one of moments.
func (v *validation) time(who, column string) {
	if c, ok := v.source.Column(column); !ok {
		v.add("%s names column %q, which does not exist", who, column)
	} else if c.Type != Millis && c.Type != ISOTime {
		v.add("%s.Column %q is not a time", who, column)
	}
}

func (v *validation) conditions(who string, of *Source, list []Condition) {
	for _, c := range list {
		column, ok := of.Column(c.Column)
		switch {
		case !ok:
			v.add("%s: a condition names column %q of %q, which does not exist", who, c.Column, of.Name)
		case c.Above0 && len(c.In) > 0:
			v.add("%s: the condition on %q is both Above0 and In", who, c.Column)
		case c.Above0 && column.Type != BigInt && column.Type != Double:
			v.add("%s: the condition on %q is Above0, but the column is no number", who, c.Column)
		case !c.Above0 && len(c.In) == 0:
			v.add("%s: the condition on %q names no values", who, c.Column)
		}
	}
}
