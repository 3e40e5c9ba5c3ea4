package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	pretty "github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"syncer/store/report"
	"syncer/worker"
)

func (p *program) statusCommand() *cobra.Command {
	var output string
	var only selection
	cmd := &cobra.Command{
		Use:   "status",
		Short: "How fresh each source is, partition by partition",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.status(cmd.Context(), only, output)
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&only.sources, "source", nil, "only these sources")
	f.StringSliceVar(&only.accounts, "account", nil, "only these accounts")
	f.StringSliceVar(&only.regions, "region", nil, "only these regions")
	f.StringVar(&output, "output", "table", "table or json")
	return cmd
}

// A statusReport is what status prints as JSON.
type statusReport struct {
	Fresh      bool           `json:"fresh"`
	Problems   []string       `json:"problems,omitempty"` // of the queue, and of the database where not all is fresh
	Partitions []worker.State `json:"partitions"`
	Rows       []report.Count `json:"rows"`
	// NotConfigured are rows that stand, though nothing keeps them up to date.
	NotConfigured []leftover `json:"not_configured,omitempty"`
}

func (p *program) status(ctx context.Context, only selection, output string) (err error) {
	if err := tableOrJSON(output); err != nil {
		return err
	}
	c, err := p.loadConfig()
	if err != nil {
		return err
	}
	syncer, err := p.newSyncer(c, nil)
	if err != nil {
		return err
	}
	db, err := p.openToRead(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.close(ctx)) }()
	syncer.Store = db.Store
	if err := syncer.Recall(ctx); err != nil {
		return err
	}
	status := statusReport{Fresh: true}
	if status.Problems, err = notListed(ctx, syncer); err != nil {
		return err
	}
	status.Fresh = len(status.Problems) == 0
	if err := syncer.Recognise(ctx); err != nil {
		return err
	}
	if status.Partitions, err = syncer.States(ctx); err != nil {
		return err
	}
	if status.NotConfigured, err = unconfigured(ctx, syncer); err != nil {
		return err
	}
	if status.Partitions, err = only.states(status.Partitions); err != nil {
		return err
	}
	for _, r := range status.Partitions {
		status.Fresh = status.Fresh && r.State == worker.Fresh
	}
	queue, err := syncer.QueueHealth(ctx)
	if err != nil {
		return err
	}
	paused := len(queue.Paused) > 0 // soon nothing will be fresh
	status.Fresh = status.Fresh && !paused
	if !status.Fresh && queue.Problem() != "" {
		status.Problems = append(status.Problems, queue.Problem())
	}
	if !status.Fresh { // a run that cannot write leaves no word of it
		status.Problems = append(status.Problems, databaseProblems(ctx, db)...)
	}
	if status.Rows, err = report.Of(db.Store).Counts(ctx, db.Sources()); err != nil {
		return err
	}
	if len(only.accounts) > 0 || len(only.regions) > 0 { // they are counted by source alone
		status.Rows = nil
	}
	if len(only.sources) > 0 {
		status.Rows = slices.DeleteFunc(status.Rows, func(c report.Count) bool { return !slices.Contains(only.sources, c.Source) })
	}
	if output == "json" {
		err = printJSON(p.stdout, status)
	} else {
		p.printStatus(status, db.Time())
	}
	if err == nil && !status.Fresh {
		return errFailed
	}
	return err
}

// states are those of the partitions that were named. A name that none has is refused:
// nothing to tell of it would be taken for calm.
func (sel selection) states(list []worker.State) ([]worker.State, error) {
	for _, by := range []struct {
		what  string
		names []string
		of    func(worker.State) string
	}{
		{"source", sel.sources, func(s worker.State) string { return s.Source }},
		{"account", sel.accounts, func(s worker.State) string { return *s.AccountName }},
		{"region", sel.regions, func(s worker.State) string { return s.RegionID }},
	} {
		if len(by.names) == 0 {
			continue
		}
		for _, name := range by.names {
			if !slices.ContainsFunc(list, func(s worker.State) bool { return by.of(s) == name }) {
				return nil, usageError{fmt.Errorf("--%s %s: there is no partition of it among those asked for", by.what, name)}
			}
		}
		list = slices.DeleteFunc(list, func(s worker.State) bool { return !slices.Contains(by.names, by.of(s)) })
	}
	return list, nil
}

