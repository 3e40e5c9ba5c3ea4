package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"syncer/store"
	"syncer/worker"
)

func (p *program) migrateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "The schema",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var all, yes bool
	down := &cobra.Command{
		Use:   "down",
		Short: "Take back the last migration, and the data that it holds",
		Args:  cobra.NoArgs,
		RunE: p.withDatabase(func(ctx context.Context, db *database) error {
			if !yes {
				return usageError{errors.New("this takes back tables and the data in them, which no sync brings back: add --yes if that is what you want")}
			}
			undone, err := db.MigrateDown(ctx, all)
			p.printMigrations("taken back", undone)
			if err == nil && all {
				err = worker.DropQueue(ctx, db.Pool())
			}
			return err
		}),
	}
	down.Flags().BoolVar(&all, "all", false, "take back every migration: all data is lost")
	down.Flags().BoolVar(&yes, "yes", false, "do it: without this, nothing is taken back")
	cmd.AddCommand(
		&cobra.Command{
			Use:   "up",
			Short: "Bring the schema up to date",
			Args:  cobra.NoArgs,
			RunE: p.withDatabase(func(ctx context.Context, db *database) error {
				if err := db.Writable(ctx); err != nil {
					return err
				}
				applied, err := db.Migrate(ctx)
				p.printMigrations("applied", applied)
				if err != nil {
					return err
				}
				return worker.MigrateQueue(ctx, db.Pool())
			}),
		},
		down,
		p.migrateStatusCommand(),
	)
	return cmd
}

func (p *program) migrateStatusCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Which migrations are applied",
		Args:  cobra.NoArgs,
		PreRunE: func(*cobra.Command, []string) error {
			return tableOrJSON(output)
		},
		RunE: p.withDatabase(func(ctx context.Context, db *database) error {
			list, err := db.Migrations(ctx)
			if err != nil {
				return err
			}
			if output == "json" {
				err = printJSON(p.stdout, list)
			} else {
				t := newTable("migration", "applied")
				for _, m := range list {
					t.AppendRow([]any{m.Name, m.Applied})
				}
				printTable(p.stdout, t)
			}
			if newer := db.Current(ctx); errors.Is(newer, store.ErrNewerSchema) {
				return errors.Join(err, newer)
			}
			return err
		}),
	}
	cmd.Flags().StringVar(&output, "output", "table", "table or json")
	return cmd
}

// withDatabase runs a command that needs the database and nothing else.
func (p *program) withDatabase(f func(context.Context, *database) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) (err error) {
		c, err := p.loadDatabase()
		if err != nil {
			return err
		}
		db, err := p.openDatabase(cmd.Context(), string(c.Database.URL), "", store.Options{Sources: c.Catalogue.Sources})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, db.close(cmd.Context())) }()
		return f(cmd.Context(), db)
	}
}

func (p *program) printMigrations(what string, list []store.Migration) {
	for _, m := range list {
		fmt.Fprintf(p.stdout, "%s %s\n", what, m.Name)
	}
	if len(list) == 0 {
		fmt.Fprintf(p.stdout, "nothing %s\n", what)
	}
}
