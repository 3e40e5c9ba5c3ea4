package metrics

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/VictoriaMetrics/metrics"
)

// A family is all metrics of one name. They differ in the values of their labels.
type family struct {
	name, kind, help string
	labels           []string
	set              *metrics.Set // of metrics that are counted here; nil: their values are read when they are written
}

func newFamily(kind, name, help string, labels ...string) *family {
	return &family{name: name, kind: kind, help: help, labels: labels, set: metrics.NewSet()}
}

// with returns a metric's name with the values of its labels.
func (f *family) with(values ...string) string {
	if len(f.labels) == 0 {
		return f.name
	}
	pairs := make([]string, len(f.labels))
	for i, label := range f.labels {
		pairs[i] = label + `="` + escaped.Replace(values[i]) + `"`
	}
	slices.Sort(pairs)
	return f.name + "{" + strings.Join(pairs, ",") + "}"
}

// escaped replaces the characters that Prometheus's text format escapes in label values.
var escaped = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// head writes the help and the type of a family, before its samples.
func (f *family) head(w io.Writer) {
	fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n", f.name, f.help, f.name, f.kind)
}

func (f *family) write(w io.Writer) {
	f.head(w)
	f.set.WritePrometheus(w)
}

func (f *family) counter(values ...string) *metrics.Counter {
	return f.set.GetOrCreateCounter(f.with(values...))
}

func (f *family) histogram(values ...string) *metrics.PrometheusHistogram {
	return f.set.GetOrCreatePrometheusHistogramExt(f.with(values...), buckets)
}

// A sample is a value that was read elsewhere.
type sample struct {
	of     *family
	value  float64
	labels []string
}

// writeSamples writes samples, in the order of the families.
func writeSamples(w io.Writer, samples []sample, families ...*family) {
	for _, f := range families {
		headed := false
		for _, s := range samples {
			if s.of != f {
				continue
			}
			if !headed {
				f.head(w)
				headed = true
			}
			fmt.Fprintln(w, f.with(s.labels...), strconv.FormatFloat(s.value, 'g', -1, 64))
		}
	}
}
