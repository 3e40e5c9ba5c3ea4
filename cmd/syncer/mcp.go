package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"syncer/internal/mcp"
	"syncer/store"
	"syncer/store/report"
)

func (p *program) mcpCommand() *cobra.Command {
	limits := report.Limits{Bytes: 256 << 10}
	cmd := &cobra.Command{
		Use:   "mcp",
		Short: "Let an AI assistant ask the database (Model Context Protocol, on standard input and output)",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.mcp(cmd.Context(), limits)
		},
	}
	f := cmd.Flags()
	f.DurationVar(&limits.Time, "timeout", 30*time.Second, "how long one question may take")
	f.IntVar(&limits.Rows, "rows", 500, "how many rows an answer has at most")
	return cmd
}

func (p *program) mcp(ctx context.Context, limits report.Limits) (err error) {
	if limits.Time < time.Millisecond || limits.Time > time.Hour {
		return usageError{fmt.Errorf("--timeout %s: expected 1ms to 1h", limits.Time)}
	}
	if limits.Rows < 1 || limits.Rows > 100_000 {
		return usageError{fmt.Errorf("--rows %d: expected 1 to 100000", limits.Rows)}
	}
	c, err := p.loadConfig()
	if err != nil {
		return err
	}
	// The login of an assistant may not read syncer's own tables, as other commands do.
	db, err := p.openDatabase(ctx, string(c.Database.URL), "", store.Options{Sources: c.Catalogue.Sources})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.close(ctx)) }()
	if db.dir != "" {
		if err := db.prepare(ctx, false); err != nil {
			return err
		}
	}
	guard, err := report.Of(db.Store).Guard(ctx, limits)
	if err != nil {
		return err
	}
	if p.stdin == nil {
		return usageError{errors.New("there is no standard input to answer")}
	}
	return mcp.Serve(ctx, mcp.Options{
		Guard: guard, Sources: db.Sources(), Version: version(), Logger: p.log,
	}, p.stdin, p.stdout)
}
