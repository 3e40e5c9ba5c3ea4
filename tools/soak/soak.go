package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"github.com/robfig/cron/v3"

	"syncer/fetch"
	"syncer/internal/embeddedpg"
	"syncer/sim"
	"syncer/source"
	"syncer/store"
	"syncer/worker"
)

type options struct {
	start         time.Time // midnight in UTC
	days, servers int
	step          time.Duration
	retention     time.Duration
	seed          uint64
}

const (
	accounts = 4
	// calm is how long before the end the disturbances end, so that everything can recover.
	calm = 24 * time.Hour
	// compareEvery is how often the tables are compared with the cloud, in days.
	compareEvery = 5
)

// zones are the time zones that are configured in turn.
var zones = []string{"Asia/Shanghai", "UTC", "Asia/Kolkata", "America/New_York"}

// A life is a running syncer and the cloud that it reads.
type life struct {
	options
	database string // its URL
	store    *store.Store
	syncer   *worker.Syncer
	all      []*worker.Account // all that were ever configured
	now      atomic.Pointer[time.Time]
	chance   *rand.Rand
	weather  weather
	log      leaks

	horizon time.Time // versions that ended before it are dropped
	moments []moment
	report  outcome
}

func soak(ctx context.Context, o options) (_ *outcome, err error) {
	l := &life{options: o, chance: rand.New(rand.NewPCG(o.seed, 1))}
	l.weather.refused = map[refusal]bool{}
	l.now.Store(&o.start)
	stop, err := l.open(ctx)
	if err != nil {
		return nil, err
	}
	defer stop()
	began := time.Now()
	for at := o.start; !at.After(l.end()); at = at.Add(o.step) {
		if err := l.round(ctx, at); err != nil {
			return nil, fmt.Errorf("on %s: %w", at.Format(time.RFC3339), err)
		}
	}
	if err := l.laws(ctx); err != nil {
		return nil, err
	}
	l.report.options, l.report.took = o, time.Since(began)
	l.report.faults, l.report.permissionLost = l.weather.count, l.weather.lost
	return &l.report, nil
}

func (l *life) end() time.Time { return l.start.AddDate(0, 0, l.days) }

