package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"syncer/source"
)

// A Recording is an API of which nothing is known but its declaration and one recorded page.
// The Cloud answers it with the page's items, in each account and region the same, paged as
// the declaration says.
//
// A listing for a value that is read from other rows shows the items as if they were about
// that value, with keys of their own. A value that the declaration itself names is a filter.
type Recording struct {
	Source *source.Source
	Page   []byte // nil: an answer without items
}

// catalogue has a recording of each source that syncer brings.
func catalogue() (list []Recording) {
	for _, s := range source.Catalogue {
		list = append(list, Recording{s, source.Page(s.Name)})
	}
	return list
}

// An item is one of a recorded page, by its fields.
type item map[string]json.RawMessage

func (i item) text(field string) string { return plain(i[field]) }

// operation makes the operation of a recording. It panics if the page is not one of the
// declared API.
func (r Recording) operation() *operation {
	s := r.Source
	product, _, _ := strings.Cut(s.API.RAMAction, ":")
	op := &operation{
		action: s.API.Action, version: s.API.Version, ramProduct: product,
		byRegionID: !strings.EqualFold(s.API.Product, "sas"),
		regions:    map[source.Regions][]string{source.SecurityCenter: centres, source.OOS: oosRegions, source.Listed: s.Listed}[s.Regions],
	}
	switch p := s.Pager.(type) {
	case source.PageNumber:
		op.params = []param{{p.Page, size, false}, {p.Size, size, false}}
	case source.NextToken:
		op.params = []param{{p.Token, text, false}, {p.Size, size, false}}
	}
	page := recordedPage{source: s, body: r.Page}
	if page.body == nil {
		page.body = []byte("{}")
	}
	items, err := page.read()
	if err != nil {
		panic(fmt.Sprintf("sim: recorded page of %s: %v", s.Name, err))
	}
	op.page = page
	op.check = func(p url.Values) error {
		_, err := sweepFor(s, p)
		return err
	}
	op.recorded = func(p url.Values) Items { return listed(s, items, p) }
	return op
}

// sweepFor returns the declared sweep that a request belongs to: of those whose parameters
// it has, the one with the most.
func sweepFor(s *source.Source, p url.Values) (*source.Sweep, error) {
	var found *source.Sweep
	var refused error
	most := -1
	for i := range s.Sweeps {
		w := &s.Sweeps[i]
		named := len(w.Params)
		for e := w.Each; e != nil; e = e.Each {
			named++
		}
		if err := fits(s, w, p); err != nil {
			if refused == nil {
				refused = err
			}
		} else if named > most {
			found, most = w, named
		}
	}
	if found == nil {
		return nil, refused
	}
	return found, nil
}

// fits refuses a request that lacks a sweep's parameters, or has other values of them.
func fits(s *source.Source, w *source.Sweep, p url.Values) error {
	for _, name := range slices.Sorted(maps.Keys(w.Params)) {
		switch p.Get(name) {
		case w.Params[name]:
		case "":
			return missing(name)
		default:
			return notValid(name)
		}
	}
	for e := w.Each; e != nil; e = e.Each {
		switch asked := valuesOf(s, e, p); {
		case len(asked) == 0:
			return missing(e.Param)
		case slices.Contains(asked, ""):
			return notValid(e.Param)
		}
	}
	if w.Since != nil && p.Get(w.Since.Param) != "" {
		if _, ok := moment(p.Get(w.Since.Param), w.Since.As, w.Since.Zone); !ok {
			return notValid(w.Since.Param)
		}
	}
	if n, most := p.Get(sizeParam(s)), s.Sizes().Most; most > 0 && number(n) > int64(most) {
		return notValid(sizeParam(s))
	}
	return nil
}

func notValid(name string) error {
	return badRequest("InvalidParameter", "The specified parameter %s is not valid.", name)
}

// sizeParam is the parameter of the page's size; empty: there is none.
func sizeParam(s *source.Source) string {
	switch p := s.Pager.(type) {
	case source.PageNumber:
		return p.Size
	case source.NextToken:
		return p.Size
	}
	return ""
}

// valuesOf returns the values that a request asks for.
func valuesOf(s *source.Source, e *source.Each, p url.Values) []string {
	if b, ok := s.Pager.(source.Batches); ok {
		return inForm(p, b.Form, e.Param)
	}
	if e.Many != nil {
		if list := inForm(p, e.Many.Form, e.Many.Param); len(list) > 0 {
			return list
		}
	}
	if v := p.Get(e.Param); v != "" {
		return []string{v}
	}
	return nil
}

// inForm returns the values of a parameter that carries many. A malformed list is one empty
// value, which is never valid.
func inForm(p url.Values, form source.Form, name string) []string {
	v := p.Get(name)
	switch {
	case form == source.Repeated:
		return numberedValues(p, name)
	case v == "":
		return nil
	case form == source.JSONArray:
		list, err := jsonList(v)
		if err != nil {
			return []string{""}
		}
		return list
	}
	return strings.Split(v, ",")
}

