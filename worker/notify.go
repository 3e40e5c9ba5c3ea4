package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"syncer/internal/notify"
	"syncer/store"
	"syncer/text"
)

// A NotifyTarget is somebody to tell.
type NotifyTarget struct {
	*notify.Target
	Events []string // troubles of the syncs to be told of; nil: all
}

// A NotifyRule tells of changes.
type NotifyRule struct {
	store.Rule
	Name     string   // its text
	Accounts []string // by name; empty: all
	Targets  []string // by name; empty: all
}

// key tells a rule from others with the same text.
func (r NotifyRule) key() string {
	// It stands in indexes, which hold no more than some 2,700 bytes.
	return text.Fit(text.Clean(fmt.Sprintf("%s %q %q", r.Name, r.Accounts, r.Targets)), 1000)
}

// A Notifier tells people what happens. Any number of them may share a database:
// one at a time watches, and each message is delivered by one. It stands beside the
// syncs, which neither wait for it nor know of it.
type Notifier struct {
	Syncer   *Syncer
	Targets  []NotifyTarget
	Rules    []NotifyRule
	Settle   time.Duration  // how long a trouble lasts before it is told, and between two messages of a rule
	URL      string         // of the status page; empty: not known
	Location *time.Location // of the times in messages
	Logger   *slog.Logger

	Every time.Duration // between two watches; 0: a minute
	Poll  time.Duration // between two looks for messages that are due; 0: 5 s
	Retry time.Duration // before a message is tried again at first; 0: 30 s
	Lease time.Duration // before another may send what this one was sending; 0: 30 s, for which sending and noting are short enough

	began time.Time // the first watch
}

// Run watches and delivers until the context ends.
func (n *Notifier) Run(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() {
		each(ctx, or(n.Every, time.Minute), func() {
			if err := n.Watch(ctx); err != nil && ctx.Err() == nil {
				n.Logger.WarnContext(ctx, "what happened could not be looked at: it is tried again", "error", err)
			}
		})
	})
	for _, t := range n.Targets { // each for itself: one that hangs keeps no other waiting
		wg.Go(func() {
			each(ctx, or(n.Poll, 5*time.Second), func() {
				if err := n.deliver(ctx, t.Target); err != nil && ctx.Err() == nil {
					n.Logger.WarnContext(ctx, "messages could not be looked for: it is tried again", "target", t.Name, "error", err)
				}
			})
		})
	}
	wg.Wait()
}

func or(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}

// each does something now and after each wait, until the context ends.
func each(ctx context.Context, wait time.Duration, do func()) {
	for ctx.Err() == nil {
		do()
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// Watch puts what has happened since the last watch into the outbox, unless another
// process does or just did.
func (n *Notifier) Watch(ctx context.Context) error {
	t := teller{url: n.URL, location: n.Location}
	if n.began.IsZero() {
		n.began = time.Now()
	}
	return n.Syncer.Store.Watch(ctx, or(n.Every, time.Minute), func(w *store.Watch) error {
		states, err := n.Syncer.States(ctx)
		if err != nil {
			return err
		}
		overdue(states, time.Since(n.began), w.Now)
		open, err := w.Alerts(ctx)
		if err != nil {
			return err
		}
		still, tell := judge(states, open, w.Now, n.Settle)
		if err := w.SetAlerts(ctx, partitions(states), still); err != nil {
			return err
		}
		for _, group := range byTrouble(tell) {
			m := t.troubles(group, w.Now).Folded()
			key := fmt.Sprintf("%s %t %s", m.Event, m.Resolved, w.Now.Format(time.RFC3339Nano))
			if err := w.Tell(ctx, n.toldOf(m.Event), key, m); err != nil {
				return err
			}
		}
		for _, r := range n.Rules {
			found, err := w.Match(ctx, r.key(), r.Rule, r.Accounts, n.Settle, few)
			if err != nil {
				return err
			}
			if found.Count == 0 {
				continue
			}
			if err := w.Tell(ctx, n.toldBy(r), r.key()+" "+w.Now.Format(time.RFC3339Nano), t.changes(r, found, w.Now).Folded()); err != nil {
				return err
			}
		}
		return nil
	})
}

// partitions are those that are spoken of.
func partitions(states []State) (list []store.Configured) {
	for _, s := range states {
		list = append(list, store.Configured{Source: s.Source, AccountName: *s.AccountName, RegionID: s.RegionID})
	}
	return list
}

// toldOf names the targets that are told of an event.
func (n *Notifier) toldOf(event string) (names []string) {
	for _, t := range n.Targets {
		if t.Events == nil || slices.Contains(t.Events, event) {
			names = append(names, t.Name)
		}
	}
	return names
}

func (n *Notifier) toldBy(r NotifyRule) (names []string) {
	for _, t := range n.Targets {
		if len(r.Targets) == 0 || slices.Contains(r.Targets, t.Name) {
			names = append(names, t.Name)
		}
	}
	return names
}

// deliver sends a target what is due for it.
func (n *Notifier) deliver(ctx context.Context, t *notify.Target) error {
	for ctx.Err() == nil {
		next, err := n.Syncer.Store.Claim(ctx, t.Name, or(n.Lease, 30*time.Second))
		if err != nil || next == nil {
			return err
		}
		var m notify.Message
		failure := json.Unmarshal(next.Message, &m)
		if failure == nil {
			m.Lines = append(m.Lines, refusedBefore(next)...)
			failure = t.Send(ctx, m)
		}
		if ctx.Err() != nil && failure != nil {
			return context.Cause(ctx) // called off: it is tried again, by whoever comes first
		}
		if err := n.note(ctx, t, next, failure); err != nil {
			return err
		}
	}
	return nil
}

// refusedBefore tells of the messages that the target has refused. Should it be their
// words that it does not take, those of the next one must not be the same: so from the
// second attempt on, there is but their number.
func refusedBefore(next *store.Notification) (lines []string) {
	if n := len(next.Refused); n > 0 && next.Attempts > 1 {
		return []string{fmt.Sprintf("%d messages before this were refused, and not delivered: see alicloud.notifications", n)}
	}
	for _, lost := range next.Refused {
		lines = append(lines, "Not delivered before this, since it was refused: "+lost)
	}
	return lines
}

// note leaves in the outbox what became of a message, also when told to stop: what
// was delivered must not be delivered again.
func (n *Notifier) note(ctx context.Context, t *notify.Target, sent *store.Notification, failure error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if failure == nil {
		return n.Syncer.Store.Delivered(ctx, sent)
	}
	givenUp, err := n.Syncer.Store.Undelivered(ctx, sent, failure.Error(), errors.Is(failure, notify.ErrRefused), or(n.Retry, 30*time.Second))
	switch {
	case err != nil:
		return err
	case givenUp:
		n.Logger.ErrorContext(ctx, "message not delivered, and given up", "target", t.Name, "attempts", sent.Attempts, "error", failure)
	default:
		n.Logger.WarnContext(ctx, "message not delivered: it is tried again", "target", t.Name, "attempts", sent.Attempts, "error", failure)
	}
	return nil
}
