package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"syncer/internal/config"
	"syncer/internal/yamlfile"
	"syncer/source"
	"syncer/store"
	"syncer/worker"
)

type tryOptions struct {
	file            string
	account, region string
	each            []string
	wait            time.Duration
	output          string
}

func (p *program) sourcesTryCommand() *cobra.Command {
	var o tryOptions
	cmd := &cobra.Command{
		Use:   "try file",
		Short: "Read an API twice by a declaration, write nothing, and judge the declaration",
		Long: `try reads an API twice, as a declaration says, and writes nothing; no database is needed. It
tells whether the listings were complete and the key is unique, which columns never had a
value or changed between the readings, which fields have no column, which values do not fit
the type of their column, and what a day would cost.

file is a declaration, or the name of a source. Where listings are made for each of the
values that another source has, one value is read from there, or those of --each are taken.

It exits with 1 if the declaration must not be used as it is.`,
		Example: `  syncer sources try sources/vulnerabilities.yaml
  syncer sources try publish_batches --each aegis_12_10`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.file = args[0]
			return p.trySource(cmd.Context(), o)
		},
	}
	cmd.Flags().StringVar(&o.account, "account", "", "account to ask (default: the first of the configuration)")
	cmd.Flags().StringVar(&o.region, "region", "", "region to ask (default: the first of the source)")
	cmd.Flags().StringArrayVar(&o.each, "each", nil, "value to make a listing for; may be given several times")
	cmd.Flags().DurationVar(&o.wait, "wait", 5*time.Second, "time between the two readings")
	cmd.Flags().StringVar(&o.output, "output", "table", "table or json")
	return cmd
}

func (p *program) trySource(ctx context.Context, o tryOptions) error {
	if err := tableOrJSON(o.output); err != nil {
		return err
	}
	if o.wait < 0 {
		return usageError{fmt.Errorf("--wait %s: expected 0s or more", o.wait)}
	}
	c, err := p.loadFullConfig()
	if err != nil {
		return err
	}
	job, syncer, err := p.tried(c, o)
	if err != nil {
		return err
	}
	trial, err := syncer.Try(ctx, job, o.each, o.wait, func(reading int) {
		if o.output == "table" {
			fmt.Fprintf(p.stderr, "reading %d of 2 …\n", reading)
		}
	})
	if err != nil {
		return explained(err)
	}
	day := dayOf(job.Source, trial, c.Timezone)
	if o.output == "json" {
		err = printJSON(p.stdout, struct {
			Sound bool `json:"sound"`
			*worker.Trial
			Day dayCost `json:"day"`
		}{trial.Sound(), trial, day})
	} else {
		p.printTrial(job.Source, trial, day)
	}
	if err == nil && !trial.Sound() {
		return errFailed
	}
	return err
}

// explained adds to an error of the cloud what to do. One of the database has that already.
func explained(err error) error {
	if store.IsUnreachable(err) {
		return err
	}
	if _, remedy := worker.Explain(err); remedy != "" && !strings.Contains(err.Error(), remedy) {
		return fmt.Errorf("%w; %s", err, remedy)
	}
	return err
}

// tried is the job of the declaration that is to be tried, among the configuration's
// sources, of which it takes the place of the one that has its name.
func (p *program) tried(c *config.Config, o tryOptions) (worker.Job, *worker.Syncer, error) {
	fail := func(format string, args ...any) (worker.Job, *worker.Syncer, error) {
		return worker.Job{}, nil, usageError{fmt.Errorf(format, args...)}
	}
	src, known := source.ByName(c.Catalogue.All(), o.file)
	if !known {
		text, err := os.ReadFile(o.file)
		if errors.Is(err, fs.ErrNotExist) && !strings.ContainsAny(o.file, "./") {
			return fail("there is no source and no file %s", o.file)
		}
		if err != nil {
			return fail("%w", err)
		}
		if src, err = readOne(source.File{Path: o.file, Text: string(text)}, c.Catalogue.Sources); err != nil {
			return fail("%w", err)
		}
	}
	syncer, err := p.newSyncer(c, nil)
	if err != nil {
		return worker.Job{}, nil, err
	}
	wired := *syncer.Config()
	tried := &worker.Settings{Source: src}
	if _, configured := source.ByName(c.Catalogue.All(), src.Name); configured {
		tried = settings(src, c.Source(src.Name))
	}
	wired.Sources = append([]*worker.Settings{tried}, slices.DeleteFunc(slices.Clone(wired.Sources), func(s *worker.Settings) bool { return s.Source.Name == src.Name })...)
	syncer.Configure(wired)
	jobs := syncer.Jobs(tried)
	if o.account != "" {
		jobs = slices.DeleteFunc(jobs, func(j worker.Job) bool { return j.Account.Name != o.account })
	}
	if o.region != "" {
		jobs = slices.DeleteFunc(jobs, func(j worker.Job) bool { return j.Region != o.region })
	}
	if len(jobs) == 0 {
		return fail("no account of the configuration has such a partition of %s: see --account and --region", src.Name)
	}
	if len(o.each) > 0 && !slices.ContainsFunc(src.Sweeps, func(s source.Sweep) bool { return s.Each != nil }) {
		return fail("--each: %s makes no listings for each of several values", src.Name)
	}
	return jobs[0], syncer, nil
}

