package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
	"syncer/internal/testing/pgtest/migrated"
	"syncer/store"
)

func TestVersion(t *testing.T) {
	t.Parallel()
	code, stdout, _ := call(t, t.Context(), nil, "version")
	require.Zero(t, code)
	require.Contains(t, stdout, fmt.Sprintf("syncer %s, schema %d, go", version(), store.SchemaVersion))
	_, flag, _ := call(t, t.Context(), nil, "--version")
	require.Contains(t, flag, version())
}

// TestOvertaken: a program that a later release has overtaken says so, whatever it
// is asked to do, and exits.
func TestOvertaken(t *testing.T) {
	pgtest.Slow(t)
	t.Parallel()
	url := migrated.URL(t)
	env := map[string]string{"DATABASE_URL": url}
	file := filepath.Join(t.TempDir(), "schedule.yaml")
	require.NoError(t, os.WriteFile(file, []byte(`accounts: [{name: production, credentials: {type: access_key, access_key_id: a, access_key_secret: b}}]
server: {listen: off}`), 0o600))
	execute(t, url, "INSERT INTO syncer.goose_db_version (version_id, is_applied) VALUES (9999, true)")
	for _, args := range [][]string{{"run"}, {"run", "--migrate"}, {"sync", "--migrate"}, {"migrate", "up"}, {"status"}} {
		code, _, stderr := call(t, t.Context(), env, append(args, "--config", file)...)
		want := exitFailed
		if args[0] == "run" || args[0] == "sync" {
			want = exitUsage
		}
		require.Equal(t, want, code, args)
		require.Contains(t, stderr, "the schema is newer than this program: update syncer (version 9999, this program's is", args)
	}
}
