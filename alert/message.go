package alert

import (
	"fmt"
	"strings"
	"time"

	"syncer/alert/send"
	"syncer/text"
)

// mostName is how many characters of a name or value a message shows.
const mostName = 100

// mostNamed is how many of many things a message names.
const mostNamed = 5

// A writer puts what happened into words.
type writer struct {
	url      string // of the status page; empty: not known
	location *time.Location
}

func (w writer) clock(at time.Time) string { return at.In(w.location).Format("2006-01-02 15:04 MST") }

var troubleWords = map[string]struct{ is, over, remedy string }{
	Permission: {"is refused", "is permitted again", "Grant the RAM user or role what the message names, or give valid credentials; syncer policy prints the policy that is needed, and syncer check tries it."},
	Held:       {"is held", "is no longer held", "Look whether so many really went. If so: syncer sync --allow-shrink <source>."},
	Failing:    {"fails", "succeeds again", "The message says what to do; what can pass is tried again by itself."},
	Late:       {"is late", "is on time again", "See that syncer run is running, and what syncer status says."},
}

// troubles is one message about all partitions of one trouble.
func (w writer) troubles(list []notice, now time.Time) send.Message {
	first := list[0]
	words := troubleWords[first.Trouble]
	m := send.Message{Event: first.Trouble, Resolved: first.resolved, URL: w.url, At: now}
	verb := words.is
	if first.resolved {
		verb = words.over
	}
	m.Title = fmt.Sprintf("syncer: %s %s", partitionName(first), verb)
	if len(list) > 1 {
		m.Title = fmt.Sprintf("syncer: %s%s: %s", partitionName(first), andMore(len(list)-1), verb)
	}
	for i, n := range list {
		if i == mostNamed {
			m.Lines = append(m.Lines, strings.TrimSpace(andMore(len(list)-mostNamed)))
			break
		}
		m.Lines = append(m.Lines, w.trouble(n))
	}
	if !first.resolved {
		m.Lines = append(m.Lines, words.remedy)
	}
	return m
}

// andMore says how many there are besides those named.
func andMore(n int) string { return fmt.Sprintf(" and %d more", n) }

func partitionName(n notice) string { return n.subject().name() }

// name is how titles and lines call it.
func (s subject) name() string {
	if s.Region == "" {
		return fmt.Sprintf("%s of %s", s.Source, text.Cut(s.Account, mostName))
	}
	return fmt.Sprintf("%s of %s in %s", s.Source, text.Cut(s.Account, mostName), s.Region)
}

func (n notice) subject() subject { return subject{n.Source, n.Account, n.Region} }

func ofNotices(list []notice) (about []subject) {
	for _, n := range list {
		about = append(about, n.subject())
	}
	return about
}

// subjects are those that a message names.
func (m matches) subjects(r Rule) (about []subject) {
	for _, c := range m.first {
		about = append(about, subject{r.Source.Name, c.account, c.region})
	}
	return about
}

func (w writer) trouble(n notice) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: since %s", partitionName(n), w.clock(n.Since))
	if n.resolved {
		fmt.Fprintf(&b, ", until %s", w.clock(*n.WellSince))
		return b.String()
	}
	if at := n.partition.LastSuccessAt; at != nil {
		fmt.Fprintf(&b, ", last success %s", w.clock(*at))
	} else {
		b.WriteString(", never a success")
	}
	if message := n.partition.LastError; message != nil {
		b.WriteString(": " + text.Cut(*message, 400))
	}
	return b.String()
}

// changes is one message about all that a rule has found.
func (w writer) changes(r Rule, found matches, now time.Time) send.Message {
	rows := "rows"
	if found.count == 1 {
		rows = "row"
	}
	m := send.Message{Event: "rule", URL: w.url, At: now, Title: fmt.Sprintf("syncer: %s (%d %s)", r.Name, found.count, rows)}
	since := now
	for _, c := range found.first {
		line := text.Cut(c.key, mostName)
		if c.name != nil && *c.name != "" && *c.name != c.key {
			line = strings.TrimSpace(fmt.Sprintf("%s (%s)", text.Cut(*c.name, mostName), line))
		}
		if line == "" { // the only one of its source
			line = r.Source.Name
		}
		if c.old != nil || c.new != nil {
			line += fmt.Sprintf(": %s %s → %s", r.Column, w.value(r, c.old), w.value(r, c.new))
		}
		m.Lines = append(m.Lines, fmt.Sprintf("%s, of %s in %s, found %s", line, text.Cut(c.account, mostName), c.region, w.clock(c.at)))
		if c.at.Before(since) {
			since = c.at
		}
	}
	if more := found.count - int64(len(found.first)); more > 0 {
		m.Lines = append(m.Lines, fmt.Sprintf("and %d more", more))
	}
	m.Lines = append(m.Lines, fmt.Sprintf("All of them: syncer changes --source %s --since %s", r.Source.Name, since.UTC().Truncate(time.Second).Format(time.RFC3339)))
	return m
}

// value is a column's value, with the label of its code.
func (w writer) value(r Rule, v *string) string {
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
