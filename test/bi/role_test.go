package bi

import (
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
	"syncer/store"
)

// TestReaderReadsWhatComesLater: also what is made by later migrations, and after
// rights were taken away, from PUBLIC too.
func TestReaderReadsWhatComesLater(t *testing.T) {
	t.Parallel()
	d := emptyDemo(t, nil)
	execute(t, d.store, `CREATE VIEW alicloud.later AS SELECT 1::bigint AS n`)
	require.Equal(t, int64(1), one[int64](t, d, "SELECT n FROM alicloud.later"))

	execute(t, d.store, `
REVOKE ALL ON ALL TABLES IN SCHEMA alicloud FROM syncer_reader;
REVOKE ALL ON SCHEMA alicloud FROM syncer_reader;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA alicloud FROM PUBLIC, syncer_reader`)
	_, err := d.conn.Exec(t.Context(), "SELECT FROM alicloud.later")
	require.ErrorContains(t, err, "permission denied")
	_, err = d.store.Migrate(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(1), one[int64](t, d, "SELECT n FROM alicloud.later"))
	require.Zero(t, one[int64](t, d, "SELECT count(*) FROM alicloud.agentless_tasks_as_of($1)", time.Now()))
}

// TestRoleComesLater: a user who may not make roles migrates all the same, and once
// an administrator has made the role, the next migrate up gives it its rights.
func TestRoleComesLater(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t) // roles belong to a server: this one has none of ours
	admin, err := store.Open(t.Context(), server.URL(), store.Options{})
	require.NoError(t, err)
	defer admin.Close()
	execute(t, admin, "CREATE ROLE modest LOGIN PASSWORD 'modest'")
	execute(t, admin, "CREATE DATABASE modest OWNER modest")
	u, err := url.Parse(server.URL())
	require.NoError(t, err)
	u.Path, u.User = "/modest", url.UserPassword("modest", "modest")
	s, err := store.Open(t.Context(), u.String(), store.Options{})
	require.NoError(t, err)
	defer s.Close()

	_, err = s.Migrate(t.Context())
	require.NoError(t, err)
	require.NoError(t, s.Current(t.Context()))
	var readable bool
	execute(t, admin, "CREATE ROLE syncer_reader NOLOGIN")
	_, err = s.Migrate(t.Context())
	require.NoError(t, err)
	require.NoError(t, s.Pool().QueryRow(t.Context(), `SELECT bool_and(has_table_privilege('syncer_reader', oid, 'SELECT'))
FROM pg_class WHERE relnamespace = 'alicloud'::regnamespace`).Scan(&readable))
	require.True(t, readable)
}
