package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/robfig/cron/v3"
	"github.com/spf13/cobra"

	"syncer/fetch"
	"syncer/internal/config"
	"syncer/internal/embeddedpg"
	"syncer/sim"
	"syncer/source"
	"syncer/store"
	"syncer/store/report"
	"syncer/worker"
)

func (p *program) demoCommand() *cobra.Command {
	o := demoOptions{}
	var remove, yes bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "All of it, with nothing to install: private PostgreSQL, simulated cloud, history day by day",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.days < 0 || o.servers < 1 {
				return usageError{errors.New("--days must not be below 0, and --servers not below 1")}
			}
			if yes && !remove {
				return usageError{errors.New("--yes goes with --remove")}
			}
			if remove {
				return p.removeDemos(cmd.Context(), yes)
			}
			return p.demo(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.once, "once", false, "end after printing what is in the tables")
	f.IntVar(&o.days, "days", 30, "days of history, up to now")
	f.IntVar(&o.servers, "servers", 500, "servers of each of the three accounts")
	f.BoolVar(&remove, "remove", false, "remove what demos have left in the data directory, and do no more")
	f.BoolVar(&yes, "yes", false, "with --remove: without asking")
	return cmd
}

type demoOptions struct {
	once    bool
	days    int
	servers int
}

// demoSchedule is that of every source once the demo has come to the present:
// one can watch it work.
const demoSchedule = "* * * * *"

const demoTimezone = "UTC"

// demoSources are what the demo syncs. Two of those that are off by default are among them, as
// they are what a security team looks at first. Many of their rows may end at once, on a day
// on which servers were patched.
var demoSources = config.NoCatalogue(source.Catalogue, "vulnerabilities", "security_alerts").Sources

// A demoClock is a day of the past until the demo has come to the present.
type demoClock struct{ past atomic.Pointer[time.Time] }

func (c *demoClock) now() time.Time {
	if t := c.past.Load(); t != nil {
		return *t
	}
	return time.Now()
}

func (p *program) demo(ctx context.Context, o demoOptions) (err error) {
	listen, token := cmp.Or(p.getenv("SYNCER_LISTEN"), config.DefaultListen), config.Secret(p.getenv("SYNCER_TOKEN"))
	if !config.IsLoopback(listen) && token == "" {
		return usageError{fmt.Errorf("other machines can connect to SYNCER_LISTEN=%s, so a token is needed: set SYNCER_TOKEN", listen)}
	}
	dir, err := embeddedpg.DefaultDataDir()
	if err != nil {
		return err
	}
	// A simulated fleet of another size is another fleet, and none is the user's own.
	dir = filepath.Join(dir, fmt.Sprintf("demo-%d", o.servers))
	clock := new(demoClock)
	fmt.Fprintf(p.stdout, "Starting a private PostgreSQL in %s\n", dir)
	db, err := p.openDatabase(ctx, "", dir, store.Options{Clock: clock.now, Sources: demoSources})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.close(ctx)) }()
	if err := db.prepare(ctx, true); err != nil {
		return err
	}
	if err := db.MarkDemo(ctx); err != nil {
		return err
	}
	if _, err := db.SetTimezone(ctx, "UTC"); err != nil {
		return err
	}
	accounts := simAccounts(3)
	accounts[0].Manages = true // and so finds the third one, which the configuration does not name
	cloud, err := sim.Serve("127.0.0.1:0", sim.New(sim.Options{
		Accounts: accounts, World: sim.NewFleet(sim.FleetOptions{Seed: 1, Servers: o.servers}), Clock: clock.now,
	}))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cloud.Close()) }()
	fmt.Fprintf(p.stdout, "Starting a simulated Alibaba Cloud on %s: %d accounts, %s servers each\n", cloud.URL, len(accounts), thousands(int64(o.servers)))
	syncer, err := p.demoSyncer(accounts[:2], cloud, db.Store)
	if err != nil {
		return err
	}
	if _, err := syncer.Discover(ctx); err != nil {
		return err
	}
	if err := p.demoHistory(ctx, syncer, clock, o.days); err != nil {
		return err
	}
	if err := p.demoResults(ctx, db); err != nil {
		return err
	}
	if o.once {
		fmt.Fprintf(p.stdout, "To look around, let it run (syncer demo without --once), and then:\n\n  %s\n", db.howToConnect())
		return nil
	}
	web, err := p.listenNear(ctx, listen)
	if err != nil {
		return err
	}
	defer web.close(ctx)
	page := pageOf{token: token, dir: dir, timezone: demoTimezone, sources: db.Sources(), note: "A demo: the fleet on this page is simulated."}
	if err := web.serve(ctx, p, syncer, page); err != nil {
		return err
	}
	path, err := writeDemoConfig(dir, web.server.Address(), db, cloud, accounts, syncer.Config())
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "It goes on: every source is synced once a minute, until Ctrl-C. Look around meanwhile:\n\n  %s\n  %s\n  syncer status --config %s\n\n"+
		"syncer demo --remove takes it all away again.\n", web.link(), db.howToConnect(), path)
	daemon := worker.Daemon{Syncer: syncer, Logger: p.log}
	return daemon.Run(ctx)
}

