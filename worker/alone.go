package worker

import (
	"context"
	"sync"
)

// running are the syncs that this process makes at the moment, by partition: two of one
// partition would fetch the same rows, and one of them in vain. Against other processes,
// queue.go looks into the queue; whatever slips through both, the merge's lock catches.
type running struct {
	mu    sync.Mutex
	syncs map[partition]chan struct{}
}

type partition struct{ source, account, region string }

// begin notes that the partition is being synced until end is called. Where it is
// already, end is nil, and ended is closed when that sync has ended.
func (r *running) begin(j Job) (end func(), ended <-chan struct{}) {
	key := partition{j.Source.Name, j.Account.Name, j.Region}
	r.mu.Lock()
	defer r.mu.Unlock()
	if c, ok := r.syncs[key]; ok {
		return nil, c
	}
	if r.syncs == nil {
		r.syncs = map[partition]chan struct{}{}
	}
	c := make(chan struct{})
	r.syncs[key] = c
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.syncs, key)
		close(c)
	}, nil
}

// alone calls do once no other sync of the partition is under way, and keeps others
// from beginning meanwhile.
func (r *running) alone(ctx context.Context, j Job, do func() error) error {
	for {
		end, ended := r.begin(j)
		if end != nil {
			defer end()
			return do()
		}
		select {
		case <-ended:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
