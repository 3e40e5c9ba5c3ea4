package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest/migrated"
)

// TestArchive: a prune waits for the archive, which is written once, verified, and named by
// a path beside the configuration.
func TestArchive(t *testing.T) {
	t.Parallel()
	url := migrated.URL(t)
	env := map[string]string{"DATABASE_URL": url}
	now := time.Now().UTC()
	first := time.Date(now.Year(), now.Month()-4, 1, 0, 0, 0, 0, time.UTC)
	at := func(days int) string { return first.AddDate(0, 0, days).Format(time.DateOnly) }
	execute(t, url, "INSERT INTO syncer.accounts VALUES ('1', 'production')",
		fmt.Sprintf("INSERT INTO syncer.agent_versions (account_id, region_id, version_hash, row_hash, valid_from, valid_to) VALUES ('1', 'cn-hangzhou', 1, 1, '%s', '%s')", at(1), at(5)))

	code, _, stderr := call(t, t.Context(), env, "archive", "--config", configFile(t, "timezone: UTC"))
	require.Equal(t, exitUsage, code)
	require.Contains(t, stderr, "no archive is configured: add history: ")

	config := configFile(t, "history: {retention: 70d, archive: {url: kept}}")
	code, _, stderr = call(t, t.Context(), env, "prune", "--config", config)
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "history from "+first.Format("2006-01")+" on is kept until it is in the archive: archive of agent_versions of "+first.Format("2006-01")+": the month is not archived yet; run syncer archive")

	var report struct{ Months []archivedMonth }
	require.Zero(t, callJSON(t, env, &report, "archive", "--config", config))
	require.GreaterOrEqual(t, len(report.Months), 3)
	require.Equal(t, archivedMonth{Source: "agent_versions", Month: first.Format("2006-01"), Rows: 1, Bytes: report.Months[0].Bytes}, report.Months[0])
	require.Positive(t, report.Months[0].Bytes)
	code, stdout, stderr := call(t, t.Context(), env, "archive", "--config", config)
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "0 months with 0 rows (0 kB) archived to "+filepath.Join(filepath.Dir(config), "kept"))

	code, stdout, stderr = call(t, t.Context(), env, "archive", "--verify", "--config", config)
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "as in the database")
	file := filepath.Join(filepath.Dir(config), "kept", "sources", "agent_versions", "ended", "month="+first.Format("2006-01"), "data.parquet")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, text[:len(text)-1], 0o600))
	code, stdout, stderr = call(t, t.Context(), env, "archive", "--verify", "--config", config)
	require.Equal(t, exitFailed, code)
	require.Contains(t, stdout, "the file is damaged")
	require.Contains(t, stderr, "1 of ")
	require.NoError(t, os.WriteFile(file, text, 0o600))

	code, stdout, stderr = call(t, t.Context(), env, "prune", "--config", config)
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "1 versions")
	code, stdout, stderr = call(t, t.Context(), env, "archive", "--verify", "--config", config)
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "the database has it no more")
}

// anOwnSource has a table of a source of one's own, with a version that ended long ago, and
// returns the month in which that was.
func anOwnSource(t *testing.T) (url, catalogue, month string) {
	t.Helper()
	url = migrated.URL(t)
	catalogue, _ = ownCatalogue(t, map[string]string{"agent_versions": "own_versions"})
	code, _, stderr := call(t, t.Context(), map[string]string{"DATABASE_URL": url}, "migrate", "up", "--config", configFile(t, "catalogue: %s", catalogue))
	require.Zero(t, code, stderr)
	now := time.Now().UTC()
	first := time.Date(now.Year(), now.Month()-4, 1, 0, 0, 0, 0, time.UTC)
	execute(t, url, "INSERT INTO syncer.accounts VALUES ('1', 'production')",
		fmt.Sprintf("INSERT INTO syncer.own_versions (account_id, region_id, version_hash, row_hash, valid_from, valid_to) VALUES ('1', 'cn-hangzhou', 1, 1, '%s', '%s')",
			first.AddDate(0, 0, 1).Format(time.DateOnly), first.AddDate(0, 0, 5).Format(time.DateOnly)))
	return url, catalogue, first.Format("2006-01")
}

// TestDropArchivesFirst: what is over of a source is in the archive before it is dropped.
func TestDropArchivesFirst(t *testing.T) {
	t.Parallel()
	url, catalogue, month := anOwnSource(t)
	env := map[string]string{"DATABASE_URL": url}
	const accounts = "accounts: [{name: production, credentials: {type: access_key, access_key_id: key, access_key_secret: secret}}]\n"
	drop := func(config string, more ...string) (code int, said string) {
		t.Helper()
		code, stdout, stderr := call(t, t.Context(), env, append([]string{"sources", "drop", "own_versions", "--yes", "own_versions", "--config", config}, more...)...)
		return code, stdout + stderr
	}
	code, said := drop(configFile(t, accounts+"history: {archive: {url: kept}}"))
	require.Equal(t, exitUsage, code)
	require.Contains(t, said, "put its file back until it is dropped, or say --no-archive")
	code, said = drop(configFile(t, accounts+"catalogue: %s\nhistory: {archive: {url: /dev/null/archive}}", catalogue))
	require.Equal(t, exitFailed, code)
	require.Contains(t, said, "nothing was dropped: --no-archive drops it without")

	config := configFile(t, accounts+"catalogue: %s\nhistory: {archive: {url: kept}}", catalogue)
	code, said = drop(config)
	require.Zero(t, code, said)
	require.Regexp(t, `\d months of own_versions were archived to .*kept before[.]\nown_versions is gone[.]`, said)
	require.FileExists(t, filepath.Join(filepath.Dir(config), "kept", "sources", "own_versions", "ended", "month="+month, "data.parquet"))
}

// TestPruneOfWhatIsNotDeclared: a source whose file was taken away keeps no history for
// longer than the others.
func TestPruneOfWhatIsNotDeclared(t *testing.T) {
	t.Parallel()
	url, _, month := anOwnSource(t)
	code, stdout, stderr := call(t, t.Context(), map[string]string{"DATABASE_URL": url}, "prune", "--config", configFile(t, "history: {retention: 70d}"))
	require.Zero(t, code, stderr)
	require.Regexp(t, `own_versions +\| `+month+` +\| +1 `, stdout)
}
