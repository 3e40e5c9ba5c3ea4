package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"syncer/fetch"
	"syncer/internal/config"
	"syncer/source"
	"syncer/store"
	"syncer/worker"
)

// loadConfig reads the configuration; what is wrong with it is the user's to mend. What is
// wrong with declarations of the user's stops nothing that is not about them: it is told.
func (p *program) loadConfig(last ...config.Catalogue) (*config.Config, error) {
	var stood config.Catalogue
	if len(last) > 0 {
		stood = last[0]
	}
	c, err := config.Reload(p.configFile, source.Catalogue, stood, p.getenv)
	if err != nil {
		return nil, usageError{err}
	}
	problems, _ := errors.AsType[config.Problems](c.Catalogue.Broken)
	for _, problem := range problems {
		if p.ownsDatabase {
			p.log.Error("a declaration cannot be used: if it could before, it stays as it was; else its source is not synced", "error", problem.String())
		} else {
			fmt.Fprintln(p.stderr, "syncer:", harmless(problem.String()))
		}
	}
	if c.DatabaseOverridden() {
		warning := fmt.Sprintf("DATABASE_URL is set and names another database than database.url of %s: that of DATABASE_URL is used", p.configFile)
		if p.ownsDatabase { // the daemon, which has a log
			p.log.Warn(warning)
		} else {
			fmt.Fprintln(p.stderr, "syncer:", harmless(warning))
		}
	}
	return c, nil
}

// loadSound reads a configuration all of whose declarations can be used.
func (p *program) loadSound() (*config.Config, error) {
	c, err := config.Load(p.configFile, source.Catalogue, p.getenv)
	if err == nil {
		err = c.Catalogue.Broken
	}
	if err != nil {
		return nil, usageError{err}
	}
	return p.loadConfig()
}

// loadDatabase reads a configuration for commands that need no more of it than the database
// and the sources. It may be missing.
func (p *program) loadDatabase() (*config.Config, error) {
	c, err := p.loadSound()
	if errors.Is(err, fs.ErrNotExist) {
		return &config.Config{
			Database:  config.Database{URL: config.Secret(strings.TrimSpace(p.getenv("DATABASE_URL")))},
			Catalogue: config.NoCatalogue(source.Catalogue),
		}, nil
	}
	return c, err
}

// newSyncer wires the accounts and sources of the configuration to a database.
func (p *program) newSyncer(c *config.Config, s *store.Store, tune ...func(*fetch.Options)) (*worker.Syncer, error) {
	syncer := &worker.Syncer{Store: s, Worker: workerName(), Logger: p.log}
	wired, err := p.wire(c, tune...)
	if err != nil {
		return nil, err
	}
	syncer.Configure(wired)
	return syncer, nil
}

// wire makes of a configuration what a syncer works by.
func (p *program) wire(c *config.Config, tune ...func(*fetch.Options)) (wired worker.Config, err error) {
	if err := c.Validate(); err != nil {
		return wired, usageError{err}
	}
	wired.Retention = time.Duration(c.History.Retention)
	if wired.Archive, err = p.archiveOf(c); err != nil {
		return wired, err
	}
	wired.Partial = c.Catalogue.Broken != nil
	for _, a := range c.Accounts {
		account, err := p.newAccount(a, tune)
		if err != nil {
			return wired, usageError{err}
		}
		wired.Accounts = append(wired.Accounts, account)
	}
	for _, src := range c.Catalogue.Sources {
		wired.Sources = append(wired.Sources, settings(src, c.Source(src.Name)))
	}
	wired.Notifier, err = p.notifier(c)
	return wired, err
}

func settings(src *source.Source, sc config.SourceConfig) *worker.Settings {
	return &worker.Settings{
		Source: src, Disabled: !sc.Enabled,
		Schedule: sc.Schedule, FullSweep: sc.FullSweep, Lookback: sc.Lookback, Timeout: sc.Timeout,
		PageSize: sc.PageSize, CallsPerSecond: sc.CallsPerSecond, Values: sc.Values, Ignore: sc.Ignore,
		AllowShrink: sc.AllowShrink, ConfirmShrink: sc.ConfirmShrink,
	}
}

// pace is how many calls a second are made of an API where nothing else is said; 0: as
// many as fetch makes. Tests ask a cloud that need not be spared.
var pace float64

func (p *program) newAccount(a config.Account, tune []func(*fetch.Options)) (*worker.Account, error) {
	options := fetch.Options{UserAgent: "syncer/" + version(), Logger: p.log, CallsPerSecond: pace}
	for _, f := range tune {
		f(&options)
	}
	client, err := fetch.NewClient(fetch.Account{
		Name:        a.Name,
		Credentials: credentials(a.Credentials),
		AssumeRole:  a.AssumeRole,
		Signature:   a.Signature,
		Endpoints:   endpoints(a.Endpoints),
	}, options)
	if err != nil {
		return nil, fmt.Errorf("account %s: %w", a.Name, err)
	}
	account := &worker.Account{
		Name: a.Name, Client: client,
		SecurityCenterRegions: a.SecurityCenterRegions, OOSRegions: a.OOSRegions, AllOOSRegions: a.OOSRegions.All(),
	}
	if m := a.Members; m != nil {
		account.Members = &worker.Members{Role: m.Role, Include: m.Include, Exclude: m.Exclude}
	}
	return account, nil
}

// credentials are those of the configuration as fetch knows them.
func credentials(k config.Credentials) fetch.Credentials {
	return fetch.Credentials{
		Type: k.Type, AccessKeyID: k.AccessKeyID, AccessKeySecret: string(k.AccessKeySecret), SecurityToken: string(k.SecurityToken),
		RoleARN: k.RoleARN, RoleSessionName: k.RoleSessionName, ExternalID: k.ExternalID, RoleName: k.RoleName,
		OIDCProviderARN: k.OIDCProviderARN, OIDCTokenFile: k.OIDCTokenFile, Profile: k.Profile, URI: string(k.URI),
	}
}

