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
	// tryAgain is the wait after the database could not be reached, and answerWithin
	// the most that it may take to answer.
	tryAgain     = time.Second
	answerWithin = 30 * time.Second
	// proposeWithin spreads the processes' proposals of a slot: the first makes the
	// jobs, and the others need only look.
	proposeWithin = 200 * time.Millisecond
)

// A proposer puts each slot of each schedule into the queue as it comes. At the start
// and with every configuration, the current slot of every schedule counts as due:
// whatever is overdue or new runs at once, and a slot that was answered is found to
// be so.
type proposer struct {
	daemon *Daemon
	client *river.Client[pgx.Tx]

	config *Config // whose slots these are
	last   map[*Settings]proposal
	pruned time.Time // day whose prune is in the queue
}

// A proposal is the slot that was proposed last, and the one after it.
type proposal struct{ slot, next time.Time }

// propose takes a turn: it proposes what is due, and waits until something will be
// again, but not for so long that a clock which is put right could hide it.
func (p *proposer) propose(ctx context.Context, c *Config) (wait time.Duration) {
	if c != p.config { // also while the database is away
		p.config, p.last = c, map[*Settings]proposal{}
	}
	asking, cancel := context.WithTimeout(ctx, answerWithin)
	now, err := p.daemon.Syncer.Store.Now(asking)
	cancel()
	if err != nil {
		p.warn(ctx, "nothing is proposed for now: it is tried again", err)
		return tryAgain
	}
	next := now.Add(p.daemon.Look)
	soonest := func(t time.Time) {
		if t.Before(next) {
			next = t
		}
	}
	if day := now.Truncate(24 * time.Hour); c.Retention > 0 && !day.Equal(p.pruned) {
		if err := p.proposePrune(ctx, day); err != nil {
			p.warn(ctx, "the day's prune is not queued yet: it is tried again", err)
			soonest(now.Add(tryAgain))
		} else {
			p.pruned = day
		}
	}
	for _, s := range c.Sources {
		if s.Disabled {
			continue
		}
		last := p.last[s]
		if !now.Before(last.slot) && now.Before(last.next) {
			soonest(last.next)
			continue
		}
		schedule := slots(s.Schedule)
		if slot := lastTick(schedule, now); !slot.IsZero() && !slot.Equal(last.slot) {
			if err := p.insert(ctx, s, slot); err != nil {
				p.warn(ctx, "slot not queued yet: it is tried again", err, "source", s.Source.Name, "slot", slot)
				soonest(now.Add(tryAgain))
				continue
			}
			last.slot = slot
		}
		last.next = schedule.Next(now)
		p.last[s] = last
		if !last.next.IsZero() {
			soonest(last.next)
		}
	}
	return min(max(0, next.Sub(p.daemon.Syncer.Store.Time())), p.daemon.Look) + rand.N(proposeWithin)
}

func (p *proposer) warn(ctx context.Context, what string, err error, attrs ...any) {
	if ctx.Err() == nil {
		p.daemon.Logger.WarnContext(ctx, what, append(attrs, "error", describe(err))...)
	}
}

// insert puts a slot's jobs into the queue.
func (p *proposer) insert(ctx context.Context, s *Settings, slot time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
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
