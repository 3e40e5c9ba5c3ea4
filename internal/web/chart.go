package web

import (
	"cmp"
	"fmt"
	"html"
	"html/template"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-analyze/charts"

	"syncer/store/report"
)

// A chart is a trend, drawn and told.
type chart struct {
	ID, Title, Unit string
	View            string // that it is of
	SVG             template.HTML
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
	chartWidth, chartHeight = 420, 200
	// maxSeries are told apart by colour; those with least are summed up.
	maxSeries = 6
	other     = "other"
	// maxLabels of days fit below each other.
	maxLabels = 6
)

// lines are the trends that are drawn as lines. The others are parts of a whole,
// and drawn as bars, one on the other.
var lines = map[string]bool{"patch_compliance_daily": true, "publish_progress_daily": true}

// newChart draws a trend. Without points it says so.
func newChart(t report.Trend, points []report.Point) chart {
	c := chart{ID: strings.ReplaceAll(t.Name, "_", "-"), Title: t.Title, Unit: t.Unit, View: "alicloud." + t.Name}
	if len(points) == 0 {
		return c
	}
	names, days, values := arrange(points, t.Unit != "%")
	svg, err := draw(names, days, values, lines[t.Name], t.Unit)
	if err != nil {
		c.Problem = err.Error()
		return c
	}
	c.SVG = accessible(svg, c, names, days, values)
	last := len(days) - 1
	for i, name := range names {
		c.Legend = append(c.Legend, legendEntry{i, name, amount(values[i][last], t.Unit)})
	}
	for d := last; d >= 0; d-- {
		day := chartDay{Day: days[d].Format(time.DateOnly)}
		for i := range names {
			day.Values = append(day.Values, amount(values[i][d], t.Unit))
		}
		c.Days = append(c.Days, day)
	}
	return c
}

// arrange makes a row of values for each series, with one for each day from the
// first to the last; NaN: there is none. The largest series come first.
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

// Colours that stand for others: the style sheet says which, by light and by dark.
var (
	textColor = charts.Color{R: 1, G: 1, B: 1, A: 255}
	lineColor = charts.Color{R: 2, G: 2, B: 2, A: 255}
	gridColor = charts.Color{R: 3, G: 3, B: 3, A: 255}
)

func seriesColor(i int) charts.Color { return charts.Color{R: 10, G: 10, B: uint8(10 + i), A: 255} }

func palette() charts.ColorPalette {
	o := charts.ThemeOption{
		AxisStrokeColor: lineColor, AxisSplitLineColor: gridColor, TextColor: textColor,
		BackgroundColor: charts.ColorTransparent,
	}
	for i := range maxSeries {
		o.SeriesColors = append(o.SeriesColors, seriesColor(i))
	}
	return charts.MakeTheme(o)
}

func draw(names []string, days []time.Time, values [][]float64, asLines bool, unit string) (string, error) {
	data := make([][]float64, len(values))
	least := math.Inf(1)
	for i := range values {
		data[i] = slices.Clone(values[i])
		for d, v := range data[i] {
			switch {
			case !math.IsNaN(v):
				least = min(least, v)
			case asLines:
				data[i][d] = charts.GetNullValue()
			default:
				data[i][d] = 0
			}
		}
	}
	// The last day is named, and others at even steps before it.
	labels := make([]string, len(days))
	step := (len(days) + maxLabels - 1) / maxLabels
	for i := len(days) - 1; i >= 0; i -= step {
		labels[i] = days[i].Format("01-02")
	}
	small := charts.NewFontStyleWithSize(11)
	x := charts.XAxisOption{Labels: labels, LabelCount: len(days), LabelFontStyle: small, BoundaryGap: charts.Ptr(true)}
	y := charts.ValueAxisOption{LabelFontStyle: small, Min: charts.Ptr(0.0), ValueFormatter: func(v float64) string { return axisLabel(v, unit) }}
	if unit == "%" {
		y.LabelCount = 5
		y.Max = charts.Ptr(100.0)
		y.Min = charts.Ptr(min(80, math.Floor(least/20)*20)) // else all changes are at the upper edge
	}
	hidden := charts.LegendOption{Show: charts.Ptr(false), SeriesNames: names}
	padding := charts.Box{Left: 2, Top: 8, Right: 18, Bottom: 2, IsSet: true}
	painter := charts.NewPainter(charts.PainterOptions{OutputFormat: charts.ChartOutputSVG, Width: chartWidth, Height: chartHeight})
	var err error
	if asLines {
		o := charts.NewLineChartOptionWithData(data)
		o.Theme, o.XAxis, o.YAxis, o.Legend, o.Padding = palette(), x, []charts.ValueAxisOption{y}, hidden, padding
		o.Symbol = charts.Symbol{Shape: charts.SymbolNone}
		o.LineStrokeWidth = 2.5
		err = painter.LineChart(o)
	} else {
		o := charts.NewBarChartOptionWithData(data)
		o.Theme, o.CategoryAxis, o.ValueAxis, o.Legend, o.Padding = palette(), x, []charts.ValueAxisOption{y}, hidden, padding
		o.StackSeries = charts.Ptr(true)
		o.BarSize = 0.75
		err = painter.BarChart(o)
	}
	if err != nil {
		return "", fmt.Errorf("draw: %w", err)
	}
	svg, err := painter.Bytes()
	return string(svg), err
}

