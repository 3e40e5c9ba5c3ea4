package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"syncer/internal/config"
	"syncer/store"
	"syncer/worker"
)

// checkDatabase checks the configured database, or the embedded default, and then
// what is in it, if that can be read.
func (p *program) checkDatabase(ctx context.Context, c *config.Config, more func(*database) error) (list []finding) {
	failed := func(check string, err error) []finding {
		what, remedy := store.Advice(err)
		return append(list, finding{Check: check, Result: resultFailed, Found: strings.TrimPrefix(what, "database "), Remedy: remedy})
	}
	opening, url := ctx, string(c.Database.URL)
	if url != "" { // starting the embedded default takes as long as it takes
		var cancel context.CancelFunc
		opening, cancel = context.WithTimeout(ctx, connectTimeout)
		defer cancel()
	}
	db, err := p.openDatabase(opening, url, "", store.Options{Sources: c.Catalogue.Sources})
	if err != nil {
		return failed("database", err)
	}
	defer func() {
		if err := db.close(ctx); err != nil {
			list = failed("database", err)
		}
	}()
	checks, err := db.Check(ctx)
	if err != nil {
		return failed("database", err)
	}
	ofZone, err := db.CheckZone(ctx, c.Timezone)
	if err != nil {
		return failed("time zone", err)
	}
	embedded := db.dir != ""
	for _, c := range append(checks, ofZone) {
		list = append(list, databaseFinding(c, embedded))
	}
	current, err := worker.QueueIsCurrent(ctx, db.Pool())
	if err != nil {
		return failed("job queue", err)
	}
	queue := store.Check{Name: "job queue", Found: "current"}
	if !current {
		queue = store.Check{Name: "job queue", Found: "not there yet, or older than this program's", Remedy: "run syncer migrate up", Pending: true}
	} else if health, err := (&worker.Syncer{Store: db.Store}).QueueHealth(ctx); err != nil {
		return failed("job queue", err)
	} else if problem := health.Problem(); problem != "" {
		what, remedy, _ := strings.Cut(problem, ": ")
		queue = store.Check{Name: "job queue", Found: what, Remedy: remedy}
	}
	if demo, err := db.IsDemo(ctx); err != nil {
		return failed("database", err)
	} else if demo {
		list = append(list, finding{Check: "database", Result: resultFailed, Found: "it is the demo's, which only syncer demo fills", Remedy: "unset DATABASE_URL, or name another database"})
	}
	list = append(list, databaseFinding(queue, embedded))
	if db.Current(ctx) == nil {
		if err := more(db); err != nil {
			return failed("database", err)
		}
	}
	f, err := checkDisk(ctx, db)
	if err != nil {
		return failed("disk", err)
	}
	if f == nil {
		return list
	}
	if f.Result == resultFailed { // it says more than that nothing could be written
		list = slices.DeleteFunc(list, func(f finding) bool { return strings.Contains(f.Found, "SQLSTATE 53100") })
	}
	return append(list, *f)
}

// databaseFinding is what a check of the database came to. The schema of the
// embedded default is no one's to see to: every sync does.
func databaseFinding(c store.Check, embedded bool) finding {
	f := finding{Check: c.Name, Result: resultOK, Found: c.Found, Remedy: c.Remedy}
	switch {
	case c.Pending && embedded:
		f.Result, f.Found, f.Remedy = resultSkipped, c.Found+"; the next sync brings it up to date", ""
	case c.Remedy != "" && !c.Advice:
		f.Result = resultFailed
	}
	return f
}

// minFreeDisk is what PostgreSQL should have at least, in bytes: below that, a
// single large merge may fill the disk.
const minFreeDisk = 1 << 30

// checkDisk looks at the disk of a database on this machine; nil: it is elsewhere.
func checkDisk(ctx context.Context, db *database) (*finding, error) {
	dir, err := db.DataDir(ctx)
	if err != nil {
		return nil, err
	}
	free, ok := freeDisk(dir)
	if !ok {
		return nil, nil
	}
	f := &finding{Check: "disk", Result: resultOK, Found: fmt.Sprintf("%.1f GB free in %s", float64(free)/1e9, dir)}
	if free < minFreeDisk {
		f.Result, f.Found = resultFailed, fmt.Sprintf("%d MB free in %s", free/1e6, dir)
		f.Remedy = "make room: a full disk stops the database"
	}
	return f, nil
}
