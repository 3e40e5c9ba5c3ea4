package worker

import (
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"syncer/store"
)

// A clock has River go by the database's.
type clock struct{ store *store.Store }

// Now is the moment by the database's clock.
func (c clock) Now() time.Time { return c.store.Time() }

// NowOrNil leaves it to the server to put in its own now().
func (clock) NowOrNil() *time.Time { return nil }

// retries are River's own waits, from now on by the database's clock.
type retries struct {
	river.DefaultClientRetryPolicy
	store *store.Store
}

// NextRetry is when a job that has failed is tried again.
func (r retries) NextRetry(job *rivertype.JobRow) time.Time {
	return r.store.Time().Add(time.Until(r.DefaultClientRetryPolicy.NextRetry(job)))
}

// rescueAllowance is how wrong a process's own clock may be without that it takes for
// hung what has just begun.
const rescueAllowance = time.Hour