// notListed says which listings fail, by which the members of a directory are known, say.
func notListed(ctx context.Context, s *worker.Syncer) (list []string, err error) {
	kept, err := s.Store.Discoveries(ctx)
	if err != nil {
		return nil, err
	}
	for _, l := range s.Listings() {
		for _, d := range kept {
			if d.Account == l.Account.Label() && d.Kind == l.Kind && d.Problem != nil {
				list = append(list, fmt.Sprintf("since %s: %s", d.FailedAt.UTC().Format(time.RFC3339), *d.Problem))
			}
		}
	}
	return list, nil
}

var stateColours = map[string]pretty.Color{
	worker.Fresh: pretty.FgGreen, worker.Late: pretty.FgYellow, worker.Never: pretty.FgYellow, worker.Failing: pretty.FgRed,
}

// databaseProblems are what keeps syncs from writing, with what to do.
func databaseProblems(ctx context.Context, db *database) (list []string) {
	if err := db.Writable(ctx); err != nil {
		list = append(list, withRemedy(err))
	}
	if f, err := checkDisk(ctx, db); err == nil && f != nil && f.Result == resultFailed {
		list = append(list, fmt.Sprintf("the disk of the database has only %s; %s", f.Found, f.Remedy))
	}
	return list
}

// due says when a partition's next sync is due. One that is fresh is no more late than
// a sync may be, so its moment is now.
func due(r worker.State, now time.Time) string {
	if r.State == worker.Fresh && r.NextDueAt != nil && r.NextDueAt.Before(now) {
		return "now"
	}
	return ago(r.NextDueAt, now)
}

func (p *program) printStatus(status statusReport, now time.Time) {
	t := newTable("source", "account", "region", "state", "last success", "next due")
	for _, r := range status.Partitions {
		t.AppendRow([]any{r.Source, *r.AccountName, r.RegionID, p.colour(r.State, stateColours[r.State]), ago(r.LastSuccessAt, now), due(r, now)})
	}
	t.narrow(drop("next due"), cutTo("source", 12), cutTo("account", 8))
	printTable(p.stdout, t)
	for _, problem := range status.Problems {
		p.printf("problem: %s\n", problem)
	}
	told := len(status.Problems) > 0
	// An error is told once, with the first partition that has it.
	others := map[string]int{}
	for _, r := range status.Partitions {
		if r.State != worker.Fresh && r.LastErrorMessage != nil {
			others[r.State+*r.LastErrorMessage]++
		}
	}
	for _, r := range status.Partitions {
		if r.State == worker.Fresh || r.LastErrorMessage == nil {
			continue
		}
		key := r.State + *r.LastErrorMessage
		n := others[key]
		delete(others, key)
		switch {
		case n == 1:
			p.printf("%s: %s of %s in %s: %s\n", r.State, r.Source, *r.AccountName, r.RegionID, *r.LastErrorMessage)
		case n > 1:
			p.printf("%s: %s of %s in %s, and %s: %s\n", r.State, r.Source, *r.AccountName, r.RegionID, several(n-1, "other partition"), *r.LastErrorMessage)
		}
		told = true
	}
	if told {
		fmt.Fprintln(p.stdout)
	}
	if len(status.Rows) > 0 { // they are counted by source alone
		t = newTable("source", "rows now", "older versions")
		for _, c := range status.Rows {
			ended := thousands(c.Ended)
			if c.About {
				ended = "about " + ended
			}
			t.AppendRow([]any{c.Source, thousands(c.Standing), ended})
		}
		t.numbers("rows now", "older versions")
		printTable(p.stdout, t)
	}
	p.printLeftovers(status.NotConfigured, now)
}
