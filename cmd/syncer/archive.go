package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"syncer/archive"
	"syncer/fetch"
	"syncer/internal/config"
	"syncer/source"
)

func (p *program) archiveCommand() *cobra.Command {
	var verify bool
	var output string
	cmd := &cobra.Command{
		Use:   "archive",
		Short: "Write closed months as Parquet files, as syncer run does once a day",
		Long: `archive writes the months that are over, and that the archive does not have yet, to where
history.archive in the configuration says: of every source what ended and what stood at the
month's end, its trends, and the sync runs. docs/archive.md says how to read them.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.archive(cmd.Context(), verify, output)
		},
	}
	cmd.Flags().BoolVar(&verify, "verify", false, "read what is archived, compare it with what the database has of it, and write nothing")
	cmd.Flags().StringVar(&output, "output", "table", "table or json")
	return cmd
}

// archiveOf is the archive of a configuration; nil: it has none.
func (p *program) archiveOf(c *config.Config) (*archive.Archive, error) {
	if c.History.Archive.URL == "" {
		return nil, nil //nolint:nilnil // which is what nil means
	}
	o := archive.Options{Program: version(), Logger: p.log}
	if c.History.Archive.InBucket() {
		client, err := fetch.NewClient(fetch.Account{Name: "of the archive", Credentials: credentials(c.History.Archive.Credentials)}, fetch.Options{UserAgent: "syncer/" + version(), Logger: p.log})
		if err != nil {
			return nil, usageError{fmt.Errorf("history.archive.credentials: %w", err)}
		}
		o.Key = func(ctx context.Context) (k archive.Key, err error) {
			k.ID, k.Secret, k.Token, err = client.AccessKey(ctx)
			return k, err
		}
	}
	a, err := archive.Open(c.History.Archive.URL, o)
	if err != nil {
		return nil, usageError{fmt.Errorf("history.archive.url: %w", err)}
	}
	return a, nil
}

// An archivedMonth is one of those that archive prints.
type archivedMonth struct {
	Source string `json:"source"`
	Month  string `json:"month"`
	Rows   int64  `json:"rows"`
	Bytes  int64  `json:"bytes"`
	// Of --verify: whether the database has the month, and it is the same; and what is wrong.
	Compared bool   `json:"compared,omitempty"`
	Error    string `json:"error,omitempty"`
}

func (p *program) archive(ctx context.Context, verify bool, output string) (err error) {
	if err := tableOrJSON(output); err != nil {
		return err
	}
	c, err := p.loadConfig()
	if err != nil {
		return err
	}
	a, err := p.archiveOf(c)
	if err != nil {
		return err
	}
	if a == nil {
		return usageError{errors.New("no archive is configured: add history: {archive: {url: ./archive}} to the configuration")}
	}
	db, err := p.openToRead(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.close(ctx)) }()
	sources, err := db.WithRetired(ctx, db.Sources())
	if err != nil {
		return err
	}
	var months []archivedMonth
	if verify {
		months, err = p.verifyArchive(ctx, a, db, sources)
	} else {
		var written []archive.Manifest
		written, err = a.Write(ctx, db.Store, sources)
		for _, m := range written {
			months = append(months, archivedMonthOf(m))
		}
	}
	if output == "json" {
		if months == nil {
			months = []archivedMonth{}
		}
		return errors.Join(err, printJSON(p.stdout, map[string]any{"archive": a.URL(), "months": months}))
	}
	p.printArchived(a, months, verify)
	return err
}

func archivedMonthOf(m archive.Manifest) archivedMonth {
	month := archivedMonth{Source: m.Name, Month: m.Month}
	for _, f := range m.Files {
		month.Rows, month.Bytes = month.Rows+f.Rows, month.Bytes+f.Bytes
	}
	return month
}

func (p *program) verifyArchive(ctx context.Context, a *archive.Archive, db *database, sources []*source.Source) (list []archivedMonth, err error) {
	names := []string{}
	for _, src := range sources {
		names = append(names, src.Name)
	}
	bad := 0
	for _, name := range append(names, archive.Runs) {
		months, err := a.Months(ctx, name)
		if err != nil {
			return list, err
		}
		for _, month := range months {
			m, err := a.Manifest(ctx, name, month)
			entry := archivedMonthOf(m)
			entry.Source, entry.Month = name, month.Format("2006-01")
			if err == nil {
				entry.Compared, err = a.Verify(ctx, db.Store, sources, name, month)
			}
			if ctx.Err() != nil {
				return list, context.Cause(ctx)
			}
			if err != nil {
				entry.Error = harmless(err.Error())
				bad++
			}
			list = append(list, entry)
		}
	}
	if bad > 0 {
		return list, fmt.Errorf("%d of %d months are not as they should be; docs/archive.md says what to do", bad, len(list))
	}
	return list, nil
}

func (p *program) printArchived(a *archive.Archive, months []archivedMonth, verified bool) {
	var rows, bytes int64
	columns := []any{"source", "month", "rows", "kB"}
	if verified {
		columns = append(columns, "is")
	}
	t := newTable(columns...)
	for _, m := range months {
		row := []any{m.Source, m.Month, thousands(m.Rows), thousands(m.Bytes >> 10)}
		if verified {
			is := "whole; the database has it no more"
			switch {
			case m.Error != "":
				is = m.Error
			case m.Compared:
				is = "as in the database"
			}
			row = append(row, is)
		}
		t.AppendRow(row)
		rows, bytes = rows+m.Rows, bytes+m.Bytes
	}
	if len(months) > 0 {
		t.numbers("rows", "kB")
		printTable(p.stdout, t)
	}
	verb := "archived to"
	if verified {
		verb = "looked at in"
	}
	fmt.Fprintf(p.stdout, "%d months with %s rows (%s kB) %s %s.\n", len(months), thousands(rows), thousands(bytes>>10), verb, harmless(a.URL()))
}
