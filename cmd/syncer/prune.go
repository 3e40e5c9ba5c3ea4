package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"syncer/store"
)

func (p *program) pruneCommand() *cobra.Command {
	var dryRun bool
	var output string
	cmd := &cobra.Command{
		Use:   "prune",
		Short: "Drop history past its retention, as syncer run does once a day",
		Long: `prune drops the months of history that are past history.retention. It does so for every
source that the database has, also for those that are declared no more. Where an archive is
configured, it drops a month only if the archive has it.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.prune(cmd.Context(), dryRun, output)
		},
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "tell what would be dropped, and drop nothing")
	cmd.Flags().StringVar(&output, "output", "table", "table or json")
	return cmd
}

// prunePatience is how long a person waits for tables that are in use.
const prunePatience = time.Minute

// A pruneReport is what prune prints as JSON.
type pruneReport struct {
	DryRun bool `json:"dry_run"`
	store.Pruned
}

func (p *program) prune(ctx context.Context, dryRun bool, output string) (err error) {
	if err := tableOrJSON(output); err != nil {
		return err
	}
	c, err := p.loadConfig()
	if err != nil {
		return err
	}
	db, err := p.openToRead(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.close(ctx)) }()
	retention := time.Duration(c.History.Retention)
	a, err := p.archiveOf(c)
	if err != nil {
		return err
	}
	sources, err := db.WithRetired(ctx, db.Sources())
	if err != nil {
		return err
	}
	var archived store.Archived
	if a != nil {
		archived = a.Has(db.Store, sources)
	}
	report := pruneReport{DryRun: dryRun}
	if dryRun {
		report.Pruned, err = db.PrunableArchived(ctx, sources, retention, archived)
	} else if err = db.Writable(ctx); err == nil {
		report.Pruned, err = db.PruneArchived(ctx, sources, retention, prunePatience, archived)
	}
	if err != nil && !errors.Is(err, store.ErrInUse) && !errors.Is(err, store.ErrNotArchived) {
		return err
	}
	if output == "json" {
		return errors.Join(err, printJSON(p.stdout, report))
	}
	p.printPruned(report)
	return err
}

func (p *program) printPruned(r pruneReport) {
	verb := "dropped"
	if r.DryRun {
		verb = "would be dropped"
	}
	var rows, bytes int64
	t := newTable("source", "month", "versions", "kB")
	for _, m := range r.Months {
		t.AppendRow([]any{m.Source, m.Month, thousands(m.Rows), thousands(m.Bytes >> 10)})
		rows, bytes = rows+m.Rows, bytes+m.Bytes
	}
	if len(r.Months) > 0 {
		t.numbers("versions", "kB")
		printTable(p.stdout, t)
	}
	fmt.Fprintf(p.stdout, "%s versions (%s kB) and %s sync runs %s.\n", thousands(rows), thousands(bytes>>10), thousands(r.Runs), verb)
	kept := "is"
	if r.DryRun && len(r.Months) > 0 {
		kept = "would be"
	}
	if r.Horizon != nil {
		fmt.Fprintf(p.stdout, "History %s kept from %s on.\n", kept, r.Horizon.UTC().Format(time.RFC3339))
	} else if r.DryRun {
		fmt.Fprintln(p.stdout, "History is kept from the first sync on.")
	}
	if r.NextDropAt != nil {
		fmt.Fprintf(p.stdout, "Of what is there now, more is due to be dropped on %s.\n", r.NextDropAt.UTC().Format(time.DateOnly))
	}
}
