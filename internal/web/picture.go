package web

import (
	"cmp"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"
)

// A picture has the positions of everything that pages/chart.html draws as SVG. The colours,
// for light and dark, are in the style sheet.
type picture struct {
	Width, Height            float64
	Left, Right, Top, Bottom float64 // of the area inside the axes
	About                    string  // for screen readers
	Grid                     []mark  // values, at their height
	Labels                   []mark  // days, at their place
	Columns                  []column
	Lines                    []line
}

// FieldHeight is the height of the area inside the axes.
func (p *picture) FieldHeight() float64 { return p.Bottom - p.Top }

// A mark is a text on an axis.
type mark struct {
	At   float64
	Text string
}

// A column is a day: its numbers, for a tooltip, and its bars.
type column struct {
	X, Width float64 // of the whole day
	Tooltip  string
	Bars     []bar
}

type bar struct {
	Series              int
	X, Y, Width, Height float64
}

// A line is a series. Its path has gaps where values are missing.
type line struct {
	Series int
	Path   string
}

const (
	pictureWidth, pictureHeight = 420, 200
	character                   = 6.5 // how wide one is, in the axes' font
	// maxLabels of days fit beside each other.
	maxLabels = 6
)

// draw makes a picture of lines, or of stacked bars.
func draw(names []string, days []time.Time, values [][]float64, asLines bool, unit string) *picture {
	p := &picture{Width: pictureWidth, Height: pictureHeight, Right: pictureWidth - 6, Top: 8, Bottom: pictureHeight - 24}
	low, high, step := scale(values, asLines, unit)
	height := func(v float64) float64 { return round(p.Bottom - (v-low)/(high-low)*(p.Bottom-p.Top)) }
	widest := 0
	for v := low; v <= high+step/2; v += step {
		label := axisLabel(v, unit)
		widest = max(widest, utf8.RuneCountInString(label))
		p.Grid = append(p.Grid, mark{height(v), label})
	}
	p.Left = round(10 + character*float64(widest))
	each := (p.Right - p.Left) / float64(len(days))
	middle := func(d int) float64 { return round(p.Left + each*(float64(d)+0.5)) }
	for d, day := range days {
		c := column{X: round(p.Left + each*float64(d)), Width: round(each)}
		tooltip := []string{day.Format(time.DateOnly)}
		sum := 0.0
		for i, name := range names {
			v := values[i][d]
			if math.IsNaN(v) {
				continue
			}
			tooltip = append(tooltip, name+": "+amount(v, unit))
			if !asLines && v > 0 {
				top, bottom := height(sum+v), height(sum)
				c.Bars = append(c.Bars, bar{i, round(c.X + each/8), top, round(each * 3 / 4), round(bottom - top)})
				sum += v
			}
		}
		c.Tooltip = strings.Join(tooltip, "\n")
		p.Columns = append(p.Columns, c)
	}
	// The last day has a label, and days before it at even steps.
	last := len(days) - 1
	for d := last; d >= 0; d -= (len(days) + maxLabels - 1) / maxLabels {
		p.Labels = append(p.Labels, mark{min(middle(d), p.Right-2.5*character), days[d].Format("01-02")})
	}
	said := make([]string, len(names))
	for i, name := range names {
		said[i] = name + " " + cmp.Or(amount(values[i][last], unit), "none")
		if asLines {
			p.Lines = append(p.Lines, line{i, path(values[i], middle, height)})
		}
	}
	p.About = fmt.Sprintf("From %s to %s. On the last day: %s. The table below has the numbers.",
		days[0].Format(time.DateOnly), days[last].Format(time.DateOnly), strings.Join(said, ", "))
	return p
}

// path connects the values of a series. A value without neighbours is a short stroke.
func path(values []float64, x func(int) float64, y func(float64) float64) string {
	var b strings.Builder
	missing := func(d int) bool { return d < 0 || d == len(values) || math.IsNaN(values[d]) }
	for d, v := range values {
		switch {
		case missing(d):
		case !missing(d - 1):
			fmt.Fprintf(&b, "L%g %g", x(d), y(v))
		case missing(d + 1):
			fmt.Fprintf(&b, "M%g %gh4", x(d)-2, y(v))
		default:
			fmt.Fprintf(&b, "M%g %g", x(d), y(v))
		}
	}
	return b.String()
}

// scale returns the lowest and highest value of an axis, and a round step between labels.
// Percentages end at 100 %, and begin at 80 % if possible; otherwise all changes would be at
// the edge.
func scale(values [][]float64, asLines bool, unit string) (low, high, step float64) {
	least := math.Inf(1)
	for d := range values[0] {
		sum := 0.0
		for i := range values {
			if v := values[i][d]; !math.IsNaN(v) {
				least, sum = min(least, v), sum+v
				if asLines {
					high = max(high, v)
				}
			}
		}
		if !asLines {
			high = max(high, sum)
		}
	}
	if unit == "%" {
		low = max(0, min(80, math.Floor(least/20)*20))
		return low, 100, (100 - low) / 4
	}
	step = 1
	for tens := 1.0; step*5 < high; tens *= 10 {
		for _, digit := range []float64{1, 2, 5} {
			if step = digit * tens; step*5 >= high {
				break
			}
		}
	}
	return 0, max(1, math.Ceil(high/step)) * step, step
}

// round keeps coordinates short.
func round(v float64) float64 { return math.Round(v*10) / 10 }

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
