package worker

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"syncer/source"
	"syncer/text"
)

// A trialSink takes the rows of one listing.
type trialSink struct {
	*trial
	reading *reading
	first   bool // reading
	rows    map[sum]sum
	sample  map[sum]rowSums
	columns []TrialColumn
	double  map[string]bool // keys that two rows have which differ, some of them
	twice   int             // rows whose key another one has
}

func (k *trialSink) Restart(context.Context) error {
	k.rows = nil
	return nil
}

func (k *trialSink) Page(_ context.Context, rows []source.Row) (fresh int, err error) {
	src := k.job.Source
	if k.rows == nil { // a listing begins
		k.rows, k.sample, k.double, k.twice = map[sum]sum{}, map[sum]rowSums{}, map[string]bool{}, 0
		k.columns = make([]TrialColumn, len(src.Columns))
	}
	for _, row := range rows {
		var key []string
		for _, i := range src.KeyIndexes() {
			key = append(key, src.Columns[i].Type.Plain(row[i]))
		}
		var values []string
		for i, c := range src.Columns {
			if !c.Volatile {
				values = append(values, shownAs(c, row[i]))
			}
			k.columns[i].look(c, row[i])
			if _, there := k.seen[c.Name]; !there && row[i].Valid && (c.Type == source.Text || c.Type == source.BigInt) {
				k.seen[c.Name] = strings.Clone(c.Type.Plain(row[i]))
			}
		}
		values = append(values, valueText(row.Extra()))
		id, content := sumOf(key...), sumOf(values...)
		before, shown := k.rows[id]
		if shown {
			k.twice++
			if before != content && len(k.double) < trialCodes {
				k.double[strings.Clone(text.CutBytes(strings.Join(key, "/"), trialExample))] = true
			}
			continue
		}
		fresh++
		k.rows[id] = content
		k.detail(id, row)
	}
	return fresh, nil
}

// detail keeps more of a row, if it is of the sample.
func (k *trialSink) detail(id sum, row source.Row) {
	_, wanted := k.readings[0].sample[id]
	if k.first {
		wanted = len(k.readings[0].sample)+len(k.sample) < trialSample
	}
	extra := map[string]json.RawMessage{}
	if (wanted || k.looked < trialExamples) && row.Extra().Valid {
		_ = json.Unmarshal([]byte(row.Extra().Text), &extra) // it is what fetch has written
	}
	if k.looked < trialExamples {
		k.looked++
		k.exemplify("", extra)
	}
	if !wanted {
		return
	}
	sums := rowSums{extra: map[string]sum{}}
	for i, c := range k.job.Source.Columns {
		sums.columns = append(sums.columns, sumOf(shownAs(c, row[i])))
	}
	for name, value := range extra {
		sums.extra[name] = sumOf(string(value))
	}
	k.sample[id] = sums
}

// exemplify keeps an example of each field of extra, and of those in its objects.
func (t *trial) exemplify(path string, fields map[string]json.RawMessage) {
	for name, value := range fields {
		at := path + name
		if _, there := t.examples[at]; !there && len(t.examples) < 1000 {
			t.examples[at] = text.CutBytes(string(value), trialExample)
		}
		var inner map[string]json.RawMessage
		if len(value) > 0 && value[0] == '{' && json.Unmarshal(value, &inner) == nil && strings.Count(at, ".") < 4 {
			t.exemplify(at+".", inner)
		}
	}
}

// report adds what a listing has shown to what is known of its reading.
func (k *trialSink) report(name string) {
	both := 0
	if len(k.reading.rows) == 0 { // there may be millions: the same map serves for both
		k.reading.rows = k.rows
	}
	for id, content := range k.rows {
		if before, ok := k.reading.rows[id]; ok && before != content {
			both++
		}
		k.reading.rows[id] = content
	}
	maps.Copy(k.reading.sample, k.sample)
	switch {
	case len(k.double) > 0:
		k.problem("the key is not unique: rows of the listing %s have the key of another row that differs, such as %s: add a column to key",
			name, strings.Join(slices.Sorted(maps.Keys(k.double)), ", "))
	case k.twice > 0:
		k.problem("%d rows of the listing %s were shown twice, the same both times", k.twice, name)
	}
	if both > 0 {
		k.problem("%d rows of the listing %s have the key of a row of another listing that differs: add a column to key that tells them apart", both, name)
	}
	if k.first {
		for i, c := range k.columns {
			k.Columns[i].add(c)
		}
	}
}

// look notes what a column holds.
func (c *TrialColumn) look(column source.Column, v source.Value) {
	if !v.Valid {
		return
	}
	c.Filled++
	if c.Example == "" {
		c.Example = text.CutBytes(valueShown(column, v), trialExample)
	}
	if len(column.Labels) == 0 || len(c.Unlabelled) == trialCodes {
		return
	}
	code := column.Type.Plain(v)
	if !slices.ContainsFunc(column.Labels, func(l source.Label) bool { return l.Code == code }) && !slices.Contains(c.Unlabelled, code) {
		c.Unlabelled = append(c.Unlabelled, strings.Clone(text.CutBytes(code, trialExample)))
	}
}

func (c *TrialColumn) add(o TrialColumn) {
	c.Filled += o.Filled
	if c.Example == "" {
		c.Example = strings.Clone(o.Example)
	}
	for _, code := range o.Unlabelled {
		if !slices.Contains(c.Unlabelled, code) && len(c.Unlabelled) < trialCodes {
			c.Unlabelled = append(c.Unlabelled, code)
		}
	}
	slices.Sort(c.Unlabelled) // pages arrive in any order
}

// valueText tells values apart; NULL is none of them.
func valueText(v source.Value) string {
	if !v.Valid {
		return "NULL"
	}
	return "=" + strconv.FormatInt(v.Int, 10) + " " + v.Text
}

// shownAs is valueText of a column, in which the order of an unordered list says nothing.
func shownAs(c source.Column, v source.Value) string {
	if c.Unordered && v.Valid {
		list := strings.Split(v.Text, ",")
		slices.Sort(list)
		v.Text = strings.Join(list, ",")
	}
	return valueText(v)
}

// valueShown is a value for people.
func valueShown(c source.Column, v source.Value) string {
	switch c.Type {
	case source.Millis, source.ISOTime, source.LocalTime:
		return v.Time().Format(time.RFC3339)
	case source.Double:
		return strconv.FormatFloat(v.Double(), 'g', -1, 64)
	case source.Bool:
		return strconv.FormatBool(v.Int != 0)
	}
	return strings.Clone(c.Type.Plain(v))
}
