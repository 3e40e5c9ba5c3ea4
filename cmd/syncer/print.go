package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"
)

// isTerminal reports whether w is a terminal that a person watches.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// width is that of the terminal in columns; 0: it is none.
func (p *program) width() int {
	f, ok := p.stdout.(*os.File)
	if !ok || !isTerminal(f) {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// colour colours a text for a terminal, unless the user wants none (no-color.org).
func (p *program) colour(s string, c text.Color) string {
	if !isTerminal(p.stdout) || p.getenv("NO_COLOR") != "" || p.getenv("TERM") == "dumb" {
		return s
	}
	return c.EscapeSeq() + s + text.Reset.EscapeSeq()
}

// newTable is a table in the style of psql. Numbers go right.
func newTable(header ...any) table.Writer {
	t := table.NewWriter()
	style := table.StyleDefault
	style.Format.Header = text.FormatDefault
	style.Options.DrawBorder = false
	style.Options.SeparateRows = false
	t.SetStyle(style)
	t.AppendHeader(table.Row(header))
	return t
}

func printTable(w io.Writer, t table.Writer) {
	for line := range strings.Lines(t.Render()) {
		fmt.Fprintln(w, strings.TrimRight(line, " \n"))
	}
	fmt.Fprintln(w)
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
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

// cut shortens a text to n runes, on one line.
func cut(s string, n int) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// rightAlign puts the columns with these numbers (from 1) to the right.
func rightAlign(t table.Writer, columns ...int) {
	var configs []table.ColumnConfig
	for _, n := range columns {
		configs = append(configs, table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight})
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
