package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"syncer/internal/config"
	"syncer/source"
	"syncer/store/report"
)

func (p *program) changesCommand() *cobra.Command {
	o := changesOptions{}
	cmd := &cobra.Command{
		Use:   "changes [--between moment moment]",
		Short: "What happened to the rows: opened, changed, ended, returned",
		Long: `changes tells what happened to the rows, the latest first. With --between it compares two
moments instead: what was there only at one of them, and what is different. What went and
came back in between is then no change.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && !cmd.Flags().Changed("between") {
				return usageError{fmt.Errorf("%s: changes takes no argument but the second moment of --between", args[0])}
			}
			if cmd.Flags().Changed("between") {
				if cmd.Flags().Changed("since") || cmd.Flags().Changed("until") {
					return usageError{errors.New("--between has two moments of its own: expected no --since and no --until beside it")}
				}
				o.between, o.since, o.until = true, o.from, strings.Join(args, "")
			}
			return p.changes(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.since, "since", "24h", "how far back (90m, 24h, 7d), or from which moment on (2026-05-03, 2026-05-03T12:00:00+08:00)")
	f.StringVar(&o.from, "between", "", "compare this moment with another one (default: now), in the same forms: --between 2026-05-01 2026-05-08")
	f.StringVar(&o.until, "until", "", "up to when, in the same forms (default: until nothing will change any more, which is now, or seconds ago while a sync is being written)")
	f.StringSliceVar(&o.sources, "source", nil, "only these sources")
	f.StringSliceVar(&o.accounts, "account", nil, "only these accounts")
	f.StringSliceVar(&o.kinds, "kind", nil, "only these kinds: opened, changed, ended, returned")
	f.StringArrayVar(&o.keys, "key", nil, "only rows whose key contains one of these texts")
	f.StringSliceVar(&o.columns, "column", nil, "only changes of these columns")
	f.IntVar(&o.limit, "limit", 1000, "the latest so many; 0 is all")
	f.StringVar(&o.output, "output", "table", "table or json")
	return cmd
}

type changesOptions struct {
	since, until      string
	between           bool // compare the two, rather than tell what happened in between
	from              string
	sources, accounts []string
	kinds, keys       []string
	columns           []string
	limit             int
	output            string
}

// window is the time whose changes are asked for.
func (o changesOptions) window(now time.Time, zone *time.Location) (since, until time.Time, err error) {
	until = now
	first, second := "--since", "--until"
	if o.between {
		first, second = "--between", "--between: the second moment"
	}
	if since, err = moment(o.since, now, zone); err != nil {
		return since, until, fmt.Errorf("%s %w", first, err)
	}
	if o.until != "" {
		if until, err = moment(o.until, now, zone); err != nil {
			return since, until, fmt.Errorf("%s %w", second, err)
		}
	}
	switch {
	case since.After(now):
		err = fmt.Errorf("%s %s lies ahead", first, o.since)
	case !since.Before(until):
		err = fmt.Errorf("%s %s is not after %s", second, o.until, o.since)
	}
	return since, until, err
}

func (p *program) changes(ctx context.Context, o changesOptions) (err error) {
	if err := tableOrJSON(o.output); err != nil {
		return err
	}
	for _, kind := range o.kinds {
		if !slices.Contains(changeKinds, kind) {
			return usageError{fmt.Errorf("--kind %s: expected one of %s", kind, strings.Join(changeKinds, ", "))}
		}
	}
	if o.limit < 0 {
		return usageError{fmt.Errorf("--limit %d: expected 0 (all) or more", o.limit)}
	}
	c, err := p.loadConfig()
	if err != nil {
		return err
	}
	for _, column := range o.columns {
		if !slices.ContainsFunc(c.Catalogue.Sources, func(s *source.Source) bool {
			return slices.ContainsFunc(s.Columns, func(c source.Column) bool { return c.Name == column })
		}) {
			return usageError{fmt.Errorf("--column %s: no source has such a column: syncer sources <source> lists them", column)}
		}
	}
	for _, name := range o.sources {
		if _, ok := source.ByName(c.Catalogue.Sources, name); !ok {
			return unknownSource(name, c.Catalogue.Sources)
		}
	}
	zone, err := time.LoadLocation(c.Timezone)
	if err != nil {
		return usageError{err}
	}
	filter := report.ChangeFilter{Sources: o.sources, Accounts: o.accounts}
	if o.limit > 0 {
		filter.Limit = o.limit + 1 // one more tells whether there are more
	}
	if _, _, err := o.window(time.Now(), zone); err != nil { // it needs no database
		return usageError{err}
	}
	db, err := p.openToRead(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.close(ctx)) }()
	if filter.Since, filter.Until, err = o.window(db.Time(), zone); err != nil {
		return usageError{err}
	}
	if err := knownAccounts(ctx, db, o.accounts); err != nil {
		return err
	}
	// What is being written may still come before moments that are told already:
	// whoever goes on from the last one would lose it.
	settled, err := report.Of(db.Store).Settled(ctx)
	if err != nil {
		return err
	}
	if settled.Before(filter.Until) {
		filter.Until = settled
	}
	horizon, err := report.Of(db.Store).Horizon(ctx)
	if err != nil {
		return err
	}
	if filter.Since.Before(horizon) && !o.between { // which is an error then
		fmt.Fprintf(p.stderr, "syncer: history is kept from %s on: what happened before is not told\n", horizon.In(zone).Format(time.RFC3339))
	}
	list := []report.Change{}
	wanted := o.narrows()
	if wanted {
		filter.Limit = 0 // which counts what is shown
	}
	keep := func(c report.Change) {
		if !wanted || o.wants(c) && (o.limit == 0 || len(list) <= o.limit) {
			list = append(list, c)
		}
	}
	tell := report.Of(db.Store).Changes
	if o.between {
		tell = report.Of(db.Store).Between
	}
	if err := tell(ctx, filter, keep); err != nil {
		return err
	}
	more := o.limit > 0 && len(list) > o.limit
	if more {
		list = list[:o.limit]
		fmt.Fprintf(p.stderr, "syncer: these are the %s %s; --limit 0 shows all, a later --since fewer\n", map[bool]string{false: "latest", true: "first"}[o.between], thousands(int64(o.limit)))
	}
	if err := report.Of(db.Store).NameByOthers(ctx, list); err != nil {
		return err
	}
	if o.between {
		for i := range list {
			list[i].At = time.Time{} // of the comparison, and not of a change
		}
	}
	if o.output == "json" {
		return printJSON(p.stdout, list)
	}
	if len(list) == 0 {
		fmt.Fprintf(p.stdout, "Nothing changed from %s to %s.\n", filter.Since.In(zone).Format(time.RFC3339), filter.Until.In(zone).Format(time.RFC3339))
		return nil
	}
	p.printChanges(list, zone)
	return nil
}

// printChanges has what has no name go by its key where there is no room for both.
func (p *program) printChanges(list []report.Change, zone *time.Location) {
	t := changesTable(list, zone, false)
	if _, gone := t.fit(terminalWidth(p.stdout)); slices.Contains(gone, "key") {
		t = changesTable(list, zone, true)
	}
	printTable(p.stdout, t)
}

func changesTable(list []report.Change, zone *time.Location, byKey bool) *grid {
	columns := []any{"at", "source", "account", "region", "key", "name", "kind", "changed"}
	dated := len(list) > 0 && !list[0].At.IsZero()
	if !dated {
		columns = columns[1:]
	}
	t := newTable(columns...)
	t.narrow(cutTo("changed", 30), drop("region"), cutTo("key", 12), cutTo("name", 16), drop("account"), cutTo("source", 12), drop("key"), cutTo("changed", 12))
	for _, c := range list {
		name := ""
		switch {
		case c.Name != nil && *c.Name != "":
			name = *c.Name
		case byKey:
			name = c.Key
		}
		row := []any{c.At.In(zone).Format("2006-01-02 15:04:05 Z07:00"), c.Source, c.Account, c.RegionID, c.Key, name, c.Kind, differences(c.Changed)}
		if !dated {
			row = row[1:]
		}
		t.AppendRow(row)
	}
	return t
}

var changeKinds = []string{"opened", "changed", "ended", "returned"}

func (o changesOptions) narrows() bool { return len(o.kinds)+len(o.keys)+len(o.columns) > 0 }

// wants reports whether a change is of the kinds, keys and columns that were named.
func (o changesOptions) wants(c report.Change) bool {
	return (len(o.kinds) == 0 || slices.Contains(o.kinds, c.Kind)) &&
		(len(o.keys) == 0 || slices.ContainsFunc(o.keys, func(k string) bool { return strings.Contains(c.Key, k) })) &&
		(len(o.columns) == 0 || slices.ContainsFunc(o.columns, func(name string) bool { _, ok := c.Changed[name]; return ok }))
}

// knownAccounts refuses names that no synced account has: that nothing is told of
// them would be taken for calm.
func knownAccounts(ctx context.Context, db *database, names []string) error {
	list, err := report.Of(db.Store).Accounts(ctx)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return errors.New("nothing was ever synced into this database: run syncer sync, or name the database that is meant (DATABASE_URL, or database.url of the configuration)")
	}
	var known []string
	for _, a := range list {
		known = append(known, a.Name)
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return usageError{fmt.Errorf("--account %s: no account of that name was ever synced: expected %s", name, strings.Join(known, ", "))}
		}
	}
	return nil
}

// moment reads how long ago, or a moment itself: a day begins in the given zone.
func moment(s string, now time.Time, zone *time.Location) (time.Time, error) {
	var ago config.Duration
	if err := ago.UnmarshalText([]byte(s)); err == nil {
		return now.Add(-time.Duration(ago)), nil
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02 15:04", time.DateTime, "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t, nil
		}
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	return time.Time{}, fmt.Errorf("%s: expected how long ago, such as 24h or 7d, or a moment, such as 2026-05-03 or 2026-05-03T12:00:00+08:00", s)
}

// differences writes status: 1 → 2, with long values cut.
func differences(changed map[string]report.ColumnChange) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(changed)) {
		v := changed[name]
		parts = append(parts, fmt.Sprintf("%s: %s → %s", name, cut(string(v.Old), 40), cut(string(v.New), 40)))
	}
	return strings.Join(parts, ", ")
}
