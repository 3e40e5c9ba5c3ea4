package worker

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/riverqueue/river"
)

const (
	// proposeAgain is the wait after the database could not be reached, and proposeIn
	// the most that it may take to answer.
	proposeAgain = time.Second
	proposeIn    = 30 * time.Second
	// proposeWithin spreads the processes' proposals of a slot: the first makes the
	// jobs, and the others need only look.
	proposeWithin = 200 * time.Millisecond
)

// A proposer puts each slot of each schedule into the queue as it comes. The current
// slot of every schedule counts as come at the start and with every configuration:
// whatever is overdue or new runs at once, and a slot that was answered is found to
// be so.
type proposer struct {
	daemon *Daemon
	client *river.Client[pgx.Tx]

	config *Config                 // that the rest speaks of
	last   map[*Settings]time.Time // slot that was proposed
	pruned time.Time               // day whose prune is in the queue
}

// run proposes at each moment that something is due, until the context ends.
func (p *proposer) run(ctx context.Context, next time.Time) {
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
			return
		case <-p.config.replaced:
		case <-time.After(min(next.Sub(p.daemon.Syncer.Store.Time()), or(p.daemon.Look, defaultLook)) + rand.N(proposeWithin)):
		}
		next = p.propose(ctx)
	}
}

// propose proposes what is due, and returns when something will be again.
func (p *proposer) propose(ctx context.Context) (next time.Time) {
	d := p.daemon
	// Also while the database is away: run waits for this one's successor.
	if c := d.Syncer.Config(); c != p.config {
		p.config, p.last = c, map[*Settings]time.Time{}
	}
	now := d.Syncer.Store.Time()
	later := func(what string, err error, attrs ...any) {
		if ctx.Err() == nil {
			d.Logger.WarnContext(ctx, what, append(attrs, "error", told(err))...)
		}
		next = now.Add(proposeAgain)
	}
	asking, cancel := context.WithTimeout(ctx, proposeIn)
	asked, err := d.Syncer.Store.Now(asking)
	cancel()
	if err != nil { // now is what was reckoned, or the next attempt would come at once
		later("nothing is proposed for now: it is tried again", err)
		return next
	}
	now = asked
	next = now.Add(time.Hour)
	if day := now.Truncate(24 * time.Hour); p.config.Retention > 0 && !day.Equal(p.pruned) {
		if err := d.proposePrune(ctx, p.client, day); err != nil {
			later("the day's prune is not queued yet: it is tried again", err)
		} else {
			p.pruned = day
		}
	}
	for _, s := range p.config.Sources {
		if s.Disabled {
			continue
		}
		schedule := slots(s.Schedule)
		if slot := lastTick(schedule, now); !slot.IsZero() && !slot.Equal(p.last[s]) {
			if err := p.insert(ctx, s, slot); err != nil {
				if ctx.Err() != nil {
					return next
				}
				later("slot not queued yet: it is tried again", err, "source", s.Source.Name, "slot", slot)
				continue
			}
			p.last[s] = slot
		}
		if tick := schedule.Next(now); !tick.IsZero() && tick.Before(next) {
			next = tick
		}
	}
	return next
}

// insert puts a slot's jobs into the queue.
func (p *proposer) insert(ctx context.Context, s *Settings, slot time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, proposeIn)
	defer cancel()
	// To propose what is there already would cost a dead row for each job.
	there, err := proposed(ctx, p.daemon.Syncer.Store.Pool(), s.Source.Name, slot)
	if err != nil {
		return err
	}
	var batch []river.InsertManyParams
	for _, j := range p.config.Jobs(s) {
		args := SyncArgs{Source: s.Source.Name, Account: j.Account.Label(), Region: j.Region, Slot: slot.UTC()}
		if !there[args] {
			batch = append(batch, river.InsertManyParams{Args: args})
		}
	}
	if len(batch) == 0 {
		return nil
	}
	_, err = p.client.InsertMany(ctx, batch)
	if _, refused := errors.AsType[*pgconn.PgError](err); !refused || len(batch) == 1 {
		return err
	}
	// What the database refuses of one must not keep the others from their slot.
	err = nil
	for i := range batch {
		if _, one := p.client.InsertMany(ctx, batch[i:i+1]); one != nil {
			err = errors.Join(err, one)
		}
	}
	return err
}
