package web

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"syncer/source"
	"syncer/store/report"
)

// A chart is a trend as a picture and as a table.
type chart struct {
	ID, Title, Unit string
	View            string   // that has its data
	Picture         *picture // nil: there is nothing to draw
	Legend          []legendEntry
	Days            []chartDay // the numbers themselves, the last day first
	Problem         string
}

// A legendEntry names a series, with its value on the last day.
type legendEntry struct {
	Series int // its colour
	Name   string
	Latest string
}

type chartDay struct {
	Day    string
	Values []string // by series; empty: none
}

const (
	// maxSeries is how many series have a colour; the smallest others are added up.
	maxSeries = 6
	other     = "other"
)

// newChart draws a trend that has a chart. Without points it has no picture.
func newChart(t *source.Trend, points []report.Point) chart {
	unit := t.Chart.Unit
	c := chart{ID: strings.ReplaceAll(t.Name, "_", "-"), Title: t.Chart.Title, Unit: unit, View: "alicloud." + t.Name}
	if len(points) == 0 {
		return c
	}
	names, days, values := arrange(points, unit != "%")
	c.Picture = draw(names, days, values, t.Chart.Lines, unit)
	last := len(days) - 1
	for i, name := range names {
		c.Legend = append(c.Legend, legendEntry{i, name, amount(values[i][last], unit)})
	}
	for d := last; d >= 0; d-- {
		day := chartDay{Day: days[d].Format(time.DateOnly)}
		for i := range names {
			day.Values = append(day.Values, amount(values[i][d], unit))
		}
		c.Days = append(c.Days, day)
	}
	return c
}

// arrange returns the values of each series, one for each day from the first to the last; NaN
// if there is none. The largest series come first.
func arrange(points []report.Point, summable bool) (names []string, days []time.Time, values [][]float64) {
	first, last := points[0].Day, points[0].Day
	size := map[string]float64{}
	for _, p := range points {
		if p.Day.Before(first) {
			first = p.Day
		}
		if p.Day.After(last) {
			last = p.Day
		}
		size[p.Series] += p.Value
	}
	for day := first; !day.After(last); day = day.AddDate(0, 0, 1) {
		days = append(days, day)
	}
	names = slices.SortedFunc(maps.Keys(size), func(a, b string) int { return cmp.Or(cmp.Compare(size[b], size[a]), strings.Compare(a, b)) })
	if len(names) > maxSeries {
		names = names[:maxSeries]
		if summable {
			names[maxSeries-1] = other
		}
	}
	values = make([][]float64, len(names))
	for i := range values {
		values[i] = slices.Repeat([]float64{math.NaN()}, len(days))
	}
	for _, p := range points {
		i := slices.Index(names, p.Series)
		if i < 0 && summable {
			i = maxSeries - 1
		}
		if i < 0 {
			continue
		}
		v := &values[i][int(p.Day.Sub(first).Hours()+12)/24]
		if math.IsNaN(*v) {
			*v = 0
		}
		*v += p.Value
	}
	return names, days, values
}

func amount(v float64, unit string) string {
	switch {
	case math.IsNaN(v):
		return ""
	case unit == "%":
		return fmt.Sprintf("%.1f %%", v)
	}
	return thousands(int64(math.Round(v)))
}
