package worker

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"syncer/internal/notify"
	"syncer/store"
	"syncer/text"
)

// mostName is how many characters of a name or value a message shows.
const mostName = 100

// few is how many of many things a message names.
const few = 5

// A teller puts what happened into words.
type teller struct {
	url      string // of the status page; empty: not known
	location *time.Location
}

func (t teller) clock(at time.Time) string { return at.In(t.location).Format("2006-01-02 15:04 MST") }

var troubleWords = map[string]struct{ is, are, over, do string }{
	troublePermission: {"is refused", "are refused", "is permitted again", "Grant the RAM user or role what the message names, or give valid credentials; syncer policy prints the policy that is needed, and syncer check tries it."},
	troubleHeld:       {"is held", "are held", "is no longer held", "Look whether so many really went. If so: syncer sync --allow-shrink <source>."},
	troubleFailing:    {"fails", "fail", "succeeds again", "The message says what to do; what can pass is tried again by itself."},
	troubleLate:       {"is late", "are late", "is on time again", "See that syncer run is running, and what syncer status says."},
}

// troubles is one message about all partitions of one trouble.
func (t teller) troubles(list []news, now time.Time) notify.Message {
	first := list[0]
	words := troubleWords[first.Problem]
	m := notify.Message{Event: first.Problem, Resolved: first.resolved, URL: t.url, At: now}
	verb := words.is
	if first.resolved {
		verb = words.over
	}
	m.Title = fmt.Sprintf("syncer: %s %s", partitionName(first), verb)
	if len(list) > 1 {
		m.Title = fmt.Sprintf("syncer: %s and %d more: %s", partitionName(first), len(list)-1, verb)
	}
	for i, n := range list {
		if i == few {
			m.Lines = append(m.Lines, fmt.Sprintf("and %d more", len(list)-few))
			break
		}
		m.Lines = append(m.Lines, t.trouble(n))
	}
	if !first.resolved {
		m.Lines = append(m.Lines, words.do)
	}
	return m
}

func partitionName(n news) string {
	return fmt.Sprintf("%s of %s in %s", n.Source, text.Cut(n.Account, mostName), n.Region)
}

func (t teller) trouble(n news) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: since %s", partitionName(n), t.clock(n.Since))
	if n.resolved {
		fmt.Fprintf(&b, ", until %s", t.clock(*n.GoodSince))
		return b.String()
	}
	if at := n.state.LastSuccessAt; at != nil {
		fmt.Fprintf(&b, ", last success %s", t.clock(*at))
	} else {
		b.WriteString(", never a success")
	}
	if message := n.state.LastErrorMessage; message != nil {
		b.WriteString(": " + text.Cut(*message, 400))
	}
	return b.String()
}

// changes is one message about all that a rule has found.
func (t teller) changes(r NotifyRule, found store.Matches, now time.Time) notify.Message {
	rows := "rows"
	if found.Count == 1 {
		rows = "row"
	}
	m := notify.Message{Event: "rule", URL: t.url, At: now, Title: fmt.Sprintf("syncer: %s (%d %s)", r.Name, found.Count, rows)}
	since := now
	for _, c := range found.First {
		line := text.Cut(c.Key, mostName)
		if c.Name != nil && *c.Name != "" && *c.Name != c.Key {
			line = strings.TrimSpace(fmt.Sprintf("%s (%s)", text.Cut(*c.Name, mostName), line))
		}
		if line == "" { // the only one of its source
			line = r.Source.Name
		}
		if c.Old != nil || c.New != nil {
			line += fmt.Sprintf(": %s %s → %s", r.Column, t.value(r, c.Old), t.value(r, c.New))
		}
		m.Lines = append(m.Lines, fmt.Sprintf("%s, of %s in %s, found %s", line, text.Cut(c.Account, mostName), c.Region, t.clock(c.At)))
		if c.At.Before(since) {
			since = c.At
		}
	}
	if more := found.Count - int64(len(found.First)); more > 0 {
		m.Lines = append(m.Lines, fmt.Sprintf("and %d more", more))
	}
	m.Lines = append(m.Lines, fmt.Sprintf("All of them: syncer changes --source %s --since %s", r.Source.Name, since.UTC().Truncate(time.Second).Format(time.RFC3339)))
	return m
}

// value is a column's value, with the label of its code.
func (t teller) value(r NotifyRule, v *string) string {
	if v == nil {
		return "nothing"
	}
	c, _ := r.Source.Column(r.Column)
	for _, l := range c.Labels {
		if l.Code == *v {
			return fmt.Sprintf("%s (%s)", *v, l.Text)
		}
	}
	return text.Cut(*v, mostName)
}

// byTrouble groups news into what is one message: a trouble, or the end of one.
func byTrouble(list []news) (groups [][]news) {
	for _, n := range list {
		i := slices.IndexFunc(groups, func(g []news) bool { return g[0].Problem == n.Problem && g[0].resolved == n.resolved })
		if i < 0 {
			groups = append(groups, nil)
			i = len(groups) - 1
		}
		groups[i] = append(groups[i], n)
	}
	return groups
}
