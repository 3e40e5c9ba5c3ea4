package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	pretty "github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"syncer/fetch"
	"syncer/internal/config"
	"syncer/worker"
)

func (p *program) checkCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Try the configuration, the database, the credentials, and one call of each source",
		Long: `check tries all that a sync needs: the configuration, the database, the
credentials of each account, and one call of each source in each region. It says
what to do about whatever is not as it should be, and writes nothing.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.check(cmd.Context(), output)
		},
	}
	cmd.Flags().StringVar(&output, "output", "table", "table or json")
	return cmd
}

// A checkReport is what check prints as JSON.
type checkReport struct {
	OK     bool      `json:"ok"`
	Checks []finding `json:"checks"`
}

// A finding is one line of it.
type finding struct {
	Check   string `json:"check"` // a source, or what its name says
	Account string `json:"account,omitempty"`
	Region  string `json:"region,omitempty"`
	Result  string `json:"result"` // ok, failed, or skipped: it could not be tried
	Found   string `json:"found"`
	Remedy  string `json:"remedy,omitempty"`
}

// Results of a check.
const (
	resultOK      = "ok"
	resultFailed  = "failed"
	resultSkipped = "skipped"
)

// connectTimeout bounds the wait for a database that may be behind a firewall.
const connectTimeout = 5 * time.Second

// hasty is for a person who waits: a call that gets no connection is made once
// more, and not for long.
func hasty(o *fetch.Options) { o.Timeout, o.MaxAttempts = 6*time.Second, 2 }

func (p *program) check(ctx context.Context, output string) error {
	if err := tableOrJSON(output); err != nil {
		return err
	}
	report, err := p.checkAll(ctx)
	if err != nil {
		return err
	}
	report.OK = !slices.ContainsFunc(report.Checks, func(f finding) bool { return f.Result == resultFailed })
	if output == "json" {
		err = printJSON(p.stdout, report)
	} else {
		p.printChecks(report)
	}
	if err == nil && !report.OK {
		return errFailed
	}
	return err
}

// checkAll checks the configuration, and then all that it names, side by side.
func (p *program) checkAll(ctx context.Context) (report checkReport, err error) {
	c, err := p.loadSound()
	var syncer *worker.Syncer
	if err == nil {
		syncer, err = p.newSyncer(c, nil, hasty) // which the database need not wait for, nor fail
	}
	if err != nil {
		problems, many := errors.AsType[config.Problems](err)
		for _, problem := range problems {
			report.Checks = append(report.Checks, finding{Check: "configuration", Result: resultFailed, Found: problem.String()})
		}
		if !many { // one error, on however many lines
			report.Checks = append(report.Checks, finding{Check: "configuration", Result: resultFailed, Found: harmless(err.Error())})
		}
		return report, nil
	}
	sources := enabledSources(c)
	_, _ = syncer.Discover(ctx) // what it finds and what fails, the findings tell
	accounts := syncer.Config().Accounts

	var wg sync.WaitGroup
	var ofDatabase, ofLeftovers []finding
	identified := make(chan struct{})
	wg.Go(func() {
		ofDatabase = p.checkDatabase(ctx, c, func(db *database) (err error) {
			<-identified // by names alone, a renamed account would be none of the configuration
			ofLeftovers, err = checkLeftovers(ctx, db, syncer)
			return err
		})
	})
	ids := make([]string, len(accounts))
	ofAccounts := make([][]finding, len(accounts))
	var asked sync.WaitGroup
	for i, a := range accounts {
		asked.Go(func() { ids[i], ofAccounts[i] = checkAccount(ctx, syncer, a, sources, p.whenceOf(c, a)) })
	}
	targets := notifyTargets(c)
	ofTargets := make([]finding, len(targets))
	for i, t := range targets {
		wg.Go(func() { ofTargets[i] = checkTarget(ctx, t.Target) })
	}
	asked.Wait()
	close(identified)
	wg.Wait()
	if ctx.Err() != nil {
		return report, errors.New("called off")
	}
	findTwins(accounts, ids, ofAccounts)
	for i, a := range accounts {
		for _, l := range syncer.Listings() {
			if l.Account.Name == a.Name {
				ofAccounts[i] = append(ofAccounts[i], listingFinding(l, accounts))
			}
		}
	}
	report.Checks = slices.Concat([]finding{{
		Check: "configuration", Result: resultOK,
		Found: fmt.Sprintf("%s: %s of %s", p.configFile, several(len(sources), "source"), several(len(c.Accounts), "account")),
	}}, ofDatabase, slices.Concat(ofAccounts...), ofLeftovers, ofTargets)
	return report, nil
}

// several writes 1 account, 2 accounts.
func several(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// marks are how results look, and in which colour on a terminal.
var marks = map[string]struct {
	sign   string
	colour pretty.Color
}{resultOK: {"✓", pretty.FgGreen}, resultFailed: {"✗", pretty.FgRed}, resultSkipped: {"–", pretty.FgYellow}}

// roomForResults is how many characters of a line results need. Where the other columns
// leave less, account and region stand below the check.
const roomForResults = 36

// printChecks prints a line for each check: on a terminal as wide as that is, else
// as long as it takes, so that it can be searched.
func (p *program) printChecks(report checkReport) {
	t := p.checksTable(report, false)
	natural, _ := t.fit(0)
	if widths, _ := t.fit(terminalWidth(p.stdout)); widths[4] < min(natural[4], roomForResults) {
		t = p.checksTable(report, true)
	}
	printTable(p.stdout, t)
	failed := 0
	for _, f := range report.Checks {
		if f.Result == resultFailed {
			failed++
		}
	}
	if failed > 0 {
		fmt.Fprintf(p.stdout, "%d of %s failed.\n", failed, several(len(report.Checks), "check"))
		return
	}
	fmt.Fprintln(p.stdout, "All is well.")
}

func (p *program) checksTable(report checkReport, below bool) *grid {
	t := newTable("", "check", "account", "region", "result")
	if below {
		t = newTable("", "check", "result")
	}
	t.flow("result", 0)
	t.narrow(cutTo("account", 8), cutTo("check", 14))
	for _, f := range report.Checks {
		mark := p.colour(marks[f.Result].sign, marks[f.Result].colour)
		result := f.Found
		if f.Remedy != "" {
			result += " → " + f.Remedy
		}
		if !below {
			t.AppendRow([]any{mark, f.Check, f.Account, f.Region, result})
			continue
		}
		check := cut(f.Check, mostInCell)
		if where := strings.TrimSpace(f.Account + " " + f.Region); where != "" {
			check += "\n  " + cut(where, mostInCell)
		}
		t.AppendRow([]any{mark, shown(check), result})
	}
	return t
}
