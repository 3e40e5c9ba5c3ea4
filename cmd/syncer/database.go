package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strconv"
	"time"

	"syncer/internal/embeddedpg"
	"syncer/store"
	"syncer/worker"
)

// A database is where the tables are: the user's own, or the embedded default.
type database struct {
	*store.Store
	server *embeddedpg.Server // nil: the user's own, or one that another command runs
	dir    string             // of the embedded server; empty: the user's own
	stderr io.Writer          // for what a person waits for
}

// openDatabase connects to url, or starts the embedded default in dir where there
// is none ("" is the data directory).
func (p *program) openDatabase(ctx context.Context, url, dir string, o store.Options) (_ *database, err error) {
	o.Logger, o.Name = p.log, workerName()
	d := &database{dir: dir, stderr: p.stderr}
	if url == "" {
		if d.dir == "" {
			if d.dir, err = embeddedpg.DefaultDataDir(); err != nil {
				return nil, err
			}
		}
		if url, err = d.start(ctx, p); err != nil {
			return nil, err
		}
	}
	if d.Store, err = store.Open(ctx, url, o); err != nil {
		return nil, errors.Join(err, d.close(ctx))
	}
	return d, nil
}

// start starts the embedded server. Where another command runs it, this one uses
// it, too (one can look at the status while the daemon runs), but for the daemon,
// which waits: the server ends with whoever started it.
func (d *database) start(ctx context.Context, p *program) (url string, err error) {
	told := false
	for waited := time.Duration(0); ; waited += startRetry {
		d.server, err = embeddedpg.Start(ctx, embeddedpg.Options{DataDir: d.dir, Logger: p.log})
		e, inUse := errors.AsType[*embeddedpg.InUseError](err)
		switch {
		case err == nil:
			return d.server.URL(), nil
		case !inUse || ctx.Err() != nil:
			return "", err
		case p.ownsDatabase:
			if !told {
				told = true
				p.log.InfoContext(ctx, "waiting for the other syncer that runs the private PostgreSQL to end", "pid", e.PID, "data_dir", d.dir)
			}
		case e.URL != "":
			return e.URL, nil
		case waited > time.Minute: // it does not come to run
			return "", err
		}
		select {
		case <-ctx.Done():
			return "", context.Cause(ctx)
		case <-time.After(startRetry):
		}
	}
}

const startRetry = 200 * time.Millisecond

// close ends the connections, and the embedded server with them, also when the
// context has ended.
func (d *database) close(ctx context.Context) error {
	if d.server != nil && d.Store != nil && ctx.Err() == nil {
		d.waitForOthers(ctx)
	}
	if d.Store != nil {
		d.Store.Close()
	}
	if d.server == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	return d.server.Stop(ctx)
}

// waitForOthers lets commands that use the embedded server end first.
func (d *database) waitForOthers(ctx context.Context) {
	for told := false; ; told = true {
		n, err := d.OtherSessions(ctx)
		if err != nil || n == 0 {
			return
		}
		if !told {
			fmt.Fprintln(d.stderr, "syncer: waiting for other commands that use the private PostgreSQL of this one")
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(startRetry):
		}
	}
}

// prepare sees to the schema: the embedded default is always brought up to date,
// a user's own database only when asked to.
func (d *database) prepare(ctx context.Context, migrate bool) error {
	if err := d.Writable(ctx); err != nil {
		return err
	}
	if d.dir == "" && !migrate {
		current, err := true, d.Current(ctx)
		if err == nil { // whoever migrated may have been killed before it came to the queue
			current, err = worker.QueueIsCurrent(ctx, d.Pool())
		}
		if err == nil && !current {
			err = fmt.Errorf("the job queue's tables: %w", store.ErrSchema)
		}
		switch {
		case errors.Is(err, store.ErrSchema):
			return usageError{fmt.Errorf("%w, or add --migrate", err)}
		case errors.Is(err, store.ErrNewerSchema):
			return usageError{err}
		}
		return err
	}
	if _, err := d.Migrate(ctx); errors.Is(err, store.ErrNewerSchema) {
		return usageError{err}
	} else if err != nil {
		return err
	}
	return worker.MigrateQueue(ctx, d.Pool())
}

// howToConnect is a command that opens the database. It holds no password: that
// of the embedded server is in a file that its owner may read.
func (d *database) howToConnect() string {
	c := d.Pool().Config().ConnConfig
	if d.dir == "" {
		return fmt.Sprintf("psql -h %s -p %d -U %s %s", c.Host, c.Port, c.User, c.Database)
	}
	return fmt.Sprintf("export DATABASE_URL=postgres://%s:$(cat %s)@%s/%s; psql $DATABASE_URL",
		c.User, filepath.Join(d.dir, "password"), net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port))), c.Database)
}
