package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"syncer/internal/config"
	"syncer/source"
)

func (p *program) sourcesCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "sources [source…]",
		Short: "The catalogue: what is synced, from which API, into which columns",
		RunE: func(_ *cobra.Command, args []string) error {
			if err := tableOrJSON(output); err != nil {
				return err
			}
			c, err := p.catalogue()
			if err != nil {
				return err
			}
			chosen := c.Sources
			if len(args) > 0 {
				chosen = nil
			}
			for _, name := range args {
				s, ok := source.ByName(c.All(), name)
				if !ok {
					return unknownSource(name, c.All())
				}
				chosen = append(chosen, s)
			}
			switch {
			case output == "json":
				list := []sourceReport{}
				for _, s := range chosen {
					list = append(list, reportSource(s))
				}
				return printJSON(p.stdout, list)
			case len(args) == 0:
				p.listSources(c)
			default:
				for _, s := range chosen {
					p.describe(s)
				}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&output, "output", "table", "table or json")
	cmd.AddCommand(&cobra.Command{
		Use:   "show source",
		Short: "Print a source's declaration, as YAML, to learn from or to copy",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			c, err := p.catalogue()
			if err != nil {
				return err
			}
			s, ok := source.ByName(c.All(), args[0])
			if !ok {
				return unknownSource(args[0], c.All())
			}
			_, err = fmt.Fprint(p.stdout, s.YAML())
			return err
		},
	})
	cmd.AddCommand(p.sourcesNewCommand(), p.sourcesTryCommand(), p.sourcesDropCommand())
	return cmd
}

// A sourceReport is what sources prints of one as JSON.
type sourceReport struct {
	Name      string         `json:"name"`
	Doc       string         `json:"doc"`
	Product   string         `json:"product"`
	Version   string         `json:"version"`
	Action    string         `json:"action"`
	Page      string         `json:"page"`
	RAMAction string         `json:"ram_action"`
	Regions   string         `json:"regions"`
	Schedule  string         `json:"schedule"`
	Key       []string       `json:"key"`
	Columns   []columnReport `json:"columns"`
}

type columnReport struct {
	Name     string            `json:"name"`
	Type     string            `json:"type"`
	Field    string            `json:"field"`
	Doc      string            `json:"doc"`
	Labels   map[string]string `json:"labels,omitempty"`
	Volatile bool              `json:"volatile,omitempty"` // kept current; makes no version
}

func reportSource(s *source.Source) sourceReport {
	r := sourceReport{
		Name: s.Name, Doc: s.Doc,
		Product: s.API.Product, Version: s.API.Version, Action: s.API.Action, Page: s.API.Page, RAMAction: s.API.RAMAction,
		Regions: regions(s), Schedule: s.Schedule, Key: fullKey(s),
	}
	for _, c := range s.Columns {
		column := columnReport{Name: c.Name, Type: c.Type.SQL(), Field: c.Field, Doc: c.Doc, Volatile: c.Volatile}
		for _, l := range c.Labels {
			if column.Labels == nil {
				column.Labels = map[string]string{}
			}
			column.Labels[l.Code] = l.Text
		}
		r.Columns = append(r.Columns, column)
	}
	return r
}

// fullKey is the key of a source's rows among those of all accounts and regions.
func fullKey(s *source.Source) []string { return append([]string{"account_id", "region_id"}, s.Key...) }

// catalogue are the declared sources: the program's own where there is no configuration.
func (p *program) catalogue() (config.Catalogue, error) {
	c, err := p.soundCatalogue()
	problems, _ := errors.AsType[config.Problems](c.Broken)
	for _, problem := range problems {
		fmt.Fprintln(p.stderr, "syncer:", harmless(problem.String()))
	}
	return c, err
}

