package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"syncer/source"
	"syncer/store"
	"syncer/worker"
)

func (p *program) statusCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "status",
		Short: "How fresh each source is, partition by partition",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.status(cmd.Context(), output)
		},
	}
	cmd.Flags().StringVar(&output, "output", "table", "table or json")
	return cmd
}

// A statusReport is what status prints as JSON.
type statusReport struct {
	Fresh      bool           `json:"fresh"`
	Partitions []worker.State `json:"partitions"`
	Rows       []store.Count  `json:"rows"`
}

func (p *program) status(ctx context.Context, output string) (err error) {
	if output != "table" && output != "json" {
		return usageError{fmt.Errorf("--output %s: expected table or json", output)}
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
	syncer, err := p.newSyncer(c, db.Store)
	if err != nil {
		return err
	}
	report := statusReport{Fresh: true}
	if report.Partitions, err = syncer.States(ctx); err != nil {
		return err
	}
	for _, r := range report.Partitions {
		report.Fresh = report.Fresh && r.State == worker.Fresh
	}
	if report.Rows, err = db.Counts(ctx, source.All); err != nil {
		return err
	}
	if output == "json" {
		err = printJSON(p.stdout, report)
	} else {
		p.printStatus(report)
	}
	if err == nil && !report.Fresh {
		return errFailed
	}
	return err
}

func (p *program) printStatus(report statusReport) {
	now := time.Now()
	t := newTable("source", "account", "region", "state", "last success", "next due", "last error")
	for _, r := range report.Partitions {
		message := ""
		if r.LastErrorMessage != nil {
			message = cut(*r.LastErrorMessage, 80)
		}
		t.AppendRow([]any{r.Source, *r.AccountName, r.RegionID, r.State, ago(r.LastSuccessAt, now), ago(r.NextDueAt, now), message})
	}
	printTable(p.stdout, t)
	t = newTable("source", "rows now", "older versions")
	for _, c := range report.Rows {
		t.AppendRow([]any{c.Source, thousands(c.Standing), thousands(c.Ended)})
	}
	rightAlign(t, 2, 3)
	printTable(p.stdout, t)
}
