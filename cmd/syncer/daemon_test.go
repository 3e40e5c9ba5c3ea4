package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// asProgram in its environment makes this test binary the program itself, so that
// a test can do to a process what it cannot do to a function: kill it.
const asProgram = "SYNCER_TEST_AS_PROGRAM"

// A process is one call of the program.
type process struct {
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer // to be read once it has ended
	ended          chan struct{}
}

// startProcess starts the program with an environment of its own.
func startProcess(t *testing.T, env map[string]string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(os.Args[0], args...), ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	p.cmd.Env = []string{asProgram + "=1", "PATH=" + os.Getenv("PATH"), "TMPDIR=" + os.TempDir()}
	for name, value := range env {
		p.cmd.Env = append(p.cmd.Env, name+"="+value)
	}
	require.NoError(t, p.cmd.Start())
	go func() {
		_ = p.cmd.Wait() // the exit code tells
		close(p.ended)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.ended
	})
	return p
}

func (p *process) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	require.NoError(t, p.cmd.Process.Signal(s), p.stderrSoFar())
}

func (p *process) stderrSoFar() string {
	select {
	case <-p.ended:
		return p.stderr.String()
	default:
		return "it is still running"
	}
}

// wait returns the exit code, -1 for a process that was killed.
func (p *process) wait(t *testing.T, atMost time.Duration) int {
	t.Helper()
	select {
	case <-p.ended:
	case <-time.After(atMost):
		require.FailNow(t, "it did not end", "syncer %s within %s", strings.Join(p.cmd.Args[1:], " "), atMost)
	}
	require.NotContains(t, p.stderr.String(), "DATA RACE")
	require.NotContains(t, p.stderr.String(), "panic:")
	return p.cmd.ProcessState.ExitCode()
}

// accountYAML is an account of the simulated cloud at url, in one region.
const accountYAML = `
  - name: %s
    credentials: {type: access_key, access_key_id: %s, access_key_secret: %s}
    endpoints: {sas: "%[4]s", oos: "%[4]s", sts: "%[4]s"}
    security_center_regions: [cn-hangzhou]
    oos_regions: [cn-hangzhou]
`

// writeConfig writes a configuration and returns its path.
func writeConfig(t *testing.T, format string, args ...any) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "schedule.yaml")
	require.NoError(t, os.WriteFile(path, fmt.Appendf(nil, format, args...), 0o600))
	return path
}
