package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"syncer/alert"
	"syncer/archive"
	"syncer/internal/config"
	"syncer/source"
	"syncer/store"
	"syncer/worker"
)

func (p *program) sourcesDropCommand() *cobra.Command {
	var yes string
	var noArchive bool
	cmd := &cobra.Command{
		Use:   "drop source",
		Short: "Take away a source of your own: its table, history, trends and views",
		Long: `drop takes away all that the database holds of a source that you declared: its rows and
their history, its trends, views and functions, its runs. There is no way back: it shows
what it would take, and asks for the name once more. Where the configuration has an
archive, the months that are over are archived first; --no-archive leaves that out. What
came after them is in no archive.

Take its file out of the catalogue first, unless you want to make the table anew, because
a column's type or the key has changed: then run syncer migrate up afterwards.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.dropSource(cmd.Context(), args[0], yes, noArchive)
		},
	}
	cmd.Flags().StringVar(&yes, "yes", "", "the source's name once more, instead of being asked for it")
	cmd.Flags().BoolVar(&noArchive, "no-archive", false, "archive nothing before")
	return cmd
}

func (p *program) dropSource(ctx context.Context, name, yes string, noArchive bool) (err error) {
	o := forgetOptions{source: name, erase: true, yes: yes, output: "table"}
	if err := o.check(); err != nil {
		return err
	}
	if _, ok := source.ByName(source.All, name); ok {
		return usageError{fmt.Errorf("%s is one of syncer's own sources: disable it in the configuration, and end or erase its rows by syncer forget --source %[1]s", name)}
	}
	c, err := p.loadConfig()
	if err != nil {
		return err
	}
	if s, ok := source.ByName(c.Catalogue.BuiltIn(), name); ok && s.Off {
		return usageError{fmt.Errorf("%s is enabled, or read by a source that is: disable that first", name)}
	}
	// Its table may be other than its declaration says, which is what it is dropped for.
	db, err := p.openDatabase(ctx, string(c.Database.URL), "", store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.close(ctx)) }()
	if err := db.Current(ctx); err != nil {
		return err
	}
	if err := db.Writable(ctx); err != nil {
		return err
	}
	derived, err := db.Derived(ctx)
	if err != nil {
		return err
	}
	for _, s := range c.Catalogue.Own() {
		if s.Name != name && slices.Contains(s.DependsOn(), name) {
			return usageError{fmt.Errorf("source %s reads %s: drop it first, or have it read no more of it", s.Name, name)}
		}
	}
	all, err := db.Partitions(ctx)
	if err != nil {
		return err
	}
	parts := slices.DeleteFunc(all, func(part store.PartitionRow) bool { return part.Source != name })
	stands := slices.Contains(derived, name)
	if !stands && len(parts) == 0 { // else a drop was ended half way
		return usageError{fmt.Errorf("the database has no source %s", name)}
	}
	report := forgetReport{Erase: true}
	for _, part := range parts {
		var holding store.Holding
		if stands {
			if holding, err = db.Holding(ctx, part); err != nil {
				return err
			}
		}
		report.Partitions = append(report.Partitions, forgotten{part, holding})
	}
	p.printForgotten(report)
	if err := p.confirm(o); err != nil {
		return err
	}
	syncer, err := p.newSyncer(c, db.Store)
	if err != nil {
		return err
	}
	var list []*store.Erasure
	for _, part := range parts {
		list = append(list, &store.Erasure{AccountID: part.AccountID, Names: []string{part.AccountName}, Partitions: []store.Partition{{
			Source: &source.Source{Name: name}, AccountID: part.AccountID, AccountName: part.AccountName, RegionID: part.RegionID,
		}}})
	}
	notUnderWay := func(ctx context.Context) error {
		for _, part := range parts {
			if under, err := syncer.UnderWay(ctx, part); err != nil || under > 0 {
				return errors.Join(err, fmt.Errorf("%s of %s in %s is being synced: have syncer run read the configuration again (SIGHUP) without it, and wait for the end of that", name, part.AccountName, part.RegionID))
			}
		}
		return nil
	}
	if err := notUnderWay(ctx); err != nil {
		return err
	}
	if stands && !noArchive {
		if err := p.archiveBefore(ctx, c, db, name); err != nil {
			return err
		}
	}
	if stands { // first, as what hangs on it keeps it
		if err := db.DropSource(ctx, name); err != nil {
			return err
		}
	}
	if err := db.Erase(ctx, list, notUnderWay, worker.EraseJobs, alert.Erase); err != nil {
		return err
	}
	p.printf("%s is gone.\n", name)
	return nil
}

// archiveBefore archives the months that are over of a source that is to be dropped, where
// there is an archive.
func (p *program) archiveBefore(ctx context.Context, c *config.Config, db *database, name string) error {
	a, err := p.archiveOf(c)
	if err != nil || a == nil {
		return err
	}
	// The archive's file for DuckDB names all sources, so that all are told. Those whose tables
	// are not as they are declared, which may be why one is dropped, are as their tables say.
	made, err := db.Made(ctx, c.Catalogue.Sources)
	if err != nil {
		return err
	}
	declared := slices.DeleteFunc(slices.Clone(c.Catalogue.Sources), func(s *source.Source) bool { return s.Name == name || !made[s.Name] })
	sources, err := db.WithRetired(ctx, declared)
	if err != nil {
		return err
	}
	written, err := a.Write(ctx, db.Store, sources, name, archive.Runs) // its runs go, too
	if err != nil {
		return fmt.Errorf("%w; nothing was dropped: --no-archive drops it without", err)
	}
	months := 0
	for _, m := range written {
		if m.Name == name {
			months++
		}
	}
	p.printf("%d months of %s were archived to %s before.\n", months, name, harmless(a.URL()))
	return nil
}
