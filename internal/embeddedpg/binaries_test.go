package embeddedpg

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fakeBinaries makes programs that print a version.
func fakeBinaries(t *testing.T, dir, version string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(dir, 0o755))
	script := fmt.Sprintf("#!/bin/sh\necho 'postgres (PostgreSQL) %s (Some 1)'\n", version)
	for _, program := range []string{"postgres", "initdb"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, program), []byte(script), 0o755))
	}
}

// homeWith is a home that finds binaries nowhere but in these places.
func homeWith(t *testing.T, places ...string) *home {
	t.Helper()
	t.Setenv("PATH", "")
	t.Setenv("SYNCER_PG_BIN", "")
	t.Setenv("SYNCER_PG_DOWNLOAD", "http://127.0.0.1:1")
	h, err := openHome(Options{DataDir: dataDir(t)})
	require.NoError(t, err)
	h.places = places
	return h
}

// publicDir is a directory that the server's user may enter.
func publicDir(t *testing.T) string {
	t.Helper()
	dir := dataDir(t)
	require.NoError(t, os.Chmod(dir, 0o755))
	return dir
}

// setMajor makes the cluster one of a version.
func setMajor(t *testing.T, h *home, version string) {
	t.Helper()
	require.NoError(t, h.mkdir(h.cluster()))
	plant(t, h, filepath.Join(h.cluster(), "PG_VERSION"), version+"\n")
}

func TestFindBinaries(t *testing.T) {
	usual := publicDir(t)
	for _, v := range []string{"9.6.24", "14.2", "15.3", "15.18", "15beta1", "19beta1"} {
		fakeBinaries(t, filepath.Join(usual, v, "bin"), v)
	}
	inPath := publicDir(t)
	fakeBinaries(t, filepath.Join(inPath, "real"), "14.9")
	require.NoError(t, os.Symlink(filepath.Join(inPath, "real", "postgres"), filepath.Join(inPath, "postgres")))
	h := homeWith(t, filepath.Join(usual, "*", "bin"))

	find := func() string {
		t.Helper()
		b, err := h.findBinaries(t.Context())
		require.NoError(t, err)
		return b.version
	}
	assert.Equal(t, "15.18", find(), "the newest that is supported")
	t.Setenv("PATH", inPath)
	assert.Equal(t, "14.9", find(), "PATH first, through links")
	t.Setenv("SYNCER_PG_BIN", filepath.Join(usual, "15.3", "bin"))
	assert.Equal(t, "15.3", find(), "SYNCER_PG_BIN before all")

	setMajor(t, h, "14")
	_, err := h.findBinaries(t.Context())
	require.ErrorContains(t, err, "holds PostgreSQL 15.3: PostgreSQL 14, which made the cluster in "+h.cluster())
	t.Setenv("SYNCER_PG_BIN", "")
	t.Setenv("PATH", "")
	assert.Equal(t, "14.2", find(), "the cluster's own")

	setMajor(t, h, "16")
	fakeBinaries(t, filepath.Join(h.path(binDir), "16.9.0", "bin"), "16.9")
	assert.Equal(t, "16.9", find(), "downloaded before")
}

func TestNoBinaries(t *testing.T) {
	usual := publicDir(t)
	fakeBinaries(t, filepath.Join(usual, "old"), "9.6.24")
	fakeBinaries(t, filepath.Join(usual, "broken"), "")
	h := homeWith(t, filepath.Join(usual, "*"))
	_, err := h.findBinaries(t.Context())
	for _, part := range []string{
		"PostgreSQL 14 to 18 is needed",
		filepath.Join(usual, "old") + " has 9.6.24",
		filepath.Join(usual, "broken", "postgres") + " ",
		"download PostgreSQL 18.4.0-beta.17: ",
		"connection refused",
		"apt-get install postgresql;",
		"DATABASE_URL",
	} {
		require.ErrorContains(t, err, part)
	}

	setMajor(t, h, "14")
	_, err = h.findBinaries(t.Context())
	require.ErrorContains(t, err, "PostgreSQL 14, which made the cluster")
	require.ErrorContains(t, err, "apt-get install postgresql-14; brew install postgresql@14")

	t.Setenv("SYNCER_PG_BIN", filepath.Join(usual, "nothing"))
	_, err = h.findBinaries(t.Context())
	require.ErrorContains(t, err, "it must name the directory that holds initdb and postgres")
}
