package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"syncer/alert"
	"syncer/source"
	"syncer/store"
	"syncer/store/report"
	"syncer/worker"
)

func (p *program) forgetCommand() *cobra.Command {
	o := forgetOptions{}
	cmd := &cobra.Command{
		Use:   "forget",
		Short: "End the rows of what is no longer configured, or erase them with their history",
		Long: `forget ends the rows of accounts, regions and sources that are no longer configured:
they stand no more from this moment on, and trends fall. Their history stays.

With --erase it takes away all of them, their history, runs and trends included, as
if they had never been synced. There is no way back: it shows what it would erase, and
asks for the name once more.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.forget(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.account, "account", "", "name or ID of an account")
	f.StringVar(&o.region, "region", "", "region that was asked")
	f.StringVar(&o.source, "source", "", "name of a source")
	f.BoolVar(&o.erase, "erase", false, "erase the history, too")
	f.StringVar(&o.yes, "yes", "", "with --erase: the name once more (the account, or else the region, or else the source), instead of being asked for it")
	f.BoolVar(&o.dryRun, "dry-run", false, "say what it would do, and do nothing")
	f.StringVar(&o.output, "output", "table", "table or json")
	return cmd
}

type forgetOptions struct {
	account, region, source string
	erase, dryRun           bool
	yes, output             string
}

// name is what is typed once more before it is erased.
func (o forgetOptions) name() string {
	for _, name := range []string{o.account, o.region, o.source} {
		if name != "" {
			return name
		}
	}
	return ""
}

// fits reports whether a partition is meant.
func (o forgetOptions) fits(part store.PartitionRow) bool {
	return (o.account == "" || o.account == part.AccountName || o.account == part.AccountID) &&
		(o.region == "" || o.region == part.RegionID) && (o.source == "" || o.source == part.Source)
}

func (o forgetOptions) check() error {
	switch {
	case o.output != "table" && o.output != "json":
		return usageError{fmt.Errorf("--output %s: expected table or json", o.output)}
	case o.name() == "":
		return usageError{errors.New("forget what? Name an --account, a --region or a --source, or several of these")}
	case o.yes != "" && !o.erase:
		return usageError{errors.New("--yes goes with --erase")}
	case o.yes != "" && o.yes != o.name():
		return usageError{fmt.Errorf("--yes %s: expected %s, which is to be erased", o.yes, o.name())}
	}
	return nil
}

// A forgetReport is what forget prints as JSON.
type forgetReport struct {
	DryRun     bool        `json:"dry_run"`
	Erase      bool        `json:"erase"`
	Partitions []forgotten `json:"partitions"`
}

type forgotten struct {
	store.PartitionRow
	store.Holding
}

func (p *program) forget(ctx context.Context, o forgetOptions) (err error) {
	if err := o.check(); err != nil {
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
	if demo, err := db.IsDemo(ctx); err != nil || demo {
		return cmp.Or(err, error(usageError{errors.New("this database is the demo's: its rows come back with its next sync; unset DATABASE_URL, or name another database")}))
	}
	syncer, err := p.newSyncer(c, db.Store)
	if err != nil {
		return err
	}
	chosen, accounts, err := choose(ctx, syncer, o)
	if err != nil {
		return err
	}
	report := forgetReport{DryRun: o.dryRun, Erase: o.erase, Partitions: []forgotten{}}
	for _, part := range chosen {
		holding, err := db.Holding(ctx, part)
		if err != nil {
			return err
		}
		report.Partitions = append(report.Partitions, forgotten{part, holding})
	}
	table := o.output == "table"
	if table {
		p.printForgotten(report)
	}
	if !o.dryRun {
		if err := db.Writable(ctx); err != nil {
			return err
		}
		if o.erase {
			if err := p.confirm(o); err != nil {
				return err
			}
			err = erase(ctx, syncer, chosen, accounts)
		} else {
			err = end(ctx, syncer, report.Partitions)
		}
		if err != nil {
			return err
		}
	}
	if !table {
		return printJSON(p.stdout, report)
	}
	p.printf("%s\n", report.summary())
	return nil
}

// choose returns the partitions that are meant, and the IDs of the accounts that these
// are of, or of one that nothing else is left of. None is configured.
func choose(ctx context.Context, s *worker.Syncer, o forgetOptions) (chosen []store.PartitionRow, accounts []string, err error) {
	if err := s.Recall(ctx); err != nil {
		return nil, nil, err
	}
	unknown, twins := s.Config().Identify(ctx)
	if twins != nil {
		return nil, nil, usageError{twins}
	}
	rows, err := report.Of(s.Store).Accounts(ctx)
	if err != nil {
		return nil, nil, err
	}
	for a, problem := range unknown {
		if !slices.ContainsFunc(rows, func(r report.AccountRow) bool { return r.Name == a.Label() }) {
			return nil, nil, fmt.Errorf("account %s of the configuration may be what is to be forgotten, since the cloud does not tell which it is: %w", a.Name, problem)
		}
	}
	all, err := s.Store.Partitions(ctx)
	if err != nil {
		return nil, nil, err
	}
	chosen = slices.DeleteFunc(all, func(part store.PartitionRow) bool { return !o.fits(part) })
	left := s.Config().Unconfigured(slices.Clone(chosen))
	for _, part := range chosen {
		if !slices.Contains(left, part) {
			return nil, nil, usageError{fmt.Errorf("%s of %s in %s is configured: take it out of the configuration first, or name less", part.Source, part.AccountName, part.RegionID)}
		}
		accounts = append(accounts, part.AccountID)
	}
	if o.erase && o.region == "" && o.source == "" { // what a run of this that was ended has left
		for _, r := range rows {
			if (o.account == r.ID || o.account == r.Name) && !s.Config().HasAccount(r.ID, r.Name) {
				accounts = append(accounts, r.ID)
			}
		}
	}
	if len(accounts) == 0 {
		return nil, nil, usageError{fmt.Errorf("nothing that was ever synced fits: see syncer status for what is no longer configured")}
	}
	slices.Sort(accounts)
	return chosen, slices.Compact(accounts), idle(ctx, s, chosen...)
}

// idle is an error where another syncer may sync one of the partitions, or does.
func idle(ctx context.Context, s *worker.Syncer, chosen ...store.PartitionRow) error {
	others, err := s.Store.OtherSessions(ctx)
	if err != nil {
		return err
	}
	now, err := s.Store.Partitions(ctx)
	if err != nil {
		return err
	}
	for _, part := range now {
		if !slices.ContainsFunc(chosen, func(c store.PartitionRow) bool {
			return c.Source == part.Source && c.AccountID == part.AccountID && c.RegionID == part.RegionID
		}) {
			continue
		}
		if others > 0 && part.RetiredAt == nil {
			return fmt.Errorf("%s of %s in %s may be configured still where another syncer runs, and would come back with its next sync: have it read the configuration again (SIGHUP), or stop it", part.Source, part.AccountName, part.RegionID)
		}
		under, err := s.UnderWay(ctx, part)
		if err != nil {
			return err
		}
		if under > 0 {
			return fmt.Errorf("%s of %s in %s is being synced: have syncer run read the configuration again (SIGHUP), and wait for the end of that", part.Source, part.AccountName, part.RegionID)
		}
	}
	return nil
}

// confirm wants the name once more.
func (p *program) confirm(o forgetOptions) error {
	if o.yes != "" {
		return nil
	}
	fmt.Fprintf(p.stderr, "There is no way back. To erase all of this, type %s: ", harmless(o.name()))
	typed := ""
	if p.stdin != nil {
		lines := bufio.NewScanner(p.stdin)
		lines.Scan()
		typed = strings.TrimSpace(lines.Text())
	}
	if typed != o.name() {
		fmt.Fprintln(p.stderr)
		return errors.New("called off: nothing was erased")
	}
	return nil
}

// end ends the rows of partitions, and tells how many these were.
func end(ctx context.Context, s *worker.Syncer, list []forgotten) error {
	for i := range list {
		part := &list[i]
		p, err := partition(s.Store, part.PartitionRow)
		if err != nil {
			return err
		}
		c, err := s.Store.Forget(ctx, p, s.Worker, func(ctx context.Context) error { return idle(ctx, s, part.PartitionRow) })
		if err != nil {
			return err
		}
		part.Rows = c.Ended
	}
	return nil
}

// erase takes away partitions, and the accounts of which nothing else is left.
func erase(ctx context.Context, s *worker.Syncer, chosen []store.PartitionRow, accounts []string) error {
	var configured []string
	for _, a := range s.Config().Accounts {
		configured = append(configured, a.Label())
	}
	var list []*store.Erasure
	for _, id := range accounts {
		e := &store.Erasure{AccountID: id}
		for _, part := range chosen {
			if part.AccountID != id {
				continue
			}
			// Its declaration, which may be gone, is not needed.
			e.Partitions = append(e.Partitions, store.Partition{
				Source: &source.Source{Name: part.Source}, AccountID: part.AccountID, AccountName: part.AccountName, RegionID: part.RegionID,
			})
		}
		var err error
		if e.Names, err = s.Store.Names(ctx, id, configured); err != nil {
			return err
		}
		list = append(list, e)
	}
	look := func(ctx context.Context) error { return idle(ctx, s, chosen...) } // the answer may have taken long
	return s.Store.Erase(ctx, list, look, worker.EraseJobs, alert.Erase)
}

// partition is one whose source this program knows.
func partition(s *store.Store, part store.PartitionRow) (p store.Partition, err error) {
	src, ok := source.ByName(s.Sources(), part.Source)
	if !ok {
		err = usageError{fmt.Errorf("source %s is not declared: put its file back into the catalogue to end its rows, or take away all of it by syncer sources drop %[1]s", part.Source)}
	}
	return store.Partition{Source: src, AccountID: part.AccountID, AccountName: part.AccountName, RegionID: part.RegionID}, err
}

func (p *program) printForgotten(r forgetReport) {
	t := newTable("source", "account", "account ID", "region", "rows now", "older versions", "runs")
	for _, f := range r.Partitions {
		t.AppendRow([]any{f.Source, f.AccountName, f.AccountID, f.RegionID, thousands(f.Rows), thousands(f.Versions - f.Rows), thousands(f.Runs)})
	}
	t.numbers("rows now", "older versions", "runs")
	t.narrow(drop("runs"), drop("older versions"), cutTo("source", 12), cutTo("account", 8))
	printTable(p.stdout, t)
}

// summary says in one line what was done, or would be.
func (r forgetReport) summary() string {
	var rows, versions int64
	for _, f := range r.Partitions {
		rows, versions = rows+f.Rows, versions+f.Versions
	}
	would := ""
	if r.DryRun {
		would = "would be "
	}
	of := several(len(r.Partitions), "partition")
	if r.Erase {
		return fmt.Sprintf("%s versions of %s %serased, with all that was kept of them.", thousands(versions), of, would)
	}
	return fmt.Sprintf("%s rows of %s %sended. Their history stays.", thousands(rows), of, would)
}
