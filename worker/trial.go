package worker

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"syncer/fetch"
	"syncer/source"
)

// A Trial is what two readings of an API by a declaration came to. Nothing is written.
type Trial struct {
	Source   string    `json:"source"`
	Account  string    `json:"account"`
	Region   string    `json:"region_id"`
	Values   []string  `json:"values,omitempty"` // that were asked for, where listings are made for each of several
	Readings []Reading `json:"readings"`
	// Compared is how many rows were in both readings, Changed how many of them would have
	// got a new version, and Sampled of how many it is known which columns changed.
	Compared int `json:"rows_compared"`
	Changed  int `json:"rows_changed"`
	Sampled  int `json:"rows_sampled"`

	Columns []TrialColumn `json:"columns"`
	Unknown []TrialField  `json:"fields_without_column"`
	Refused []TrialField  `json:"values_refused"`

	// Problems say why the declaration must not be used as it is, Hints what might be better.
	Problems []string `json:"problems"`
	Hints    []string `json:"hints"`
}

// Sound reports whether the declaration may be used as it is.
func (t *Trial) Sound() bool { return len(t.Problems) == 0 }

// A Reading is one pass over all listings.
type Reading struct {
	Rows     int64         `json:"rows"` // with different keys
	Calls    int64         `json:"calls"`
	Pages    int64         `json:"pages"`
	Listings int           `json:"listings"`
	Complete bool          `json:"complete"`
	Took     time.Duration `json:"took_ns"`
}

// A TrialColumn says what a column held.
type TrialColumn struct {
	Name    string `json:"name"`
	Filled  int64  `json:"filled"` // rows in which it was not NULL
	Changed int    `json:"changed"`
	Example string `json:"example,omitempty"`
	// Unlabelled are codes that have no label, some of them.
	Unlabelled []string `json:"codes_without_label,omitempty"`
}

// A TrialField is a field of the API whose values are kept in extra.
type TrialField struct {
	Field   string `json:"field"`
	Values  int    `json:"values"`
	Changed int    `json:"changed"`
	Example string `json:"example,omitempty"`
}

const (
	// trialSample bounds for how many rows is known which columns change.
	trialSample = 2000
	// trialExamples bounds in how many rows examples of fields are looked for.
	trialExamples = 200
	// trialExample is how many bytes an example has.
	trialExample = 60
	// trialCodes bounds the codes without a label that are told of a column.
	trialCodes = 5
)

// Try reads an API twice by a job's declaration. Where listings are made for each of
// several values, those given are asked for, or the declaration's own, or else one that a
// row of another source has. watch, if set, is told before each reading.
func (s *Syncer) Try(ctx context.Context, job Job, values []string, wait time.Duration, watch func(reading int)) (*Trial, error) {
	src := job.Source
	t := &trial{
		Trial: &Trial{Source: src.Name, Account: job.Account.Name, Region: job.Region},
		job:   job, given: values, prober: &prober{config: s.Config(), probes: map[Job]func() Probe{}},
		examples: map[string]string{}, seen: map[string]string{},
	}
	t.Problems, t.Hints = []string{}, []string{}
	t.Columns = make([]TrialColumn, len(src.Columns))
	for i, c := range src.Columns {
		t.Columns[i].Name = c.Name
	}
	for i := range t.readings {
		if watch != nil {
			watch(i + 1)
		}
		if i > 0 {
			select {
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			case <-time.After(wait):
			}
		}
		if err := t.read(ctx, i); err != nil {
			return nil, err
		}
	}
	t.judge()
	return t.Trial, nil
}

// valuesOf are those that a sweep is made for: nil, if it is made once. lacks says what
// there must be for one.
func (t *trial) valuesOf(ctx context.Context, sweep *source.Sweep) (values []string, lacks string) {
	if sweep.Each == nil {
		return nil, ""
	}
	if values, lacks = t.choose(ctx, sweep.Each, t.given); lacks != "" || sweep.Each.Each == nil {
		return values, lacks
	}
	inner, lacks := t.choose(ctx, sweep.Each.Each, nil)
	var pairs []string
	for _, v := range values {
		for _, w := range inner {
			pairs = append(pairs, source.Pair(v, w))
		}
	}
	return pairs, lacks
}

