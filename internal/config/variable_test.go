package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"syncer/internal/config"
	"syncer/source"
)

func TestVariablesFromFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	vars := map[string]string{
		"LINE_FILE":    write("line", "hunter2\r\n"),
		"LINES_FILE":   write("lines", "a\nb \n\n"),
		"BOTH":         "mine",
		"BOTH_FILE":    write("both", "other"),
		"ABSENT_FILE":  filepath.Join(dir, "absent"),
		"EMPTY_FILE":   write("empty", "\n"),
		"LARGE_FILE":   write("large", strings.Repeat("x", 65<<10)),
		"NUL_FILE":     write("nul", "hunter2\x00"),
		"ENDLESS_FILE": "/dev/zero",
	}
	getenv := func(name string) string { return vars[name] }
	for name, want := range map[string]string{"LINE": "hunter2", "LINES": "a\nb ", "BOTH": "mine", "NONE": ""} {
		value, err := config.Variable(getenv, name)
		require.NoError(t, err)
		assert.Equal(t, want, value)
	}
	for name, want := range map[string]string{
		"ABSENT":  "ABSENT_FILE: open " + filepath.Join(dir, "absent"),
		"EMPTY":   "is empty",
		"LARGE":   "holds more than 64 kB",
		"NUL":     "holds a NUL",
		"ENDLESS": "holds more than 64 kB",
	} {
		_, err := config.Variable(getenv, name)
		require.ErrorContains(t, err, want)
		assert.NotContains(t, err.Error(), "hunter2")
	}

	file := write("schedule.yaml", "accounts: [{name: a, credentials: {type: access_key, access_key_id: \"${BOTH}\", access_key_secret: \"${LINE}\"}}]\n")
	c, err := config.Load(file, source.All, getenv)
	require.NoError(t, err)
	assert.Equal(t, config.Secret("hunter2"), c.Accounts[0].Credentials.AccessKeySecret)
	file = write("wrong.yaml", "database: {url: \"${ABSENT}\"}\naccounts: [{name: a}]\n")
	_, err = config.Load(file, source.All, getenv)
	require.ErrorContains(t, err, ":1:17: database.url: ABSENT_FILE: open ")
}

func TestSecretsOfLibrariesFromFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(file, []byte("hunter2\n"), 0o600))
	t.Setenv("PGPASSWORD", "")
	t.Setenv("PGPASSWORD_FILE", file)
	require.NoError(t, config.SetVariables())
	assert.Equal(t, "hunter2", os.Getenv("PGPASSWORD"))
	t.Setenv("SYNCER_TOKEN", "")
	t.Setenv("SYNCER_TOKEN_FILE", file+"s")
	require.ErrorContains(t, config.SetVariables(), "SYNCER_TOKEN_FILE: open ")
}
