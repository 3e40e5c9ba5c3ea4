package main

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
	"syncer/source"
)

// TestNewcomerFullDisk: PostgreSQL on a file system of its own, which is full.
func TestNewcomerFullDisk(t *testing.T) {
	t.Parallel()
	dir := pgtest.Dir(t)
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=200m,mode=0755"); err != nil {
		t.Skip("a file system to fill cannot be mounted, which needs root: ", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
	n := &newcomer{database: pgtest.ServerIn(t, dir).URL(), cloud: simAccounts(1)[0], regions: "cn-hangzhou"}
	n.secret = n.cloud.AccessKeySecret
	migrate(t, n.database)
	// A user who may not ask where the server keeps its data.
	plain := plainDatabase(t, n.database)
	migrate(t, plain)
	ballast := filepath.Join(dir, "ballast")
	fill(t, ballast)
	c := &trouble{
		check:  `✗ \| disk .* 0 MB free in .* → make room: a full disk stops the database$`,
		sync:   `^syncer: .*No space left on device \(SQLSTATE 53100\); the disk of the database server is full: make room on it$`,
		status: `^problem: the disk of the database has only 0 MB free in .*; make room: a full disk stops the database$`,
	}
	c.test(t, n)
	code, stdout, _ := call(t, t.Context(), map[string]string{"DATABASE_URL": plain}, "check", "--config", n.config(t))
	require.Equal(t, exitFailed, code, stdout)
	require.Regexp(t, `(?m)✗ \| writing .*No space left on device \(SQLSTATE 53100\) → the disk of the database server is full: make room on it$`, stdout)

	// The disk fills up later: while the daemon runs, and when there is much to store.
	require.NoError(t, os.Remove(ballast))
	_, err := openStore(t, n.database).SetTimezone(t.Context(), "UTC", source.All) // as any sync before has
	require.NoError(t, err)
	env := map[string]string{"DATABASE_URL": n.database}
	daemon := startProcess(t, env, "run", "--config", n.config(t))
	daemon.says(t, "source=instance_patch_states")
	fill(t, ballast)
	daemon.says(t, "No space left on device (SQLSTATE 53100); the disk of the database server is full: make room on it")
	daemon.signal(t, syscall.SIGTERM)
	daemon.wait(t)

	n.servers = 2000
	code, stdout, _ = call(t, t.Context(), env, "sync", "--config", n.config(t))
	require.Equal(t, exitFailed, code)
	require.Regexp(t, `(?m)^failed: instance_patch_states .*No space left on device \(SQLSTATE 53100\); the disk of the database server is full: make room on it$`, stdout)
}

// plainDatabase is another database on a server, for a role that is no superuser.
func plainDatabase(t *testing.T, at string) string {
	t.Helper()
	db, err := pgx.Connect(t.Context(), at)
	require.NoError(t, err)
	defer db.Close(t.Context())
	for _, sql := range []string{"CREATE ROLE plain", "CREATE DATABASE plain OWNER plain"} {
		_, err := db.Exec(t.Context(), sql)
		require.NoError(t, err)
	}
	return changeURL(t, at, func(u *url.URL) { u.Path, u.RawQuery = "/plain", "options=-c%20role%3Dplain" })
}

// fill writes until nothing is free.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	require.NoError(t, err)
	defer f.Close()
	for _, size := range []int{1 << 20, 1 << 12} {
		for block := make([]byte, size); err == nil; {
			_, err = f.Write(block)
		}
		require.True(t, errors.Is(err, syscall.ENOSPC), err)
		err = nil
	}
}
