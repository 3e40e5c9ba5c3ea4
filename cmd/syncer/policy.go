package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/spf13/cobra"

	"syncer/fetch"
	"syncer/internal/config"
	"syncer/source"
)

func (p *program) policyCommand() *cobra.Command {
	var accounts []string
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "The least RAM policy that covers the configured sources, as JSON",
		Long: `policy prints the least RAM policy by which the configured sources can be read.
Where there is no configuration, it covers all sources.

Where an account is read through a role, the first statement is the role's, and
the one that allows sts:AssumeRole is that of the user or role whose key assumes it.
The roles in the members of a resource directory need the first statement, too, but
for yundun-sas:ListAccountsInResourceDirectory, which is for the account that lists them.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.policy(accounts, cmd.Flags().Changed("config"))
		},
	}
	cmd.Flags().StringSliceVar(&accounts, "account", nil, "only the roles of these accounts")
	return cmd
}

// policy needs no configuration file, unless one was named.
func (p *program) policy(accounts []string, named bool) error {
	c, err := p.loadPublic()
	switch {
	case errors.Is(err, fs.ErrNotExist) && !named:
		if len(accounts) > 0 {
			return usageError{fmt.Errorf("--account: %w", err)}
		}
		return printJSON(p.stdout, source.ReadPolicy(source.All, nil))
	case err != nil:
		return usageError{err}
	}
	sources := enabledSources(c)
	if len(sources) == 0 {
		return usageError{errors.New("no source of the configuration is enabled")}
	}
	for _, name := range accounts {
		if !slices.ContainsFunc(c.Accounts, func(a config.Account) bool { return a.Name == name }) {
			return usageError{fmt.Errorf("there is no account %s in the configuration", name)}
		}
	}
	var listings, roles []string
	for _, a := range c.Accounts {
		if len(accounts) > 0 && !slices.Contains(accounts, a.Name) {
			continue
		}
		roles = append(roles, rolesOf(a)...)
		if a.Members != nil {
			listings = append(listings, fetch.ListMembersAction)
		}
		if a.OOSRegions.All() {
			listings = append(listings, fetch.ListRegionsAction)
		}
	}
	return printJSON(p.stdout, source.ReadPolicy(sources, listings, roles...))
}

// enabledSources are those that are synced: the enabled ones, and those whose
// tables they read.
func enabledSources(c *config.Config) []*source.Source {
	return source.WithDependencies(c.Catalogue.Sources, func(s *source.Source) bool { return c.Source(s.Name).Enabled })
}

// rolesOf are the roles that an account's key assumes. With OIDC, the role's own
// trust policy says who may.
func rolesOf(a config.Account) (roles []string) {
	if a.Credentials.Type == "ram_role_arn" {
		roles = append(roles, a.Credentials.RoleARN)
	}
	if a.AssumeRole != "" {
		roles = append(roles, a.AssumeRole)
	}
	if a.Members != nil {
		roles = append(roles, "acs:ram::*:role/"+a.Members.Role)
	}
	return roles
}

// loadPublic reads the configuration where its secrets are not at hand: if need
// be, their variables' names stand for them, as addresses, which fit wherever a
// secret may be one.
func (p *program) loadPublic() (*config.Config, error) {
	c, err := config.Load(p.configFile, source.Catalogue, p.getenv)
	if _, wrong := errors.AsType[config.Problems](err); !wrong {
		return c, err
	}
	c, again := config.Load(p.configFile, source.Catalogue, func(name string) string {
		if name == "DATABASE_URL" || name == "SYNCER_LISTEN" { // which are read whatever the file says
			return p.getenv(name)
		}
		return cmp.Or(p.getenv(name), "https://"+name)
	})
	if again != nil {
		return nil, err
	}
	return c, nil
}