var (
	styleAttribute = regexp.MustCompile(`style="([^"]*)"`)
	colorValue     = regexp.MustCompile(`^rgba?\((\d+),(\d+),(\d+)(?:,([0-9.]+))?\)$`)
)

// accessible names the drawing for who cannot see it, and has the page's style
// sheet colour it: the page's policy allows no style but that, and dark mode is
// its affair.
func accessible(svg string, c chart, names []string, days []time.Time, values [][]float64) template.HTML {
	svg = styleAttribute.ReplaceAllStringFunc(svg, func(s string) string {
		var classes []string
		var rest strings.Builder
		for part := range strings.SplitSeq(styleAttribute.FindStringSubmatch(s)[1], ";") {
			name, value, _ := strings.Cut(part, ":")
			class, opacity := colorClass(name, value)
			switch {
			case class != "":
				classes = append(classes, class)
				if opacity != "" {
					fmt.Fprintf(&rest, ` %s-opacity="%s"`, name, opacity)
				}
			case name != "font-family" && value != "":
				fmt.Fprintf(&rest, ` %s="%s"`, name, value)
			}
		}
		return strings.TrimSpace(fmt.Sprintf(`class="%s"%s`, strings.Join(classes, " "), rest.String()))
	})
	last := len(days) - 1
	said := make([]string, len(names))
	for i, name := range names {
		said[i] = fmt.Sprintf("%s %s", name, cmp.Or(amount(values[i][last], c.Unit), "none"))
	}
	head := fmt.Sprintf(`<svg role="img" aria-labelledby="%[1]s-title %[1]s-desc" class="chart"`, c.ID)
	svg = strings.Replace(svg, "<svg", head, 1)
	open := strings.Index(svg, ">") + 1
	about := fmt.Sprintf(`<title id="%[1]s-title">%[2]s</title><desc id="%[1]s-desc">%[3]s</desc>`, c.ID, html.EscapeString(c.Title),
		html.EscapeString(fmt.Sprintf("From %s to %s. On the last day: %s. The table below has the numbers.",
			days[0].Format(time.DateOnly), days[last].Format(time.DateOnly), strings.Join(said, ", "))))
	return template.HTML(svg[:open] + about + svg[open:]) //nolint:gosec // made by the library of numbers and dates, and escaped names
}

// colorClass is the class that a stand-in's colour has; empty: it is none.
func colorClass(property, value string) (class, opacity string) {
	m := colorValue.FindStringSubmatch(value)
	if m == nil || property != "fill" && property != "stroke" {
		return "", ""
	}
	switch rgb := strings.Join(m[1:4], ","); {
	case rgb == "1,1,1":
		return property + "-text", m[4]
	case rgb == "2,2,2":
		return property + "-axis", m[4]
	case rgb == "3,3,3":
		return property + "-grid", m[4]
	case strings.HasPrefix(rgb, "10,10,"):
		var n int
		if _, err := fmt.Sscan(m[3], &n); err == nil && n >= 10 && n < 10+maxSeries {
			return fmt.Sprintf("%s-s%d", property, n-10), m[4]
		}
	}
	return "", ""
}

func axisLabel(v float64, unit string) string {
	switch {
	case unit == "%":
		return fmt.Sprintf("%.0f%%", v)
	case v >= 1e6:
		return fmt.Sprintf("%gM", math.Round(v/1e5)/10)
	case v >= 1e4:
		return fmt.Sprintf("%gk", math.Round(v/100)/10)
	case v != math.Trunc(v):
		return fmt.Sprintf("%.1f", v)
	}
	return thousands(int64(v))
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
