package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
)

func (p *program) trendsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "trends",
		Short: "The rollups behind the daily views",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var output string
	rebuild := &cobra.Command{
		Use:   "rebuild",
		Short: "Make the rollups anew from the versions; syncs wait meanwhile",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.rebuildTrends(cmd.Context(), output)
		},
	}
	rebuild.Flags().StringVar(&output, "output", "text", "text or json")
	cmd.AddCommand(rebuild)
	return cmd
}

func (p *program) rebuildTrends(ctx context.Context, output string) (err error) {
	if err := textOrJSON(output); err != nil {
		return err
	}
	s, err := p.open(ctx, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.db.close(ctx)) }()
	started := time.Now()
	// Another time zone than before rebuilds them, too.
	if err := p.cutDays(ctx, s.config, s.db.Store); err != nil {
		return err
	}
	if err := s.db.RebuildTrends(ctx); err != nil {
		return err
	}
	n := 0
	for _, src := range s.db.Sources() {
		n += len(src.Trends)
	}
	took := time.Since(started)
	if output == "json" {
		return printJSON(p.stdout, map[string]any{"trends": n, "seconds": took.Seconds()})
	}
	fmt.Fprintf(p.stdout, "%d trends rebuilt in %s.\n", n, took.Round(10*time.Millisecond))
	return nil
}
