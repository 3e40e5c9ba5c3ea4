package archive_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
)

// duckVersion is that of npm's @duckdb/node-api, which .ci/run installs.
const duckVersion = "1.5.6-r.1"

// A duck is DuckDB in a process of its own.
type duck struct {
	in  io.WriteCloser
	out *bufio.Reader
}

// duckProgram answers each line of SQL with a line of JSON.
const duckProgram = `
const { DuckDBInstance } = require('@duckdb/node-api');
const lines = require('readline').createInterface({ input: process.stdin });
(async () => {
  const db = await (await DuckDBInstance.create(':memory:')).connect();
  await db.run("SET TimeZone = 'America/St_Johns'"); // what counts is UTC
  for await (const line of lines) {
    let answer;
    try {
      answer = { rows: (await db.runAndReadAll(JSON.parse(line))).getRowsJson() };
    } catch (e) {
      answer = { error: String(e.message) };
    }
    process.stdout.write(JSON.stringify(answer) + '\n');
  }
})();
`

// startDuck starts DuckDB, or skips the test where it is not installed.
func startDuck(t *testing.T) *duck {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		pgtest.Lacks(t, "node is not installed")
	}
	home, err := os.UserHomeDir()
	require.NoError(t, err)
	dir := filepath.Join(home, ".cache", "syncer-ci", "duckdb-"+duckVersion)
	if _, err := os.Stat(dir); err != nil {
		pgtest.Lacks(t, "npm's @duckdb/node-api is not installed: npm install --prefix "+dir+" @duckdb/node-api@"+duckVersion)
	}
	cmd := exec.CommandContext(t.Context(), node, "-e", duckProgram)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	return &duck{in, bufio.NewReader(out)}
}

// ask runs SQL. Rows are texts, or nil.
func (d *duck) ask(sql string) ([][]*string, error) {
	line, err := json.Marshal(sql)
	if err != nil {
		return nil, err
	}
	if _, err := d.in.Write(append(line, '\n')); err != nil {
		return nil, err
	}
	text, err := d.out.ReadBytes('\n')
	if err != nil {
		return nil, err
	}
	var answer struct {
		Rows  [][]*string
		Error string
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return nil, fmt.Errorf("%w: %s", err, text)
	}
	if answer.Error != "" {
		return nil, fmt.Errorf("%s", answer.Error)
	}
	return answer.Rows, nil
}
