package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest/migrated"
	"syncer/store"
	"syncer/store/report"
	"syncer/worker"
)

func state(source, account, region, state, message string) worker.State {
	s := worker.State{State: state}
	s.Source, s.AccountName, s.RegionID = source, &account, region
	if message != "" {
		s.LastErrorMessage = &message
	}
	return s
}

func TestStatusOfSome(t *testing.T) {
	t.Parallel()
	all := func() []worker.State {
		return []worker.State{state("a", "x", "r", worker.Fresh, ""), state("a", "y", "r", worker.Fresh, ""), state("b", "x", "s", worker.Fresh, "")}
	}
	got, err := selection{accounts: []string{"x"}, regions: []string{"s"}}.states(all())
	require.NoError(t, err)
	require.Equal(t, all()[2:], got)
	_, err = selection{sources: []string{"b"}, accounts: []string{"y"}}.states(all())
	require.ErrorContains(t, err, "--account y: there is no partition of it")
	require.ErrorAs(t, err, new(usageError))
}

// TestStatusTellsAnErrorOnce: forty partitions without credentials have one error.
func TestStatusTellsAnErrorOnce(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := &program{stdout: &out}
	p.printStatus(statusReport{Partitions: []worker.State{
		state("a", "x", "r", worker.Failing, "the key is refused"), state("a", "x", "s", worker.Failing, "the key is refused"),
		state("b", "x", "r", worker.Failing, "another"),
	}}, time.Now())
	require.NotContains(t, out.String(), "rows now", "which only all of a source have")
	require.Contains(t, out.String(), "failing: a of x in r, and 1 other partition: the key is refused\nfailing: b of x in r: another\n")
}

func TestDueIsNotPast(t *testing.T) {
	t.Parallel()
	now := time.Now()
	due4 := now.Add(-4 * time.Minute)
	s := worker.State{State: worker.Fresh}
	s.NextDueAt = &due4
	require.Equal(t, "now", due(s, now))
	s.State = worker.Late
	require.Equal(t, "4 min ago", due(s, now))
}

func TestChangesOfSome(t *testing.T) {
	t.Parallel()
	c := report.Change{Kind: "changed", Key: "i-123", Changed: map[string]report.ColumnChange{"status": {}}}
	for o, want := range map[*changesOptions]bool{
		{kinds: []string{"opened", "changed"}}: true, {kinds: []string{"ended"}}: false,
		{keys: []string{"123"}}: true, {keys: []string{"124"}}: false,
		{columns: []string{"status"}}: true, {columns: []string{"name"}}: false,
		{kinds: []string{"changed"}, keys: []string{"124"}}: false,
	} {
		require.Equal(t, want, o.wants(c), "%+v", o)
	}
	file := filepath.Join(t.TempDir(), "schedule.yaml")
	require.NoError(t, os.WriteFile(file, []byte("accounts: [{name: production}]"), 0o600))
	for _, args := range [][]string{{"--kind", "moved"}, {"--column", "nonsense"}, {"--source", "nonsense"}} {
		code, _, stderr := call(t, t.Context(), nil, append([]string{"changes", "--config", file}, args...)...)
		require.Equal(t, exitUsage, code)
		require.Contains(t, stderr, args[1])
	}
}

// TestChangesForPeople: a time has its zone, and a row its name where it has one.
func TestChangesForPeople(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := &program{stdout: &out}
	zone, err := time.LoadLocation("Asia/Shanghai")
	require.NoError(t, err)
	at, web := time.Date(2026, 5, 3, 20, 30, 0, 0, time.UTC), "web-1"
	p.printChanges([]report.Change{{At: at, Key: "u-1", Name: &web, Kind: "ended"}, {At: at, Key: "u-2", Kind: "opened"}}, zone)
	lines := strings.Split(out.String(), "\n")
	require.Regexp(t, `2026-05-04 04:30:00 \+08:00 .*\| u-1 +\| web-1 +\| ended`, lines[2])
	require.Regexp(t, `\| u-2 +\| +\| opened`, lines[3])
}

func TestVersionAsJSON(t *testing.T) {
	t.Parallel()
	code, stdout, stderr := call(t, t.Context(), nil, "version", "--output", "json")
	require.Zero(t, code, stderr)
	var got struct{ Schema int64 }
	require.NoError(t, json.Unmarshal([]byte(stdout), &got))
	require.EqualValues(t, store.SchemaVersion, got.Schema)
}

// TestDownNeedsYes: a slip takes back no table.
func TestDownNeedsYes(t *testing.T) {
	t.Parallel()
	env := map[string]string{"DATABASE_URL": migrated.URL(t)}
	code, stdout, stderr := call(t, t.Context(), env, "migrate", "down", "--config", "nowhere.yaml")
	require.Equal(t, exitUsage, code)
	require.Empty(t, stdout)
	require.Contains(t, stderr, "add --yes")
	code, stdout, stderr = call(t, t.Context(), env, "migrate", "down", "--yes", "--config", "nowhere.yaml")
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "taken back ")
}
