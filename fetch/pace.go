package fetch

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// A pace keeps the calls of one action in one region below a rate. The cloud
// counts them per account, region and action, may allow less than expected, and
// may share what it allows with other callers. So when calls are throttled the
// rate falls to just below what was served in the last second, which is what is
// allowed, and from there it rises along a cubic curve: for a minute hardly, so
// that throttling stays rare, then ever faster, in case that the cause is gone.
// A second with fewer calls than the rate tells nothing of what is allowed: then
// the rate falls by half, and is back within seconds unless calls are throttled again.
//
// The curve is CUBIC's (RFC 9438), which keeps long connections near what a
// network bears in the same way.
type pace struct {
	limiter *rate.Limiter
	clock   func() time.Time

	mu      sync.Mutex
	ceiling rate.Limit // calls a second
	base    rate.Limit // from which the rate rises since lowered
	halved  rate.Limit // what the rate lost then without a word of what is allowed
	lowered time.Time

	second       int64   // since 1970, that now counts
	now, earlier answers // of that second, and of the one before it
}

// answers count those of a second.
type answers struct{ served, throttled int }

func (a answers) all() int { return a.served + a.throttled }

const (
	// headroom is left below every rate: calls that leave evenly do not arrive
	// so, and none may arrive in another second's count.
	headroom    = 0.95
	lowestShare = 1.0 / 32 // of the ceiling, to which throttling may lower the rate
	// The rate is back where it was throttled, 5 % higher, after a minute.
	riseShare = 1 - headroom
	riseTime  = time.Minute
	// What was lost by halving is back after so long.
	halvedTime = 5 * time.Second
	// filled is the share of the rate that a second's calls must be to tell what is allowed.
	filled = 0.75
	// lowerPause is how long throttled calls count as one: they were under way together.
	lowerPause = time.Second
)

func newPace(callsPerSecond float64) *pace {
	p := &pace{clock: time.Now}
	p.ceiling = rate.Limit(callsPerSecond) * headroom
	p.base = p.ceiling
	p.limiter = rate.NewLimiter(p.ceiling, burst(p.ceiling))
	return p
}

// burst is what may be called at once: a fiftieth of a second's calls, so that
// no second sees many more than the rate.
func burst(ceiling rate.Limit) int { return max(1, int(ceiling/50)) }

// setCeiling changes the rate that is aimed at.
func (p *pace) setCeiling(callsPerSecond float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	ceiling := rate.Limit(callsPerSecond) * headroom
	if ceiling == p.ceiling {
		return
	}
	p.base *= ceiling / p.ceiling
	p.halved *= ceiling / p.ceiling
	p.limiter.SetLimitAt(p.clock(), p.limiter.Limit()*ceiling/p.ceiling)
	p.limiter.SetBurstAt(p.clock(), burst(ceiling))
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
	now := p.clock()
	p.tick(now)
	p.now.throttled++
	if now.Sub(p.lowered) < lowerPause {
		return
	}
	limit, allowed := p.limiter.Limit(), rate.Limit(max(p.now.served, p.earlier.served))
	p.halved = 0
	if allowed == 0 || rate.Limit(max(p.now.all(), p.earlier.all())) < filled*limit {
		allowed = limit / 2
		p.halved = limit / 2
	}
	p.base = max(min(limit, allowed)*headroom, p.ceiling*lowestShare)
	p.lowered = now
	p.limiter.SetLimitAt(now, p.base)
}

// served raises the rate, up to the ceiling.
func (p *pace) served() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock()
	p.tick(now)
	p.now.served++
	if p.limiter.Limit() < p.ceiling {
		since := now.Sub(p.lowered)
		share := since.Seconds() / riseTime.Seconds()
		rise := p.ceiling * riseShare * rate.Limit(share*share*share)
		rise += p.halved * rate.Limit(min(since.Seconds()/halvedTime.Seconds(), 1))
		p.limiter.SetLimitAt(now, min(p.base+rise, p.ceiling))
	}
}

// tick begins a second's count, and remembers the one before.
func (p *pace) tick(now time.Time) {
	switch second := now.Unix(); second {
	case p.second:
	case p.second + 1:
		p.second, p.earlier, p.now = second, p.now, answers{}
	default:
		p.second, p.earlier, p.now = second, answers{}, answers{}
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
