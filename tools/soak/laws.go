package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"syncer/source"
	"syncer/store"
	"syncer/store/report"
	"syncer/worker"
)

// A moment is what the views showed at one time.
type moment struct {
	at     time.Time
	digest map[string]string // of each source
}

// remember records what every view shows now.
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

// digest returns the number of rows in a relation, and a hash of their tracked columns.
func (l *life) digest(ctx context.Context, src *source.Source, relation string) (digest string, err error) {
	err = l.store.Pool().QueryRow(ctx, fmt.Sprintf(`SELECT count(*) || ' ' || coalesce(md5(string_agg(h, '' ORDER BY h)), '')
FROM (SELECT md5((to_jsonb(s) - $1::text[])::text) AS h FROM %s AS s) AS d`, relation), volatile(src)).Scan(&digest)
	return digest, err
}

func volatile(src *source.Source) []string {
	names := []string{}
	for _, c := range src.Columns {
		if c.Volatile {
			names = append(names, c.Name)
		}
	}
	return names
}

// contained: a sync fails only if something is wrong with its own calls. (It may be held if
// a listing lacks too much; compare checks whether that is right.)
func (l *life) contained(at time.Time, r worker.Result) {
	i := slices.Index(l.all, r.Job.Account)
	if r.Status != store.StatusOK && r.Status != store.StatusHeld && !l.weather.mayFail(accountID(i), r.Job) {
		l.report.breaks("%s: %s is %s though nothing is wrong there: %s", at.Format(time.RFC3339), r.Job, r.Status, r.Message)
	}
	l.report.judged++
}

// laws checks what must hold at the end.
func (l *life) laws(ctx context.Context) error {
	for _, law := range []func(context.Context) error{
		l.timeTravel, l.trends, l.versions, l.atomic, l.months, l.settled, l.kept, l.secret, l.bloat,
	} {
		if err := law(ctx); err != nil {
			return err
		}
	}
	l.report.flat("kB of memory in use", l.report.heap, 4096)
	l.report.flat("goroutines", l.report.goroutines, 6)
	return nil
}

// timeTravel: the as-of functions return every remembered moment since the horizon, and
// refuse earlier ones.
func (l *life) timeTravel(ctx context.Context) error {
	for _, m := range l.moments {
		for _, src := range source.All {
			// Merges of one round are microseconds apart; the next round is one step later.
			at := m.at.Add(l.step / 2)
			d, err := l.digest(ctx, src, fmt.Sprintf("alicloud.%s_as_of('%s')", src.Name, at.Format(time.RFC3339Nano)))
			switch gone := at.Before(l.horizon); {
			case gone && err == nil:
				l.report.breaks("%s as of %s answers, though history begins %s", src.Name, at, l.horizon)
			case gone:
				l.report.refused++
			case err != nil:
				return err
			case d != m.digest[src.Name]:
				l.report.breaks("%s as of %s shows %s, then it showed %s", src.Name, at, d, m.digest[src.Name])
			default:
				l.report.travels++
			}
		}
	}
	return nil
}

// counted returns the measure of a trend that counts all rows.
var counted = map[string]string{
	"patch_compliance_daily": "instances", "agent_install_daily": "servers", "agentless_tasks_daily": "tasks",
	"operation_processes_daily": "processes", "fleet_daily": "servers",
}

// trends: the numbers of each day equal those of the versions, without gaps, as far back as
// there are versions.
func (l *life) trends(ctx context.Context) error {
	from := l.start
	if l.horizon.After(from) {
		from = l.horizon.AddDate(0, 0, 2) // the horizon is within a day
	}
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
    FROM (SELECT generate_series(($2::timestamptz AT TIME ZONE $1)::date, ($3::timestamptz AT TIME ZONE $1)::date, '1 day')::date AS day) AS d
) AS c`, counted[t.Name], t.Name, src.Name), l.report.zone, from, l.clock()).Scan(&wrong, &days)
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

// atomic: every change since the horizon has the moment of a run of its partition. Runs
// have the time of their round; a second merge in a round is microseconds later.
func (l *life) atomic(ctx context.Context) error {
	for _, src := range source.All {
		var strays, moments int
		err := l.store.Pool().QueryRow(ctx, fmt.Sprintf(`SELECT count(*) FILTER (WHERE r.finished_at IS NULL), count(*)
