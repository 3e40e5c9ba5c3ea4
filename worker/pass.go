package worker

import (
	"context"
	"slices"
)

// SyncAll syncs jobs, so many at once, and tells done of each as it ends. A
// source that reads another's table comes after it. It returns once all ended, or,
// when the context ends, once those under way did.
func (s *Syncer) SyncAll(ctx context.Context, jobs []Job, atOnce int, done func(Result)) {
	notEnded := map[string]int{} // jobs of each source
	for _, j := range jobs {
		notEnded[j.Source.Name]++
	}
	mustWait := func(j Job) bool {
		return slices.ContainsFunc(j.Source.DependsOn(), func(name string) bool { return notEnded[name] > 0 })
	}
	waiting, underWay := slices.Clone(jobs), 0
	ended := make(chan Result)
	for {
		for i := 0; i < len(waiting) && underWay < max(1, atOnce) && ctx.Err() == nil; {
			j := waiting[i]
			if mustWait(j) {
				i++
				continue
			}
			waiting = slices.Delete(waiting, i, i+1)
			underWay++
			go func() {
				r, _ := s.Sync(ctx, j) // the result tells the error
				ended <- r
			}()
		}
		if underWay == 0 {
			return
		}
		r := <-ended
		underWay--
		notEnded[r.Job.Source.Name]--
		done(r)
	}
}
