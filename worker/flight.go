package worker

import (
	"context"
	"sync"
)

// flights are the syncs that this process makes at the moment, by partition: two
// of the same would fetch the same rows, and one of them in vain.
type flights struct {
	mu     sync.Mutex
	flying map[flight]chan struct{}
}

type flight struct{ source, account, region string }

// begin notes that the partition is being synced until end is called. Where it is
// already, end is nil, and underWay is closed when that sync has ended.
func (f *flights) begin(j Job) (end func(), underWay <-chan struct{}) {
	key := flight{j.Source.Name, j.Account.Name, j.Region}
	f.mu.Lock()
	defer f.mu.Unlock()
	if c, ok := f.flying[key]; ok {
		return nil, c
	}
	if f.flying == nil {
		f.flying = map[flight]chan struct{}{}
	}
	c := make(chan struct{})
	f.flying[key] = c
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.flying, key)
		close(c)
	}, nil
}

// alone calls do once no other sync of the partition is under way, and keeps others
// from beginning meanwhile.
func (f *flights) alone(ctx context.Context, j Job, do func() error) error {
	for {
		end, underWay := f.begin(j)
		if end != nil {
			defer end()
			return do()
		}
		select {
		case <-underWay:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
