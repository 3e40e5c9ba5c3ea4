package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"syncer/archive"
	"syncer/source"

	"syncer/store"
)

// archived writes the archive of a month in which every row got a new version, and compares
// it with COPY TO of the same rows: what ended, and what stood at the end. Reading back what
// was written is part of it.
func archived(ctx context.Context, report func(figure)) error {
	now := time.Date(2026, 8, 3, 0, 0, 0, 0, time.UTC)
	s, done, err := openWith(ctx, store.Options{Clock: func() time.Time { return now }})
	if err != nil {
		return err
	}
	defer done()
	list := patchRows(*rows)
	for n := range 2 {
		for i := range list {
			fillState(list[i], n+i%50)
		}
		if _, _, _, err := syncRows(ctx, s, patches, list); err != nil {
			return err
		}
		now = now.AddDate(0, 0, 9)
	}
	list = nil //nolint:wastedassign,ineffassign // so that its memory is not measured
	now = time.Date(2026, 9, 3, 0, 0, 0, 0, time.UTC)
	if _, err := s.Pool().Exec(ctx, "VACUUM ANALYZE"); err != nil {
		return err
	}
	var tables int64
	if err := s.Pool().QueryRow(ctx, "SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = 'syncer.instance_patch_states'::regclass").Scan(&tables); err != nil {
		return err
	}
	// As the program does.
	defer debug.SetGCPercent(debug.SetGCPercent(25))
	var copied, wrote time.Duration
	var bytes int64
	var peak uint64
	for n := range 3 {
		took, err := copyOut(ctx, s.Pool())
		if err != nil {
			return err
		}
		if n == 0 || took < copied {
			copied = took
		}
		dir, err := os.MkdirTemp("", "syncer-bench")
		if err != nil {
			return err
		}
		a, err := archive.Open(filepath.Join(dir, "archive"), archive.Options{Program: "bench"})
		if err != nil {
			return err
		}
		runtime.GC()
		before := inUse()
		most := make(chan uint64)
		stop := make(chan struct{})
		go func() { most <- peakUntil(stop) }()
		started := time.Now()
		months, err := a.Write(ctx, s, []*source.Source{patches})
		took = time.Since(started)
		close(stop)
		peak = max(peak, <-most-before)
		if err != nil {
			return err
		}
		bytes = 0
		for _, m := range months {
			for _, f := range m.Files {
				bytes += f.Bytes
			}
		}
		fmt.Fprintf(os.Stderr, "archive: %s, copy out %s, %d MB of %d MB, %d MB of memory\n", took, copied, bytes>>20, tables>>20, peak>>20)
		if n == 0 || took < wrote {
			wrote = took
		}
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	report(figure{Name: "archive_vs_copy_out", Value: wrote.Seconds() / copied.Seconds(), Unit: "copy", Limit: 2})
	report(figure{Name: "archive_bytes_vs_table", Value: float64(bytes) / float64(tables), Unit: "bytes", Limit: 0.15})
	report(figure{Name: "archive_memory_mb", Value: float64(peak) / 1e6, Unit: "MB", Limit: 128})
	return nil
}

// copyOut copies the rows that the archive has to nowhere.
func copyOut(ctx context.Context, pool *pgxpool.Pool) (time.Duration, error) {
	c, err := pool.Acquire(ctx)
	if err != nil {
		return 0, err
	}
	defer c.Release()
	started := time.Now()
	for _, sql := range []string{
		"COPY (SELECT * FROM alicloud.instance_patch_states_history WHERE valid_to < '2026-09-01') TO STDOUT",
		"COPY (SELECT * FROM alicloud.instance_patch_states) TO STDOUT",
	} {
		if _, err := c.Conn().PgConn().CopyTo(ctx, io.Discard, sql); err != nil {
			return 0, err
		}
	}
	return time.Since(started), nil
}

// inUse is the memory that the Go runtime holds.
func inUse() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}, {Name: "/memory/classes/heap/free:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64() - s[1].Value.Uint64() - s[2].Value.Uint64()
}

func peakUntil(stop <-chan struct{}) (most uint64) {
	for {
		most = max(most, inUse())
		select {
		case <-stop:
			return most
		case <-time.After(20 * time.Millisecond):
		}
	}
}
