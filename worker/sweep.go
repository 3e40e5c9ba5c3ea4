package worker

import (
	"context"
	"fmt"
	"slices"
	"time"

	"syncer/fetch"
	"syncer/source"
	"syncer/store"
)

// A sweeper makes the sweeps of one run, one after the other.
type sweeper struct {
	job   Job
	run   *store.Run
	stats *fetch.Stats
	sync  *store.Sync

	from     time.Time       // windows begin a lookback before it
	unserved map[string]bool // parameters that the gateway does not know
	planned  int             // sweeps whose first page is counted among those due

	kept  bool  // checkpoints were made
	calls int64 // when the last one was
	at    time.Time
	took  time.Duration // it
}

func newSweeper(job Job, run *store.Run, stats *fetch.Stats, sync *store.Sync, from time.Time) *sweeper {
	return &sweeper{job: job, run: run, stats: stats, sync: sync, from: from, unserved: map[string]bool{}, calls: stats.Calls.Load(), at: time.Now()}
}

// valuesAtOnce bounds how many values are held in memory, and how many one sweep
// of batches covers.
const valuesAtOnce = 50_000

// sweep makes the sweeps of one declaration: one, or one per value, or, where
// values go into batches, one per so many.
func (s *sweeper) sweep(ctx context.Context, decl *source.Sweep) error {
	var scope store.Scope
	if decl.Since != nil && !s.run.Full && !s.sync.Empty() && !s.from.IsZero() {
		lookback := decl.Since.Lookback
		if s.job.Lookback > 0 {
			lookback = s.job.Lookback
		}
		scope.Since = s.from.Add(-lookback)
	}
	each := decl.Each
	if each == nil {
		if err := s.one(ctx, decl, scope); err != nil {
			return err
		}
		return s.older(ctx, decl, scope.Since)
	}
	given := each.Fixed
	if each.Each != nil {
		given = nil // the pairs are made where the other values are read
	}
	if each.Configured {
		given = slices.Compact(slices.Sorted(slices.Values(slices.Concat(given, s.job.Values))))
	}
	if err := s.values(ctx, decl, scope, given); err != nil {
		return err
	}
	for after := ""; ; {
		values, err := s.sync.Values(ctx, each, s.run.Full, after, valuesAtOnce)
		if err != nil || len(values) == 0 {
			return err
		}
		after = values[len(values)-1]
		values = slices.DeleteFunc(values, func(v string) bool { return slices.Contains(given, v) })
		if err := s.values(ctx, decl, scope, values); err != nil {
			return err
		}
	}
}

func (s *sweeper) values(ctx context.Context, decl *source.Sweep, scope store.Scope, values []string) error {
	atOnce := 1
	if _, ok := s.job.Source.Pager.(source.Batches); ok {
		atOnce = valuesAtOnce
	}
	values, err := s.together(ctx, decl, values)
	if err != nil {
		return err
	}
	s.plan((len(values) + atOnce - 1) / atOnce)
	for some := range slices.Chunk(values, atOnce) {
		scope.Values = some
		if err := s.one(ctx, decl, scope); err != nil {
			return err
		}
		if err := s.checkpoint(ctx, decl); err != nil {
			return err
		}
	}
	return nil
}

// plan counts sweeps to come among what is due, for whoever watches.
func (s *sweeper) plan(sweeps int) {
	s.planned += sweeps
	s.stats.Due.Add(int64(sweeps))
}

// listings is how often a listing is made at most to be sure of what is gone.
const listings = 3

const sinceMargin = time.Second

// A listing is a sweep to be made.
type listing struct {
	decl  *source.Sweep
	scope store.Scope
	many  *source.Many // takes the scope's values together
	check pageCheck
	keeps bool                  // it ends nothing, whatever it does not show
	alone func(values []string) // told those values of which rows are missing, where it ends nothing of them
}

// one makes one sweep.
func (s *sweeper) one(ctx context.Context, decl *source.Sweep, scope store.Scope) error {
	return s.list(ctx, listing{decl: decl, scope: scope})
}

// list makes a listing.
//
// While a listing is read page by page, rows that go let others slip onto a page
// that was read already, and nothing in the answers may tell. So where rows are
// missing from a listing of several pages, it is made again until it shows all
// that the one before it did: then no row had gone while that one was read, none
// had slipped, and what neither of them shows is gone.
func (s *sweeper) list(ctx context.Context, l listing) error {
	decl, scope := l.decl, l.scope
	request := fetch.Request{
		Source: s.job.Source, Sweep: decl, Region: s.job.Region,
		Many: l.many, Values: scope.Values,
		Ignore:   s.job.Ignore,
		PageSize: s.job.PageSize, CallsPerSecond: s.job.CallsPerSecond, Stats: s.stats,
	}
	if !scope.Since.IsZero() {
		// Whether the API includes the very moment, and to the millisecond, is not
		// said: so it is asked from before it, and judged from it.
		request.Since = scope.Since.Add(-sinceMargin)
	}
	if len(scope.Values) == 1 && l.many == nil {
		request.Value = scope.Values[0]
	}
	var outcome fetch.Outcome
	defer func() {
		add(s.run.Unknown, outcome.Unknown)
		add(s.run.Refused, outcome.Refused)
	}()
	var before *store.Listing
	for range listings {
		if s.planned == 0 {
			s.plan(1)
		}
		s.planned--
		stage := s.sync.List(decl, scope)
		var err error
		outcome, err = s.job.Account.Client.Sweep(ctx, request, checkedSink{stage, l.check})
		copyCounts(s.run, s.stats)
		if err != nil {
			return err
		}
		if !outcome.Complete {
			s.incomplete(decl, outcome.Reason)
			return nil
		}
		if l.keeps {
			return nil
		}
		var missing []string
		if outcome.Pages > 1 || l.alone != nil {
			if missing, err = stage.Missing(ctx); err != nil {
				return err
			}
		}
		if l.alone != nil {
			l.alone(missing)
			stage.Without(missing)
			stage.Complete()
			return nil
		}
		if len(missing) == 0 || before != nil && !stage.Lost(before) {
			stage.Complete()
			return nil
		}
		before = stage
	}
	s.incomplete(decl, fmt.Sprintf("rows are missing from the listing, but others went each of the %d times it was paged, so that some may only have been overlooked", listings))
	return nil
}

// incomplete notes why a sweep ends nothing; the first reason is kept.
func (s *sweeper) incomplete(decl *source.Sweep, reason string) {
	if s.run.Incomplete == "" {
		s.run.Incomplete = decl.Name + ": " + reason
	}
}

func add(to, from map[string]int) {
	for name, n := range from {
		to[name] += n
	}
}
