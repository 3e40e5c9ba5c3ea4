package main

import (
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

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

var thousands = text.Thousands

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

var number = regexp.MustCompile(`^-?[0-9][0-9,.]*$`)

// printRows prints a query's result; columns of numbers go to the right.
func printRows(w io.Writer, columns []string, rows [][]string) {
	header := make([]any, len(columns))
	for i, c := range columns {
		header[i] = c
	}
	t := newTable(header...)
	var steps []step // a long name above short numbers is cut first
	for i := range columns {
		if len(rows) > 0 && !slices.ContainsFunc(rows, func(r []string) bool { return r[i] != "" && !number.MatchString(r[i]) }) {
			t.numbers(t.header[i])
			steps = append(steps, cutTo(t.header[i], 9))
		}
	}
	t.narrow(steps...)
	for _, r := range rows {
		cells := make([]any, len(r))
		for i, v := range r {
			cells[i] = v
		}
		t.AppendRow(cells)
	}
	printTable(w, t)
}