// open starts a PostgreSQL and a cloud, and connects a syncer to both.
func (l *life) open(ctx context.Context) (stop func(), err error) {
	dir, err := os.MkdirTemp("", "syncer-soak")
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o755); err != nil { // the server runs as another user
		return nil, err
	}
	server, err := embeddedpg.Start(ctx, embeddedpg.Options{DataDir: filepath.Join(dir, "db"), NoSync: true, Settings: map[string]string{
		"autovacuum_naptime": "1s", // an hour takes a second here
	}})
	if err != nil {
		return nil, errors.Join(err, embeddedpg.Remove(context.WithoutCancel(ctx), filepath.Join(dir, "db")), os.RemoveAll(dir))
	}
	l.database = server.URL()
	var accts []sim.Account
	for i := range accounts {
		accts = append(accts, sim.Account{ID: accountID(i), Name: fmt.Sprintf("account-%d", i), AccessKeyID: fmt.Sprintf("%s%d", keyPrefix, i), AccessKeySecret: secretText})
	}
	cloud, err := sim.Serve("127.0.0.1:0", sim.New(sim.Options{
		Accounts: accts, Clock: l.clock, Fault: l.weather.fault,
		World: sim.NewFleet(sim.FleetOptions{Seed: l.seed, Servers: l.servers, Keep: 15 * 24 * time.Hour}),
	}))
	if err != nil {
		return nil, errors.Join(err, server.Stop(ctx), embeddedpg.Remove(context.WithoutCancel(ctx), filepath.Join(dir, "db")), os.RemoveAll(dir))
	}
	stop = func() {
		for _, a := range l.all {
			a.Client.Close()
		}
		if l.store != nil {
			l.store.Close()
		}
		_ = cloud.Close()
		_ = server.Stop(context.WithoutCancel(ctx))
		_ = errors.Join(embeddedpg.Remove(context.WithoutCancel(ctx), filepath.Join(dir, "db")), os.RemoveAll(dir))
	}
	defer func() {
		if err != nil {
			stop()
		}
	}()
	logger := slog.New(slog.NewTextHandler(&l.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if l.store, err = store.Open(ctx, l.database, store.Options{Clock: l.clock, Logger: logger}); err != nil {
		return nil, err
	}
	if _, err := l.store.Migrate(ctx); err != nil {
		return nil, err
	}
	l.syncer = &worker.Syncer{Store: l.store, Worker: "soak", Logger: logger}
	for i, a := range accts {
		client, err := fetch.NewClient(fetch.Account{
			Name: a.Name, Credentials: fetch.Credentials{Type: "access_key", AccessKeyID: a.AccessKeyID, AccessKeySecret: a.AccessKeySecret},
			Endpoints: cloud.Endpoints(),
		}, fetch.Options{CallsPerSecond: 1e6, MaxAttempts: 3, BaseWait: time.Millisecond, MaxWait: 4 * time.Millisecond, Timeout: 10 * time.Second, Logger: logger})
		if err != nil {
			return nil, err
		}
		w := &worker.Account{Name: a.Name, Client: client, SecurityCenterRegions: []string{"cn-hangzhou"}, OOSRegions: []string{"cn-hangzhou", "cn-shanghai"}}
		if i == 0 {
			w.SecurityCenterRegions = append(w.SecurityCenterRegions, "ap-southeast-1")
		}
		l.all = append(l.all, w)
	}
	l.syncer.Configure(worker.Config{Accounts: slices.Clone(l.all[:2])})
	return stop, l.setZone(ctx, zones[0])
}

func accountID(i int) string { return fmt.Sprintf("1%015d", i) }

func (l *life) clock() time.Time { return *l.now.Load() }

func (l *life) setZone(ctx context.Context, zone string) error {
	if _, err := l.store.SetTimezone(ctx, zone); err != nil {
		return err
	}
	l.report.zone = zone
	c := *l.syncer.Config()
	c.Sources = nil
	daily, err := cron.ParseStandard("CRON_TZ=" + zone + " @daily")
	if err != nil {
		return err
	}
	for _, src := range source.All {
		schedule, err := cron.ParseStandard("CRON_TZ=" + zone + " " + src.Schedule)
		if err != nil {
			return err
		}
		c.Sources = append(c.Sources, &worker.Settings{Source: src, Schedule: schedule, FullSweep: daily, ConfirmShrink: true})
	}
	l.syncer.Configure(c)
	return nil
}

// round is one step of virtual time: the configuration and the cloud may change, then
// everything that is due is synced.
func (l *life) round(ctx context.Context, at time.Time) error {
	before := at.Add(-l.step)
	l.now.Store(&at)
	midnight := at.Equal(at.Truncate(24 * time.Hour))
	day := int(at.Sub(l.start).Hours()) / 24
	compare := midnight && day > 0 && day%compareEvery == 0
	allowed := at.Before(l.end().Add(-calm))
	l.weather.change(l.chance, allowed, allowed && !compare, day >= l.days/2)
	if midnight {
		if err := l.newDay(ctx, allowed); err != nil {
			return err
		}
	}
	var due []worker.Job
	for _, j := range l.syncer.Jobs() {
		if slot := lastTick(j.Schedule, before, at); !slot.IsZero() {
			j.Slot = slot
			due = append(due, j)
		}
	}
	ended := 0
	l.syncer.SyncAll(ctx, due, 4, func(r worker.Result) {
		ended++
		l.report.count(r)
		l.contained(at, r)
	})
	if ended != len(due) {
		l.report.breaks("%s: %d of %d due partitions were synced", at.Format(time.RFC3339), ended, len(due))
	}
	if midnight {
		l.report.measure(l.all)
	}
	if compare {
		if err := l.compare(ctx, false); err != nil {
			return err
		}
	}
	if midnight || l.chance.IntN(4) == 0 {
		return l.remember(ctx, at)
	}
	return nil
}

// lastTick returns the schedule's last tick after one time and not after another; zero:
// none.
func lastTick(s cron.Schedule, after, at time.Time) (last time.Time) {
	for t := s.Next(after); !t.After(at); t = s.Next(t) {
		last = t
	}
	return last
}

// newDay prunes, and sometimes changes the configuration.
func (l *life) newDay(ctx context.Context, allowed bool) error {
	if err := l.prune(ctx); err != nil || !allowed {
		return err
	}
	switch l.chance.IntN(8) {
	case 0, 1: // an account is added, or one is removed
		c := *l.syncer.Config()
		if a := l.all[l.chance.IntN(len(l.all))]; !slices.Contains(c.Accounts, a) {
			c.Accounts = append(slices.Clone(c.Accounts), a)
			l.syncer.Configure(c)
			l.report.added++
		} else if len(c.Accounts) > 1 {
			c.Accounts = slices.DeleteFunc(slices.Clone(c.Accounts), func(o *worker.Account) bool { return o == a })
			l.syncer.Configure(c)
			l.report.removed++
		}
	case 2:
		l.report.zoneChanges++
		return l.setZone(ctx, zones[l.chance.IntN(len(zones))])
	}
	return nil
}

// prune drops the months that ended longer ago than the retention.
func (l *life) prune(ctx context.Context) error {
	pruned, err := l.store.Prune(ctx, source.All, l.retention, time.Minute)
	if err != nil {
		return err
	}
	l.report.pruned += len(pruned.Months)
	if pruned.Horizon != nil {
		l.horizon = *pruned.Horizon
	}
	return nil
}

// measure records the memory of the process.
func (r *outcome) measure(all []*worker.Account) {
	for _, a := range all {
		a.Client.Close() // closes idle connections
	}
	runtime.GC()
	runtime.GC() // the first collection leaves what pools held
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	r.heap = append(r.heap, int(m.HeapAlloc>>10))
	r.goroutines = append(r.goroutines, runtime.NumGoroutine())
}
