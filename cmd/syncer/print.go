package main

import (
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	pretty "github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"

	"syncer/text"
)

// Whatever is printed may come from outside: newTable, printJSON and printf make it
// harmless. A shown text is, as it stands: it may have colours, and lines of its own.
type shown string

// isTerminal reports whether w is a terminal that a person watches.
func isTerminal(w io.Writer) bool {
	f := file(w)
	return f != nil && term.IsTerminal(int(f.Fd()))
}

// width is that of the terminal in columns; 0: it is none.
func (p *program) width() int {
	if !isTerminal(p.stdout) {
		return 0
	}
	width, _, err := term.GetSize(int(file(p.stdout).Fd()))
	if err != nil {
		return 0
	}
	return width
}

// harmless is a text on one line, which holds no secret and does nothing.
func harmless(s string) string { return text.Line(text.Scrub(s)) }

// colour colours a text for a terminal, unless the user wants none (no-color.org).
func (p *program) colour(s string, c pretty.Color) shown {
	s = harmless(s)
	if !isTerminal(p.stdout) || p.getenv("NO_COLOR") != "" || p.getenv("TERM") == "dumb" {
		return shown(s)
	}
	return shown(c.EscapeSeq() + s + pretty.Reset.EscapeSeq())
}

// printf is fmt.Fprintf to standard output; each text and error among the arguments
// stays on its line.
func (p *program) printf(format string, args ...any) {
	for i, arg := range args {
		switch arg := arg.(type) {
		case string:
			args[i] = harmless(arg)
		case error:
			args[i] = harmless(arg.Error())
		}
	}
	fmt.Fprintf(p.stdout, format, args...)
}

// newTable is a table in the style of psql. Numbers go right.
func newTable(header ...any) table.Writer {
	t := harmlessTable{table.NewWriter()}
	style := table.StyleDefault
	style.Format.Header = pretty.FormatDefault
	style.Options.DrawBorder = false
	style.Options.SeparateRows = false
	t.SetStyle(style)
	t.AppendHeader(inCells(header))
	return t
}

// mostInCell is how many characters of a text a table shows: all its lines are as
// long as the longest one.
const mostInCell = 300

// A harmlessTable shows texts in its cells, each on one line.
type harmlessTable struct{ table.Writer }

func (t harmlessTable) AppendRow(row table.Row, config ...table.RowConfig) {
	t.Writer.AppendRow(inCells(row), config...)
}

func inCells(row table.Row) table.Row {
	for i, cell := range row {
		if s, ok := cell.(string); ok {
			row[i] = cut(s, mostInCell)
		}
	}
	return row
}

func printTable(w io.Writer, t table.Writer) {
	for line := range strings.Lines(t.Render()) {
		fmt.Fprintln(w, strings.TrimRight(line, " \n"))
	}
	fmt.Fprintln(w)
}

// tableOrJSON refuses other values of --output.
func tableOrJSON(output string) error {
	if output != "table" && output != "json" {
		return usageError{fmt.Errorf("--output %s: expected table or json", output)}
	}
	return nil
}

// textOrJSON does so for commands whose output is no table.
func textOrJSON(output string) error {
	if output != "text" && output != "json" {
		return usageError{fmt.Errorf("--output %s: expected text or json", output)}
	}
	return nil
}

func printJSON(w io.Writer, v any) error {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := io.WriteString(w, text.JSON(text.Scrub(b.String())))
	return err
}

// thousands writes 12,345.
func thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// ago writes how long ago a moment was, or how far ahead it is, as people say it.
func ago(t *time.Time, now time.Time) string {
	if t == nil {
		return "never"
	}
	d := now.Sub(*t)
	format := "%s ago"
	if d < 0 {
		d, format = -d, "in %s"
	}
	unit := "s"
	n := int64(d.Seconds())
	switch {
	case d >= 48*time.Hour:
		n, unit = int64(d.Hours()/24), "d"
	case d >= 2*time.Hour:
		n, unit = int64(d.Hours()), "h"
	case d >= 2*time.Minute:
		n, unit = int64(d.Minutes()), "min"
	}
	return fmt.Sprintf(format, fmt.Sprintf("%d %s", n, unit))
}

// cut shortens a text to n characters, on one line.
func cut(s string, n int) string { return text.Cut(harmless(s), n) }

// rightAlign puts the columns with these numbers (from 1) to the right.
func rightAlign(t table.Writer, columns ...int) {
	var configs []table.ColumnConfig
	for _, n := range columns {
		configs = append(configs, table.ColumnConfig{Number: n, Align: pretty.AlignRight, AlignHeader: pretty.AlignRight})
	}
	t.SetColumnConfigs(configs)
}

var number = regexp.MustCompile(`^-?[0-9][0-9,.]*$`)

// printRows prints a query's result; columns of numbers go to the right.
func printRows(w io.Writer, columns []string, rows [][]string) {
	header := make([]any, len(columns))
	var numbers []int
	for i, c := range columns {
		header[i] = c
		numeric := len(rows) > 0
		for _, r := range rows {
			numeric = numeric && (r[i] == "" || number.MatchString(r[i]))
		}
		if numeric {
			numbers = append(numbers, i+1)
		}
	}
	t := newTable(header...)
	for _, r := range rows {
		cells := make(table.Row, len(r))
		for i, v := range r {
			cells[i] = v
		}
		t.AppendRow(cells)
	}
	rightAlign(t, numbers...)
	printTable(w, t)
}