func (t *trial) choose(ctx context.Context, each *source.Each, given []string) (values []string, lacks string) {
	if len(given) > 0 {
		return given, ""
	}
	if len(each.Fixed) > 0 {
		return each.Fixed, ""
	}
	for _, from := range each.From {
		if from.Source != "" && from.Source != t.job.Source.Name {
			continue
		}
		for _, name := range from.Columns { // what the sweeps before have shown
			if value, ok := t.seen[name]; ok {
				return []string{value}, ""
			}
		}
	}
	value, lacks := t.prober.value(ctx, t.job, each)
	return []string{value}, lacks
}

// A trial is one under way.
type trial struct {
	*Trial
	job      Job
	given    []string // values
	prober   *prober
	asked    [][]string        // by sweep
	seen     map[string]string // a value of each column that may be asked for
	readings [2]reading
	examples map[string]string // by field of extra
	looked   int               // in how many rows for them
	unknown  map[string]int    // of the first reading
	refused  map[string]int
}

// A sum stands for a key or for values: that two differ and have the same does not happen.
type sum [16]byte

// A reading is what one has shown: per row two sums, and more of a bounded sample.
type reading struct {
	rows   map[sum]sum
	sample map[sum]rowSums
}

type rowSums struct {
	columns []sum
	extra   map[string]sum // by field
}

func sumOf(parts ...string) (s sum) {
	h := sha256.New()
	for _, p := range parts {
		_, _ = h.Write(strconv.AppendInt(nil, int64(len(p)), 10))
		_, _ = h.Write([]byte{':'})
		_, _ = h.Write([]byte(p))
	}
	return sum(h.Sum(nil)[:16])
}

// read makes all listings once.
func (t *trial) read(ctx context.Context, n int) error {
	src, started, stats := t.job.Source, time.Now(), new(fetch.Stats)
	t.readings[n] = reading{rows: map[sum]sum{}, sample: map[sum]rowSums{}}
	r := Reading{Complete: true}
	unknown, refused := map[string]int{}, map[string]int{}
	for i := range src.Sweeps {
		sweep := &src.Sweeps[i]
		if n == 0 {
			values, lacks := t.valuesOf(ctx, sweep)
			if lacks != "" && i == 0 {
				return fmt.Errorf("listings are made for each %s, and %s is needed for one: name values by --each", sweep.Each.Column, lacks)
			}
			if lacks != "" {
				values = nil
				t.hint("the listings %s were not tried: they are made for each %s, and %s is needed for one", sweep.Name, sweep.Each.Column, lacks)
			}
			t.asked = append(t.asked, values)
			for _, value := range values {
				t.Values = append(t.Values, source.Shown(value))
			}
		}
		request := fetch.Request{
			Source: src, Sweep: sweep, Region: t.job.Region, Ignore: t.job.Ignore,
			PageSize: t.job.PageSize, CallsPerSecond: t.job.CallsPerSecond, Stats: stats,
		}
		var requests []fetch.Request
		switch _, batches := src.Pager.(source.Batches); {
		case sweep.Each == nil:
			requests = append(requests, request)
		case batches:
			request.Values = t.asked[i]
			requests = append(requests, request)
		default:
			for _, value := range t.asked[i] {
				request.Value = value
				requests = append(requests, request)
			}
		}
		for _, request := range requests {
			sink := &trialSink{trial: t, reading: &t.readings[n], first: n == 0}
			outcome, err := t.job.Account.Client.Sweep(ctx, request, sink)
			if err != nil {
				return err
			}
			r.Listings++
			r.Pages += outcome.Pages
			if !outcome.Complete {
				r.Complete = false
				t.problem("the listing %s is not complete: %s", listed(sweep, request.Value), outcome.Reason)
			}
			sink.report(listed(sweep, request.Value))
			add(unknown, outcome.Unknown)
			add(refused, outcome.Refused)
		}
	}
	if n == 0 {
		t.unknown, t.refused = unknown, refused
	}
	r.Calls = stats.Calls.Load() - stats.Retries.Load()
	r.Rows, r.Took = int64(len(t.readings[n].rows)), time.Since(started)
	t.Readings = append(t.Readings, r)
	return nil
}

func listed(sweep *source.Sweep, value string) string {
	if value == "" {
		return sweep.Name
	}
	return sweep.Name + " of " + source.Shown(value)
}

