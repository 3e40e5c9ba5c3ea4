package main

import (
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
)

// TestNewcomerFullDisk: the data of PostgreSQL on a file system of its own, which is full.
func TestNewcomerFullDisk(t *testing.T) {
	pgtest.Slow(t)
	t.Parallel()
	disk := newDisk(t)
	n := &newcomer{database: disk.server(t).URL(), cloud: simAccounts(1)[0], regions: "cn-hangzhou"}
	n.secret = n.cloud.AccessKeySecret
	migrate(t, n.database)
	// A user who may not ask where the server keeps its data.
	plain := plainDatabase(t, n.database)
	migrate(t, plain)
	disk.leave(t, 0)
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
	disk.leave(t, 1<<30)
	env := map[string]string{"DATABASE_URL": n.database}
	daemon := startProcess(t, env, "run", "--config", n.config(t))
	daemon.says(t, "opened=")
	disk.leave(t, 0)
	daemon.says(t, "No space left on device (SQLSTATE 53100); the disk of the database server is full: make room on it")
	daemon.signal(t, syscall.SIGTERM)
	daemon.wait(t)

	disk.leave(t, 1<<20) // enough for what a sync writes before its rows, not for those
	n.servers = 20_000
	code, stdout, _ = call(t, t.Context(), env, "sync", "instance_patch_states", "--config", n.config(t))
	require.Equal(t, exitFailed, code, stdout)
	require.Regexp(t, `(?m)^failed: instance_patch_states .*No space left on device \(SQLSTATE 53100\); the disk of the database server is full: make room on it$`, stdout)
}

// A disk is a file system of a size that the test changes.
type disk struct{ dir string }

func newDisk(t *testing.T) disk {
	t.Helper()
	d := disk{pgtest.Dir(t)}
	if err := syscall.Mount("tmpfs", d.dir, "tmpfs", 0, "size=1g,mode=0755"); err != nil {
		t.Skip("a file system to fill cannot be mounted, which needs root: ", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(d.dir, syscall.MNT_DETACH)) })
	return d
}

// server keeps its tables on the disk, and its log elsewhere: how much of that there
// is varies, and a server ends that has no room for it. It frees nothing by itself.
func (d disk) server(t *testing.T) *pgtest.Private {
	t.Helper()
	server := pgtest.ServerIn(t, d.dir)
	execute(t, server.URL(), "ALTER SYSTEM SET autovacuum = off")
	server.Stop(t)
	elsewhere, log := filepath.Join(pgtest.Dir(t), "pg_wal"), filepath.Join(d.dir, "postgres", "pg_wal")
	for _, args := range [][]string{{"cp", "-a", log, elsewhere}, {"chmod", "a+x", filepath.Dir(elsewhere)}, {"rm", "-r", log}, {"ln", "-s", elsewhere, log}} {
		out, err := exec.Command(args[0], args[1:]...).CombinedOutput()
		require.NoError(t, err, "%s: %s", args, out)
	}
	server.Start(t)
	return server
}

// leave makes the disk as large as what is on it and a rest.
func (d disk) leave(t *testing.T, rest uint64) {
	t.Helper()
	pgtest.Await(t, func() bool {
		var s syscall.Statfs_t
		require.NoError(t, syscall.Statfs(d.dir, &s))
		size := (s.Blocks-s.Bfree)*uint64(s.Bsize) + rest
		err := syscall.Mount("", d.dir, "", syscall.MS_REMOUNT, fmt.Sprintf("size=%d", size))
		require.True(t, err == nil || errors.Is(err, syscall.EINVAL), err) // EINVAL: there is more on it by now
		return err == nil
	})
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
