package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/spf13/cobra"

	"syncer/internal/tracing"
	"syncer/worker"
)

func (p *program) runCommand() *cobra.Command {
	var migrate, noWait bool
	cmd := &cobra.Command{
		Use:   "run",
		Short: "The daemon: works the schedules until SIGTERM",
		Long: `run works the schedules of the configuration until SIGTERM. On SIGHUP it reads the
configuration again: a file with errors is refused as a whole, and told in the log.`,
		Args: cobra.NoArgs,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if p.logLevel == "" {
				p.logLevel = "info"
			}
			return p.setUpLog()
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.daemon(cmd.Context(), migrate, noWait)
		},
	}
	cmd.Flags().BoolVar(&migrate, "migrate", false, "bring the schema up to date first")
	cmd.Flags().BoolVar(&noWait, "no-wait", false, "end with an error where the database is away at the start, rather than wait for it")
	return cmd
}

func (p *program) daemon(ctx context.Context, migrate, noWait bool) (err error) {
	p.ownsDatabase = true
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP) // from the very start: it would end the program
	defer signal.Stop(hangups)
	c, err := p.loadFullConfig()
	if err != nil {
		return err
	}
	stopTraces, err := tracing.Start(ctx, p.getenv, version(), p.log)
	if err != nil {
		return usageError{err}
	}
	defer stopTraces(ctx)
	web, err := p.listen(ctx, c.Server.Listen)
	if err != nil {
		return err
	}
	defer web.close(ctx) // who fails to start must not leave it; closing twice is fine
	databaseLog := worker.NewDatabaseLog(p.log.Handler())
	p.log = slog.New(databaseLog)
	outlast := worker.Outlast
	if noWait {
		outlast = func(_ context.Context, _ *slog.Logger, f func() error) error { return f() }
	}
	// What fails because it was told to stop has not failed.
	unlessStopped := func(err error) error {
		if ctx.Err() != nil {
			p.log.Info("stopped")
			return nil //nolint:nilerr // it is because of that
		}
		return err
	}
	var s *session
	err = outlast(ctx, p.log, func() (err error) {
		s, err = p.openWith(ctx, c, migrate)
		return err
	})
	if err != nil {
		return unlessStopped(err)
	}
	databaseLog.Watch(ctx, s.db.Pool().Config().ConnConfig)
	defer func() {
		web.close(ctx)
		err = errors.Join(err, s.db.close(ctx))
	}()
	if err := outlast(ctx, p.log, func() error { return p.cutDays(ctx, c, s.db.Store) }); err != nil {
		return unlessStopped(err)
	}
	if err := outlast(ctx, p.log, func() error { return web.serve(ctx, p, s.syncer, pageFor(c)) }); err != nil {
		return unlessStopped(err)
	}
	if web.url() != "" {
		p.log.Info("status page", "url", web.url())
		if web.made && isTerminal(p.stderr) {
			fmt.Fprintf(p.stderr, "The status page asks for a token. This link has it:\n\n  %s\n\n", web.link())
		}
	}
	p.log.Info("started", "version", version(), "worker", s.syncer.Worker, "partitions", len(s.syncer.Jobs()), "workers", c.Workers)
	if s.db.dir != "" {
		p.log.Info("no database is configured: using a private PostgreSQL", "connect", s.db.howToConnect())
	}
	// Without its private database the daemon is of no use: whoever started it decides.
	working, cancel := context.WithCancel(ctx)
	defer cancel()
	var ended atomic.Bool
	if s.db.server != nil {
		go func() {
			select {
			case <-s.db.server.Done():
				ended.Store(true)
				cancel()
			case <-working.Done():
			}
		}()
	}
	var beside sync.WaitGroup
	beside.Go(func() { p.reloadOn(working, hangups, s, web) })
	d := worker.Daemon{Syncer: s.syncer, Workers: c.Workers, DeadAfter: c.DeadAfter, Logger: p.log}
	err = d.Run(working)
	cancel()
	beside.Wait()
	if ended.Load() {
		return fmt.Errorf("the private PostgreSQL has ended by itself: %w; see %s", s.db.server.Err(), filepath.Join(s.db.dir, "postgres.log"))
	}
	if err != nil {
		return err
	}
	p.log.Info("stopped")
	return nil
}
