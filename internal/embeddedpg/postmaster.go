package embeddedpg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

const (
	maxLogSize   = 10 << 20
	pollInterval = 10 * time.Millisecond
	// stragglerWait is how long the children of a killed server may take to notice that it
	// is gone.
	stragglerWait = 10 * time.Second
)

// A postmaster is the server's first process, our child.
type postmaster struct {
	cmd      *exec.Cmd
	log      *logTail
	stopping atomic.Bool
	ended    chan struct{} // closed when the process has ended; err then says how
	err      error
	done     chan struct{} // closed when the data directory is free, too
}

// launch starts the server and waits until it accepts connections. If another program takes
// the chosen port before the server does, it chooses another port.
func (h *home) launch(ctx context.Context, bin binaries, opts Options, lock io.Closer) (*postmaster, int, error) {
	stragglersUntil := time.Now().Add(stragglerWait)
	for {
		port, err := h.choosePort(opts.Port)
		if err != nil {
			return nil, 0, err
		}
		pm, err := h.startPostmaster(bin, port) //nolint:contextcheck // the context bounds the start, not the server's life
		if err != nil {
			return nil, 0, err
		}
		err = h.awaitReady(ctx, pm)
		if err == nil {
			err = WriteFile(h.path(portFile), fmt.Appendln(nil, port), 0o644)
			if err != nil {
				pm.kill()
				return nil, 0, err
			}
			go func() {
				<-pm.ended
				_ = lock.Close()
				close(pm.done)
			}()
			return pm, port, nil
		}
		switch said := pm.log.tail(); {
		case ctx.Err() != nil:
			pm.kill()
			return nil, 0, fmt.Errorf("wait for the server to take connections: %w%s", context.Cause(ctx), said)
		case strings.Contains(said, "Address already in use") && opts.Port == 0:
			// Another program took the port.
		case strings.Contains(said, "pre-existing shared memory") && time.Now().Before(stragglersUntil):
			time.Sleep(10 * pollInterval)
		default:
			return nil, 0, err
		}
	}
}

// startPostmaster starts the server so that it ends with this process: see endWithUs.
func (h *home) startPostmaster(bin binaries, port int) (*postmaster, error) {
	log, err := h.openLog()
	if err != nil {
		return nil, err
	}
	// This is not the caller's context, because the server outlives the start.
	cmd := h.command(context.Background(), bin.postgres(), "-D", h.cluster(),
		"-c", "config_file="+h.path(confFile), "-p", strconv.Itoa(port))
	cmd.Stdout, cmd.Stderr = log.file, log.file
	pm := &postmaster{cmd: cmd, log: log, ended: make(chan struct{}), done: make(chan struct{})}
	started := make(chan error)
	go func() {
		// Linux sends the death signal when the thread that forked ends, so that thread
		// must live until the server has ended.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		release, err := endWithUs(cmd, h.noSync)
		started <- err
		if err != nil {
			return
		}
		pm.err = cmd.Wait()
		release()
		_ = log.file.Close()
		close(pm.ended)
	}()
	if err := <-started; err != nil {
		_ = log.file.Close()
		return nil, fmt.Errorf("run %s: %w", bin.postgres(), err)
	}
	return pm, nil
}

// awaitReady waits until postmaster.pid says that the server accepts connections, or until
// the server has ended. Recovery after a crash can take minutes.
func (h *home) awaitReady(ctx context.Context, pm *postmaster) error {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-pm.ended:
			return pm.failure()
		case <-tick.C:
			// Another PID: this is the file of a former server, which will be replaced.
			if f := h.readPIDFile(); f.pid == pm.cmd.Process.Pid && f.status == "ready" {
				return nil
			}
		}
	}
}

// failure says why the server ended by itself.
func (pm *postmaster) failure() error {
	select {
	case <-pm.ended:
	default:
		return nil
	}
	if pm.stopping.Load() {
		return nil
	}
	ended := "exit status 0"
	if pm.err != nil {
		ended = pm.err.Error()
	}
	return fmt.Errorf("the server ended by itself: %s%s", ended, pm.log.tail())
}

