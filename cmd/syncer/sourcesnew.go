package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"syncer/fetch"
	"syncer/source"
	"syncer/source/draft"
)

type newOptions struct {
	api            fetch.API
	metadata, name string
	published      string // where the metadata is
}

func (p *program) sourcesNewCommand() *cobra.Command {
	o := newOptions{published: fetch.MetadataURL}
	cmd := &cobra.Command{
		Use:   "new product action",
		Short: "Draft the declaration of an operation, from Alibaba Cloud's metadata",
		Long: `new drafts a declaration of an operation and prints it, as YAML. It reads Alibaba Cloud's
public metadata (` + fetch.MetadataURL + `), which asks for no login, or a file of it.

What the metadata does not tell stands on lines that begin with "# ?". Answer them, put the
file into the directory that catalogue names in the configuration, and run
syncer sources try on it.`,
		Example: `  syncer sources new Sas DescribeVulList > sources/vulnerabilities.yaml
  syncer sources new ecs DescribeInstances --metadata api.json`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.api.Product, o.api.Action = args[0], args[1]
			return p.newSource(cmd.Context(), o)
		},
	}
	cmd.Flags().StringVar(&o.metadata, "metadata", "", "file with the operation's metadata (api.json), where there is no network")
	cmd.Flags().StringVar(&o.api.Version, "version", "", "version of the product's API, such as 2018-12-03 (default: the product's own default)")
	cmd.Flags().StringVar(&o.name, "name", "", "name of the source (default: one that follows from the operation's)")
	return cmd
}

func (p *program) newSource(ctx context.Context, o newOptions) error {
	if o.name != "" {
		if err := source.CheckName(o.name); err != nil {
			return usageError{fmt.Errorf("--name %s %w", o.name, err)}
		}
	}
	operation, err := o.operation(ctx)
	if err != nil {
		return usageError{err}
	}
	c, err := p.soundCatalogue() // a file that the output is sent to is empty yet
	if err != nil {
		return err
	}
	if _, taken := source.ByName(c.Sources, o.name); taken {
		return usageError{fmt.Errorf("--name %s: there is such a source already", o.name)}
	}
	text, err := draft.Declaration(operation, draft.Options{Name: o.name, Known: c.Sources})
	if err != nil {
		return usageError{fmt.Errorf("%s %s: %w", operation.Product, operation.Name, err)}
	}
	if _, err := source.Read([]source.File{{Path: "draft", Text: text}}, c.Sources); err != nil {
		fmt.Fprintf(p.stderr, "syncer: this draft does not pass the checks of declarations yet:\n%s\n", harmless(err.Error()))
	}
	_, err = fmt.Fprint(p.stdout, text)
	return err
}

// operation is the metadata, from the file or the network.
func (o newOptions) operation(ctx context.Context) (*draft.Operation, error) {
	api := o.api
	var text []byte
	var err error
	if o.metadata != "" {
		text, err = os.ReadFile(o.metadata)
	} else {
		api, text, err = fetch.Metadata(ctx, o.published, api)
		if err != nil {
			err = fmt.Errorf("%w; where the network does not let syncer through, read api.json of the operation elsewhere and name the file by --metadata", err)
		}
	}
	if err != nil {
		return nil, err
	}
	operation, err := draft.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", cmp.Or(o.metadata, o.published), err)
	}
	if operation.Name != "" && !strings.EqualFold(operation.Name, api.Action) {
		return nil, fmt.Errorf("%s is the metadata of %s, and not of %s", o.metadata, operation.Name, api.Action)
	}
	if operation.Product != "" && !strings.EqualFold(operation.Product, api.Product) {
		return nil, fmt.Errorf("%s is the metadata of product %s, and not of %s", o.metadata, operation.Product, api.Product)
	}
	operation.Name = cmp.Or(operation.Name, api.Action)
	operation.Product = cmp.Or(operation.Product, spelled(api.Product))
	operation.Version = cmp.Or(api.Version, operation.Version)
	operation.Style = cmp.Or(operation.Style, api.Style)
	if operation.Version == "" {
		return nil, errors.New("the file does not say which version of the API it is of: add --version, such as --version 2018-12-03")
	}
	return operation, nil
}

// spelled is a product's code as syncer's own sources write it.
func spelled(product string) string {
	for _, s := range source.All {
		if strings.EqualFold(s.API.Product, product) {
			return s.API.Product
		}
	}
	return product
}
