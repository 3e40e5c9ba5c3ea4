// Package worker is the schedule and the job queue: which partition is synced when, by
// which process. It joins fetch and store into the sync of a partition, and tells alert
// how the partitions stand.
//
//	config.go, account.go, job.go   what is synced, from where, how
//	schedule.go, propose.go         when, as slots that go into the queue
//	queue.go, daemon.go, loops.go   by which process, and what it does beside the syncs
//	sync.go, sweep.go               one sync, and the listings that it is made of
//	pass.go                         many of them at once, for who waits
//
// It imports source, fetch, store, alert, River for the queue, and pgx, which River speaks.
package worker

import (
	"log/slog"
	"sync/atomic"
	"time"

	"syncer/fetch"
	"syncer/store"
)

// A Syncer makes syncs. It may be used by many goroutines.
type Syncer struct {
	Store  *store.Store
	Worker string // host and process, for the run log; the Name of the Store's sessions, too
	Logger *slog.Logger

	// Watch, if set, is called as each sync begins. The counts go on changing while it
	// lasts.
	Watch func(Job, *fetch.Stats)
	// Differ, if set, is called for each row that a dry run would write. Partitions call
	// it side by side, each with its rows in order.
	Differ func(Job, store.PlannedChange)
	// Observe, if set, is called as each sync ends, but for dry runs: for metrics.
	Observe func(Result)

	// Rediscover is the time between two listings of members; those of regions are 24
	// times as far apart. 0: an hour.
	Rediscover time.Duration

	// DryDiscovery keeps nothing of what is listed: a dry run writes nothing.
	DryDiscovery bool

	config    atomic.Pointer[Config] // see Configure
	discovery discovery
	running   running
}