// endpoints are those of the configuration as fetch knows them.
func endpoints(e config.Endpoints) map[string]string {
	all := map[string]string{"sts": e.STS}
	products := map[string]config.Endpoint{"sas": e.SAS, "oos": e.OOS}
	maps.Copy(products, e.Others)
	for product, at := range products {
		for region, address := range at {
			if region != "" {
				region = "/" + region
			}
			all[product+region] = address
		}
	}
	return all
}

// openToRead opens the configuration's database for a command that only looks,
// which needs no right to write.
func (p *program) openToRead(ctx context.Context, c *config.Config) (_ *database, err error) {
	db, err := p.openDatabase(ctx, string(c.Database.URL), "", store.Options{Sources: c.Catalogue.Sources})
	if err != nil {
		return nil, err
	}
	ready := db.Current
	if db.dir != "" {
		ready = func(ctx context.Context) error { return db.prepare(ctx, false) }
	}
	if err := ready(ctx); err != nil {
		return nil, errors.Join(err, db.close(ctx))
	}
	return db, nil
}

// selection narrows the jobs to what was named on the command line.
type selection struct {
	sources, accounts, regions []string
}

func (sel selection) jobs(s *worker.Syncer) ([]worker.Job, error) {
	c := s.Config()
	var chosen []*worker.Settings
	for _, name := range sel.sources {
		i := slices.IndexFunc(c.Sources, func(o *worker.Settings) bool { return o.Source.Name == name })
		if i < 0 {
			return nil, unknownSource(name, declared(c))
		}
		if !slices.Contains(chosen, c.Sources[i]) {
			chosen = append(chosen, c.Sources[i])
		}
	}
	for _, name := range sel.accounts {
		if !slices.ContainsFunc(c.Accounts, func(a *worker.Account) bool { return a.Name == name }) {
			return nil, usageError{fmt.Errorf("there is no account %s in the configuration", name)}
		}
	}
	all := c.Jobs(c.Sources...)
	for _, region := range sel.regions {
		if !slices.ContainsFunc(all, func(j worker.Job) bool { return j.Region == region }) {
			return nil, usageError{fmt.Errorf("no account of the configuration has region %s", region)}
		}
	}
	jobs := slices.DeleteFunc(c.Jobs(chosen...), func(j worker.Job) bool {
		return len(sel.accounts) > 0 && !slices.Contains(sel.accounts, j.Account.Name) ||
			len(sel.regions) > 0 && !slices.Contains(sel.regions, j.Region)
	})
	if len(jobs) == 0 {
		return nil, usageError{fmt.Errorf("nothing to sync: no partition of %s fits", strings.Join(append(sel.accounts, sel.regions...), ", "))}
	}
	return jobs, nil
}

// declared are the sources that a syncer works by.
func declared(c *worker.Config) (list []*source.Source) {
	for _, o := range c.Sources {
		list = append(list, o.Source)
	}
	return list
}

// session is a database that is ready, and what syncs into it.
type session struct {
	config *config.Config
	db     *database
	syncer *worker.Syncer
	// migrates: tables are made of what is declared while the daemon runs.
	migrates bool
}

// open reads the configuration, opens the database, sees to its schema, and wires
// the rest.
func (p *program) open(ctx context.Context, migrate bool) (*session, error) {
	c, err := p.loadSound()
	if err == nil {
		err = c.Validate()
	}
	if err != nil {
		return nil, usageError{err}
	}
	return p.openWith(ctx, c, migrate)
}

// loadFullConfig reads a configuration that names accounts.
func (p *program) loadFullConfig(last ...config.Catalogue) (*config.Config, error) {
	c, err := p.loadConfig(last...)
	if err != nil {
		return nil, err
	}
	if err := c.Validate(); err != nil {
		return nil, usageError{err}
	}
	return c, nil
}

// connections are the most that are open at once: a sync holds one at most, the
// queue needs a few, and so do the status page and the metrics.
func connections(workers int) int32 { return int32(workers + 12) }

func (p *program) openWith(ctx context.Context, c *config.Config, migrate bool) (_ *session, err error) {
	db, err := p.openDatabase(ctx, string(c.Database.URL), "", store.Options{Connections: connections(c.Workers), Sources: c.Catalogue.Sources})
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, db.close(ctx))
		}
	}()
	demo, err := db.IsDemo(ctx)
	if err != nil {
		return nil, err
	}
	if demo {
		return nil, usageError{errors.New("this database is the demo's, which only syncer demo fills: rows of a real cloud would be lost among simulated ones; unset DATABASE_URL, or name another database")}
	}
	syncer, err := p.newSyncer(c, db.Store)
	if err != nil {
		return nil, err
	}
	// Before anything is written: the rows of an account would go by another one's name.
	if _, twins := syncer.Config().Identify(ctx); twins != nil {
		return nil, usageError{twins}
	}
	if err := db.prepare(ctx, migrate); err != nil {
		return nil, err
	}
	return &session{c, db, syncer, migrate || db.dir != ""}, nil
}

// cutDays cuts the trends' days in the configured time zone, from the first sync on.
func (p *program) cutDays(ctx context.Context, c *config.Config, s *store.Store) error {
	rebuilt, err := s.SetTimezone(ctx, c.Timezone)
	if errors.Is(err, store.ErrTimezone) {
		return usageError{err}
	}
	if rebuilt {
		p.log.InfoContext(ctx, "the trends were rebuilt for another time zone", "timezone", c.Timezone)
	}
	return err
}
