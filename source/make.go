package source

import (
	"cmp"
	"time"
)

// source is what a file declares.
func (f *file) source() *Source {
	s := &Source{
		Name: f.Name,
		Doc:  f.Doc,
		API: API{
			Product: f.API.Product, Version: f.API.Version, Action: f.API.Action,
			RAMAction: f.API.RAMAction, Page: f.API.Page,
			Endpoint: f.API.Endpoint, CallsPerSecond: f.API.CallsPerSecond,
		},
		Off:      f.Enabled != nil && !*f.Enabled,
		Schedule: f.Schedule,
		Pager:    f.Pager.pager(),
		Items:    f.Items,
		Key:      f.Key,
		Open:     f.Open,
		EndsWith: f.EndsWith,
	}
	switch {
	case len(f.Regions) == 1 && f.Regions[0] == "security_center":
		s.Regions = SecurityCenter
	case len(f.Regions) == 1 && f.Regions[0] == "oos":
		s.Regions = OOS
	default:
		s.Regions, s.Listed = Listed, f.Regions
	}
	for _, p := range f.Columns {
		s.Columns = append(s.Columns, p.value.column(p.name))
	}
	for _, p := range f.Sweeps {
		s.Sweeps = append(s.Sweeps, p.value.sweep(p.name, f.Open))
	}
	if f.Stuck != nil {
		s.Stuck = &Stuck{Column: f.Stuck.Column, Open: f.Open, After: time.Duration(f.Stuck.After)}
	}
	for _, p := range f.Trends {
		s.Trends = append(s.Trends, p.value.trend(p.name))
	}
	for _, p := range f.Spells {
		v := p.value
		s.Spells = append(s.Spells, Spell{Name: p.name, Doc: v.Doc, Where: v.Where, By: v.By, Show: v.Show, JoinGaps: time.Duration(v.JoinGaps)})
	}
	return s
}

// defaultPageSize is that of APIs that publish none.
const defaultPageSize = 100

func (f *filePager) pager() Pager {
	switch {
	case f.Alone == "list":
		return List{}
	case f.Alone == "object":
		return Object{}
	case f.PageNumber != nil:
		p := f.PageNumber
		return PageNumber{Page: p.PageParam, Size: p.SizeParam, Total: p.Total, PageSizes: p.sizes()}
	case f.NextToken != nil:
		p := f.NextToken
		return NextToken{Token: p.TokenParam, Size: p.SizeParam, Next: p.Next, PageSizes: p.sizes()}
	case f.Batches != nil:
		return Batches{Form: f.Batches.Form.is, PageSizes: f.Batches.sizes()}
	case f.List != nil:
		return List{Total: f.List.Total}
	}
	return nil
}

func (f *filePageParam) sizes() PageSizes {
	p := PageSizes{Default: cmp.Or(f.PageSize, defaultPageSize), Most: f.MaxPageSize}
	if f.PageSize == 0 && p.Most > 0 {
		p.Default = min(p.Default, p.Most)
	}
	return p
}

func (f *fileColumn) column(name string) Column {
	c := Column{
		Name: name, Field: f.Field, Type: f.Type.is, Doc: f.Doc, Zone: f.Zone.Location,
		Volatile: f.Volatile, Unordered: f.Unordered, NullText: f.NullText,
	}
	for _, l := range f.Labels {
		c.Labels = append(c.Labels, Label{l.name, l.value})
	}
	return c
}

func (f *fileSweep) sweep(name string, open conditions) Sweep {
	w := Sweep{Name: name, Params: plain(f.Params), Set: plain(f.Set), Absent: f.Absent.is}
	if f.Each != nil {
		w.Each = f.Each.each(open)
	}
	if f.Since != nil {
		w.Since = f.Since.since(open)
	}
	return w
}

func plain(values map[string]scalar) map[string]string {
	if values == nil {
		return nil
	}
	texts := make(map[string]string, len(values))
	for name, value := range values {
		texts[name] = string(value)
	}
	return texts
}

func (f *fileEach) each(open conditions) *Each {
	e := &Each{
		Param: f.Param, Column: f.Column, Fixed: f.Values, Configured: f.Configured,
		From: readFrom(f.From, open), Full: readFrom(f.Full, open),
	}
	if f.Many != nil {
		many := f.Many.many()
		e.Many = &many
	}
	if in := f.Each; in != nil {
		e.Each = &Each{Param: in.Param, Column: in.Column, Fixed: in.Values, From: readFrom(in.From, open)}
	}
	if f.Rest != nil {
		e.Rest = &Rest{Every: time.Duration(f.Rest.Every), Final: f.Rest.Final}
	}
	return e
}

func readFrom(list []fileValues, open conditions) (values []Values) {
	for _, f := range list {
		v := Values{Source: f.Source, Columns: f.Columns, Where: f.Where, Touched: f.Touched}
		if f.Open {
			v.Where = append(v.Where[:len(v.Where):len(v.Where)], open...)
		}
		values = append(values, v)
	}
	return values
}

func (f *fileMany) many() Many { return Many{Param: f.Param, Form: f.Form.is, Most: f.Most} }

func (f *fileSince) since(open conditions) *Since {
	s := &Since{
		Param: f.Param, As: f.As.is, Zone: f.Zone.Location,
		Column: f.Column, Open: open, Lookback: time.Duration(f.Lookback),
	}
	if f.Older != nil {
		s.Older = &Older{Keys: f.Older.Keys.many()}
		if e := f.Older.Else; e != nil {
			s.Older.Else = &Else{Many: e.many(), Column: e.Column, Values: e.Values}
		}
	}
	return s
}

func (f *fileTrend) trend(name string) Trend {
	t := Trend{Name: name, Doc: f.Doc, By: f.By}
	for _, m := range f.Measures {
		v := m.value
		t.Measures = append(t.Measures, Measure{
			Name: m.name, Doc: v.Doc, Where: v.Where, On: v.OnDay, Sum: v.Sum, Value: v.Value,
			Share: [2]string{v.Share.Of, v.Share.In},
		})
	}
	if c := f.Chart; c != nil {
		t.Chart = &Chart{Title: c.Title, Measure: c.Measure, By: c.By, Unit: c.Unit, Lines: c.Lines}
		if m, ok := t.Measure(c.Measure); ok && !m.Kept() {
			t.Chart.Unit, t.Chart.Lines = "%", true
		}
	}
	return t
}
