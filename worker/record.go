package worker

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"syncer/fetch"
	"syncer/store"
)

func count(run *store.Run, stats *fetch.Stats) {
	run.Calls, run.Retries, run.Throttled = stats.Calls.Load(), stats.Retries.Load(), stats.Throttled.Load()
	run.Pages, run.Rows = stats.Pages.Load(), stats.Rows.Load()
}

// recordFailure leaves the failed run in the database, if that can be reached.
func (s *Syncer) recordFailure(ctx context.Context, p store.Partition, run store.Run, failure error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if p.AccountID == "" { // not even that could be asked: it may be known from before
		p.AccountID, _ = s.Store.AccountID(ctx, p.AccountName)
	}
	f := store.Failure{Message: told(failure)}
	if e, ok := errors.AsType[*fetch.Error](failure); ok {
		f.Code, f.RequestID = e.Code, e.RequestID
	}
	if err := s.Store.RecordFailure(ctx, p, run, f); err != nil {
		s.Logger.ErrorContext(ctx, "the failed run could not be recorded", "source", p.Source.Name, "account", p.AccountName, "region_id", p.RegionID, "error", told(err))
	}
}

// log says once what became of the run.
func (s *Syncer) log(ctx context.Context, p store.Partition, run store.Run, r Result) {
	attrs := []any{
		"source", p.Source.Name, "account", p.AccountName, "account_id", p.AccountID, "region_id", p.RegionID,
		"status", r.Status, "took", r.Took.Round(time.Millisecond), "calls", run.Calls, "rows", run.Rows,
		"opened", r.Changes.Opened, "changed", r.Changes.Changed, "ended", r.Changes.Ended,
	}
	if r.Message != "" {
		attrs = append(attrs, "message", r.Message)
	}
	level := slog.LevelInfo
	if r.Status != store.StatusOK && r.Status != StatusCalledOff {
		level = slog.LevelWarn
	}
	s.Logger.Log(ctx, level, "synced", attrs...)
	for name, fields := range map[string]map[string]int{"unknown": run.Unknown, "refused": run.Refused} {
		if len(fields) > 0 {
			s.Logger.WarnContext(ctx, name+" fields are kept in extra", "source", p.Source.Name, "account_id", p.AccountID, "region_id", p.RegionID,
				"fields", strings.Join(slices.Sorted(maps.Keys(fields)), ","))
		}
	}
}