func (pm *postmaster) stop(ctx context.Context) error {
	select {
	case <-pm.done:
		return nil // it ended by itself; failure says why
	default:
	}
	pm.stopping.Store(true)
	_ = pm.cmd.Process.Signal(fastShutdown) // an error means that it has ended
	select {
	case <-pm.done:
		return nil
	case <-ctx.Done():
		pm.kill()
		<-pm.done
		return fmt.Errorf("%w before the server had shut down: it was ended at once, and recovers at the next start",
			context.Cause(ctx))
	}
}

// kill ends the server and its children at once. If they do not end in time, it kills the
// server alone; then the children end, too.
func (pm *postmaster) kill() {
	_ = pm.cmd.Process.Signal(immediateShutdown)
	select {
	case <-pm.ended:
	case <-time.After(6 * time.Second): // PostgreSQL kills its children after 5 s
		_ = pm.cmd.Process.Kill()
		<-pm.ended
	}
}

// A pidFile is the content of postmaster.pid.
type pidFile struct {
	pid, port int
	status    string // starting, ready, stopping; empty before it is written
}

func (h *home) readPIDFile() pidFile {
	text, err := h.read(h.pidFilePath())
	if err != nil {
		return pidFile{}
	}
	var f pidFile
	for i, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		switch i + 1 {
		case 1:
			f.pid, _ = strconv.Atoi(line)
		case 4:
			f.port, _ = strconv.Atoi(line)
		case 8:
			f.status = line
		}
	}
	return f
}

func (h *home) pidFilePath() string { return filepath.Join(h.cluster(), "postmaster.pid") }

// choosePort returns the wanted port, or the last one, or any free one. It stays below the
// ports that systems use for outgoing connections, so that the port is probably free at the
// next start.
func (h *home) choosePort(wanted int) (int, error) {
	if wanted != 0 {
		if err := portFree(wanted); err != nil {
			return 0, fmt.Errorf("port %d cannot be used: %w; is another program listening there?", wanted, err)
		}
		return wanted, nil
	}
	text, _ := h.read(h.path(portFile)) // an unreadable file counts as missing
	if last, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil && portFree(last) == nil {
		return last, nil
	}
	var err error
	for range 100 {
		port := 15432 + rand.IntN(10000) // #nosec G404 -- no secret
		if err = portFree(port); err == nil {
			return port, nil
		}
	}
	return 0, fmt.Errorf("no port is free at 127.0.0.1: %w", err)
}

func portFree(port int) error {
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return err
	}
	return l.Close()
}

// A logTail is the server's log from this start on.
type logTail struct {
	home  *home
	file  *os.File
	start int64
}

func (h *home) openLog() (*logTail, error) {
	path := h.path(logFile)
	if info, err := os.Lstat(path); err == nil && info.Size() > maxLogSize {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, fmt.Errorf("rotate the server's log: %w", err)
		}
	}
	f, err := h.open(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the server's log: %w", err)
	}
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the server's log: %w", err), f.Close())
	}
	return &logTail{home: h, file: f, start: end}, nil
}

// tail returns the end of the log of this start, formatted to follow an error.
func (l *logTail) tail() string {
	const enough = 4 << 10
	f, err := l.home.open(l.file.Name(), os.O_RDONLY, 0)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return ""
	}
	from := max(l.start, info.Size()-enough)
	text, _ := io.ReadAll(io.NewSectionReader(f, from, enough)) // an incomplete text is enough
	if said := lastLines(text); said != "" {
		return said + "\n(from " + l.file.Name() + ")"
	}
	return ""
}

// lastLines formats the end of a program's output, to follow an error.
func lastLines(out []byte) string {
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	if n := len(lines); n > 10 {
		lines = lines[n-10:]
	}
	var b strings.Builder
	for _, line := range lines {
		if len(line) > 0 {
			fmt.Fprintf(&b, "\n  %s", line)
		}
	}
	return b.String()
}
