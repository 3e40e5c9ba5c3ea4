package fetch

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// A pace keeps the calls of one action in one region below a rate. The cloud counts calls
// per account, region and action. It may allow less than expected, and may share the limit
// with other callers.
//
// If calls are throttled, the rate falls to just below what was served in the last second,
// because that is what is allowed. From there it rises along a cubic curve: slowly for a
// minute, so that throttling stays rare, then faster and faster, in case the cause is gone.
// If that second had fewer calls than the rate, it does not show what is allowed. Then the
// rate falls by half, and is back within seconds unless calls are throttled again.
//
// The curve is that of CUBIC (RFC 9438), which keeps TCP connections near a network's
// capacity in the same way.
type pace struct {
	limiter *rate.Limiter
	clock   func() time.Time

	mu      sync.Mutex
	ceiling rate.Limit // calls per second
	base    rate.Limit // the rate rises from here since it was lowered
	halved  rate.Limit // what the last halving took away
	lowered time.Time

	second       int64   // since 1970, of the count now
	now, earlier answers // of that second and of the one before
}

// answers are the counts of one second.
type answers struct{ served, throttled int }

func (a answers) all() int { return a.served + a.throttled }

const (
	// headroom is how far below a limit the rate stays. Calls that leave evenly do not
	// arrive evenly, and none may be counted in another second.
	headroom    = 0.95
	lowestShare = 1.0 / 32 // of the ceiling; throttling does not lower the rate further
	// After a minute the rate is 5 % above the rate at which it was throttled.
	riseShare = 1 - headroom
	riseTime  = time.Minute
	// What a halving took away is back after this time.
	halvedTime = 5 * time.Second
	// filled is the share of the rate that a second must reach to show what is allowed.
	filled = 0.75
	// lowerPause is how long throttled calls count as one event, because they ran at the
	// same time.
	lowerPause = time.Second
)

func newPace(callsPerSecond float64) *pace {
	p := &pace{clock: time.Now}
	p.ceiling = rate.Limit(callsPerSecond) * headroom
	p.base = p.ceiling
	p.limiter = rate.NewLimiter(p.ceiling, burst(p.ceiling))
	return p
}

// burst is how many calls may be made at once: a fiftieth of a second's calls, so that no
// second has many more than the rate.
func burst(ceiling rate.Limit) int { return max(1, int(ceiling/50)) }

// setCeiling changes the highest rate.
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
		return context.DeadlineExceeded // its turn would be too late
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

// tick begins the count of a new second and keeps that of the last.
func (p *pace) tick(now time.Time) {
	switch second := now.Unix(); second {
	case p.second:
	case p.second + 1:
		p.second, p.earlier, p.now = second, p.now, answers{}
	default:
		p.second, p.earlier, p.now = second, answers{}, answers{}
	}
}

// A backoff computes the waits between attempts. The limit doubles each time, and each wait
// is random below it, so that callers that failed together do not retry together.
//
// https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
type backoff struct{ base, most time.Duration }

// after returns the wait after an attempt; the first attempt is 1. asked is the shortest
// wait that the cloud asks for. No wait is longer than most.
func (b backoff) after(attempt int, asked time.Duration) time.Duration {
	most := b.most
	if doublings := attempt - 1; doublings < 30 {
		most = min(most, b.base<<doublings)
	}
	wait := time.Duration(rand.Int64N(int64(most) + 1))
	if asked > 0 {
		wait = asked + wait/10
	}
	return min(wait, b.most)
}

// sleep waits, or returns why the context ended.
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
