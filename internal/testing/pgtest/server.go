package pgtest

import (
	"context"
	"errors"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"syncer/internal/embeddedpg"
)

// A Private is a test's own server, which the test can stop and start.
type Private struct {
	dir    string
	server *embeddedpg.Server
}

// Server starts a server for this test only, with an empty database. It ends with the test.
func Server(t testing.TB) *Private {
	t.Helper()
	return ServerIn(t, Dir(t))
}

// Dir returns an empty directory that a server's user may enter. It is removed after the
// test. A directory of t.TempDir is inside one that other users may not enter.
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

// ServerIn is Server with its data in the given directory, which may be on another file
// system.
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

// Stop shuts the server down, which ends all sessions. It may be called twice.
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

// Crash ends the server as a power failure would, except that the operating system still
// writes its buffers. The next Start recovers.
//
// All processes end at once. If only the postmaster were killed, a session inside a
// transaction would notice, roll back, and delete the files of unlogged tables that the
// transaction had made, but nobody would write that to the log any more: PostgreSQL 15
// cannot recover from it ("could not create file …: File exists").
func (p *Private) Crash(t testing.TB) {
	t.Helper()
	pid := p.server.PID()
	kill := func(pid int, signal syscall.Signal) {
		t.Helper()
		if err := syscall.Kill(pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			t.Fatal(err)
		}
	}
	kill(pid, syscall.SIGSTOP) // it neither starts another process nor notices that one ends
	children, err := exec.CommandContext(t.Context(), "pgrep", "-P", strconv.Itoa(pid)).Output()
	if err != nil {
		t.Fatalf("list the processes of the server: %v", err)
	}
	for _, field := range strings.Fields(string(children)) {
		child, err := strconv.Atoi(field)
		if err != nil {
			t.Fatal(err)
		}
		kill(child, syscall.SIGKILL)
	}
	kill(pid, syscall.SIGKILL)
	<-p.server.Done()
}
