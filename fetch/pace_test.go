package fetch

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestPaceFindsTheGatewaysRate: against a gateway that allows N calls in each
// second, in virtual time, at least 0.9 N are served and under 1 % throttled,
// whether the configured rate is right or too high.
func TestPaceFindsTheGatewaysRate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		allowed := rapid.IntRange(5, 100).Draw(t, "allowed a second")
		configured := float64(allowed) * rapid.SampledFrom([]float64{1, 1.2, 2, 5}).Draw(t, "configured share")
		latency := time.Duration(rapid.IntRange(5, 200).Draw(t, "latency ms")) * time.Millisecond
		const lasting = 10 * time.Minute
		served, throttled := simulate(newPace(configured), allowed, latency, lasting)
		require.GreaterOrEqual(t, float64(served), 0.9*float64(allowed)*lasting.Seconds(), "served")
		require.Less(t, float64(throttled), 0.01*float64(served+throttled), "throttled of %d", served+throttled)
	})
}

// TestPaceRecovers: when something else took the allowance for a while, the rate
// is back within five minutes.
func TestPaceRecovers(t *testing.T) {
	t.Parallel()
	p := newPace(50)
	simulate(p, 2, 20*time.Millisecond, time.Minute)
	require.Less(t, float64(p.limiter.Limit()), 5.0)
	simulate(p, 50, 20*time.Millisecond, 5*time.Minute)
	require.InDelta(t, 50*headroom, float64(p.limiter.Limit()), 0.01)
}

var paceStart = time.Unix(1_800_000_000, 300e6)

// simulate paces calls at a gateway that counts per second of the clock, and
// returns how many it served and throttled.
func simulate(p *pace, allowed int, latency, lasting time.Duration) (served, throttled int) {
	now := paceStart
	if !p.lowered.IsZero() {
		now = p.lowered.Add(time.Minute)
	}
	p.clock = func() time.Time { return now }
	type answer struct {
		at time.Time
		ok bool
	}
	var under []answer // calls under way, by the time of their answer
	var second int64
	used := 0
	random := rand.New(rand.NewPCG(1, 2))
	for end := now.Add(lasting); now.Before(end); {
		leaves := now.Add(p.limiter.ReserveN(now, 1).DelayFrom(now))
		for len(under) > 0 && !under[0].at.After(leaves) {
			now = under[0].at
			if under[0].ok {
				p.served()
			} else {
				p.throttled()
			}
			under = under[1:]
		}
		now = leaves
		arrives := leaves.Add(latency/2 + time.Duration(random.Int64N(int64(20*time.Millisecond))))
		if arrives.Unix() > second {
			second, used = arrives.Unix(), 0
		}
		used++
		ok := used <= allowed
		if ok {
			served++
		} else {
			throttled++
		}
		under = append(under, answer{arrives.Add(latency / 2), ok})
		slices.SortFunc(under, func(a, b answer) int { return a.at.Compare(b.at) })
	}
	return served, throttled
}

// TestPaceAfterOneThrottledCall: what is throttled before anything was served, or
// after a few calls that were far from the rate, says nothing of what is allowed.
func TestPaceAfterOneThrottledCall(t *testing.T) {
	t.Parallel()
	for _, before := range []int{0, 1, 3} {
		p := newPace(10)
		now := paceStart
		p.clock = func() time.Time { return now }
		call := func(answer func()) {
			now = now.Add(p.limiter.ReserveN(now, 1).DelayFrom(now) + 20*time.Millisecond)
			answer()
		}
		for range before {
			call(p.served)
			now = now.Add(300 * time.Millisecond)
		}
		call(p.throttled)
		start := now
		for range 60 {
			call(p.served)
		}
		require.Less(t, now.Sub(start), 10*time.Second, "60 pages, after %d that were served", before)
	}
}