FROM (
    SELECT account_id, region_id, valid_from AS at FROM syncer.%[1]s
    UNION
    SELECT account_id, region_id, valid_to FROM syncer.%[1]s WHERE valid_to < 'infinity'
) AS m
LEFT JOIN (
    SELECT DISTINCT account_id, region_id, finished_at FROM syncer.sync_runs WHERE source = $1 AND status <> 'failed'
) AS r ON r.account_id = m.account_id AND r.region_id = m.region_id AND r.finished_at = date_trunc('minute', m.at)
WHERE m.at >= $2`, src.Name), src.Name, cmp.Or(l.horizon, l.start)).Scan(&strays, &moments)
		if err != nil {
			return err
		}
		if strays > 0 {
			l.report.breaks("%s changed at %d moments at which no run merged", src.Name, strays)
		}
		l.report.mergeMoments += moments
	}
	return nil
}

// months: every ended version is in the partition of its month, the partitions of the next
// months exist, and those before the horizon are dropped.
func (l *life) months(ctx context.Context) error {
	for _, src := range source.All {
		var strays, old int
		var ahead bool
		err := l.store.Pool().QueryRow(ctx, fmt.Sprintf(`SELECT (SELECT count(*) FROM syncer.%[1]s_default), to_regclass('syncer.%[1]s_%[2]s') IS NOT NULL,
    (SELECT count(*) FROM syncer.%[1]s WHERE valid_to < $1)`,
			src.Name, l.clock().AddDate(0, 0, 28).Format("2006_01")), l.horizon).Scan(&strays, &ahead, &old)
		if err != nil {
			return err
		}
		if strays > 0 || !ahead || old > 0 {
			l.report.breaks("%s: %d versions without a month, next month made: %t, %d versions from before the horizon", src.Name, strays, ahead, old)
		}
	}
	return nil
}

// settled: when the disturbances have ended, every configured partition is synced, the
// tables are equal to the cloud, and another full sync writes nothing.
func (l *life) settled(ctx context.Context) error {
	jobs := l.syncer.Jobs()
	for i := range jobs {
		jobs[i].Full, jobs[i].AllowShrink = true, true // held rows are ended, too
	}
	var before map[string]string
	for pass := range 2 {
		l.syncer.SyncAll(ctx, jobs, 4, func(r worker.Result) {
			if c := r.Changes; r.Status != store.StatusOK || pass == 1 && c.Opened+c.Changed+c.Ended > 0 {
				l.report.breaks("settled, pass %d: %s is %s (%s): %d opened, %d changed, %d ended", pass, r.Job, r.Status, r.Message, c.Opened, c.Changed, c.Ended)
			}
		})
		tuples, err := l.tuples(ctx)
		if err != nil {
			return err
		}
		for name, t := range before {
			if tuples[name] != t {
				l.report.breaks("%s: rows were written though nothing had changed", name)
			}
		}
		before = tuples
	}
	fresh, err := report.Of(l.store).Freshness(ctx)
	if err != nil {
		return err
	}
	for _, j := range jobs {
		if !slices.ContainsFunc(fresh, func(f report.Freshness) bool {
			return f.Source == j.Source.Name && f.RegionID == j.Region && f.AccountName != nil && *f.AccountName == j.Account.Name && f.LastStatus != nil && *f.LastStatus == store.StatusOK
		}) {
			l.report.breaks("%s is missing or not fresh", j)
		}
	}
	l.report.partitions = len(jobs)
	return l.compare(ctx, true)
}

// tuples returns a digest of the place and the transaction of each standing row. Tables
// with volatile columns are left out, because these change at each call.
func (l *life) tuples(ctx context.Context) (map[string]string, error) {
	all := map[string]string{}
	for _, src := range source.All {
		if len(volatile(src)) > 0 {
			continue
		}
		var d string
		if err := l.store.Pool().QueryRow(ctx, fmt.Sprintf("SELECT coalesce(md5(string_agg(ctid::text || xmin::text, ' ' ORDER BY ctid)), '') FROM syncer.%s_standing", src.Name)).Scan(&d); err != nil {
			return nil, err
		}
		all[src.Name] = d
	}
	return all, nil
}

// kept: the field that the API sends since halfway is in extra.
func (l *life) kept(ctx context.Context) error {
	var names []string
	for _, a := range l.syncer.Config().Accounts {
		names = append(names, a.Name)
	}
	var lacking int
	err := l.store.Pool().QueryRow(ctx, `SELECT count(*) FILTER (WHERE extra->>'SoakField' IS DISTINCT FROM 'kept'), count(*)
FROM alicloud.instance_patch_states
JOIN alicloud.accounts USING (account_id)
WHERE name = ANY($1)`, names).Scan(&lacking, &l.report.extra)
	if err == nil && (lacking > 0 || l.report.extra == 0) {
		l.report.breaks("%d of %d patch states lack the field that no column holds", lacking, l.report.extra)
	}
	return err
}

// secret: no key and no signature is in the log, in the runs, or in extra.
func (l *life) secret(ctx context.Context) error {
	for _, line := range l.log.found {
		l.report.breaks("the log holds a secret, in a line of %d bytes", len(line))
	}
	l.report.logLines = l.log.lines
	var leaked int
	err := l.store.Pool().QueryRow(ctx, `SELECT count(*) FROM (
    SELECT to_jsonb(r)::text AS t FROM syncer.sync_runs AS r UNION ALL SELECT to_jsonb(a)::text FROM syncer.accounts AS a
) AS all_rows WHERE t LIKE '%' || $1 || '%' OR t LIKE '%' || $2 || '%' OR t LIKE '%Signature=%'`, keyPrefix, secretText).Scan(&leaked)
	if err == nil && leaked > 0 {
		l.report.breaks("%d rows hold a secret", leaked)
	}
	return err
}

// bloat: the standing rows take less than twice the space of freshly written rows.
func (l *life) bloat(ctx context.Context) error {
	size := func() (n int64, err error) {
		err = l.store.Pool().QueryRow(ctx, "SELECT sum(pg_total_relation_size(c.oid))::bigint FROM pg_class AS c WHERE c.relnamespace = 'syncer'::regnamespace AND c.relname LIKE '%\\_standing'").Scan(&n)
		return n, err
	}
	var err error
	if l.report.standing, err = size(); err != nil {
		return err
	}
	if _, err := l.store.Pool().Exec(ctx, "VACUUM FULL"); err != nil {
		return err
	}
	if l.report.rewritten, err = size(); err != nil {
		return err
	}
	if l.report.standing > 2*l.report.rewritten+(1<<20) { // tables of a few pages have free space
		l.report.breaks("the standing rows take %d kB, written anew %d kB", l.report.standing>>10, l.report.rewritten>>10)
	}
	return nil
}
