package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"syncer/source"
	"syncer/store"
	"syncer/worker"
)

// A moment is what the views showed at one time.
type moment struct {
	at     time.Time
	digest map[string]string // of each source
}

// remember notes what every view shows now.
func (l *life) remember(ctx context.Context, at time.Time) error {
	m := moment{at, map[string]string{}}
	for _, src := range source.All {
		d, err := l.digest(ctx, src, "alicloud."+src.Name)
		if err != nil {
			return err
		}
		m.digest[src.Name] = d
	}
	l.moments = append(l.moments, m)
	return nil
}

// digest is the number of rows in a relation, and a hash of their tracked columns.
func (l *life) digest(ctx context.Context, src *source.Source, relation string) (digest string, err error) {
	untracked := []string{}
	for _, c := range src.Columns {
		if c.Untracked {
			untracked = append(untracked, c.Name)
		}
	}
	err = l.store.Pool().QueryRow(ctx, fmt.Sprintf(`SELECT count(*) || ' ' || coalesce(md5(string_agg(h, '' ORDER BY h)), '')
FROM (SELECT md5((to_jsonb(s) - $1::text[])::text) AS h FROM %s AS s) AS d`, relation), untracked).Scan(&digest)
	return digest, err
}

// laws checks what must hold at the end.
func (l *life) laws(ctx context.Context) error {
	for _, law := range []func(context.Context) error{l.timeTravel, l.trends, l.versions, l.months, l.settled, l.bloat} {
		if err := law(ctx); err != nil {
			return err
		}
	}
	r := &l.report
	// The first days fill caches and pools.
	warm := len(r.heap) / 4
	if last, first := slices.Max(r.heap[len(r.heap)/2:]), slices.Max(r.heap[:warm+1]); float64(last) > 2*float64(first) {
		r.breaks("memory grew from %d kB to %d kB", first>>10, last>>10)
	}
	if last, first := slices.Min(r.goroutines[len(r.goroutines)/2:]), slices.Max(r.goroutines[:warm+1]); last > first {
		r.breaks("goroutines grew from %d to %d", first, last)
	}
	return nil
}

// timeTravel: every remembered moment can be seen again.
func (l *life) timeTravel(ctx context.Context) error {
	for i, m := range l.moments {
		for _, src := range source.All {
			for _, at := range []time.Time{m.at.Add(l.step / 2), m.at.Add(l.step - time.Microsecond)} {
				d, err := l.digest(ctx, src, fmt.Sprintf("alicloud.%s_as_of('%s')", src.Name, at.Format(time.RFC3339Nano)))
				if err != nil {
					return err
				}
				if d != m.digest[src.Name] {
					l.report.breaks("%s as of round %d (%s) shows %s, then it showed %s", src.Name, i, at, d, m.digest[src.Name])
				}
				l.report.travels++
			}
		}
	}
	return nil
}

// counted is the measure of a trend that counts all rows.
var counted = map[string]string{
	"patch_compliance_daily": "instances", "agent_install_daily": "servers", "agentless_tasks_daily": "tasks",
	"operation_processes_daily": "processes", "fleet_daily": "servers",
}

// trends: the days of the trends are those of the versions, without gaps.
func (l *life) trends(ctx context.Context) error {
	for _, src := range source.All {
		for _, t := range src.Trends {
			if counted[t.Name] == "" {
				continue
			}
			var wrong, days int
			err := l.store.Pool().QueryRow(ctx, fmt.Sprintf(`SELECT count(*) FILTER (WHERE kept IS DISTINCT FROM asked), count(*)
FROM (
    SELECT d.day,
        (SELECT coalesce(sum(%s), 0) FROM alicloud.%s WHERE day = d.day) AS kept,
        (SELECT count(*) FROM alicloud.%s_as_of(((d.day + 1)::timestamp AT TIME ZONE $1) - interval '1 microsecond')) AS asked
    FROM (SELECT generate_series(0, $3::int) + ($2::timestamptz AT TIME ZONE $1)::date AS day) AS d
) AS c`, counted[t.Name], t.Name, src.Name), l.report.zone, l.moments[0].at, l.days).Scan(&wrong, &days)
			if err != nil {
				return err
			}
			if wrong > 0 {
				l.report.breaks("%s differs from %s_as_of on %d of %d days", t.Name, src.Name, wrong, days)
			}
			l.report.trendDays += days
		}
	}
	return nil
}

// versions: no two versions of a row overlap.
func (l *life) versions(ctx context.Context) error {
	for _, src := range source.All {
		key := strings.Join(append([]string{"account_id", "region_id"}, src.Key...), ", ")
		var crossed, all int
		err := l.store.Pool().QueryRow(ctx, fmt.Sprintf(`SELECT count(*) FILTER (WHERE valid_from < before), count(*)
FROM (SELECT valid_from, lag(valid_to) OVER (PARTITION BY %s ORDER BY valid_from) AS before FROM syncer.%s) AS v`, key, src.Name)).Scan(&crossed, &all)
		if err != nil {
			return err
		}
		if crossed > 0 {
			l.report.breaks("%d versions of %s overlap", crossed, src.Name)
		}
		l.report.versions += all
	}
	return nil
}

