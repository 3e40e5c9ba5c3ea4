package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
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

// takenAway is an installation with an archive, whose source disks has a version that ended
// four months ago, and whose declaration was taken away.
func takenAway(t *testing.T) (i *installation, month string, end func(disk string)) {
	t.Helper()
	i = newInstallation(t)
	text, err := os.ReadFile(i.config)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(i.config, append(text, "history: {retention: 70d, archive: {url: kept}}\n"...), 0o600))
	i.declares(t, "disks", fmt.Sprintf(disks, "disks", "integer", ""))
	i.call(t, exitOK, "migrate", "up")
	now := time.Now().UTC()
	first := time.Date(now.Year(), now.Month()-4, 1, 0, 0, 0, 0, time.UTC)
	end = func(disk string) {
		t.Helper()
		_, err := i.db.Exec(t.Context(), `INSERT INTO syncer.disks (account_id, region_id, disk_id, size_gb, version_hash, row_hash, valid_from, valid_to)
VALUES ('1', 'cn-hangzhou', $1, 7, 1, 1, $2, $3)`, disk, first.AddDate(0, 0, 1), first.AddDate(0, 0, 5))
		require.NoError(t, err)
	}
	_, err = i.db.Exec(t.Context(), "INSERT INTO syncer.accounts VALUES ('1', 'production')")
	require.NoError(t, err)
	end("d-1")
	i.declares(t, "disks", "")
	return i, first.Format("2006-01"), end
}

// TestPruneOfWhatIsNotDeclared: history of a source whose declaration was taken away is
// archived, and dropped once it is past its retention, as all history is.
func TestPruneOfWhatIsNotDeclared(t *testing.T) {
	t.Parallel()
	i, month, end := takenAway(t)
	versions := func() int { return one[int](t, i.db, "SELECT count(*) FROM alicloud.disks_history") }
	require.Contains(t, i.call(t, exitFailed, "prune"), "archive of disks of "+month+": the month is not archived yet; run syncer archive")
	require.Equal(t, 1, versions())
	require.Contains(t, i.call(t, exitOK, "archive"), "disks")
	require.Contains(t, i.call(t, exitOK, "archive", "--verify"), "as in the database")
	for _, trend := range []string{"sources/disks/ended", "sources/disks/standing", "trends/disks_daily"} {
		require.FileExists(t, filepath.Join(i.dir, "kept", filepath.FromSlash(trend), "month="+month, "data.parquet"))
	}
	text, err := os.ReadFile(filepath.Join(i.dir, "kept", "archive.duckdb.sql"))
	require.NoError(t, err)
	require.Contains(t, string(text), `"disks_as_of"`)
	require.Contains(t, string(text), `lag("size_gb") OVER k AS "before.size_gb",
        lag("extra") OVER k AS "before.extra"
    FROM`, "columns whose change makes a version")
	require.Contains(t, i.call(t, exitOK, "prune"), "1 versions")
	require.Zero(t, versions())

	// Without an archive, its retention is enough.
	config, err := os.ReadFile(i.config)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(i.config, []byte(strings.Replace(string(config), ", archive: {url: kept}", "", 1)), 0o600))
	end("d-2")
	require.Contains(t, i.call(t, exitOK, "prune", "--dry-run"), "1 versions")
	require.Equal(t, 1, versions())
	i.call(t, exitOK, "prune")
	require.Zero(t, versions())
}

// TestDropArchivesFirst: before a source is dropped, what is over of it goes to the archive.
func TestDropArchivesFirst(t *testing.T) {
	t.Parallel()
	i, month, _ := takenAway(t)
	require.NoError(t, os.WriteFile(filepath.Join(i.dir, "kept"), nil, 0o600)) // no directory can be made there
	require.Contains(t, i.call(t, exitFailed, "sources", "drop", "disks", "--yes", "disks"), "nothing was dropped: --no-archive drops it without")
	require.Equal(t, 1, one[int](t, i.db, "SELECT count(*) FROM alicloud.disks_history"))
	require.NoError(t, os.Remove(filepath.Join(i.dir, "kept")))
	said := i.call(t, exitOK, "sources", "drop", "disks", "--yes", "disks")
	require.Regexp(t, `\d months of disks were archived to .*kept before[.]\ndisks is gone[.]`, said)
	require.FileExists(t, filepath.Join(i.dir, "kept", "sources", "disks", "ended", "month="+month, "data.parquet"))
	require.FileExists(t, filepath.Join(i.dir, "kept", "manifests", "disks", month+".json"))
	require.NoDirExists(t, filepath.Join(i.dir, "kept", "sources", "agent_versions"), "others have their time")

	i.declares(t, "volumes", fmt.Sprintf(disks, "volumes", "integer", ""))
	i.call(t, exitOK, "migrate", "up")
	i.declares(t, "volumes", "")
	require.NotContains(t, i.call(t, exitOK, "sources", "drop", "volumes", "--yes", "volumes", "--no-archive"), "archived")
	require.NoDirExists(t, filepath.Join(i.dir, "kept", "sources", "volumes"))
}
