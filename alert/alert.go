// Package alert goes from what happened to who is told of it. A round looks at how the
// partitions stand and at what has changed in the tables, and puts messages into the
// outbox, a table; each target of the configuration takes its messages from there.
//
//	trouble.go   when a partition's trouble, or its end, is worth a message
//	rule.go      the changes that a rule of the configuration looks for
//	message.go   the words
//	round.go     one round: all of it in one transaction
//	outbox.go    the messages on their way, and what became of them
//	deliver.go   from the outbox to the targets
//	send/        how each kind of service takes a message
//
// It imports source, store, text and pgx, and has the SQL of its own tables. It does not
// know how syncs are made: worker, which is above it, says how the partitions stand.
package alert

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"syncer/alert/send"
)

// A Target is somebody who gets messages.
type Target struct {
	*send.Target
	Events []string // kinds of trouble to send; nil: all
}

// A Notifier sends people messages about what happens. Any number of them may share a
// database: one at a time makes a round, and each message is delivered by one. It
// works beside the syncs, which neither wait for it nor know of it.
type Notifier struct {
	DB         *pgxpool.Pool
	Partitions func(context.Context) ([]Partition, error) // how those of the configuration stand

	Targets  []Target
	Rules    []Rule
	Settle   time.Duration  // how long a trouble lasts before a message is sent, and the least time between two messages of a rule
	URL      string         // of the status page; empty: not known
	Location *time.Location // of the times in messages
	Logger   *slog.Logger

	Every time.Duration // between two rounds; 0: a minute
	Poll  time.Duration // between two looks into the outbox; 0: 5 s
	Retry time.Duration // before the second attempt to deliver a message; later waits double; 0: 30 s
	Lease time.Duration // after which another process may deliver what one has begun to; 0: 30 s, which sending and noting it never take
}

const (
	defaultEvery = time.Minute
	defaultPoll  = 5 * time.Second
	defaultRetry = 30 * time.Second
	defaultLease = 30 * time.Second
)

// Run makes rounds and delivers messages until the context ends.
func (n *Notifier) Run(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() {
		repeat(ctx, orDefault(n.Every, defaultEvery), func() {
			if err := n.Round(ctx); err != nil && ctx.Err() == nil {
				n.Logger.WarnContext(ctx, "what happened could not be looked at: it is tried again", "error", err)
			}
		})
	})
	for _, t := range n.Targets { // side by side: one that hangs keeps no other waiting
		wg.Go(func() {
			repeat(ctx, orDefault(n.Poll, defaultPoll), func() {
				if err := n.deliver(ctx, t.Target); err != nil && ctx.Err() == nil {
					n.Logger.WarnContext(ctx, "messages could not be looked for: it is tried again", "target", t.Name, "error", err)
				}
			})
		})
	}
	wg.Wait()
}

// repeat does something now and after each wait, until the context ends.
func repeat(ctx context.Context, wait time.Duration, do func()) {
	for ctx.Err() == nil {
		do()
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}

// Round puts messages about what has happened since the last round into the outbox.
// It does nothing where another process makes a round or has just made one.
func (n *Notifier) Round(ctx context.Context) error {
	return inRound(ctx, n.DB, orDefault(n.Every, defaultEvery), func(r *round) error {
		if err := n.troubles(ctx, r); err != nil {
			return err
		}
		return n.changes(ctx, r)
	})
}

// troubles puts messages about the partitions' troubles into the outbox.
func (n *Notifier) troubles(ctx context.Context, r *round) error {
	partitions, err := n.Partitions(ctx)
	if err != nil {
		return err
	}
	open, err := r.openAlerts(ctx)
	if err != nil {
		return err
	}
	open, notices := judge(partitions, open, r.now, n.Settle)
	if err := r.replaceAlerts(ctx, partitions, open); err != nil {
		return err
	}
	w := n.writer()
	for _, group := range byTrouble(notices) {
		m := w.troubles(group, r.now).Folded()
		key := fmt.Sprintf("%s %t %s", m.Event, m.Resolved, r.now.Format(time.RFC3339Nano))
		if err := r.put(ctx, n.subscribers(m.Event), key, m, ofNotices(group)...); err != nil {
			return err
		}
	}
	return nil
}

// subscribers names the targets that get messages of an event.
func (n *Notifier) subscribers(event string) (names []string) {
	for _, t := range n.Targets {
		if t.Events == nil || slices.Contains(t.Events, event) {
			names = append(names, t.Name)
		}
	}
	return names
}

// changes puts messages about what the rules look for into the outbox.
func (n *Notifier) changes(ctx context.Context, r *round) error {
	w := n.writer()
	for _, rule := range n.Rules {
		found, err := r.match(ctx, rule, n.Settle, mostNamed)
		if err != nil {
			return err
		}
		if found.count == 0 {
			continue
		}
		key := rule.key() + " " + r.now.Format(time.RFC3339Nano)
		if err := r.put(ctx, n.recipients(rule), key, w.changes(rule, found, r.now).Folded(), found.subjects(rule)...); err != nil {
			return err
		}
	}
	return nil
}

// recipients names the targets that get a rule's messages.
func (n *Notifier) recipients(rule Rule) (names []string) {
	for _, t := range n.Targets {
		if len(rule.Targets) == 0 || slices.Contains(rule.Targets, t.Name) {
			names = append(names, t.Name)
		}
	}
	return names
}

func (n *Notifier) writer() writer { return writer{url: n.URL, location: n.Location} }

// wrap says in an error what was being done.
func wrap(err *error, format string, args ...any) {
	if *err != nil {
		*err = fmt.Errorf(format+": %w", append(args, *err)...)
	}
}
