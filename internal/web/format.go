package web

import (
	"cmp"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"
	"time"

	"syncer/store"
	"syncer/store/report"
	"syncer/text"
	"syncer/worker"
)

var functions = template.FuncMap{
	"thousands": thousands,
	"style":     func() template.CSS { return template.CSS(style) }, //nolint:gosec // it is embedded
	"plural":    plural,
	"lower":     strings.ToLower,
}

var thousands = text.Thousands

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(int64(n)) + " " + many
}

// A moment is a time as the page shows it.
type moment struct {
	Machine string // RFC 3339
	Full    string // in the page's time zone
	Ago     string
}

func (m moment) Known() bool { return m.Machine != "" }

// A clock formats times, also relative to now.
type clock struct {
	now      time.Time
	location *time.Location
}

func (c clock) moment(t *time.Time) moment {
	if t == nil || t.IsZero() {
		return moment{}
	}
	return moment{t.UTC().Format(time.RFC3339), t.In(c.location).Format("2006-01-02 15:04:05"), c.ago(*t)}
}

func (c clock) ago(t time.Time) string {
	d := c.now.Sub(t)
	format := "%s ago"
	if d < 0 {
		d, format = -d, "in %s"
	}
	return fmt.Sprintf(format, span(d))
}

func span(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d d", int(d.Hours()/24))
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	case d >= 2*time.Minute:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d >= 10*time.Second:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d >= time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%d ms", d.Milliseconds())
}

// advice splits a run's message into what went wrong and what to do. The message of a failed
// run ends with what to do, after a semicolon. The message of a held or incomplete run has
// no advice, because it is always the same.
func advice(status, message string) (what, todo string) {
	switch status {
	case store.StatusHeld:
		return message, "Check whether so many rows really disappeared. If so, run syncer sync --allow-shrink, or set confirm_shrink for the source."
	case store.StatusIncomplete:
		return message, "Nothing, unless it stays so. What was seen is merged, and no row was ended."
	}
	if i := strings.LastIndex(message, "; "); i > 0 {
		return message[:i], sentence(message[i+2:])
	}
	return message, "It is retried by itself, at the latest at its next scheduled time. docs/faults.md lists the causes."
}

func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

// withAdvice is an error for the page: what failed, and what to do.
func withAdvice(err error) string {
	what, todo := store.Advice(err)
	if todo == "" {
		return what
	}
	return what + "; " + todo
}

// states, the most urgent first.
var states = []string{worker.Failing, worker.Late, worker.Never, worker.Fresh}

var stateWords = map[string]string{worker.Failing: "failing", worker.Late: "late", worker.Never: "not synced yet", worker.Fresh: "fresh"}

// maxChanged is how many columns of a change the page shows.
const maxChanged = 3

// columnChanges formats the changed columns of a row: "status: 1 → 2".
func columnChanges(changed map[string]report.ColumnChange) (list []string, more int) {
	for _, column := range slices.Sorted(maps.Keys(changed)) {
		if len(list) == maxChanged {
			more++
			continue
		}
		list = append(list, fmt.Sprintf("%s: %s → %s", column, value(changed[column].Old), value(changed[column].New)))
	}
	return list, more
}

func value(raw json.RawMessage) string {
	text := string(raw)
	var quoted string
	if json.Unmarshal(raw, &quoted) == nil { // null leaves it empty
		text = quoted
	}
	if text == "" {
		return "–"
	}
	return cut(text, 40)
}

// cut shortens a text to n runes.
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

func orEmpty(s *string) string { return *cmp.Or(s, new(string)) }