// listed returns the items that a request asks for.
func listed(s *source.Source, items []item, p url.Values) (list Items) {
	w, err := sweepFor(s, p)
	if err != nil {
		return nil // the gateway has refused it
	}
	inKey := func(column string) bool { return slices.Contains(s.Key, column) }
	if sets := slices.Collect(maps.Keys(w.Set)); w != &s.Sweeps[0] && len(sets) > 0 && !slices.ContainsFunc(sets, inKey) {
		items = marked(s, items, w.Name) // one row cannot be of two kinds
	}
	for e := w.Each; e != nil; e = e.Each {
		var about []item
		for _, v := range valuesOf(s, e, p) {
			about = append(about, aboutValue(s, items, e, v)...)
		}
		items = about
	}
	if since := w.Since; since != nil {
		items = sinceMoment(s, items, since, p)
	}
	for _, i := range items {
		raw, err := json.Marshal(i)
		if err != nil {
			panic(err) // the values were read from JSON
		}
		list = append(list, raw)
	}
	return list
}

// aboutValue returns the items of a listing for one value.
func aboutValue(s *source.Source, items []item, e *source.Each, v string) (list []item) {
	c, _ := s.Column(e.Column)
	if c.Field != "" && slices.Contains(e.Fixed, v) {
		return keep(items, func(i item) bool { return i.text(c.Field) == v })
	}
	inKey := slices.Contains(s.Key, e.Column)
	switch {
	case strings.Contains(v, mark) || len(items) == 0:
		return nil // a row that was made for another value: else each sync would make more
	case !inKey:
		items = marked(s, items, v)
	case len(s.Key) == 1: // one row for each value
		n := chanceOf(v).below(len(items))
		items = items[n : n+1]
	}
	for _, i := range items {
		if c.Field != "" {
			i = maps.Clone(i)
			i[c.Field] = like(i[c.Field], v)
		}
		list = append(list, i)
	}
	return list
}

// mark is in the keys of items that were made for a value.
const mark = "~"

// marked returns the items with keys that no other listing has.
func marked(s *source.Source, items []item, v string) (list []item) {
	at := slices.IndexFunc(s.Key, func(name string) bool {
		c, _ := s.Column(name)
		return c.Field != "" && (c.Type == source.Text || c.Type == source.BigInt)
	})
	if at < 0 {
		return items
	}
	c, _ := s.Column(s.Key[at])
	for _, i := range items {
		old := i.text(c.Field)
		key := fmt.Sprintf("%s%s%08x", old, mark, uint32(chanceOf(v)))
		if c.Type == source.BigInt {
			key = strconv.FormatUint(uint64(chanceOf(old+mark+v))>>24, 10)
		}
		i = maps.Clone(i)
		i[c.Field] = like(i[c.Field], key)
		list = append(list, i)
	}
	return list
}

// like writes a value as the recorded one is written: as a number or as text.
func like(recorded json.RawMessage, v string) json.RawMessage {
	if _, err := strconv.ParseInt(v, 10, 64); err == nil && !bytes.HasPrefix(recorded, []byte(`"`)) {
		return json.RawMessage(v)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // a text always can be written
	}
	return raw
}

// sinceMoment applies a sweep's since: items from a moment on, or older ones by their keys or
// by one of their columns.
func sinceMoment(s *source.Source, items []item, since *source.Since, p url.Values) []item {
	oneOf := func(column string, m source.Many) {
		c, _ := s.Column(column)
		if asked := inForm(p, m.Form, m.Param); len(asked) > 0 && c.Field != "" {
			items = keep(items, func(i item) bool { return slices.Contains(asked, i.text(c.Field)) })
		}
	}
	if o := since.Older; o != nil {
		oneOf(s.Key[0], o.Keys)
		if o.Else != nil {
			oneOf(o.Else.Column, o.Else.Many)
		}
	}
	c, _ := s.Column(since.Column)
	from, ok := moment(p.Get(since.Param), since.As, since.Zone)
	if !ok || c.Field == "" {
		return items
	}
	return keep(items, func(i item) bool {
		t, ok := moment(i.text(c.Field), c.Type, c.Zone)
		return ok && !t.Before(from)
	})
}

// moment reads a time as a parameter or a column of a type has it.
func moment(v string, as source.Type, zone *time.Location) (t time.Time, ok bool) {
	var err error
	switch as {
	case source.ISOTime:
		for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z"} {
			if t, err = time.Parse(layout, v); err == nil {
				break
			}
		}
	case source.LocalTime:
		t, err = time.ParseInLocation(source.LocalForm, v, zone)
	default:
		var ms int64
		ms, err = strconv.ParseInt(v, 10, 64)
		t = time.UnixMilli(ms)
	}
	return t, err == nil
}

func keep(items []item, fits func(item) bool) []item {
	return slices.DeleteFunc(slices.Clone(items), func(i item) bool { return !fits(i) })
}