// months: what ended is in its month, and the months ahead are made.
func (l *life) months(ctx context.Context) error {
	for _, src := range source.All {
		var strays int
		var ahead bool
		err := l.store.Pool().QueryRow(ctx, fmt.Sprintf("SELECT (SELECT count(*) FROM syncer.%[1]s_default), to_regclass('syncer.%[1]s_%[2]s') IS NOT NULL",
			src.Name, l.now.Load().AddDate(0, 1, 0).Format("2006_01"))).Scan(&strays, &ahead)
		if err != nil {
			return err
		}
		if strays > 0 || !ahead {
			l.report.breaks("%s: %d versions without a month, next month made: %t", src.Name, strays, ahead)
		}
	}
	return nil
}

// settled: once the trouble has ceased, every configured partition is synced, and
// asking for everything again finds nothing new.
func (l *life) settled(ctx context.Context) error {
	jobs := l.syncer.Jobs()
	for i := range jobs {
		jobs[i].Full = true
	}
	for pass := range 2 {
		l.syncer.SyncAll(ctx, jobs, 4, func(r worker.Result) {
			if c := r.Changes; r.Status != store.StatusOK || pass == 1 && c.Opened+c.Changed+c.Ended > 0 {
				l.report.breaks("settled, pass %d: %s is %s (%s): %d opened, %d changed, %d ended", pass, r.Job, r.Status, r.Message, c.Opened, c.Changed, c.Ended)
			}
		})
	}
	fresh, err := l.store.Freshness(ctx)
	if err != nil {
		return err
	}
	for _, j := range jobs {
		if !slices.ContainsFunc(fresh, func(f store.Freshness) bool {
			return f.Source == j.Source.Source.Name && f.RegionID == j.Region && f.AccountName != nil && *f.AccountName == j.Account.Name && f.LastStatus != nil && *f.LastStatus == store.StatusOK
		}) {
			l.report.breaks("%s is missing or not fresh", j)
		}
	}
	l.report.partitions = len(fresh)
	return nil
}

// bloat: the standing rows take little more room than if written anew.
func (l *life) bloat(ctx context.Context) error {
	size := func() (n int64, err error) {
		err = l.store.Pool().QueryRow(ctx, "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class AS c WHERE c.relnamespace = 'syncer'::regnamespace AND c.relname LIKE '%\\_standing'").Scan(&n)
		return n, err
	}
	before, err := size()
	if err != nil {
		return err
	}
	if _, err := l.store.Pool().Exec(ctx, "VACUUM FULL"); err != nil {
		return err
	}
	after, err := size()
	l.report.bloat = float64(before) / float64(after)
	if l.report.bloat > 3 { // tables of a few pages hold their free space, and indexes their split pages
		l.report.breaks("the standing rows take %.1f times the room they need", l.report.bloat)
	}
	return err
}

// A report is what a life came to.
type report struct {
	options options
	zone    string
	took    time.Duration

	runs                                          map[string]int // by status
	opened, changed, ended                        int64
	faults, refusals, added, removed, zoneChanges int
	travels, trendDays, versions, partitions      int
	heap                                          []uint64
	goroutines                                    []int
	bloat                                         float64
	broken                                        []string
}

func (r *report) breaks(format string, args ...any) {
	r.broken = append(r.broken, fmt.Sprintf(format, args...))
}

func (r *report) count(result worker.Result) {
	if r.runs == nil {
		r.runs = map[string]int{}
	}
	r.runs[result.Status]++
	r.opened += result.Changes.Opened
	r.changed += result.Changes.Changed
	r.ended += result.Changes.Ended
}

func (r *report) print(w io.Writer) {
	fmt.Fprintf(w, "| | |\n|---|---|\n")
	line := func(name, format string, args ...any) {
		fmt.Fprintf(w, "| %s | %s |\n", name, fmt.Sprintf(format, args...))
	}
	line("virtual time", "%d days in rounds of %s, in %s (seed %d)", r.options.days, r.options.step, r.took.Round(time.Second), r.options.seed)
	line("syncs", "%d ok, %d incomplete, %d held, %d failed", r.runs[store.StatusOK], r.runs[store.StatusIncomplete], r.runs[store.StatusHeld], r.runs[store.StatusFailed])
	line("rows", "%d opened, %d changed, %d ended; %d versions kept", r.opened, r.changed, r.ended, r.versions)
	line("trouble", "%d faulty answers, %d permissions lost, accounts %d times added and %d times removed, %d time zones set", r.faults, r.refusals, r.added, r.removed, r.zoneChanges)
	line("moments seen again", "%d, all as they were then", r.travels)
	line("days of trends", "%d, all as the versions say", r.trendDays)
	line("partitions", "%d, none missing", r.partitions)
	line("memory in use", "%d kB after a quarter of the time, %d kB at the end", r.heap[len(r.heap)/4]>>10, r.heap[len(r.heap)-1]>>10)
	line("goroutines", "%d after a quarter of the time, %d at the end", r.goroutines[len(r.goroutines)/4], r.goroutines[len(r.goroutines)-1])
	line("room of the standing rows", "%.1f times that of fresh tables", r.bloat)
	line("laws broken", "%d", len(r.broken))
	for _, b := range r.broken {
		fmt.Fprintf(w, "\n- %s", b)
	}
}
