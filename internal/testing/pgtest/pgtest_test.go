package pgtest_test

import (
	"context"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

func TestURLIsADatabaseOfItsOwn(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 3 {
		t.Run("", func(t *testing.T) {
			url := pgtest.URL(t)
			require.False(t, seen[url])
			seen[url] = true
			conn, err := pgx.Connect(t.Context(), url)
			require.NoError(t, err)
			// This connection stays open; the database is dropped anyway.
			_, err = conn.Exec(t.Context(), "CREATE TABLE kept (i int)")
			require.NoError(t, err)
		})
	}
}

func TestServerCanBeStoppedAndCrashed(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t)
	exec := func(statement string) {
		t.Helper()
		conn, err := pgx.Connect(t.Context(), server.URL())
		require.NoError(t, err)
		defer func() { _ = conn.Close(t.Context()) }()
		_, err = conn.Exec(t.Context(), statement)
		require.NoError(t, err)
	}
	exec("CREATE TABLE t (i int)")
	server.Restart(t)
	exec("SET synchronous_commit = on; INSERT INTO t VALUES (1)")
	server.Crash(t)
	server.Start(t)
	exec("DO $$ BEGIN ASSERT (SELECT count(*) FROM t) = 1; END $$")

	server.Stop(t)
	_, err := pgx.Connect(t.Context(), server.URL())
	require.Error(t, err)
}

// TestCrashInsideATransaction wants a session to end with the server, before it can roll
// back what it was doing.
func TestCrashInsideATransaction(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t)
	connect := func() *pgx.Conn {
		t.Helper()
		conn, err := pgx.Connect(t.Context(), server.URL())
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
		return conn
	}
	open, other := connect(), connect()
	_, err := open.Exec(t.Context(), "BEGIN; CREATE UNLOGGED TABLE of_a_transaction (i int PRIMARY KEY)")
	require.NoError(t, err)
	// What it writes to the log reaches the disk with all that stands before.
	_, err = other.Exec(t.Context(), "SET synchronous_commit = on; CREATE TABLE t (i int)")
	require.NoError(t, err)
	server.Crash(t)
	server.Start(t)
	_, err = connect().Exec(t.Context(), "TABLE t")
	require.NoError(t, err)
}