func (p *program) demoSyncer(accounts []sim.Account, cloud *sim.Server, s *store.Store) (*worker.Syncer, error) {
	var wired worker.Config
	for _, a := range accounts {
		client, err := fetch.NewClient(fetch.Account{
			Name:        a.Name,
			Credentials: fetch.Credentials{Type: "access_key", AccessKeyID: a.AccessKeyID, AccessKeySecret: a.AccessKeySecret},
			Endpoints:   cloud.Endpoints(),
		}, fetch.Options{Logger: p.log, CallsPerSecond: 1e6})
		if err != nil {
			return nil, err
		}
		wired.Accounts = append(wired.Accounts, &worker.Account{
			Name: a.Name, Client: client,
			SecurityCenterRegions: []string{"cn-hangzhou", "ap-southeast-1"},
			OOSRegions:            []string{"cn-hangzhou", "cn-shanghai", "cn-beijing", "ap-southeast-1"},
		})
	}
	wired.Accounts[0].Members = &worker.Members{Role: "syncer-reader"}
	schedule, err := cron.ParseStandard(demoSchedule)
	if err != nil {
		return nil, err
	}
	for _, src := range demoSources {
		wired.Sources = append(wired.Sources, &worker.Settings{Source: src, Schedule: schedule, AllowShrink: src.Off})
	}
	syncer := &worker.Syncer{Store: s, Worker: workerName(), Logger: p.log}
	syncer.Configure(wired)
	return syncer, nil
}

// demoHistory syncs once for every day up to now, or since the last run.
func (p *program) demoHistory(ctx context.Context, syncer *worker.Syncer, clock *demoClock, days int) error {
	const day = 24 * time.Hour
	now := time.Now()
	at := now.Add(-time.Duration(days) * day)
	last, err := report.Of(syncer.Store).LastRun(ctx)
	if err != nil {
		return err
	}
	if last.IsZero() {
		fmt.Fprintf(p.stdout, "Syncing %d days of history, day by day\n\n", days)
	} else {
		fmt.Fprintf(p.stdout, "Going on from the last sync, %s\n\n", ago(&last, now))
		for !at.After(last) {
			at = at.Add(day)
		}
		if at.After(now) {
			at = now
		}
	}
	bar := p.newProgress("syncs, one a day", now.Sub(at)/day+1)
	defer bar.stop()
	defer clock.past.Store(nil)
	for ; !at.After(now); at = at.Add(day) {
		clock.past.Store(&at)
		var failed error
		syncer.SyncAll(ctx, syncer.Jobs(), 4, func(r worker.Result) {
			if r.Status != store.StatusOK {
				failed = fmt.Errorf("%s on %s: %s", r.Job, at.Format(time.DateOnly), r.Message)
			}
		})
		if err := ctx.Err(); err != nil {
			return err
		}
		if failed != nil {
			return failed
		}
		bar.add(1)
	}
	return nil
}

func (p *program) demoResults(ctx context.Context, db *database) error {
	counts, err := report.Of(db.Store).Counts(ctx, db.Sources())
	if err != nil {
		return err
	}
	t := newTable("view", "rows now", "older versions", "from")
	for _, c := range counts {
		s, _ := source.ByName(db.Sources(), c.Source)
		t.AppendRow([]any{"alicloud." + c.Source, thousands(c.Standing), thousands(c.Ended), s.API.Product + " " + s.API.Action})
	}
	t.numbers("rows now", "older versions")
	t.narrow(drop("from"))
	printTable(p.stdout, t)
	for _, e := range report.Examples {
		columns, rows, err := report.Of(db.Store).Show(ctx, e.SQL)
		if err != nil {
			return err
		}
		fmt.Fprintf(p.stdout, "-- %s\n%s\n\n", e.Title, e.SQL)
		printRows(p.stdout, columns, rows)
	}
	return nil
}

// workerName is this process in the run log and the queue: host and process, with
// the moment of its start, since containers often share both.
var workerName = sync.OnceValue(func() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s/%d/%x", host, os.Getpid(), time.Now().UnixNano()&0xffffff)
})
