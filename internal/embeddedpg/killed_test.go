package embeddedpg

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A victim is this test program started again, to be killed: it prints a line
// when what it started runs, and waits.
func startVictim(t *testing.T, role string) (victim *exec.Cmd, line string) {
	t.Helper()
	victim = exec.CommandContext(t.Context(), os.Args[0])
	victim.Env = append(os.Environ(), "EMBEDDEDPG_TEST_VICTIM="+role)
	victim.Stderr = os.Stderr
	out, err := victim.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, victim.Start())
	line, err = bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	return victim, strings.TrimSpace(line)
}

func beVictim(role string) {
	switch role, dir, _ := strings.Cut(role, ":"); role {
	case "server":
		s, err := Start(context.Background(), Options{DataDir: dir})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(s.PID(), s.URL())
	case "watch":
		cmd := exec.Command("sleep", "1000")
		isolate(cmd, nil)
		if err := cmd.Start(); err != nil {
			panic(err)
		}
		if _, err := watch(cmd, false); err != nil {
			panic(err)
		}
		fmt.Println(cmd.Process.Pid)
	}
	time.Sleep(time.Hour)
}

func TestServerEndsWhenWeAreKilled(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	victim, line := startVictim(t, "server:"+dir)
	pid, url, _ := strings.Cut(line, " ")
	query(t, url, "CREATE TABLE kept AS SELECT 'kept' AS v")
	backend := query(t, url, "SELECT pid::text FROM pg_stat_activity WHERE backend_type = 'checkpointer'")

	require.NoError(t, victim.Process.Kill())
	_ = victim.Wait()
	// At once: it waits for the old server to be gone.
	s := startServer(t, Options{DataDir: dir})
	for _, p := range []string{pid, backend} {
		n, err := strconv.Atoi(p)
		require.NoError(t, err)
		awaitGone(t, n)
	}
	assert.Equal(t, "kept", query(t, s.URL(), "SELECT v FROM kept"))
}

func TestWatchingShell(t *testing.T) {
	t.Parallel()
	victim, line := startVictim(t, "watch:")
	pid, err := strconv.Atoi(line)
	require.NoError(t, err)
	require.True(t, running(pid))
	require.NoError(t, victim.Process.Kill())
	_ = victim.Wait()
	awaitGone(t, pid)
}

// awaitGone has the deadline of all tests.
func awaitGone(t *testing.T, pid int) {
	t.Helper()
	for running(pid) {
		require.NoError(t, t.Context().Err())
		time.Sleep(10 * time.Millisecond)
	}
}

// running is false for a zombie, which an init of a container may never reap.
func running(pid int) bool {
	out, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && !strings.HasPrefix(string(out), "Z")
}