// soundCatalogue is catalogue without a word about declarations that cannot be used.
func (p *program) soundCatalogue() (config.Catalogue, error) {
	c, err := p.loadPublic()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return config.NoCatalogue(source.Catalogue), nil
	case err != nil:
		return config.Catalogue{}, usageError{err}
	}
	return c.Catalogue, nil
}

func unknownSource(name string, all []*source.Source) error {
	if s, ok := source.ByName(source.Catalogue, name); ok && s.Off {
		return usageError{fmt.Errorf("source %s is off: set enabled: true under its name in sources of the configuration, and run syncer migrate up", name)}
	}
	var names []string
	for _, s := range all {
		names = append(names, s.Name)
	}
	return usageError{fmt.Errorf("there is no source %s: expected one of %s", name, strings.Join(names, ", "))}
}

func (p *program) listSources(c config.Catalogue) {
	list := func(sources []*source.Source) {
		t := newTable("source", "API", "regions", "schedule", "key")
		for _, s := range sources {
			t.AppendRow([]any{s.Name, s.API.Product + " " + s.API.Action, regions(s), s.Schedule, strings.Join(s.Key, ", ")})
		}
		t.narrow(drop("key"), drop("regions"), cutTo("API", 16))
		printTable(p.stdout, t)
	}
	list(c.BuiltIn())
	if len(c.Off) > 0 {
		p.printf("\nThese are off. To sync one, set enabled: true under its name in sources of the configuration, and run syncer migrate up:\n\n")
		list(c.Off)
	}
	if own := c.Own(); len(own) > 0 {
		p.printf("\nDeclared in %s:\n\n", c.Dir)
		list(own)
	}
	fmt.Fprintln(p.stdout, "syncer sources <source> shows its columns.")
}

func regions(s *source.Source) string {
	switch s.Regions {
	case source.OOS:
		return "OOS"
	case source.Listed:
		return strings.Join(s.Listed, ", ")
	}
	return "Security Center"
}

// trends are the views of a source's trends.
func trends(s *source.Source) (views []string) {
	for _, t := range s.Trends {
		views = append(views, "alicloud."+t.Name)
	}
	return views
}

// spells are the views of a source's spells.
func spells(s *source.Source) (views []string) {
	for _, sp := range s.Spells {
		views = append(views, "alicloud."+sp.Name, "alicloud."+sp.Daily())
	}
	return views
}

func (p *program) describe(s *source.Source) {
	fmt.Fprintf(p.stdout, "%s\n%s\n\n", s.Name, s.Doc)
	for _, line := range [][2]string{
		{"API", s.API.Product + " " + s.API.Version + " " + s.API.Action},
		{"page", s.API.Page},
		{"RAM action", s.API.RAMAction},
		{"regions", regions(s)},
		{"schedule", s.Schedule + " (default)"},
		{"key", strings.Join(fullKey(s), ", ")},
		{"views", fmt.Sprintf("alicloud.%[1]s, alicloud.%[1]s_history, alicloud.%[1]s_as_of(at), alicloud.%[1]s_between(a, b)", s.Name)},
		{"trends", strings.Join(trends(s), ", ")},
		{"spells", strings.Join(spells(s), ", ")},
	} {
		if line[1] != "" {
			fmt.Fprintf(p.stdout, "  %-10s  %s\n", line[0], line[1])
		}
	}
	fmt.Fprintln(p.stdout)
	t := newTable("column", "type", "API field", "meaning")
	t.flow("meaning", 72)
	t.narrow(drop("API field"))
	for _, c := range s.Columns {
		doc := c.Doc
		if len(c.Labels) > 0 {
			var labels []string
			for _, l := range c.Labels {
				labels = append(labels, l.Code+" "+l.Text)
			}
			doc += " " + strings.Join(labels, ", ") + "."
		}
		if c.Volatile {
			doc += " Kept current; makes no version."
		}
		t.AppendRow([]any{c.Name, c.Type.SQL(), c.Field, doc})
	}
	printTable(p.stdout, t)
}
