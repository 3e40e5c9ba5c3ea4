package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
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
	days, servers int
	step          time.Duration
	seed          uint64
}

const (
	accounts  = 4
	retention = 35 * 24 * time.Hour
	// calm is how long before the end the trouble ceases: what it broke must be whole
	// again by then.
	calm = 24 * time.Hour
)

// zones are those that the configuration is changed between.
var zones = []string{"Asia/Shanghai", "UTC", "Asia/Kolkata", "America/New_York"}

// A life is a syncer under way, with the cloud that it reads.
type life struct {
	options
	store  *store.Store
	syncer *worker.Syncer
	all    []*worker.Account // that were ever configured
	now    atomic.Pointer[time.Time]
	chance *rand.Rand

	mu      sync.Mutex // of what the cloud's handlers read
	faults  *rand.Rand // nil: all calls go well
	refused map[string]bool

	moments []moment
	report  report
}

func soak(ctx context.Context, o options) (_ *report, err error) {
	l := &life{options: o, chance: rand.New(rand.NewPCG(o.seed, 1)), refused: map[string]bool{}}
	start := time.Now().UTC().Truncate(time.Hour).AddDate(0, 0, -o.days)
	l.now.Store(&start)
	stop, err := l.open(ctx)
	if err != nil {
		return nil, err
	}
	defer stop()
	began := time.Now()
	for at := start; !at.After(start.AddDate(0, 0, o.days)); at = at.Add(o.step) {
		if err := l.round(ctx, at, start); err != nil {
			return nil, fmt.Errorf("on %s: %w", at.Format(time.RFC3339), err)
		}
	}
	l.report.options, l.report.took = o, time.Since(began)
	return &l.report, l.laws(ctx)
}

// open starts a PostgreSQL and a cloud of its own, and wires a syncer to them.
func (l *life) open(ctx context.Context) (stop func(), err error) {
	dir, err := os.MkdirTemp("", "syncer-soak")
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o755); err != nil { // the server runs as another user
		return nil, err
	}
	server, err := embeddedpg.Start(ctx, embeddedpg.Options{DataDir: filepath.Join(dir, "db"), NoSync: true, Settings: map[string]string{
		"autovacuum_naptime": "1s", // an hour passes in a second
	}})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	clock := func() time.Time { return *l.now.Load() }
	var accts []sim.Account
	for i := range accounts {
		accts = append(accts, sim.Account{ID: fmt.Sprintf("1%015d", i), Name: fmt.Sprintf("account-%d", i), AccessKeyID: fmt.Sprintf("key-%d", i), AccessKeySecret: "secret"})
	}
	cloud := httptest.NewServer(sim.New(sim.Options{
		Accounts: accts, Clock: clock, Fault: l.fault,
		World: sim.NewFleet(sim.FleetOptions{Seed: l.seed, Servers: l.servers, Keep: 15 * 24 * time.Hour}),
	}))
	stop = func() {
		for _, a := range l.all {
			a.Client.Close()
		}
		if l.store != nil {
			l.store.Close()
		}
		cloud.Close()
		_ = server.Stop(ctx)
		_ = os.RemoveAll(dir)
	}
	defer func() {
		if err != nil {
			stop()
		}
	}()
	if l.store, err = store.Open(ctx, server.URL(), store.Options{Clock: clock}); err != nil {
		return nil, err
	}
	if _, err := l.store.Migrate(ctx); err != nil {
		return nil, err
	}
	l.syncer = &worker.Syncer{Store: l.store, Worker: "soak", Logger: slog.New(slog.DiscardHandler), Clock: clock}
	for _, a := range accts {
		client, err := fetch.NewClient(fetch.Account{
			Name: a.Name, Credentials: fetch.Credentials{Type: "access_key", AccessKeyID: a.AccessKeyID, AccessKeySecret: a.AccessKeySecret},
			Endpoints: map[string]string{"sas": cloud.URL, "oos": cloud.URL, "sts": cloud.URL},
		}, fetch.Options{CallsPerSecond: 1e6, MaxAttempts: 3, BaseWait: time.Millisecond, MaxWait: 4 * time.Millisecond, Timeout: 2 * time.Second})
		if err != nil {
			return nil, err
		}
		l.all = append(l.all, &worker.Account{
			Name: a.Name, Client: client,
			SecurityCenterRegions: []string{"cn-hangzhou", "ap-southeast-1"}, OOSRegions: []string{"cn-hangzhou", "cn-shanghai"},
		})
	}
	l.syncer.Accounts = slices.Clone(l.all[:2])
	return stop, l.setZone(ctx, zones[0])
}

