package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest/migrated"
)

// TestFurtherSources: a source of the catalogue that is off has no table, until the
// configuration enables it, with those whose tables it reads.
func TestFurtherSources(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	config := filepath.Join(dir, "schedule.yaml")
	env := map[string]string{"DATABASE_URL": migrated.URL(t)}
	run := func(want int, args ...string) string {
		t.Helper()
		code, stdout, stderr := call(t, t.Context(), env, append(args, "--config", config)...)
		require.Equal(t, want, code, stdout+stderr)
		return stdout + stderr
	}
	configure := func(enabled ...string) {
		t.Helper()
		text := "accounts: [{name: production}]\ncatalogue: ./sources\nsources: {"
		for _, name := range enabled {
			text += fmt.Sprintf("%s: {enabled: true}, ", name)
		}
		require.NoError(t, os.WriteFile(config, []byte(text+"}\n"), 0o600))
	}
	db, err := pgx.Connect(t.Context(), env["DATABASE_URL"])
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close(t.Context()) })
	tables := func() string {
		t.Helper()
		return one[string](t, db, "SELECT coalesce(string_agg(relname, ' ' ORDER BY relname), '') FROM pg_class WHERE relnamespace = 'alicloud'::regnamespace AND relname IN ('config_checks', 'config_check_results', 'vulnerabilities')")
	}
	require.NoError(t, os.Mkdir(filepath.Join(dir, "sources"), 0o755))

	configure()
	_, off, found := strings.Cut(run(exitOK, "sources"), "These are off.")
	require.True(t, found)
	require.Contains(t, off, "vulnerabilities")
	require.Contains(t, run(exitOK, "sources", "vulnerabilities"), "first_found_at")
	require.NotContains(t, run(exitOK, "policy"), "DescribeVulList")
	require.Equal(t, "nothing applied\n", run(exitOK, "migrate", "up"))
	require.Contains(t, run(exitUsage, "sync", "vulnerabilities"), "source vulnerabilities is off: set enabled: true")

	configure("config_check_results")
	listed, off, _ := strings.Cut(run(exitOK, "sources"), "These are off.")
	require.Contains(t, listed, "config_checks")
	require.NotContains(t, off, "config_check")
	require.Contains(t, run(exitOK, "policy"), "yundun-sas:ListCheckInstanceResult")
	require.Equal(t, "applied declaration of config_checks\napplied declaration of config_check_results\n", run(exitOK, "migrate", "up"))
	require.Equal(t, "config_check_results config_checks", tables())
	require.Contains(t, run(exitUsage, "sources", "drop", "config_checks", "--yes", "config_checks"), "config_checks is enabled, or read by a source that is")

	configure()
	require.Equal(t, "config_check_results config_checks", tables(), "the tables stay")
	run(exitOK, "sources", "drop", "config_check_results", "--yes", "config_check_results")
	run(exitOK, "sources", "drop", "config_checks", "--yes", "config_checks")
	require.Empty(t, tables())

	// A source of one's own may have the name of one that is off.
	own := filepath.Join(dir, "sources", "vulnerabilities.yaml")
	require.NoError(t, os.WriteFile(own, fmt.Appendf(nil, disks, "vulnerabilities", "integer", ""), 0o600))
	require.Equal(t, "applied declaration of vulnerabilities\n", run(exitOK, "migrate", "up"))
	require.Equal(t, "vulnerabilities", tables())
	configure("vulnerabilities")
	require.Contains(t, run(exitUsage, "migrate", "up"), "there is another source vulnerabilities")
}
