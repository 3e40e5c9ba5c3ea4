package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	pretty "github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"
)

// A grid is a table in the style of psql. On a terminal it is no wider than that:
// where there is no room, columns go or are cut in the order of its steps, and a line
// below says which went. Elsewhere it is as wide as it takes, so that it can be searched.
type grid struct {
	header []string
	rows   [][]string
	right  []string // columns whose cells stand at the right
	flows  map[string]int
	steps  []step
}

// A step makes a table narrower.
type step struct {
	column string
	least  int // characters that the column keeps; 0: it goes
}

func drop(column string) step           { return step{column, 0} }
func cutTo(column string, n int) step   { return step{column, n} }
func (g *grid) narrow(steps ...step)    { g.steps = steps }
func (g *grid) numbers(names ...string) { g.right = append(g.right, names...) }

// flow has a column's texts broken into lines of at most so many characters, rather than
// cut. 0: of as many as there is room for.
func (g *grid) flow(column string, most int) { g.flows[column] = most }

func newTable(header ...any) *grid {
	g := &grid{flows: map[string]int{}}
	for _, h := range header {
		g.header = append(g.header, cell(h, mostInCell))
	}
	return g
}

// mostInCell is how many characters of a text a table shows: all its lines are as
// long as the longest one.
const mostInCell = 300

// leastFlow is how narrow a column may be whose texts are broken into lines.
const leastFlow = 24

// AppendRow adds a row. Texts are made harmless; one that flows is not cut.
func (g *grid) AppendRow(row []any) {
	cells := make([]string, len(row))
	for i, c := range row {
		most := mostInCell
		if _, flows := g.flows[g.header[i]]; flows {
			most = 0
		}
		cells[i] = cell(c, most)
	}
	g.rows = append(g.rows, cells)
}

// cell is what a cell shows of a value, on one line and at most so long; 0: however long.
func cell(value any, most int) string {
	switch v := value.(type) {
	case shown:
		return string(v)
	case string:
		if most == 0 {
			return harmless(v)
		}
		return cut(v, most)
	default:
		return fmt.Sprint(v)
	}
}

// terminalWidth is that of the terminal behind a writer, in columns; 0: it is none. One
// that does not tell has the width that they always had.
func terminalWidth(w io.Writer) int {
	if !isTerminal(w) {
		return 0
	}
	if width, _, err := term.GetSize(int(file(w).Fd())); err == nil && width > 0 {
		return width
	}
	return 80
}

func printTable(w io.Writer, g *grid) { g.print(w, terminalWidth(w)) }

func (g *grid) print(w io.Writer, room int) {
	widths, gone := g.fit(room)
	t := table.NewWriter()
	style := table.StyleDefault
	style.Format.Header = pretty.FormatDefault
	style.Options.DrawBorder = false
	style.Options.SeparateRows = false
	t.SetStyle(style)
	configs := make([]table.ColumnConfig, len(g.header))
	for i, name := range g.header {
		c := table.ColumnConfig{Number: i + 1, Hidden: widths[i] == 0, WidthMax: widths[i], WidthMaxEnforcer: snip}
		if _, flows := g.flows[name]; flows {
			c.WidthMaxEnforcer = pretty.WrapSoft
		}
		if slices.Contains(g.right, name) {
			c.Align, c.AlignHeader = pretty.AlignRight, pretty.AlignRight
		}
		configs[i] = c
	}
	t.SetColumnConfigs(configs)
	t.AppendHeader(anyRow(g.header))
	for _, row := range g.rows {
		t.AppendRow(anyRow(row))
	}
	told := t.Render() + "\n"
	if len(gone) > 0 {
		told += pretty.WrapSoft("No room for "+strings.Join(gone, ", ")+": a wider terminal, or a file, has it.", room) + "\n"
	}
	for line := range strings.Lines(told) {
		fmt.Fprintln(w, strings.TrimRight(line, " \n"))
	}
	fmt.Fprintln(w)
}

func anyRow(cells []string) table.Row {
	row := make(table.Row, len(cells))
	for i, c := range cells {
		row[i] = c
	}
	return row
}

// snip cuts each line.
func snip(s string, n int) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = pretty.Snip(lines[i], n, "…")
	}
	return strings.Join(lines, "\n")
}

// fit returns how wide each column may be, 0 where it has gone, so that all of them have
// room; and the names of those that have gone.
func (g *grid) fit(room int) (widths []int, gone []string) {
	natural := make([]int, len(g.header))
	for i, name := range g.header {
		natural[i] = max(pretty.LongestLineLen(name), 1)
		for _, row := range g.rows {
			natural[i] = max(natural[i], pretty.LongestLineLen(row[i]))
		}
		if most := g.flows[name]; most > 0 {
			natural[i] = min(natural[i], most)
		}
	}
	widths = slices.Clone(natural)
	if room <= 0 {
		return widths, nil
	}
	missing := func() int {
		all := -1 // the last column has nothing behind it
		for _, w := range widths {
			if w > 0 {
				all += len(" ") + w + len(" |")
			}
		}
		return all - room
	}
	var steps []step
	for _, name := range g.header {
		if _, flows := g.flows[name]; flows {
			steps = append(steps, cutTo(name, leastFlow))
		}
	}
	steps = append(steps, g.steps...)
	for _, s := range steps {
		i := slices.Index(g.header, s.column)
		switch more := missing(); {
		case more <= 0 || i < 0:
		case s.least == 0:
			widths[i], gone = 0, append(gone, s.column)
		case s.least < widths[i]:
			widths[i] = max(s.least, widths[i]-more)
		}
	}
	for range missing() { // whatever is in them, the widest
		i := slices.Index(widths, slices.Max(widths))
		widths[i] = max(widths[i]-1, 1)
	}
	// What went may have left more room than was missing: those that were cut last have it.
	for _, s := range slices.Backward(steps) {
		if i := slices.Index(g.header, s.column); i >= 0 && widths[i] > 0 {
			widths[i] += min(natural[i]-widths[i], max(0, -missing()))
		}
	}
	return widths, gone
}