// problem notes one, once.
func (t *Trial) problem(format string, args ...any) {
	if p := fmt.Sprintf(format, args...); !slices.Contains(t.Problems, p) {
		t.Problems = append(t.Problems, p)
	}
}

func (t *Trial) hint(format string, args ...any) {
	t.Hints = append(t.Hints, fmt.Sprintf(format, args...))
}

// judge compares the readings.
func (t *trial) judge() {
	src := t.job.Source
	changedFields := map[string]int{}
	for id, content := range t.readings[1].rows {
		before, both := t.readings[0].rows[id]
		if !both {
			continue
		}
		t.Compared++
		if before != content {
			t.Changed++
		}
		was, sampled := t.readings[0].sample[id]
		is, there := t.readings[1].sample[id]
		if !sampled || !there {
			continue
		}
		t.Sampled++
		for i := range src.Columns {
			if was.columns[i] != is.columns[i] {
				t.Columns[i].Changed++
			}
		}
		for name, sum := range is.extra {
			if old, ok := was.extra[name]; !ok || old != sum {
				changedFields[name]++
			}
		}
		for name := range was.extra {
			if _, stays := is.extra[name]; !stays {
				changedFields[name]++
			}
		}
	}
	fields := func(counts map[string]int) (list []TrialField) {
		list = []TrialField{}
		for _, name := range slices.Sorted(maps.Keys(counts)) {
			top, _, _ := strings.Cut(name, ".")
			list = append(list, TrialField{Field: name, Values: counts[name], Changed: max(changedFields[name], changedFields[top]), Example: t.examples[name]})
		}
		return list
	}
	t.Unknown, t.Refused = fields(t.unknown), fields(t.refused)
	t.conclude()
}

// mostChange is the share of rows above which what changes is no news.
const mostChange = 0.5

// most reports whether what changed in so many rows of the sample is no news. One row alone
// does not tell.
func (t *Trial) most(changed int) bool {
	return t.Sampled > 1 && float64(changed)/float64(t.Sampled) > mostChange
}

// conclude makes sentences of what was seen.
func (t *trial) conclude() {
	src := t.job.Source
	if t.Readings[0].Rows == 0 {
		t.hint("no row was seen, so that nothing can be said of the key and the columns: try it where there are some")
	}
	var empty []string
	for i, c := range src.Columns {
		if t.Columns[i].Filled > 0 || t.Readings[0].Rows == 0 || t.refused[c.Field] > 0 {
			continue
		}
		if empty = append(empty, c.Name); c.Field != "" {
			empty[len(empty)-1] += " (field " + c.Field + ")"
		}
	}
	if len(empty) > 0 {
		t.hint("columns that never had a value: %s. Are the fields spelled as the API does?", strings.Join(empty, ", "))
	}
	for i, c := range src.Columns {
		seen := t.Columns[i]
		if seen.Changed > 0 && !c.Volatile {
			if t.most(seen.Changed) {
				t.problem("column %s changed in %d of %d rows between the readings, so that each sync would make a new version of them: volatile: true keeps it current without", c.Name, seen.Changed, t.Sampled)
			} else {
				t.hint("column %s changed in %d of %d rows between the readings: is that news, or is it volatile?", c.Name, seen.Changed, t.Sampled)
			}
		}
		if len(seen.Unlabelled) > 0 {
			t.hint("column %s has codes without a label: %s", c.Name, strings.Join(seen.Unlabelled, ", "))
		}
	}
	const costs = "changed in %d of %d rows between the readings, so that each sync would make a new version of them"
	for _, f := range t.Refused {
		t.hint("%d values of field %s do not fit the type of its column, and are kept in extra, such as %s", f.Values, f.Field, f.Example)
		if t.most(f.Changed) {
			t.problem("field %s, whose values do not fit the type of its column, "+costs+": give the column another type", f.Field, f.Changed, t.Sampled)
		}
	}
	for _, f := range t.Unknown {
		switch {
		case t.most(f.Changed):
			t.problem("field %s, which has no column, "+costs+": make it a volatile column, or list it under ignore of the source in the configuration", f.Field, f.Changed, t.Sampled)
		case f.Changed > 0:
			t.hint("field %s has no column, and changed in %d of %d rows: each change makes a new version. Make it a volatile column, or list it under ignore of the source in the configuration", f.Field, f.Changed, t.Sampled)
		}
	}
}
