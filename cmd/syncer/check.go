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
	c, err := p.loadConfig()
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
		ofDatabase = p.checkDatabase(ctx, string(c.Database.URL), c.Timezone, func(db *database) (err error) {
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

// checkDatabase checks the configured database, or the embedded default, and then
// what is in it, if that can be read.
func (p *program) checkDatabase(ctx context.Context, url, zone string, more func(*database) error) (list []finding) {
	failed := func(check string, err error) []finding {
		what, remedy := store.Explain(err)
		return append(list, finding{Check: check, Result: resultFailed, Found: strings.TrimPrefix(what, "database "), Remedy: remedy})
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
	ofZone, err := db.CheckZone(ctx, zone)
	if err != nil {
		return failed("time zone", err)
	}
	embedded := db.dir != ""
	for _, c := range append(checks, ofZone) {
		list = append(list, databaseFinding(c, embedded))
	}
	current, err := worker.QueueIsCurrent(ctx, db.Pool())
	if err != nil {
		return failed("job queue", err)
	}
	queue := store.Check{Name: "job queue", Found: "current"}
	if !current {
		queue = store.Check{Name: "job queue", Found: "not there yet, or older than this program's", Remedy: "run syncer migrate up", Pending: true}
	} else if health, err := (&worker.Syncer{Store: db.Store}).QueueHealth(ctx); err != nil {
		return failed("job queue", err)
	} else if problem := health.Problem(); problem != "" {
		what, remedy, _ := strings.Cut(problem, ": ")
		queue = store.Check{Name: "job queue", Found: what, Remedy: remedy}
	}
	if demo, err := db.IsDemo(ctx); err != nil {
		return failed("database", err)
	} else if demo {
		list = append(list, finding{Check: "database", Result: resultFailed, Found: "it is the demo's, which only syncer demo fills", Remedy: "unset DATABASE_URL, or name another database"})
	}
	list = append(list, databaseFinding(queue, embedded))
	if db.Current(ctx) == nil {
		if err := more(db); err != nil {
			return failed("database", err)
		}
	}
	f, err := checkDisk(ctx, db)
	if err != nil {
		return failed("disk", err)
	}
	if f == nil {
		return list
	}
	if f.Result == resultFailed { // it says more than that nothing could be written
		list = slices.DeleteFunc(list, func(f finding) bool { return strings.Contains(f.Found, "SQLSTATE 53100") })
	}
	return append(list, *f)
}

// databaseFinding is what a check of the database came to. The schema of the
// embedded default is no one's to see to: every sync does.
func databaseFinding(c store.Check, embedded bool) finding {
	f := finding{Check: c.Name, Result: resultOK, Found: c.Found, Remedy: c.Remedy}
	switch {
	case c.Pending && embedded:
		f.Result, f.Found, f.Remedy = resultSkipped, c.Found+"; the next sync brings it up to date", ""
	case c.Remedy != "" && !c.Advice:
		f.Result = resultFailed
	}
	return f
}

// minFreeDisk is what PostgreSQL should have at least, in bytes: below that, a
// single large merge may fill the disk.
const minFreeDisk = 1 << 30

// checkDisk looks at the disk of a database on this machine; nil: it is elsewhere.
func checkDisk(ctx context.Context, db *database) (*finding, error) {
	dir, err := db.DataDir(ctx)
	if err != nil {
		return nil, err
	}
	free, ok := freeDisk(dir)
	if !ok {
		return nil, nil
	}
	f := &finding{Check: "disk", Result: resultOK, Found: fmt.Sprintf("%.1f GB free in %s", float64(free)/1e9, dir)}
	if free < minFreeDisk {
		f.Result, f.Found = resultFailed, fmt.Sprintf("%d MB free in %s", free/1e6, dir)
		f.Remedy = "make room: a full disk stops the database"
	}
	return f, nil
}

// checkAccount checks the credentials of an account, and then its sources.
func checkAccount(ctx context.Context, s *worker.Syncer, a *worker.Account, sources []*source.Source, whence string) (id string, list []finding) {
	chosen := slices.DeleteFunc(slices.Clone(s.Config().Sources), func(o *worker.Settings) bool { return !slices.Contains(sources, o.Source) })
	jobs := slices.DeleteFunc(s.Jobs(chosen...), func(j worker.Job) bool { return j.Account != a })
	f := finding{Check: "credentials", Account: a.Name, Result: resultOK}
	who, err := a.Identify(ctx)
	if err != nil {
		f.Result = resultFailed
		f.Found, f.Remedy = worker.Explain(err)
		f.Found += "; from " + whence
		skipped := finding{Check: "sources", Account: a.Name, Result: resultSkipped, Found: several(len(jobs), "call") + " not tried: the credentials come first"}
		return "", []finding{f, skipped}
	}
	f.Found = fmt.Sprintf("account %s, %s, from %s", who.AccountID, who.ARN, whence)
	list = append(list, f)
	for _, probe := range s.Probe(ctx, jobs) {
		list = append(list, sourceFinding(probe))
	}
	if regions := s.Elsewhere(ctx, a, chosen); len(regions) > 0 {
		list = append(list, finding{
			Check: "OOS regions", Account: a.Name, Result: resultOK,
			Found:  "not configured, but with patch states: " + strings.Join(regions, ", "),
			Remedy: "add to oos_regions those that you want to see, or write oos_regions: all",
		})
	}
	if slices.Contains(sources, &source.CloudCenterInstances) {
		if all, byRegion, err := a.CountServers(ctx); err == nil && all != byRegion {
			list = append(list, finding{
				Check: "RegionId", Account: a.Name, Result: resultOK,
				Found: fmt.Sprintf("Security Center takes it for a filter: %s of %s with it; syncer sends none", thousands(byRegion), several(int(all), "server")),
			})
		}
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

// listingFinding says what came of asking for what is not named.
func listingFinding(l worker.Listing, accounts []*worker.Account) finding {
	f := finding{Check: "OOS regions", Account: l.Account.Name, Result: resultOK, Found: several(l.Count, "region") + " listed"}
	if l.Kind == store.Members {
		synced := 0
		for _, a := range accounts {
			if a.Via() == l.Account {
				synced++
			}
		}
		f.Check, f.Found = "members", fmt.Sprintf("%s of the directory listed, %d synced as members", several(l.Count, "account"), synced)
	}
	if l.Err != nil {
		f.Result = resultFailed
		f.Found, f.Remedy = worker.Explain(l.Err)
	}
	return f
}

// whenceOf says where the credentials of an account come from, or of a member of one.
func (p *program) whenceOf(c *config.Config, a *worker.Account) string {
	name, via := a.Name, a.Via()
	if via != nil {
		name = via.Name
	}
	i := slices.IndexFunc(c.Accounts, func(o config.Account) bool { return o.Name == name })
	whence := p.whence(c.Accounts[i])
	if via != nil {
		whence += ", assuming " + via.Members.Role + " in the member"
	}
	return whence
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

// marks are how results look, and in which colour on a terminal.
var marks = map[string]struct {
	sign   string
	colour pretty.Color
}{resultOK: {"✓", pretty.FgGreen}, resultFailed: {"✗", pretty.FgRed}, resultSkipped: {"–", pretty.FgYellow}}

// printChecks prints a line for each check: on a terminal as wide as that is, else
// as long as it takes, so that it can be searched.
func (p *program) printChecks(report checkReport) {
	t := newTable("", "check", "account", "region", "result")
	room := p.width()
	if room > 0 { // what the other columns, and the lines in between, leave
		room -= len("   |  |  |  | ") + longest(report.Checks, "check", func(f finding) string { return f.Check }) +
			longest(report.Checks, "account", func(f finding) string { return f.Account }) +
			longest(report.Checks, "region", func(f finding) string { return f.Region })
		room = max(room, 40)
	}
	failed := 0
	for _, f := range report.Checks {
		result := harmless(f.Found)
		if f.Remedy != "" {
			result += " → " + harmless(f.Remedy)
		}
		if room > 0 {
			result = strings.Join(wrapText(result, room), "\n")
		}
		t.AppendRow([]any{p.colour(marks[f.Result].sign, marks[f.Result].colour), f.Check, f.Account, f.Region, shown(result)})
		if f.Result == resultFailed {
			failed++
		}
	}
	printTable(p.stdout, t)
	if failed > 0 {
		fmt.Fprintf(p.stdout, "%d of %s failed.\n", failed, several(len(report.Checks), "check"))
		return
	}
	fmt.Fprintln(p.stdout, "All is well.")
}

// longest is the width of a column.
func longest(list []finding, header string, of func(finding) string) int {
	width := pretty.StringWidth(header)
	for _, f := range list {
		width = max(width, pretty.StringWidth(of(f)))
	}
	return width
}
