package config

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"syncer/internal/yamlfile"
	"syncer/source"
)

// A Rule says about which changes of a source's rows to send messages:
//
//	<source> opened | ended | returned | changed
//	<source>.<column> changed [from <value>] [to <value>]
//	<source>.<column> became <value>
//	<source>.<column> rose above <number>
//	<source>.<column> fell below <number>
//
// A value is a code, its label, or text; one with spaces is in quotes. "changed" needs a
// row that existed before. "became" and "rose" also match a new row.
type Rule struct {
	Source   *source.Source
	Column   string  // empty: the whole row
	Verb     string  // opened, ended, returned, changed, became, rose or fell
	From, To *string // of changed and became; nil: any value
	Than     float64 // of rose and fell
}

// A ruleError is an error in a rule, and its position in the rule's text.
type ruleError struct {
	offset int
	text   string
}

// A word is one word of a rule, and its position in the text.
type word struct {
	text   string
	offset int
}

const ruleForms = `expected such as "agentless_tasks.status changed to 3", "instance_patch_states.missing_count rose above 0" or "cloud_center_instances ended"`

func parseRule(text string, known []*source.Source) (r Rule, _ *ruleError) {
	words, err := split(text)
	if err != nil {
		return r, err
	}
	if len(words) < 2 {
		return r, &ruleError{0, "is no rule: " + ruleForms}
	}
	subject := words[0]
	name, column, hasColumn := strings.Cut(subject.text, ".")
	s, ok := source.ByName(known, name)
	if !ok {
		var names []string
		for _, s := range known {
			names = append(names, s.Name)
		}
		return r, &ruleError{subject.offset, unknown("source", name, names)}
	}
	r.Source, r.Verb = s, words[1].text
	verbs := []string{"opened", "ended", "returned", "changed"}
	if hasColumn {
		verbs = []string{"changed", "became", "rose", "fell"}
	}
	if !slices.Contains(verbs, r.Verb) {
		return r, &ruleError{words[1].offset, unknown("word", r.Verb, verbs)}
	}
	if !hasColumn {
		return r, wantEnd(words, 2)
	}
	r.Column = column
	i := slices.IndexFunc(s.Columns, func(c source.Column) bool { return c.Name == column })
	if i < 0 {
		var names []string
		for _, c := range s.Columns {
			if !c.Volatile {
				names = append(names, c.Name)
			}
		}
		return r, &ruleError{subject.offset + len(name) + 1, unknown("column of "+name, column, names)}
	}
	c := s.Columns[i]
	if c.Volatile || slices.Contains(s.Key, column) {
		return r, &ruleError{subject.offset + len(name) + 1, fmt.Sprintf("%s makes no version of a row, so that its changes are not known", column)}
	}
	if r.Verb == "rose" || r.Verb == "fell" {
		return r, r.number(words, c)
	}
	return r, r.values(words, c)
}

// number parses "above N" or "below N".
func (r *Rule) number(words []word, c source.Column) *ruleError {
	if c.Type != source.BigInt && c.Type != source.Double {
		return &ruleError{words[1].offset, c.Name + " is no number: expected changed or became"}
	}
	preposition := map[string]string{"rose": "above", "fell": "below"}[r.Verb]
	if len(words) < 3 || words[2].text != preposition {
		return &ruleError{words[min(2, len(words)-1)].offset, fmt.Sprintf("expected %s %s and a number", r.Verb, preposition)}
	}
	var err error
	if len(words) > 3 {
		r.Than, err = strconv.ParseFloat(words[3].text, 64)
	}
	if len(words) < 4 || err != nil || math.IsNaN(r.Than) || math.IsInf(r.Than, 0) {
		return &ruleError{words[len(words)-1].offset, fmt.Sprintf("expected %s %s and a number", r.Verb, preposition)}
	}
	return wantEnd(words, 4)
}

// values parses "changed [from V] [to V]" or "became V".
func (r *Rule) values(words []word, c source.Column) *ruleError {
	i := 2
	read := func() (*string, *ruleError) {
		if i >= len(words) {
			return nil, &ruleError{words[len(words)-1].offset, "expected a value after " + strconv.Quote(words[len(words)-1].text)}
		}
		v, err := value(words[i], c)
		i++
		return &v, err
	}
	var err *ruleError
	if r.Verb == "became" {
		if r.To, err = read(); err != nil {
			return err
		}
		return wantEnd(words, i)
	}
	for _, part := range []struct {
		word string
		to   **string
	}{{"from", &r.From}, {"to", &r.To}} {
		if i < len(words) && words[i].text == part.word {
			i++
			if *part.to, err = read(); err != nil {
				return err
			}
		}
	}
	return wantEnd(words, i)
}

// value returns a column's value as PostgreSQL writes it. A label stands for its code.
func value(w word, c source.Column) (string, *ruleError) {
	var labels []string
	for _, l := range c.Labels {
		if strings.EqualFold(l.Text, w.text) {
			return l.Code, nil
		}
		labels = append(labels, fmt.Sprintf("%s (%s)", l.Code, l.Text))
	}
	switch c.Type {
	case source.Text:
		return w.text, nil
	case source.BigInt:
		if n, err := strconv.ParseInt(w.text, 10, 64); err == nil {
			return strconv.FormatInt(n, 10), nil
		}
		if labels != nil {
			return "", &ruleError{w.offset, fmt.Sprintf("%s has no value %q: expected one of %s", c.Name, w.text, strings.Join(labels, ", "))}
		}
		return "", &ruleError{w.offset, fmt.Sprintf("%s is a whole number, and %q is none", c.Name, w.text)}
	case source.Bool:
		if w.text == "true" || w.text == "false" {
			return w.text, nil
		}
		return "", &ruleError{w.offset, fmt.Sprintf("%s is true or false, and not %q", c.Name, w.text)}
	default:
		return "", &ruleError{w.offset, c.Name + " cannot be compared with a value: expected changed, and no more"}
	}
}

func wantEnd(words []word, n int) *ruleError {
	if n < len(words) {
		return &ruleError{words[n].offset, fmt.Sprintf("%q is not expected here: %s", words[n].text, ruleForms)}
	}
	return nil
}

func unknown(kind, name string, known []string) string {
	hint := ""
	if near := yamlfile.Nearest(name, known); near != "" {
		hint = "did you mean " + near + "? "
	}
	return fmt.Sprintf("there is no such %s as %q: %sexpected one of %s", kind, name, hint, strings.Join(known, ", "))
}

// split splits a rule at spaces that are not in quotes.
func split(text string) (words []word, _ *ruleError) {
	for i := 0; i < len(text); {
		switch c := text[i]; c {
		case ' ', '\t', '\n':
			i++
		case '\'', '"':
			end := strings.IndexByte(text[i+1:], c)
			if end < 0 {
				return nil, &ruleError{i, "the quote that begins here does not end"}
			}
			words = append(words, word{text[i+1 : i+1+end], i})
			i += end + 2
		default:
			end := strings.IndexAny(text[i:], " \t\n")
			if end < 0 {
				end = len(text) - i
			}
			words = append(words, word{text[i : i+end], i})
			i += end
		}
	}
	return words, nil
}
