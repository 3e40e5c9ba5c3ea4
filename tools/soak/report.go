package main

import (
	"fmt"
	"io"
	"slices"
	"time"

	"syncer/store"
	"syncer/worker"
)

// An outcome is the result of a whole run.
type outcome struct {
	options options
	zone    string
	took    time.Duration

	runs                                          map[string]int // by status
	opened, changed, ended                        int64
	faults, added, removed, zoneChanges           int
	judged, travels, refused, trendDays, versions int
	mergeMoments, compared, partitions            int
	pruned, extra, logLines, permissionLost       int
	heap                                          []int // kB, measured once a day
	goroutines                                    []int
	standing, rewritten                           int64 // bytes
	broken                                        []string
}

func (r *outcome) breaks(format string, args ...any) {
	r.broken = append(r.broken, fmt.Sprintf(format, args...))
}

func (r *outcome) count(result worker.Result) {
	if r.runs == nil {
		r.runs = map[string]int{}
	}
	r.runs[result.Status]++
	r.opened += result.Changes.Opened
	r.changed += result.Changes.Changed
	r.ended += result.Changes.Ended
}

// quarters returns the median of the second quarter, when caches and pools are full, and
// that of the last.
func quarters(days []int) (early, late int) {
	median := func(some []int) int {
		some = slices.Sorted(slices.Values(some))
		return some[len(some)/2]
	}
	q := len(days) / 4
	return median(days[q : 2*q+1]), median(days[len(days)-1-q:])
}

// flat reports whether a quantity did not grow by more than a quarter and an allowance.
func (r *outcome) flat(what string, days []int, allowance int) {
	if early, late := quarters(days); late > early+early/4+allowance {
		r.breaks("%s grew from %d to %d", what, early, late)
	}
}

func (r *outcome) print(w io.Writer) {
	fmt.Fprintf(w, "| | |\n|---|---|\n")
	line := func(name, format string, args ...any) {
		fmt.Fprintf(w, "| %s | %s |\n", name, fmt.Sprintf(format, args...))
	}
	heap, lateHeap := quarters(r.heap)
	goroutines, lateGoroutines := quarters(r.goroutines)
	line("virtual time", "%d days from %s in rounds of %s, in %s (seed %d)", r.options.days, r.options.start.Format(time.DateOnly), r.options.step, r.took.Round(time.Second), r.options.seed)
	line("syncs", "%d ok, %d incomplete, %d held, %d failed", r.runs[store.StatusOK], r.runs[store.StatusIncomplete], r.runs[store.StatusHeld], r.runs[store.StatusFailed])
	line("rows", "%d opened, %d changed, %d ended; %d versions kept, %d month tables dropped", r.opened, r.changed, r.ended, r.versions, r.pruned)
	line("disturbances", "%d faulty answers, %d permissions lost, accounts added %d times and removed %d times, %d time zones set", r.faults, r.permissionLost, r.added, r.removed, r.zoneChanges)
	line("failures contained", "%d syncs: none failed without a disturbance of its own calls", r.judged)
	line("compared with the cloud", "%d partitions, into a new database", r.compared)
	line("moments seen again", "%d, and %d from before the horizon refused", r.travels, r.refused)
	line("moments of merges", "%d, each of one run", r.mergeMoments)
	line("days of trends", "%d, as the versions say", r.trendDays)
	line("partitions at the end", "%d, all fresh; asked again, nothing is written", r.partitions)
	line("unknown field kept", "in %d rows", r.extra)
	line("log", "%d lines, no secret", r.logLines)
	line("memory in use", "%d kB in the second quarter, %d kB in the last", heap, lateHeap)
	line("goroutines", "%d in the second quarter, %d in the last", goroutines, lateGoroutines)
	line("standing rows", "%d kB; written anew %d kB", r.standing>>10, r.rewritten>>10)
	line("promises broken", "%d", len(r.broken))
	for _, b := range r.broken {
		fmt.Fprintf(w, "\n- %s", b)
	}
}
