package config

import (
	"slices"
	"strconv"
	"strings"

	"syncer/internal/yamlfile"
	"syncer/source"
)

// Events of syncs for which a target can get messages.
const (
	EventLate       = "late"
	EventFailing    = "failing"
	EventHeld       = "held"
	EventPermission = "permission"
)

// Events lists them.
var Events = []string{EventLate, EventFailing, EventHeld, EventPermission}

// Notify says who gets which messages.
type Notify struct {
	Targets []NotifyTarget
	Rules   []NotifyRule
	// Settle is how long a problem, or its end, must last before a message is sent, and the
	// shortest time between two messages of one rule.
	Settle Duration
}

// A NotifyTarget is a webhook.
type NotifyTarget struct {
	Name   string
	Type   string // dingtalk, feishu, slack or webhook
	URL    Secret
	Secret Secret   // for signing; empty: not signed
	Events []string // of syncs; nil: all
}

// A NotifyRule sends messages about changes.
type NotifyRule struct {
	When     string
	Accounts []string // by name; empty: all
	Targets  []string // by name; empty: all

	Rule Rule `yaml:"-"` // When, read
}

// checkNotify checks what the schema cannot check, and parses the rules.
func (d *document) checkNotify(n *Notify, accounts []Account, known []*source.Source) {
	var targets, names []string
	for i, t := range n.Targets {
		at := []string{"notify", "targets", strconv.Itoa(i)}
		if t.Name != "" && slices.Contains(targets, t.Name) {
			name := yamlfile.Below(at, "name")
			d.Report(d.Place(name), name, "%s is the name of another target already: every one needs its own", d.Quote(name))
		}
		if !slices.Contains(targets, t.Name) {
			targets = append(targets, t.Name)
		}
		if t.Secret != "" && t.Type == "slack" {
			secret := yamlfile.Below(at, "secret")
			d.Report(d.KeyPlace(secret), secret, "has no effect: Slack's webhooks are not signed")
		}
	}
	named := true // false: the cloud names some accounts
	for _, a := range accounts {
		names = append(names, a.Name)
		named = named && a.Members == nil
	}
	for i := range n.Rules {
		r := &n.Rules[i]
		at := []string{"notify", "rules", strconv.Itoa(i)}
		d.checkNames(yamlfile.Below(at, "targets"), r.Targets, targets, "target")
		if named {
			d.checkNames(yamlfile.Below(at, "accounts"), r.Accounts, names, "account")
		}
		rule, err := parseRule(r.When, known)
		if err != nil && r.When != "" {
			when := yamlfile.Below(at, "when")
			place := d.Place(when)
			if node := d.Scalar(when); node != nil && node.Line == place.Line && strings.HasPrefix(node.Value, r.When) && node.Style == 0 {
				place.Column += err.offset // the column in the file, if the text is written there unchanged
			}
			d.Report(place, when, "%s", err.text)
		}
		r.Rule = rule
	}
	if len(n.Rules) > 0 && len(n.Targets) == 0 {
		at := []string{"notify", "rules"}
		d.Report(d.KeyPlace(at), at, "there are no targets to tell: add notify.targets")
	}
}

// checkNames reports names that do not exist.
func (d *document) checkNames(at, names, known []string, kind string) {
	for i, name := range names {
		if slices.Contains(known, name) || name == "" {
			continue
		}
		item := yamlfile.Below(at, strconv.Itoa(i))
		hint := ""
		if near := yamlfile.Nearest(name, known); near != "" {
			hint = "did you mean " + near + "? "
		}
		d.Report(d.Place(item), item, "there is no %s %s: %sexpected one of %s", kind, d.Quote(item), hint, strings.Join(known, ", "))
	}
}
