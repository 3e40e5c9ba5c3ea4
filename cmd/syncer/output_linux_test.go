package main

import (
	"bytes"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest/migrated"
	"syncer/sim"
)

// TestOutputThatCannotBeWritten: on a full disk, no command ends as if its result had
// arrived. Each says so once.
func TestOutputThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	account := simAccounts(1)[0]
	cloud := httptest.NewServer(sim.New(sim.Options{Accounts: []sim.Account{account}, World: sim.NewFleet(sim.FleetOptions{Servers: 5})}))
	t.Cleanup(cloud.Close)
	file := configFile(t, "server: {listen: off}\naccounts:%s", accountYAML(account, cloud.URL))
	env := map[string]string{"DATABASE_URL": migrated.URL(t)}
	for _, args := range []string{
		"sources", "sources agent_versions", "status", "status --output json", "check", "check --output json", "version", "--help",
		"migrate status", "migrate up", "policy", "prune --dry-run", "sync agent_versions", "sync agent_versions --output json", "--version",
	} {
		full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		require.NoError(t, err)
		var errs bytes.Buffer
		p := &program{stdout: full, stderr: &errs, getenv: func(k string) string { return env[k] }}
		code := p.run(t.Context(), append(strings.Fields(args), "--config", file))
		require.NoError(t, full.Close())
		require.Equal(t, exitFailed, code, args)
		require.Equal(t, 1, strings.Count(errs.String(), "no space left on device"), "%s: %s", args, &errs)
		require.Contains(t, errs.String(), "syncer: the output could not be written: ", args)
	}
}

// TestOutputIntoAClosedPipe: a reader that has gone does not end the program by a
// signal, and is told of.
func TestOutputIntoAClosedPipe(t *testing.T) {
	t.Parallel()
	reads, writes, err := os.Pipe()
	require.NoError(t, err)
	require.NoError(t, reads.Close())
	p := newProcess(map[string]string{}, "sources")
	p.cmd.Stdout = writes
	p.start(t)
	require.NoError(t, writes.Close())
	<-p.ended
	require.Equal(t, exitFailed, p.cmd.ProcessState.ExitCode())
	require.Contains(t, p.stderr.String(), "syncer: the output could not be written: ")
}
