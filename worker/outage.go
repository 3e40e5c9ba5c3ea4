package worker

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// An Outage is a log handler that tells once when the database is away, and once when
// it is back: all that fails meanwhile fails for that, and says so at level debug.
type Outage struct {
	slog.Handler
	*outage
}

type outage struct {
	log slog.Handler // of its own words

	mu       sync.Mutex
	ctx      context.Context // ends the looking; nil: nothing is looked for yet
	database *pgx.ConnConfig
	seen     time.Time // the last answer
	since    time.Time // when it was missed first; zero: it is there
}

const (
	// seenFor is how long an answer of the database is believed.
	seenFor = time.Second
	// lookFor is how long it may take to answer.
	lookFor = 2 * time.Second
	// lookAgain is the wait between two looks whether it is back.
	lookAgain = 500 * time.Millisecond
)

// NewOutage hands records on to h; until Watch, all as they are.
func NewOutage(h slog.Handler) *Outage { return &Outage{h, &outage{log: h}} }

// Watch says which database is meant. It is looked for until the context ends.
func (o *Outage) Watch(ctx context.Context, database *pgx.ConnConfig) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ctx, o.database = ctx, database
}

// Handle passes a warning of an error on as debug, while the database is away.
func (o *Outage) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelWarn && ofError(r) && o.away() { //nolint:contextcheck // it looks for itself, whoever logs
		r.Level = slog.LevelDebug
		if !o.Enabled(ctx, r.Level) {
			return nil
		}
	}
	return o.Handler.Handle(ctx, r)
}

// ofError reports whether a record tells of an error, or of a sync that failed.
func ofError(r slog.Record) (is bool) {
	r.Attrs(func(a slog.Attr) bool {
		is = is || a.Key == "error" || a.Key == "err" || a.Key == "message"
		return !is
	})
	return is
}

// WithAttrs and WithGroup keep the state of the one that they are made of.
func (o *Outage) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &Outage{o.Handler.WithAttrs(attrs), o.outage}
}

// WithGroup is the same for a group.
func (o *Outage) WithGroup(name string) slog.Handler {
	return &Outage{o.Handler.WithGroup(name), o.outage}
}

// away looks whether the database answers, unless that is known.
func (o *outage) away() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.database == nil || o.ctx.Err() != nil:
		return false
	case !o.since.IsZero():
		return true
	case time.Since(o.seen) < seenFor:
		return false
	}
	err := o.look()
	if err == nil {
		o.seen = time.Now()
		return false
	}
	o.since = time.Now()
	slog.New(o.log).WarnContext(o.ctx, "the database is away: what needs it is tried again until it is back", "error", told(err))
	go o.await()
	return true
}

// await looks until the database is back, and says so.
func (o *outage) await() {
	for {
		select {
		case <-o.ctx.Done():
			return
		case <-time.After(lookAgain):
		}
		if o.look() != nil {
			continue
		}
		o.mu.Lock()
		after := time.Since(o.since).Round(time.Second)
		o.since, o.seen = time.Time{}, time.Now()
		o.mu.Unlock()
		slog.New(o.log).InfoContext(o.ctx, "the database is back", "after", after)
		return
	}
}

// look connects anew: the connections of a pool may be those to a server that is gone.
func (o *outage) look() error {
	ctx, cancel := context.WithTimeout(o.ctx, lookFor)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, o.database)
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}
