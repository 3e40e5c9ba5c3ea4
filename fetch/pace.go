package fetch

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// A pace keeps the calls of one action in one region below a rate. The cloud
// counts them per account, region and action, and may allow less than
// expected, or share what it allows with other callers: so the rate is halved
// when calls are throttled, and creeps back with those that are not.
type pace struct {
	limiter *rate.Limiter

	mu      sync.Mutex
	ceiling rate.Limit // calls a second
	lowered time.Time
}

const (
	lowestShare = 1.0 / 32    // of the ceiling, to which throttling may lower the rate
	raisedShare = 1.0 / 100   // of the ceiling, by which a call that is served raises it
	lowerPause  = time.Second // within which throttled calls count as one: they were under way together
)

func newPace(callsPerSecond float64) *pace {
	ceiling := rate.Limit(callsPerSecond)
	return &pace{limiter: rate.NewLimiter(ceiling, burst(ceiling)), ceiling: ceiling}
}

// burst is what may be called at once: a tenth of a second's calls, so that no
// second sees many more than the rate.
func burst(ceiling rate.Limit) int { return max(1, int(ceiling/10)) }

// setCeiling changes the rate that is aimed at.
func (p *pace) setCeiling(callsPerSecond float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	ceiling := rate.Limit(callsPerSecond)
	if ceiling == p.ceiling {
		return
	}
	p.limiter.SetLimit(p.limiter.Limit() * ceiling / p.ceiling)
	p.limiter.SetBurst(burst(ceiling))
	p.ceiling = ceiling
}

// wait waits for the next call's turn.
func (p *pace) wait(ctx context.Context) error {
	if err := p.limiter.Wait(ctx); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return context.DeadlineExceeded // its turn would come later
	}
	return nil
}

// throttled lowers the rate.
func (p *pace) throttled() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.lowered) < lowerPause {
		return
	}
	p.lowered = time.Now()
	p.limiter.SetLimit(max(p.limiter.Limit()/2, p.ceiling*lowestShare))
}

// served raises the rate, up to the ceiling.
func (p *pace) served() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := p.limiter.Limit(); now < p.ceiling {
		p.limiter.SetLimit(min(now+p.ceiling*raisedShare, p.ceiling))
	}
}

// A backoff says how long to wait between attempts: up to twice as long each
// time, and all of it random, so that callers who failed together do not come
// back together.
//
// https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
type backoff struct{ base, most time.Duration }

// after is the wait after an attempt, the first being 1. told is what the
// cloud says to wait; it is not undercut, but no wait is longer than most.
func (b backoff) after(attempt int, told time.Duration) time.Duration {
	most := b.most
	if doublings := attempt - 1; doublings < 30 {
		most = min(most, b.base<<doublings)
	}
	wait := time.Duration(rand.Int64N(int64(most) + 1))
	if told > 0 {
		wait = told + wait/10
	}
	return min(wait, b.most)
}

// sleep waits, or tells why the context ended.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
