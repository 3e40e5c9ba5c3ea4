package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
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
}

// openDatabase connects to url, or starts the embedded default in dir where there
// is none ("" is the data directory).
func (p *program) openDatabase(ctx context.Context, url, dir string, o store.Options) (_ *database, err error) {
	o.Logger, o.Name = p.log, workerName()
	d := &database{dir: dir}
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

// start starts the embedded server, or finds it running for another command: one
// can look at the status while the daemon runs. The daemon itself is patient,
// since a command that runs the server for a moment takes it along when it ends.
func (d *database) start(ctx context.Context, p *program) (url string, err error) {
	deadline := time.Now().Add(p.patience)
	for {
		d.server, err = embeddedpg.Start(ctx, embeddedpg.Options{DataDir: d.dir, Logger: p.log})
		e, inUse := errors.AsType[*embeddedpg.InUseError](err)
		switch {
		case err == nil:
			return d.server.URL(), nil
		case !inUse || ctx.Err() != nil:
			return "", err
		case time.Now().After(deadline) && e.URL != "":
			return e.URL, nil
		case time.Now().After(deadline.Add(time.Second)): // it does not come to run
			return "", err
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// ended is closed when the embedded server has ended by itself, or, where another
// process runs it, with that process. A user's own database comes and goes, and
// the daemon waits for it.
func (d *database) ended(ctx context.Context) <-chan struct{} {
	if d.server != nil {
		return d.server.Done()
	}
	gone := make(chan struct{})
	if d.dir != "" {
		go func() {
			defer close(gone)
			for misses := 0; misses < 3 && ctx.Err() == nil; {
				misses++
				if d.Pool().Ping(ctx) == nil {
					misses = 0
				}
				select {
				case <-ctx.Done():
				case <-time.After(2 * time.Second):
				}
			}
		}()
	}
	return gone
}

// close ends the connections, and the embedded server with them, also when the
// context has ended.
func (d *database) close(ctx context.Context) error {
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

// prepare sees to the schema: the embedded default is always brought up to date,
// a user's own database only when asked to.
func (d *database) prepare(ctx context.Context, migrate bool) error {
	if d.dir == "" && !migrate {
		if err := d.Current(ctx); err != nil {
			if errors.Is(err, store.ErrSchema) {
				return fmt.Errorf("%w, or add --migrate", err)
			}
			return err
		}
		return nil
	}
	if _, err := d.Migrate(ctx); err != nil {
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
	return fmt.Sprintf("PGPASSWORD=$(cat %s) psql -h %s -p %d -U %s %s", filepath.Join(d.dir, "password"), c.Host, c.Port, c.User, c.Database)
}
