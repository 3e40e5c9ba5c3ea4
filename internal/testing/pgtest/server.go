package pgtest

import (
	"context"
	"syscall"
	"testing"

	"syncer/internal/embeddedpg"
)

// A Private is a server of a test's own, to be stopped and started at will.
type Private struct {
	dir    string
	server *embeddedpg.Server
}

// Server starts a server for this test alone, with an empty database. It ends
// with the test.
func Server(t testing.TB) *Private {
	t.Helper()
	return ServerIn(t, Dir(t))
}

// Dir is an empty directory that the user of a server may enter, which goes with
// the test. That of t.TempDir is below one that others may not pass.
func Dir(t testing.TB) string {
	t.Helper()
	dir, err := tempDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := embeddedpg.Remove(context.WithoutCancel(t.Context()), dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// ServerIn is Server with its data in a directory, which may be of a file system
// of its own.
func ServerIn(t testing.TB, dir string) *Private {
	t.Helper()
	p := &Private{dir: dir}
	t.Cleanup(func() { p.Stop(t) })
	p.Start(t)
	return p
}

// URL is the address of the server's database. It normally survives a restart,
// but another program may take the port meanwhile.
func (p *Private) URL() string { return p.server.URL() }

// Start starts the server after Stop or Crash.
func (p *Private) Start(t testing.TB) {
	t.Helper()
	server, err := start(t.Context(), p.dir)
	if err != nil {
		unavailable(t, err)
	}
	p.server = server
}

// Stop shuts the server down, which ends all sessions. Stopping twice is fine.
func (p *Private) Stop(t testing.TB) {
	t.Helper()
	if p.server == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	defer cancel()
	if err := p.server.Stop(ctx); err != nil {
		t.Error(err)
	}
}

// Restart stops and starts the server.
func (p *Private) Restart(t testing.TB) {
	t.Helper()
	p.Stop(t)
	p.Start(t)
}

// Crash ends the server as a power failure would (but for what the operating
// system still writes). The next Start recovers.
func (p *Private) Crash(t testing.TB) {
	t.Helper()
	if err := syscall.Kill(p.server.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-p.server.Done()
}
