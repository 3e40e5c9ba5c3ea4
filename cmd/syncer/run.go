package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"syncer/worker"
)

func (p *program) runCommand() *cobra.Command {
	var migrate bool
	cmd := &cobra.Command{
		Use:   "run",
		Short: "The daemon: works the schedules until SIGTERM",
		Args:  cobra.NoArgs,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if p.logLevel == "" {
				p.logLevel = "info"
			}
			return p.setUpLog()
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.daemon(cmd.Context(), migrate)
		},
	}
	cmd.Flags().BoolVar(&migrate, "migrate", false, "bring the schema up to date first")
	return cmd
}

func (p *program) daemon(ctx context.Context, migrate bool) (err error) {
	s, err := p.open(ctx, migrate)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.db.close(ctx)) }()
	p.log.Info("started", "version", version(), "worker", s.syncer.Worker, "partitions", len(s.syncer.Jobs()), "workers", s.config.Workers)
	if s.db.server != nil {
		p.log.Info("no database is configured: using a private PostgreSQL", "connect", s.db.howToConnect())
		// Without its database the daemon is of no use: let whoever started it decide.
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		defer cancel()
		go func() {
			select {
			case <-s.db.server.Done():
				cancel()
			case <-ctx.Done():
			}
		}()
	}
	d := worker.Daemon{Syncer: s.syncer, Workers: s.config.Workers, Logger: p.log}
	err = d.Run(ctx)
	if s.db.server != nil && s.db.server.Err() != nil {
		return fmt.Errorf("the private PostgreSQL ended by itself: %w", s.db.server.Err())
	}
	p.log.Info("stopped")
	return err
}
