package embeddedpg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"
)

// lock locks the data directory until the lock is closed or the process ends. The file is
// not removed: otherwise two programs could hold locks on two files with the same name.
func (h *home) lock() (io.Closer, error) {
	f, err := h.open(h.path(lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the data directory: %w; does it belong to another user?", err)
	}
	switch taken, err := tryLock(f); {
	case err != nil:
		return nil, errors.Join(fmt.Errorf("lock the data directory: %w", err), f.Close())
	case taken:
		err := h.inUse(f)
		return nil, errors.Join(err, f.Close())
	}
	if err := errors.Join(f.Truncate(0), writeAt(f, strconv.Itoa(os.Getpid())+"\n")); err != nil {
		return nil, errors.Join(fmt.Errorf("lock the data directory: %w", err), f.Close())
	}
	return heldLock{f}, nil
}

// A heldLock is a file that is locked.
type heldLock struct{ *os.File }

// Close unlocks the file first: a process that is being started has the file open, too,
// until it runs its own program, and would keep the lock as long.
func (l heldLock) Close() error { return errors.Join(unlock(l.File), l.File.Close()) }

func writeAt(f *os.File, text string) error {
	_, err := f.WriteAt([]byte(text), 0)
	return err
}

// inUse describes the server of the program that holds the lock.
func (h *home) inUse(lock io.Reader) *InUseError {
	e := &InUseError{DataDir: h.dir}
	text, _ := io.ReadAll(io.LimitReader(lock, maxSmallFile)) // what cannot be read is left out
	e.PID, _ = strconv.Atoi(strings.TrimSpace(string(text)))
	password, err := h.read(h.path(passwordFile))
	if f := h.readPIDFile(); err == nil && f.status == "ready" {
		e.URL = serverURL(strings.TrimSpace(string(password)), f.port)
	}
	return e
}

// endOrphan ends a server that outlived the program that started it, or waits while it
// shuts down. We hold the lock, so no other program uses the server.
func (h *home) endOrphan(ctx context.Context) error {
	if _, err := os.Lstat(h.pidFilePath()); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	f := h.readPIDFile()
	// A zombie is not a postmaster. The init of some containers never reaps zombies.
	lives := func() bool { return f.pid > 0 && alive(f.pid) && isPostmaster(ctx, f.pid, h.cluster()) }
	// The signal is sent as the server's user, who wrote that number: the process could
	// belong to anybody.
	signal := func(name string) error {
		return h.script(ctx, `kill -s "$1" "$2"`, name, strconv.Itoa(f.pid)).Run()
	}
	if !lives() || signal("INT") != nil {
		// PostgreSQL checks only the PID. If another program has this PID now, as in every
		// restarted container, PostgreSQL would refuse to start.
		out, err := h.script(ctx, `exec rm -f -- "$1"`, h.pidFilePath()).CombinedOutput()
		if err != nil {
			return fmt.Errorf("remove the old %s: %w%s", h.pidFilePath(), err, lastLines(out))
		}
		return nil
	}
	h.logger.Info("waiting for the previous PostgreSQL to end", "pid", f.pid)
	deadline := time.After(30 * time.Second)
	for lives() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the previous server (PID %d) to end: %w", f.pid, context.Cause(ctx))
		case <-deadline:
			_ = signal("QUIT") // an error means that it has ended
			deadline = nil
		case <-time.After(pollInterval):
		}
	}
	return nil
}
