package main

import (
	"context"
	"errors"
	"os"

	"syncer/internal/config"
)

// reloadOn reads the configuration again at each signal, until the context ends.
func (p *program) reloadOn(ctx context.Context, signals <-chan os.Signal, s *session, web *serving) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-signals:
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
	c, err := p.loadFullConfig()
	if err != nil {
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
	s.syncer.Configure(wired)
	s.config = c
	for _, setting := range kept {
		p.log.Warn("the setting has changed, which takes effect at the next start", "setting", setting)
	}
	p.log.InfoContext(ctx, "configuration read again", "partitions", len(s.syncer.Jobs()))
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
