package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A program is the built syncer, measured as a separate process.
type program struct{ path, dir string }

// build builds syncer into a new directory.
func build(ctx context.Context) (*program, func(), error) {
	dir, err := os.MkdirTemp("", "syncer-bench")
	if err != nil {
		return nil, nil, err
	}
	p := &program{path: filepath.Join(dir, "syncer"), dir: dir}
	out, err := exec.CommandContext(ctx, "go", "build", "-o", p.path, "./cmd/syncer").CombinedOutput()
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, nil, fmt.Errorf("build syncer: %w\n%s", err, out)
	}
	return p, func() { _ = os.RemoveAll(dir) }, nil
}

// cloud starts syncer sim and returns the accounts section of schedule.yaml for it.
func (p *program) cloud(ctx context.Context, args ...string) (accounts string, stop func(), err error) {
	cmd := exec.CommandContext(ctx, p.path, append([]string{"sim", "--listen", "127.0.0.1:0", "--full-pages"}, args...)...)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	}
	var b strings.Builder
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if lines.Text() == "" && strings.Contains(b.String(), "accounts:") {
			return b.String(), stop, nil
		}
		if strings.HasPrefix(lines.Text(), "accounts:") || b.Len() > 0 {
			b.WriteString(lines.Text() + "\n")
		}
	}
	stop()
	return "", nil, fmt.Errorf("syncer sim did not start: %s", b.String())
}

var oosRegions = regexp.MustCompile(`oos_regions: \[.*\]`)

// configure writes a schedule.yaml.
func (p *program) configure(accounts, regions, rest string) (path string, err error) {
	path = filepath.Join(p.dir, "schedule.yaml")
	return path, os.WriteFile(path, []byte(oosRegions.ReplaceAllString(accounts, "oos_regions: ["+regions+"]")+rest), 0o600)
}

// A use is what a process used.
type use struct {
	took   time.Duration
	cpu    time.Duration
	rss    int64 // bytes, at its peak
	stdout []byte
}

// run runs syncer to its end.
func (p *program) run(ctx context.Context, database string, args ...string) (u use, err error) {
	cmd := exec.CommandContext(ctx, p.path, args...)
	cmd.Env = append(os.Environ(), "DATABASE_URL="+database)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	var stdout bytes.Buffer
	cmd.Stdout = &stdout
	started := time.Now()
	if err := cmd.Start(); err != nil {
		return u, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for tick := time.Tick(20 * time.Millisecond); ; {
		select {
		case err = <-ended:
			u.took, u.stdout = time.Since(started), stdout.Bytes()
			u.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
			if err != nil {
				err = fmt.Errorf("syncer %s: %w\n%s%s", strings.Join(args, " "), err, u.stdout, stderr.Bytes())
			}
			return u, err
		case <-tick:
			u.rss = max(u.rss, peakRSS(cmd.Process.Pid))
		}
	}
}

var vmHWM = regexp.MustCompile(`VmHWM:\s+([0-9]+) kB`)

// peakRSS returns the peak memory of a process since it started its program, in bytes.
// getrusage would also count the size of its parent. Linux only.
func peakRSS(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0 // it has ended
	}
	found := vmHWM.FindSubmatch(status)
	if found == nil {
		return 0
	}
	kb, _ := strconv.ParseInt(string(found[1]), 10, 64)
	return kb << 10
}
