package worker

import (
	"context"
	"log/slog"
	"time"

	"syncer/store"
)

// The waits between two attempts while the database is away double from the first to the
// last of these.
const (
	firstWait = time.Second
	lastWait  = 15 * time.Second
)

// Outlast does f, and does it again as long as it fails because the database is away, until
// the context ends. A daemon may well be started before its database is, after a power cut,
// say. What waiting cannot mend (a password, a schema) is an error at once.
func Outlast(ctx context.Context, log *slog.Logger, f func() error) error {
	since := time.Now()
	for wait := firstWait; ; wait = min(2*wait, lastWait) {
		err := f()
		if wait > firstWait && err == nil {
			log.InfoContext(ctx, "the database is there", "after", time.Since(since).Round(time.Second))
		}
		if err == nil || ctx.Err() != nil || !store.IsAway(err) {
			return err
		}
		level := slog.LevelDebug
		if wait == firstWait {
			level = slog.LevelWarn
		}
		log.Log(ctx, level, "the database is away: waiting for it", "error", describe(err))
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(wait):
		}
	}
}
