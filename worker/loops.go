package worker

import (
	"context"
	"math"
	"time"
)

// What a daemon does again and again beside the syncs, which River's workers make:
//
//	file            does                                   how often                        guards against
//	propose.go      puts due slots and the day's prune     at each tick of a schedule, and  a slot that a stopped leader loses,
//	                into the queue                         every Look                       a clock that is put right
//	orphans.go      gives jobs of dead processes back      every DeadAfter                  jobs that wait for their timeout, which is hours
//	queuehealth.go  says when the queue stops moving       every Look                       a pause or a lack of workers that nobody sees
//	alerts.go       sends messages: see package alert      every minute; deliveries: 5 s    troubles that nobody hears of
//	discover.go     lists members and regions              hourly; members' regions: daily  accounts that joined or left
//	configured.go   tells the database what is configured  once for each configuration;     partitions that are late for ever,
//	                                                       again while accounts are unknown though nobody syncs them any more
//
// Each process runs all of them: none needs a leader. Two more things come and go by
// themselves. prune.go works the day's prune as a job of the queue. databaselog.go looks
// for the database every half second while it is away.

// A loop does one of these. It is given the configuration that stands as its turn
// begins, and returns how long to wait for the next.
type loop struct {
	turn func(context.Context, *Config) (wait time.Duration)
	// reconfigured has the next turn come as soon as the configuration is replaced.
	reconfigured bool
}

// forever is the wait of a loop that has nothing to do until the configuration is replaced.
const forever = time.Duration(math.MaxInt64)

// run takes turns until the context ends.
func (l loop) run(ctx context.Context, s *Syncer) {
	for ctx.Err() == nil {
		c := s.Config()
		var replaced <-chan struct{}
		if l.reconfigured {
			replaced = c.replaced
		}
		wait := time.NewTimer(l.turn(ctx, c))
		select {
		case <-ctx.Done():
		case <-replaced:
		case <-wait.C:
		}
		wait.Stop()
	}
}
