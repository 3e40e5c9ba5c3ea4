package web

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"syncer/source"
	"syncer/store/report"
)

var firstDay = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func point(day int, series string, value float64) report.Point {
	return report.Point{Day: firstDay.AddDate(0, 0, day), Series: series, Value: value}
}

// drawn is a chart as the page has it.
func drawn(t require.TestingT, c chart) string {
	var b bytes.Buffer
	require.NoError(t, templates.ExecuteTemplate(&b, "chart", c))
	return b.String()
}

func TestBarsStandOnEachOther(t *testing.T) {
	t.Parallel()
	c := newChart(trendOf("fleet_daily", source.Chart{Title: "Servers", Unit: "servers"}), []report.Point{
		point(0, "online", 60), point(0, "offline", 20), point(2, "online", 1200), point(2, `<b>"x"</b>`, 1),
	})
	p := c.Picture
	require.Len(t, p.Columns, 3, "a day without values has its place")
	require.Empty(t, p.Columns[1].Bars)
	require.Equal(t, "2026-11-02", p.Columns[1].Tooltip)
	require.Equal(t, "2026-11-01\nonline: 60\noffline: 20", p.Columns[0].Tooltip)
	lower, upper := p.Columns[0].Bars[0], p.Columns[0].Bars[1]
	require.InDelta(t, p.Bottom, lower.Y+lower.Height, 0.01)
	require.InDelta(t, lower.Y, upper.Y+upper.Height, 0.1)
	require.InDelta(t, lower.Height/3, upper.Height, 0.2)
	require.Equal(t, []string{"0", "500", "1,000", "1,500"}, texts(p.Grid))
	require.Equal(t, []string{"11-03", "11-02", "11-01"}, texts(p.Labels))
	svg := drawn(t, c)
	require.Contains(t, svg, `<title id="fleet-daily-title">Servers</title>`)
	require.Contains(t, svg, "From 2026-11-01 to 2026-11-03. On the last day: online 1,200, offline none, ")
	require.NotContains(t, svg, "<b>")
}

func TestLinesHaveGaps(t *testing.T) {
	t.Parallel()
	c := newChart(trendOf("patch_compliance_daily", source.Chart{Title: "Compliance", Unit: "%", Lines: true}), []report.Point{
		point(0, "a", 100), point(1, "a", 75), point(3, "a", 60),
	})
	require.Equal(t, []string{"60%", "70%", "80%", "90%", "100%"}, texts(c.Picture.Grid))
	require.Equal(t, 2, strings.Count(c.Picture.Lines[0].Path, "M"), c.Picture.Lines[0].Path)
	require.Equal(t, 1, strings.Count(c.Picture.Lines[0].Path, "L"))
	require.Contains(t, drawn(t, c), `class="line stroke-s0"`)
}

func TestNothingToDraw(t *testing.T) {
	t.Parallel()
	require.Empty(t, drawn(t, newChart(trendOf("fleet_daily", source.Chart{}), nil)))
}

func trendOf(name string, c source.Chart) *source.Trend { return &source.Trend{Name: name, Chart: &c} }

func texts(marks []mark) (list []string) {
	for _, m := range marks {
		list = append(list, m.Text)
	}
	return list
}

// TestPicturesLaw: whatever the values are, a picture is well-formed, and all of it is
// within its edges.
func TestPicturesLaw(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		look := source.Chart{Title: "Trend", Unit: rapid.SampledFrom([]string{"%", "servers"}).Draw(t, "unit")}
		look.Lines = look.Unit == "%" || rapid.Bool().Draw(t, "lines")
		largest := 1e7
		if look.Unit == "%" {
			largest = 100
		}
		points := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) report.Point {
			value := rapid.Float64Range(0, largest).Draw(t, "value")
			if look.Unit != "%" {
				value = math.Round(value)
			}
			return point(rapid.IntRange(0, 40).Draw(t, "day"), rapid.StringN(1, 20, -1).Draw(t, "series"), value)
		}), 1, 60).Draw(t, "points")
		seen := map[string]bool{}
		for _, p := range points {
			key := fmt.Sprint(p.Day, p.Series)
			if seen[key] {
				t.Skip("the view has one value for each")
			}
			seen[key] = true
		}
		c := newChart(trendOf("trend", look), points)
		p := c.Picture
		within := func(x, y float64) {
			if !(x >= 0 && x <= p.Width && y >= 0 && y <= p.Height) {
				t.Fatalf("%g, %g is not within %+v", x, y, p)
			}
		}
		for _, m := range p.Grid {
			within(p.Left, m.At)
		}
		for _, m := range p.Labels {
			within(m.At+2.5*character, p.Bottom)
		}
		for _, column := range p.Columns {
			for _, b := range column.Bars {
				within(b.X, b.Y)
				within(b.X+b.Width, b.Y+b.Height-0.2)
			}
		}
		reader := xml.NewDecoder(strings.NewReader(drawn(t, c)))
		reader.Entity = xml.HTMLEntity
		for {
			if _, err := reader.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil && !strings.Contains(err.Error(), "illegal character code") { // what labels are made of: the reader of the trend cleans them
				t.Fatal(err)
			} else if err != nil {
				break
			}
		}
	})
}
