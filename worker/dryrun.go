package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"syncer/fetch"
	"syncer/store"
)

// DryRun makes jobs dry runs of one pass: each says what would change once those
// before it were synced.
func DryRun(jobs []Job) []Job {
	jobs = slices.Clone(jobs)
	for i, j := range jobs {
		var with []string
		for _, o := range jobs {
			if o.Account == j.Account && o.Region == j.Region {
				with = append(with, o.Source.Name)
			}
		}
		jobs[i].DryRun, jobs[i].with = true, strings.Join(with, ",")
	}
	return jobs
}

// dryRun says what a sync would change.
func (s *Syncer) dryRun(ctx context.Context, job Job, p store.Partition, run *store.Run, stats *fetch.Stats) (r Result, err error) {
	f := s.Store.Foresee()
	defer f.Close(ctx)
	err = s.plan(ctx, f, job, p, run, stats, func(y *store.Sync) (err error) {
		r.Changes, err = y.Plan(ctx, *run, func(d store.PlannedChange) {
			if s.Differ != nil {
				s.Differ(job, d)
			}
		})
		return err
	})
	if err != nil {
		return r, err
	}
	r.Status, r.Message = r.Changes.Status(*run)
	return r, nil
}

// plan fetches what a sync would merge, and does f with it. What the sync would find
// in other sources' tables is foreseen first: those that were never synced, and those
// that the same pass syncs before it.
func (s *Syncer) plan(ctx context.Context, f *store.Foresight, job Job, p store.Partition, run *store.Run, stats *fetch.Stats, do func(*store.Sync) error) error {
	for _, name := range p.Source.DependsOn() {
		if err := s.foresee(ctx, f, job, p, name); err != nil {
			return fmt.Errorf("%s reads %s, which would be synced first: %w", p.Source.Name, name, err)
		}
	}
	past, err := s.begin(ctx, job, p, run)
	if err != nil {
		return err
	}
	y, err := f.Begin(ctx, p)
	if err != nil {
		return err
	}
	defer y.Close(ctx)
	if _, _, err := s.sweep(ctx, job, y, run, stats, past); err != nil {
		return err
	}
	return do(y)
}

// foresee looks ahead at a source that another reads, where it would have been synced
// by the time that the other is.
func (s *Syncer) foresee(ctx context.Context, f *store.Foresight, job Job, p store.Partition, name string) error {
	if f.Knows(name) {
		return nil
	}
	reader := p.Source
	settings := s.Config().source(name)
	if settings == nil {
		return errors.New("it is not among the sources")
	}
	p.Source = settings.Source
	if !slices.Contains(strings.Split(job.with, ","), name) {
		if last, err := s.Store.LastSuccess(ctx, p); err != nil || !last.IsZero() {
			return err
		}
	}
	needed := Job{
		Settings: settings, Account: job.Account, Region: job.Region, DryRun: true, Full: job.Full, AllowShrink: job.AllowShrink,
		neededBy: reader.Name, with: job.with,
	}
	run := s.newRun(needed)
	return s.plan(ctx, f, needed, p, &run, new(fetch.Stats), func(y *store.Sync) error { return y.Foresee(ctx, run, reader) })
}
