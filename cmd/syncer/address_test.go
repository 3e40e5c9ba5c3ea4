package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
	"syncer/internal/testing/pgtest/migrated"
	"syncer/store"
)

// TestTwoDatabasesAreTold: an exported DATABASE_URL that wins over the file's does
// not do so in silence, and no real sync goes into the demo's database.
func TestTwoDatabasesAreTold(t *testing.T) {
	t.Parallel()
	url := migrated.URL(t)
	path := filepath.Join(t.TempDir(), "schedule.yaml")
	require.NoError(t, os.WriteFile(path, []byte(`database: {url: "`+pgtest.URL(t)+`"}
accounts: [{name: production, credentials: {type: access_key, access_key_id: a, access_key_secret: b}}]
server: {listen: off}`), 0o600))
	env := map[string]string{"DATABASE_URL": url + "\n"}
	code, _, stderr := call(t, t.Context(), env, "migrate", "status", "--config", path)
	require.Zero(t, code, stderr)
	require.Contains(t, stderr, "syncer: DATABASE_URL is set and names another database than database.url of "+path)

	s, err := store.Open(t.Context(), url, store.Options{})
	require.NoError(t, err)
	defer s.Close()
	require.NoError(t, s.MarkDemo(t.Context()))
	for _, args := range [][]string{{"sync"}, {"run"}, {"trends", "rebuild"}, {"sync", "--dry-run"}} {
		code, _, stderr = call(t, t.Context(), env, append(args, "--config", path)...)
		require.Equal(t, exitUsage, code, args)
		require.Contains(t, stderr, "this database is the demo's", args)
	}
}

// TestCheckTellsOneErrorInOneRow, however many lines it has.
func TestCheckTellsOneErrorInOneRow(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "schedule.yaml")
	require.NoError(t, os.WriteFile(path, []byte("timezone: UTC\n"), 0o600))
	p := &program{configFile: path, getenv: func(string) string { return "" }}
	report, err := p.checkAll(t.Context())
	require.NoError(t, err)
	require.Len(t, report.Checks, 1)
	require.Contains(t, report.Checks[0].Found, "names no account to read")
}
