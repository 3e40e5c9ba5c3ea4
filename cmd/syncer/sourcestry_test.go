package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"syncer/worker"
)

// TestSourcesTry: a declaration is judged by what the API answers, and nothing is written.
func TestSourcesTry(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	i.holds(1, 2, 3, 4, 5)
	delete(i.env, "DATABASE_URL") // none is needed
	sound := fmt.Sprintf(disks, "disks", "integer", "")
	file := filepath.Join(i.dir, "disks.yaml")
	try := func(want int, declaration string, more ...string) (trial worker.Trial, out string) {
		t.Helper()
		require.NoError(t, os.WriteFile(file, []byte(declaration), 0o600))
		out = i.call(t, want, append([]string{"sources", "try", file, "--wait", "0s"}, more...)...)
		if want != exitUsage {
			text := i.call(t, want, append([]string{"sources", "try", file, "--wait", "0s", "--output", "json"}, more...)...)
			require.NoError(t, json.Unmarshal([]byte(text), &trial), text)
		}
		return trial, out
	}

	got, out := try(exitOK, sound)
	require.Contains(t, out, "The declaration can be used.")
	require.Equal(t, int64(5), got.Readings[0].Rows)
	require.Equal(t, int64(3), got.Readings[1].Calls)
	require.True(t, got.Readings[0].Complete)
	require.Equal(t, []worker.TrialField{{Field: "Zone", Values: 5, Example: `"a"`}}, got.Unknown)
	require.Equal(t, worker.TrialColumn{Name: "disk_id", Filled: 5, Example: "d-0"}, got.Columns[0])
	require.Zero(t, got.Changed)

	// Another key, of which rows have the same value.
	got, _ = try(exitFailed, strings.Replace(fmt.Sprintf(disks, "disks", "integer", "  zone: {field: Zone, type: text, doc: Its zone.}"), "key: [disk_id]", "key: [zone]", 1))
	require.Len(t, got.Problems, 2)
	require.Contains(t, got.Problems[1], "rows of the listing all have the key of another row that differs, such as a")

	// A field that is not there, and one of another type.
	got, out = try(exitOK, fmt.Sprintf(disks, "disks", "integer", "  zone: {field: Zone, type: integer, doc: Its zone.}\n  kind: {field: Knid, type: text, doc: Its kind.}"))
	require.Contains(t, out, "columns that never had a value: kind (field Knid). Are the fields spelled as the API does?")
	require.Contains(t, out, `5 values of field Zone do not fit the type of its column, and are kept in extra, such as "a"`)
	require.Equal(t, []worker.TrialField{{Field: "Zone", Values: 5, Example: `"a"`}}, got.Refused)

	// A column that changes at each call is no news.
	i.cloud.moves.Store(true)
	got, out = try(exitFailed, sound)
	require.Contains(t, out, "column size_gb changed in 5 of 5 rows between the readings")
	require.Equal(t, 5, got.Changed)
	got, _ = try(exitOK, strings.Replace(sound, `doc: "Size, in GB."`, `volatile: true, doc: "Size, in GB."`, 1))
	require.Zero(t, got.Changed)
	// So it is of a field without a column, which extra keeps, and of values that do not fit.
	got, out = try(exitFailed, strings.Replace(sound, `  size_gb: {field: Size, type: integer, doc: "Size, in GB."}`, "", 1))
	require.Contains(t, out, "field Size, which has no column, changed in 5 of 5 rows between the readings")
	require.Len(t, got.Problems, 1)
	got, _ = try(exitFailed, strings.Replace(sound, "type: integer", "type: iso_time", 1))
	require.Len(t, got.Problems, 1)
	require.Contains(t, got.Problems[0], "field Size, whose values do not fit the type of its column, changed in 5 of 5 rows")
	i.cloud.moves.Store(false)

	// A label that is missing.
	_, out = try(exitOK, strings.Replace(sound, `doc: "Size, in GB."`, `labels: {1: one, 2: two}, doc: "Size, in GB."`, 1))
	require.Contains(t, out, "column size_gb has codes without a label: 3, 4, 5")

	// No list, no such operation, no declaration.
	_, out = try(exitUsage, strings.Replace(sound, "key: [disk_id]", "key: [nothing]", 1))
	require.Contains(t, out, `disks.yaml:14:7: key[0]: there is no column "nothing"`)
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(sound, "Disks.Disk", "Disks.Disc", 1)), 0o600))
	require.Contains(t, i.call(t, exitFailed, "sources", "try", file), "the answer holds no list Disks.Disc")
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(sound, "action: DescribeDisks", "action: DescribeDiscs", 1)), 0o600))
	require.Contains(t, i.call(t, exitFailed, "sources", "try", file), "InvalidParameter")
	require.Contains(t, i.call(t, exitUsage, "sources", "try", "discs"), "there is no source and no file discs")
	require.Contains(t, i.call(t, exitUsage, "sources", "try", file, "--region", "mars"), "see --account and --region")
	require.Contains(t, i.call(t, exitUsage, "sources", "try", file, "--each", "x"), "makes no listings for each")

	// syncer's own: values are read from the source that has them.
	for _, name := range []string{"cloud_center_instances", "agent_install_statuses", "agentless_tasks", "agent_versions", "instance_patch_states"} {
		out := i.call(t, exitOK, "sources", "try", name, "--wait", "0s")
		require.Contains(t, out, "The declaration can be used.", out)
	}
	require.Contains(t, i.call(t, exitOK, "sources", "try", "agent_install_statuses", "--wait", "0s", "--each", "nobody"), "no row was seen")
}

// TestExplained: an error of the cloud has the remedy for the cloud, and none for a database.
func TestExplained(t *testing.T) {
	t.Parallel()
	lookup := fmt.Errorf("call ecs: %w", &net.DNSError{Err: "no such host", Name: "ecs.mars.aliyuncs.com", IsNotFound: true})
	told := withRemedy(explained(lookup))
	require.Contains(t, told, "check the region, and the DNS of this machine")
	require.NotContains(t, told, "database")
	require.Equal(t, "no news", withRemedy(explained(errors.New("no news"))))

	_, err := pgx.Connect(t.Context(), "postgres://nobody@no-such-host.invalid/none")
	require.Error(t, err)
	told = withRemedy(explained(err))
	require.Contains(t, told, "check the host in the database URL")
	require.NotContains(t, told, "account")
}
