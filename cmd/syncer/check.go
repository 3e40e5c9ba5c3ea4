package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"syncer/internal/config"
	"syncer/source"
	"syncer/store"
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
const connectTimeout = 15 * time.Second

func (p *program) check(ctx context.Context, output string) error {
	if output != "table" && output != "json" {
		return usageError{fmt.Errorf("--output %s: expected table or json", output)}
	}
	c, err := p.loadConfig()
	if err != nil {
		return err
	}
	syncer, err := p.newSyncer(c, nil) // which the database need not wait for, nor fail
	if err != nil {
		return err
	}
	sources := enabledSources(c)

	var wg sync.WaitGroup
	var ofDatabase []finding
	wg.Go(func() { ofDatabase = p.checkDatabase(ctx, string(c.Database.URL)) })
	ids := make([]string, len(c.Accounts))
	ofAccounts := make([][]finding, len(c.Accounts))
	for i, a := range syncer.Accounts {
		wg.Go(func() { ids[i], ofAccounts[i] = checkAccount(ctx, syncer, a, sources, p.whence(c.Accounts[i])) })
	}
	wg.Wait()
	if ctx.Err() != nil {
		return errors.New("called off")
	}
	findTwins(syncer.Accounts, ids, ofAccounts)

	report := checkReport{Checks: slices.Concat([]finding{{
		Check: "configuration", Result: resultOK,
		Found: fmt.Sprintf("%s: %d sources of %d accounts", p.configFile, len(sources), len(c.Accounts)),
	}}, ofDatabase, slices.Concat(ofAccounts...))}
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

// checkDatabase checks the configured database, or the embedded default.
func (p *program) checkDatabase(ctx context.Context, url string) (list []finding) {
	failed := func(check string, err error) []finding {
		what, remedy := store.Explain(err)
		return append(list, finding{Check: check, Result: resultFailed, Found: what, Remedy: remedy})
	}
	opening := ctx
	if url != "" { // starting the embedded default takes as long as it takes
		var cancel context.CancelFunc
		opening, cancel = context.WithTimeout(ctx, connectTimeout)
		defer cancel()
	}
	db, err := p.openDatabase(opening, url, "", store.Options{})
	if err != nil {
		return failed("database", err)
	}
	defer func() {
		if err := db.close(ctx); err != nil {
			list = failed("database", err)
		}
	}()
	checks, err := db.Check(ctx)
	if err != nil {
		return failed("database", err)
	}
	embedded := db.dir != ""
	for _, c := range checks {
		list = append(list, databaseFinding(c, embedded))
	}
	current, err := worker.QueueIsCurrent(ctx, db.Pool())
	if err != nil {
		return failed("job queue", err)
	}
	queue := store.Check{Name: "job queue", Found: "current"}
	if !current {
		queue = store.Check{Name: "job queue", Found: "not there yet, or older than this program's", Remedy: "run syncer migrate up", Pending: true}
	}
	list = append(list, databaseFinding(queue, embedded))
	dir, err := db.DataDir(ctx)
	if err != nil {
		return failed("disk", err)
	}
	if free, ok := freeDisk(dir); ok {
		list = append(list, diskFinding(dir, free))
	}
	return list
}

// databaseFinding is what a check of the database came to. The schema of the
// embedded default is no one's to see to: every sync does.
func databaseFinding(c store.Check, embedded bool) finding {
	f := finding{Check: c.Name, Result: resultOK, Found: c.Found, Remedy: c.Remedy}
	switch {
	case c.Pending && embedded:
		f.Result, f.Found, f.Remedy = resultSkipped, c.Found+"; the next sync brings it up to date", ""
	case c.Remedy != "":
		f.Result = resultFailed
	}
	return f
}

// minFreeDisk is what PostgreSQL should have at least, in bytes: below that, a
// single large merge may fill the disk.
const minFreeDisk = 1 << 30

func diskFinding(dir string, free uint64) finding {
	f := finding{Check: "disk", Result: resultOK, Found: fmt.Sprintf("%.1f GB free in %s", float64(free)/1e9, dir)}
	if free < minFreeDisk {
		f.Result, f.Remedy = resultFailed, "make room: a full disk stops the database"
	}
	return f
}

// checkAccount checks the credentials of an account, and then its sources.
func checkAccount(ctx context.Context, s *worker.Syncer, a *worker.Account, sources []*source.Source, whence string) (id string, list []finding) {
	chosen := slices.DeleteFunc(slices.Clone(s.Sources), func(o *worker.Settings) bool { return !slices.Contains(sources, o.Source) })
	jobs := slices.DeleteFunc(s.Jobs(chosen...), func(j worker.Job) bool { return j.Account != a })
	f := finding{Check: "credentials", Account: a.Name, Result: resultOK}
	who, err := a.Identify(ctx)
	if err != nil {
		f.Result = resultFailed
		f.Found, f.Remedy = worker.Explain(err)
		f.Found += "; from " + whence
		skipped := finding{Check: "sources", Account: a.Name, Result: resultSkipped, Found: fmt.Sprintf("%d calls not tried: the credentials come first", len(jobs))}
		return "", []finding{f, skipped}
	}
	f.Found = fmt.Sprintf("account %s, %s, from %s", who.AccountID, who.ARN, whence)
	list = append(list, f)
	for _, probe := range s.Probe(ctx, jobs) {
		list = append(list, sourceFinding(probe))
	}
	return who.AccountID, list
}

func sourceFinding(p worker.Probe) finding {
	f := finding{Check: p.Job.Source.Source.Name, Account: p.Job.Account.Name, Region: p.Job.Region, Result: resultOK}
	switch {
	case p.Err != nil:
		f.Result = resultFailed
		f.Found, f.Remedy = worker.Explain(p.Err)
	case p.Lacks != "":
		f.Result, f.Found = resultSkipped, "cannot be asked before there is "+p.Lacks
	case p.Rows < 0:
		f.Found = "answers"
	case p.Rows == 0:
		f.Found = "answers: no rows"
	case p.Rows == 1:
		f.Found = "answers: 1 row"
	default:
		f.Found = "answers: " + thousands(p.Rows) + " rows"
	}
	return f
}

// whence says where an account's credentials come from.
func (p *program) whence(a config.Account) string {
	from := map[string]string{
		"default":      "the environment, OIDC, the aliyun CLI or the ECS instance's role, whichever is there first",
		"access_key":   "the configuration",
		"sts":          "the configuration (sts)",
		"ram_role_arn": "the configuration, assuming " + a.Credentials.RoleARN,
		"ecs_ram_role": "the role of the ECS instance",
		"oidc":         "OIDC, assuming " + a.Credentials.RoleARN,
		"profile":      strings.TrimSpace("the aliyun CLI's profile " + a.Credentials.Profile),
		"uri":          "a credentials URI",
	}[a.Credentials.Type]
	if a.Credentials.Type == "default" && p.getenv("ALIBABA_CLOUD_ACCESS_KEY_ID") != "" && p.getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET") != "" {
		from = "ALIBABA_CLOUD_ACCESS_KEY_ID"
	}
	if a.AssumeRole != "" {
		from += ", assuming " + a.AssumeRole
	}
	return from
}

