package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	pretty "github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"syncer/store"
	"syncer/text"
	"syncer/worker"
)

func (p *program) syncCommand() *cobra.Command {
	o := syncOptions{}
	cmd := &cobra.Command{
		Use:   "sync [source…]",
		Short: "One pass now: all sources, or those named",
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if p.logLevel == "" {
				p.logLevel = "error" // the table says what is wrong
			}
			return p.setUpLog()
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.sources = args
			return p.sync(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&o.accounts, "account", nil, "only these accounts")
	f.StringSliceVar(&o.regions, "region", nil, "only these regions")
	f.BoolVar(&o.full, "full", false, "ask for everything, also for what is long finished (of main tasks that nothing is to change in, once in 30 days)")
	f.BoolVar(&o.allowShrink, "allow-shrink", false, "end rows even where so many are gone that it would be held")
	f.BoolVar(&o.dryRun, "dry-run", false, "say what would change, and write nothing; with --allow-shrink, also what a held run would end")
	f.BoolVar(&o.details, "details", false, "of a dry run: every row that would change, and each of its columns")
	f.BoolVar(&o.migrate, "migrate", false, "bring the schema up to date first")
	f.StringVar(&o.output, "output", "table", "table or json")
	return cmd
}

type syncOptions struct {
	selection
	full, allowShrink, dryRun, details, migrate bool
	output                                      string
}

// A syncReport is one partition in the output of sync.
type syncReport struct {
	Source    string  `json:"source"`
	Account   string  `json:"account"`
	Region    string  `json:"region"`
	Status    string  `json:"status"`
	Opened    int64   `json:"rows_opened"`
	Changed   int64   `json:"rows_changed"`
	Ended     int64   `json:"rows_ended"`
	Unchanged int64   `json:"rows_unchanged"`
	Calls     int64   `json:"calls"`
	Seconds   float64 `json:"seconds"`
	Message   string  `json:"message,omitempty"`

	planned *planned // of a dry run; JSON has them, too
}

func (p *program) sync(ctx context.Context, o syncOptions) (err error) {
	if err := tableOrJSON(o.output); err != nil {
		return err
	}
	if o.details && !o.dryRun {
		return usageError{errors.New("--details is of a dry run: expected --dry-run, too")}
	}
	s, err := p.open(ctx, o.migrate)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.db.close(ctx)) }()
	s.syncer.DryDiscovery = o.dryRun
	_, notListed := s.syncer.Discover(ctx)
	if notListed != nil {
		fmt.Fprintln(p.stderr, "syncer:", text.Printable(notListed.Error()))
	}
	jobs, err := o.jobs(s.syncer)
	if err != nil {
		return err
	}
	if !o.dryRun {
		if err := p.cutDays(ctx, s.config, s.db.Store); err != nil {
			return err
		}
	}
	for i := range jobs {
		jobs[i].Full, jobs[i].AllowShrink = o.full, o.allowShrink
	}
	found := map[worker.Job]*planned{}
	if o.dryRun {
		jobs = worker.DryRun(jobs)
		for _, j := range jobs {
			found[j] = newPlanned(o.details || o.output == "json")
			defer found[j].close()
		}
		s.syncer.Differ = func(j worker.Job, d store.PlannedChange) { found[j].add(d) }
	}
	watch := p.watch(s.syncer, len(jobs), o.output == "table")
	reports := []syncReport{}
	s.syncer.SyncAll(ctx, jobs, s.config.Workers, func(r worker.Result) {
		calls := watch.done(r)
		if r.Status == worker.StatusCalledOff {
			return
		}
		reports = append(reports, syncReport{
			Source: r.Job.Source.Name, Account: r.Job.Account.Name, Region: r.Job.Region, Status: r.Status,
			Opened: r.Changes.Opened, Changed: r.Changes.Changed, Ended: r.Changes.Ended, Unchanged: r.Changes.Unchanged,
			Calls: calls, Seconds: r.Took.Seconds(), Message: r.Message, planned: found[r.Job],
		})
	})
	watch.stop()
	slices.SortStableFunc(reports, func(a, b syncReport) int { return cmp.Compare(order(jobs, a), order(jobs, b)) })
	switch {
	case o.output == "json" && o.dryRun:
		err = p.printDryRuns(reports)
	case o.output == "json":
		err = printJSON(p.stdout, reports)
	default:
		err = p.printReports(reports, o.dryRun)
	}
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("called off: %d of %d partitions were not synced", len(jobs)-len(reports), len(jobs))
	}
	if notListed != nil || slices.ContainsFunc(reports, func(r syncReport) bool { return r.Status != store.StatusOK }) {
		return errFailed
	}
	return nil
}

// order is a report's place among the jobs: that of the sources and accounts.
func order(jobs []worker.Job, r syncReport) int {
	return slices.IndexFunc(jobs, func(j worker.Job) bool {
		return j.Source.Name == r.Source && j.Account.Name == r.Account && j.Region == r.Region
	})
}

func (p *program) printReports(reports []syncReport, dryRun bool) error {
	opened, changed, ended := "opened", "changed", "ended"
	if dryRun {
		opened, changed, ended = "would open", "would change", "would end"
	}
	t := newTable("source", "account", "region", "status", opened, changed, ended, "unchanged", "calls", "took")
	for _, r := range reports {
		t.AppendRow([]any{
			r.Source, r.Account, r.Region, p.colour(r.Status, statusColour(r.Status)), thousands(r.Opened), thousands(r.Changed), thousands(r.Ended), thousands(r.Unchanged),
			thousands(r.Calls), fmt.Sprintf("%.1f s", r.Seconds),
		})
	}
	t.numbers(opened, changed, ended, "unchanged", "calls", "took")
	t.narrow(drop("calls"), drop("unchanged"), drop("took"), cutTo("source", 12), cutTo("account", 8), cutTo("region", 9))
	printTable(p.stdout, t)
	details := false
	for _, r := range reports {
		if r.Message != "" {
			p.printf("%s: %s of %s in %s: %s\n", r.Status, r.Source, r.Account, r.Region, r.Message)
		}
		if err := p.printDifferences(r); err != nil {
			return err
		}
		details = details || r.planned != nil && r.planned.file == nil && len(r.planned.keys) > 0
	}
	if details {
		p.printf("\n--details lists every row and what would change in it; --output json does, too.\n")
	}
	return nil
}

func statusColour(status string) pretty.Color {
	switch status {
	case store.StatusOK:
		return pretty.FgGreen
	case store.StatusFailed:
		return pretty.FgRed
	}
	return pretty.FgYellow // incomplete, held
}
