package main

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
	"syncer/store/report"
	"syncer/worker"
)

// TestDemoIsLookedAtAndRemoved: the file that a demo names makes status and changes
// speak of it; it is removed once it has ended, and only when asked to.
func TestDemoIsLookedAtAndRemoved(t *testing.T) {
	dir := dataDir(t)
	t.Setenv("SYNCER_DATA_DIR", dir)
	demo := startProcess(t, map[string]string{"SYNCER_DATA_DIR": dir, "SYNCER_LISTEN": "127.0.0.1:0"}, "demo", "--days", "1", "--servers", "5")
	named := regexp.MustCompile(`syncer status --config (\S+)`)
	pgtest.Await(t, func() bool { return named.MatchString(demo.stdout.String()) })
	config := named.FindStringSubmatch(demo.stdout.String())[1]

	_, stdout, stderr := call(t, t.Context(), nil, "status", "--config", config, "--output", "json")
	var status statusReport
	require.NoError(t, json.Unmarshal([]byte(stdout), &status), stderr)
	require.Empty(t, stderr)
	require.Empty(t, status.NotConfigured)
	accounts := map[string]bool{}
	for _, s := range status.Partitions {
		accounts[*s.AccountName] = true
		require.NotEqual(t, worker.Failing, s.State)
	}
	require.Len(t, accounts, 3, "the one that the first one's directory has, too")
	var changes []report.Change
	require.Zero(t, callJSON(t, nil, &changes, "changes", "--config", config))
	require.NotEmpty(t, changes)

	code, _, stderr := call(t, t.Context(), nil, "demo", "--remove", "--yes")
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "is running, as process")
	demo.signal(t, syscall.SIGTERM)
	require.Zero(t, demo.wait(t), demo.output())

	code, stdout, stderr = call(t, t.Context(), nil, "demo", "--remove")
	require.Equal(t, exitFailed, code)
	require.Regexp(t, `demo-5: \d+ MB\n`, stdout)
	require.Contains(t, stderr, "nothing was removed")
	require.FileExists(t, config)
	code, _, stderr = call(t, t.Context(), nil, "demo", "--remove", "--yes")
	require.Zero(t, code, stderr)
	require.NoDirExists(t, filepath.Join(dir, "demo-5"))
	code, stdout, _ = call(t, t.Context(), nil, "demo", "--remove", "--yes")
	require.Zero(t, code)
	require.Contains(t, stdout, "There is no demo")
}
