package main

import (
	"context"
	"errors"
	"os"
	"time"

	"syncer/internal/config"
)

// catalogueInterval is how often the daemon looks whether the declarations have changed.
const catalogueInterval = 5 * time.Second

// reloadOn reads the configuration again at each signal, and when declarations of the
// user's have changed, until the context ends.
func (p *program) reloadOn(ctx context.Context, signals <-chan os.Signal, s *session, web *serving) {
	look := time.NewTicker(catalogueInterval)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-signals:
		case <-look.C:
			if !s.config.Catalogue.Changed() {
				continue
			}
		}
		if err := p.reload(ctx, s, web); err != nil && ctx.Err() == nil {
			p.refuse(err)
		}
	}
}

// refuse tells the log all that is wrong with a configuration.
func (p *program) refuse(err error) {
	const refused = "the configuration is refused, and the old one stays"
	problems, ok := errors.AsType[config.Problems](err)
	if !ok {
		p.log.Error(refused, "error", withRemedy(err))
	}
	for _, problem := range problems {
		p.log.Error(refused, "error", problem.String())
	}
}

// reload puts the configuration, as it is in the file by now, into the place of the
// one that the daemon works by: all of it, or, where there is an error, nothing.
func (p *program) reload(ctx context.Context, s *session, web *serving) error {
	c, err := p.loadFullConfig(s.config.Catalogue)
	if err != nil {
		return err
	}
	if err := p.declare(ctx, c, s); err != nil {
		return err
	}
	wired, err := p.wire(c)
	if err != nil {
		return err
	}
	if _, twins := wired.Identify(ctx); twins != nil {
		return twins
	}
	kept := keep(c, s.config)
	page, err := web.page(ctx, p, pageFor(c))
	if err != nil {
		return err
	}
	// The last that can fail, and all or nothing itself.
	if err := p.cutDays(ctx, c, s.db.Store); err != nil {
		return err
	}
	web.show(page)
	s.db.Declare(c.Catalogue.Sources)
	s.syncer.Configure(wired)
	s.config = c
	for _, setting := range kept {
		p.log.Warn("the setting has changed, which takes effect at the next start", "setting", setting)
	}
	p.log.InfoContext(ctx, "configuration read again", "partitions", len(s.syncer.Jobs()))
	return nil
}

// declare has the tables made of what is declared anew, where the daemon may do that, and
// leaves out of the configuration what has no table as it is declared now.
func (p *program) declare(ctx context.Context, c *config.Config, s *session) error {
	made, err := s.db.Made(ctx, c.Catalogue.Sources)
	if err != nil {
		return err
	}
	if s.migrates {
		for _, src := range c.Catalogue.Chosen() {
			if made[src.Name] {
				continue
			}
			if err := s.db.Make(ctx, src); err != nil {
				p.log.Error("the table of a source is not as its declaration says", "source", src.Name, "error", err)
				continue
			}
			made[src.Name] = true
		}
	}
	for _, name := range c.Catalogue.Keep(s.config.Catalogue, made) {
		if !s.migrates {
			p.log.Error("the table of a source is not as its declaration says: run syncer migrate up, and send SIGHUP", "source", name)
		}
	}
	return nil
}

// keep leaves in a configuration what the daemon cannot change while it runs, and
// names the settings.
func keep(c, old *config.Config) (settings []string) {
	kept := func(setting string) { settings = append(settings, setting) }
	if c.Database != old.Database {
		kept("database.url")
		c.Database = old.Database
	}
	if c.Workers != old.Workers {
		kept("workers")
		c.Workers = old.Workers
	}
	if c.DeadAfter != old.DeadAfter {
		kept("dead_after")
		c.DeadAfter = old.DeadAfter
	}
	if c.Server.Listen == old.Server.Listen {
		return settings
	}
	kept("server.listen")
	c.Server.Listen = old.Server.Listen
	// The new address may be one that needs no token; the one that is in use does.
	if none := c.Server.Token == "" || c.Server.Token == config.NoToken; none && old.Server.Token != c.Server.Token {
		kept("server.token")
		c.Server.Token = old.Server.Token
	}
	return settings
}
