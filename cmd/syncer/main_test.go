package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
)

func TestMain(m *testing.M) {
	pace = 100
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(pgtest.Run(m))
}

// call runs one command with an environment of its own.
func call(t *testing.T, ctx context.Context, env map[string]string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	p := &program{stdout: &out, stderr: &errs, getenv: func(k string) string { return env[k] }}
	code = p.run(ctx, args)
	return code, out.String(), errs.String()
}

// dataDir is a data directory that PostgreSQL's own user may enter, too.
func dataDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
	require.NoError(t, os.Chmod(dir, 0o755))
	return dir
}

// TestDemo runs the demo twice on one data directory: the second goes on from the first.
func TestDemo(t *testing.T) {
	t.Parallel()
	env := map[string]string{"SYNCER_DATA_DIR": dataDir(t)}
	for _, says := range []string{"Syncing 3 days of history", "Going on from the last sync"} {
		p := startProcess(t, env, "demo", "--once", "--days", "3", "--servers", "30")
		require.Zero(t, p.wait(t), p.output())
		stdout, stderr := p.stdout.String(), p.stderr.String()
		require.Contains(t, stdout, says)
		require.Contains(t, stdout, "alicloud.instance_patch_states_as_of(day)")
		require.Empty(t, regexp.MustCompile(`(?m)^syncer: \d+ of \d+ syncs, one a day\n`).ReplaceAllString(stderr, ""), "but for how far it is")
	}
}