// findTwins finds accounts of the configuration that are one in the cloud: their
// rows would be the same ones.
func findTwins(accounts []*worker.Account, ids []string, of [][]finding) {
	for i, id := range ids {
		if first := slices.Index(ids, id); id != "" && first < i {
			f := &of[i][0]
			f.Result = resultFailed
			f.Found += ": the same account as " + accounts[first].Name
			f.Remedy = "give it credentials of its own, or take it out"
		}
	}
}

var marks = map[string]string{resultOK: "✓", resultFailed: "✗", resultSkipped: "–"}

func (p *program) printChecks(report checkReport) {
	t := newTable("", "check", "account", "region", "result")
	failed := 0
	for _, f := range report.Checks {
		for i, line := range wrapText(f.Found, 100) {
			if i == 0 {
				t.AppendRow([]any{marks[f.Result], f.Check, f.Account, f.Region, line})
			} else {
				t.AppendRow([]any{"", "", "", "", line})
			}
		}
		if f.Remedy != "" {
			t.AppendRow([]any{"", "", "", "", "→ " + f.Remedy})
		}
		if f.Result == resultFailed {
			failed++
		}
	}
	printTable(p.stdout, t)
	if failed > 0 {
		fmt.Fprintf(p.stdout, "%d of %d checks failed.\n", failed, len(report.Checks))
		return
	}
	fmt.Fprintln(p.stdout, "All is well.")
}
