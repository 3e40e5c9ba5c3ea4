package sim

import (
	"sync"
	"time"
)

// rates counts calls in windows of one second, because Alibaba Cloud's quotas are calls per
// second, for each account, region and API.
type rates struct {
	mu    sync.Mutex
	count map[rateKey]*tally
}

type rateKey struct{ account, region, action string }

type tally struct {
	at   int64 // seconds since 1970
	used int
}

// take counts a call. It returns 0, or, if the calls of this second are used up, how long
// to wait.
func (r *rates) take(k rateKey, now time.Time, limit int) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.count == nil {
		r.count = map[rateKey]*tally{}
	}
	s := r.count[k]
	if s == nil {
		s = &tally{}
		r.count[k] = s
	}
	if now.Unix() != s.at {
		*s = tally{at: now.Unix()}
	}
	if s.used >= limit {
		return time.Unix(s.at+1, 0).Sub(now)
	}
	s.used++
	return 0
}

func (c *Cloud) throttled(wait time.Duration) *Error {
	e := &Error{Status: c.opt.ThrottleStatus, Code: "Throttling.User", Message: "Request was denied due to user flow control."}
	if c.opt.RetryAfter {
		e.RetryAfter, e.limit = max(wait, time.Millisecond), c.opt.Rate
	}
	return e
}