func (l *life) setZone(ctx context.Context, zone string) error {
	if _, err := l.store.SetTimezone(ctx, zone, source.All); err != nil {
		return err
	}
	l.report.zone = zone
	l.syncer.Sources = nil
	daily, err := cron.ParseStandard("CRON_TZ=" + zone + " @daily")
	if err != nil {
		return err
	}
	for _, src := range source.All {
		schedule, err := cron.ParseStandard("CRON_TZ=" + zone + " " + src.Schedule)
		if err != nil {
			return err
		}
		l.syncer.Sources = append(l.syncer.Sources, &worker.Settings{Source: src, Schedule: schedule, FullSweep: daily, ConfirmShrink: true})
	}
	return nil
}

// round is one step of virtual time: something may happen to the configuration and
// the cloud, then whatever is due is synced.
func (l *life) round(ctx context.Context, at, start time.Time) error {
	before := at.Add(-l.step)
	l.now.Store(&at)
	end := start.AddDate(0, 0, l.days)
	l.trouble(at.Before(end.Add(-calm)))
	newDay := at.Truncate(24*time.Hour).After(before) || at.Equal(start)
	if newDay && at.Before(end.Add(-calm)) {
		if err := l.newDay(ctx); err != nil {
			return err
		}
	}
	var due []worker.Job
	for _, j := range l.syncer.Jobs() {
		if slot := lastTick(j.Source.Schedule, before, at); !slot.IsZero() {
			j.Slot = slot
			due = append(due, j)
		}
	}
	ended := 0
	l.syncer.SyncAll(ctx, due, 4, func(r worker.Result) {
		ended++
		l.report.count(r)
	})
	if ended != len(due) {
		l.report.breaks("%s: %d of %d due partitions were synced", at.Format(time.RFC3339), ended, len(due))
	}
	if newDay {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		l.report.heap = append(l.report.heap, m.HeapAlloc)
		l.report.goroutines = append(l.report.goroutines, runtime.NumGoroutine())
	}
	return l.remember(ctx, at)
}

// lastTick is the schedule's last tick after one moment and not after another; zero: none.
func lastTick(s cron.Schedule, after, at time.Time) (last time.Time) {
	for t := s.Next(after); !t.After(at); t = s.Next(t) {
		last = t
	}
	return last
}

// newDay changes the configuration now and then.
func (l *life) newDay(ctx context.Context) error {
	switch l.chance.IntN(8) {
	case 0: // an account is added, or one is removed
		in := l.syncer.Accounts
		if a := l.all[l.chance.IntN(len(l.all))]; !slices.Contains(in, a) {
			l.syncer.Accounts = append(in, a)
			l.report.added++
		} else if len(in) > 1 {
			l.syncer.Accounts = slices.DeleteFunc(in, func(o *worker.Account) bool { return o == a })
			l.report.removed++
		}
	case 1:
		l.report.zoneChanges++
		return l.setZone(ctx, zones[l.chance.IntN(len(zones))])
	}
	return nil
}

// trouble decides what goes wrong in this round.
func (l *life) trouble(allowed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = nil
	if !allowed {
		clear(l.refused)
		return
	}
	if l.chance.IntN(3) == 0 {
		l.faults = rand.New(rand.NewPCG(l.chance.Uint64(), 2))
	}
	// A permission stays lost for some rounds.
	if l.chance.IntN(40) == 0 {
		src := source.All[l.chance.IntN(len(source.All))]
		l.refused[fmt.Sprintf("1%015d %s", l.chance.IntN(accounts), src.API.Action)] = true
		l.report.refusals++
	}
	for key := range l.refused {
		if l.chance.IntN(20) == 0 {
			delete(l.refused, key)
		}
	}
}

// fault is what the cloud does about one call.
func (l *life) fault(c sim.Call) sim.Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.refused[c.AccountID+" "+c.Action] {
		return sim.Refuse(403, "NoPermission", "You are not authorized to do this operation.")
	}
	if l.faults == nil || l.faults.IntN(6) > 0 {
		return sim.Fault{}
	}
	l.report.faults++
	switch l.faults.IntN(8) {
	case 0:
		return sim.Throttle(400, "Throttling.User", 0)
	case 1:
		return sim.Refuse(500, "InternalError", "The request processing has failed due to some unknown error.")
	case 2:
		return sim.HTML(502)
	case 3:
		return sim.Truncate(l.faults.Float64())
	case 4:
		return sim.CutOff(l.faults.Float64())
	case 5:
		return sim.Reset()
	case 6:
		return sim.Empty()
	default: // a list without its items, which is not the end of the fleet
		return sim.Rewrite(func(body []byte) []byte {
			return []byte(strings.NewReplacer(`"TotalCount":`, `"TotalCount":1`).Replace(string(body)))
		})
	}
}
