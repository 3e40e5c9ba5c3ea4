package worker

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// A DatabaseLog is a log handler that says once when the database is away, and once
// when it is back. What fails meanwhile fails because of that, and is logged at level
// debug.
type DatabaseLog struct {
	slog.Handler
	*availability
}

// availability is whether the database answers, which all handlers made of one share.
type availability struct {
	log slog.Handler // for these two messages

	mu       sync.Mutex
	ctx      context.Context // of Watch; nil: nothing is watched yet
	database *pgx.ConnConfig
	seen     time.Time // when it last answered
	since    time.Time // when it first did not; zero: it answers
}

const (
	// seenFor is how long the database is not asked again after it has answered.
	seenFor = time.Second
	// pingWithin is how long it may take to answer.
	pingWithin = 2 * time.Second
	// pingAgain is the wait between two attempts while it is away.
	pingAgain = 500 * time.Millisecond
)

// NewDatabaseLog hands records on to h: until Watch, all as they are.
func NewDatabaseLog(h slog.Handler) *DatabaseLog { return &DatabaseLog{h, &availability{log: h}} }

// Watch says which database is meant. While it is away, it is tried again and again
// until the context ends.
func (l *DatabaseLog) Watch(ctx context.Context, database *pgx.ConnConfig) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ctx, l.database = ctx, database
}

// Handle passes a warning of an error on as debug, while the database is away.
func (l *DatabaseLog) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelWarn && ofError(r) && l.away() { //nolint:contextcheck // it asks by a context of its own, whoever logs
		r.Level = slog.LevelDebug
		if !l.Enabled(ctx, r.Level) {
			return nil
		}
	}
	return l.Handler.Handle(ctx, r)
}

// ofError reports whether a record is about an error, or about a sync that failed.
func ofError(r slog.Record) (is bool) {
	r.Attrs(func(a slog.Attr) bool {
		is = is || a.Key == "error" || a.Key == "err" || a.Key == "message"
		return !is
	})
	return is
}

// WithAttrs is a handler for the same database.
func (l *DatabaseLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &DatabaseLog{l.Handler.WithAttrs(attrs), l.availability}
}

// WithGroup is a handler for the same database.
func (l *DatabaseLog) WithGroup(name string) slog.Handler {
	return &DatabaseLog{l.Handler.WithGroup(name), l.availability}
}

// away reports whether the database is away, and asks it where that is not known.
func (a *availability) away() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.database == nil || a.ctx.Err() != nil:
		return false
	case !a.since.IsZero():
		return true
	case time.Since(a.seen) < seenFor:
		return false
	}
	err := a.ping()
	if err == nil {
		a.seen = time.Now()
		return false
	}
	a.since = time.Now()
	slog.New(a.log).WarnContext(a.ctx, "the database is away: what needs it is tried again until it is back", "error", describe(err))
	go a.await()
	return true
}

// await tries until the database is back, and says so.
func (a *availability) await() {
	for {
		select {
		case <-a.ctx.Done():
			return
		case <-time.After(pingAgain):
		}
		if a.ping() != nil {
			continue
		}
		a.mu.Lock()
		after := time.Since(a.since).Round(time.Second)
		a.since, a.seen = time.Time{}, time.Now()
		a.mu.Unlock()
		slog.New(a.log).InfoContext(a.ctx, "the database is back", "after", after)
		return
	}
}

// ping connects anew: the connections of a pool may be those to a server that is gone.
func (a *availability) ping() error {
	ctx, cancel := context.WithTimeout(a.ctx, pingWithin)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, a.database)
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}