// readOne reads a declaration that may take the place of a known one of its name.
func readOne(f source.File, known []*source.Source) (*source.Source, error) {
	sources, err := source.Read([]source.File{f}, known)
	for _, s := range known {
		if err == nil {
			break
		}
		others := slices.DeleteFunc(slices.Clone(known), func(o *source.Source) bool { return o == s })
		if read, otherwise := source.Read([]source.File{f}, others); otherwise == nil && read[0].Name == s.Name {
			sources, err = read, nil
		}
	}
	if err != nil {
		return nil, err
	}
	return sources[0], nil
}

// A dayCost is what a day of a source's schedule would cost, by what was seen.
type dayCost struct {
	Syncs    int   `json:"syncs"`
	Calls    int64 `json:"calls"`
	Versions int64 `json:"versions"`
}

func dayOf(s *source.Source, t *worker.Trial, timezone string) (d dayCost) {
	schedule, err := yamlfile.ParseCron(s.Schedule, timezone)
	if err != nil { // the declaration was checked
		return d
	}
	now := time.Now()
	for at := schedule.Next(now); at.Sub(now) <= 24*time.Hour && !at.IsZero() && d.Syncs < 24*60*60; at = schedule.Next(at) {
		d.Syncs++
	}
	d.Calls = int64(d.Syncs) * t.Readings[1].Calls
	d.Versions = int64(d.Syncs) * int64(t.Changed)
	return d
}

func (p *program) printTrial(s *source.Source, t *worker.Trial, day dayCost) {
	p.printf("%s %s, asked for %s in %s", s.API.Product, s.API.Action, harmless(t.Account), harmless(t.Region))
	if len(t.Values) > 0 {
		p.printf(", for %s", harmless(strings.Join(t.Values[:min(len(t.Values), 5)], ", ")))
		if more := len(t.Values) - 5; more > 0 {
			p.printf(" and %d more", more)
		}
	}
	p.printf("\n\n")
	table := newTable("reading", "rows", "listings", "pages", "calls", "time", "complete")
	for i, r := range t.Readings {
		table.AppendRow([]any{i + 1, r.Rows, r.Listings, r.Pages, r.Calls, r.Took.Round(time.Millisecond).String(), yesNo(r.Complete)})
	}
	printTable(p.stdout, table)
	table = newTable("column", "filled", "changed", "example")
	for i, c := range t.Columns {
		name := c.Name
		if slices.Contains(s.Key, c.Name) {
			name += " (key)"
		}
		if s.Columns[i].Volatile {
			name += " (volatile)"
		}
		table.AppendRow([]any{name, c.Filled, of(c.Changed, t.Sampled), c.Example})
	}
	table.narrow(cutTo("example", 20))
	printTable(p.stdout, table)
	if len(t.Unknown) > 0 {
		table = newTable("field without a column", "values", "changed", "example")
		for _, f := range t.Unknown {
			table.AppendRow([]any{f.Field, f.Values, of(f.Changed, t.Sampled), f.Example})
		}
		table.narrow(cutTo("example", 20))
		printTable(p.stdout, table)
	}
	p.printf("A day by its schedule %q: %d syncs, %d calls, and about %d new versions if as much changes each time as between the readings.\n", s.Schedule, day.Syncs, day.Calls, day.Versions)
	if len(t.Hints) > 0 {
		p.printf("\nLook at:\n")
	}
	for _, h := range t.Hints {
		p.printf("- %s\n", harmless(h))
	}
	if t.Sound() {
		p.printf("\nThe declaration can be used.\n")
		return
	}
	p.printf("\nThe declaration must not be used as it is:\n")
	for _, problem := range t.Problems {
		p.printf("- %s\n", harmless(problem))
	}
}

// of is a number of a sample, where there is one.
func of(n, sample int) string {
	if sample == 0 {
		return ""
	}
	return strconv.Itoa(n) + " of " + strconv.Itoa(sample)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
