package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"syncer/internal/config"
	"syncer/internal/metrics"
	"syncer/internal/web"
	"syncer/source"
	"syncer/worker"
)

// A serving is what a daemon tells the world by HTTP: nothing, where it listens nowhere.
type serving struct {
	server  *web.Server // nil: none
	stop    context.CancelFunc
	options web.Options // of the pages
	made    bool        // the token is one that the program made
}

// listen takes the port, before anything else is done.
func (p *program) listen(ctx context.Context, address string) (*serving, error) {
	if address == "" {
		return &serving{}, nil
	}
	server, err := web.Listen(ctx, address, p.log)
	if err != nil {
		return nil, err
	}
	return &serving{server: server}, nil
}

// listenNear takes the port of an address, or any other if that is taken.
func (p *program) listenNear(ctx context.Context, address string) (*serving, error) {
	s, err := p.listen(ctx, address)
	if errors.Is(err, web.ErrInUse) {
		return p.listen(ctx, "127.0.0.1:0")
	}
	return s, err
}

// A pageOf says how the pages of a daemon are to be.
type pageOf struct {
	token    config.Secret // as configured: see [config.Server]
	dir      string        // where a token is kept that the program makes; empty: the data directory
	manage   bool          // the queue's pages may change it
	timezone string
	note     string
	sources  []*source.Source
}

// pageFor is how the pages are to be by a configuration.
func pageFor(c *config.Config) pageOf {
	return pageOf{token: c.Server.Token, manage: c.Server.Queue == "manage", timezone: c.Timezone, sources: c.Catalogue.Sources}
}

// serve answers with all there is, from now on. The syncer tells its metrics what
// it does.
func (s *serving) serve(ctx context.Context, p *program, syncer *worker.Syncer, o pageOf) (err error) {
	if s.server == nil {
		return nil
	}
	ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	defer func() {
		if err != nil {
			s.stop()
		}
	}()
	m := metrics.New(version(), syncer.Config)
	m.AddDatabase(syncer, p.log)
	syncer.Observe = m.Observe
	queue, err := worker.QueueUI(ctx, syncer.Store.Pool(), web.QueuePrefix, p.log)
	if err != nil {
		return err
	}
	s.options = web.Options{
		Syncer: syncer, Version: version(), Metrics: m.Handler(), Queue: queue, Logger: p.log,
		Sessions: &web.Sessions{Logger: p.log},
	}
	page, err := s.page(ctx, p, o)
	if err != nil {
		return err
	}
	s.show(page)
	return nil
}

// A page is what show shows.
type page struct {
	options web.Options
	made    bool // the token is one that the program made
}

// page makes the pages ready, so that nothing is left that can fail.
func (s *serving) page(ctx context.Context, p *program, o pageOf) (_ page, err error) {
	if s.server == nil {
		return page{}, nil
	}
	next := page{options: s.options}
	if next.options.Location, err = time.LoadLocation(o.timezone); err != nil {
		return page{}, fmt.Errorf("timezone: %w", err)
	}
	switch o.token {
	case config.NoToken:
		next.options.Token = ""
	case "":
		next.options.Token, next.made = p.pageToken(ctx, o.dir)
	default:
		next.options.Token = string(o.token)
	}
	next.options.Note, next.options.Manage, next.options.Sources = o.note, o.manage, o.sources
	return next, nil
}

// show has the pages be so from now on.
func (s *serving) show(next page) {
	if s.server == nil {
		return
	}
	s.options, s.made = next.options, next.made
	s.server.Serve(web.Handler(s.options))
}

// link is the address of the page, with the token where the program made it itself.
// It is for a person's eyes, not for a log.
func (s *serving) link() string {
	if s.server == nil || !s.made {
		return s.url()
	}
	return s.url() + "/login?token=" + s.options.Token
}

// url is where to look; empty: nowhere.
func (s *serving) url() string {
	if s.server == nil {
		return ""
	}
	return "http://" + s.server.Address()
}

// close ends the pages: before the database goes.
func (s *serving) close(ctx context.Context) {
	if s.server != nil {
		s.server.Close(ctx)
	}
	if s.stop != nil {
		s.stop()
	}
}
