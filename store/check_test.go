package store_test

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
	"syncer/store"
)

// check returns the checks by name.
func check(t *testing.T, url string) map[string]store.Check {
	t.Helper()
	s, err := store.Open(context.Background(), url, store.Options{})
	require.NoError(t, err)
	defer s.Close()
	list, err := s.Check(t.Context())
	require.NoError(t, err)
	byName := map[string]store.Check{}
	for _, c := range list {
		byName[c.Name] = c
	}
	require.Len(t, byName, 6)
	return byName
}

func TestCheck(t *testing.T) {
	t.Parallel()
	database := pgtest.URL(t)
	before := check(t, database)
	require.Equal(t, store.Check{Name: "schema", Found: "not there yet", Remedy: "run syncer migrate up", Pending: true}, before["schema"])
	s := openURL(t, database)
	for name, c := range check(t, database) {
		require.True(t, c.Remedy == "" || c.Advice, "%s: %s", name, c.Remedy) // PostgreSQL 14 lets all into public
	}
	_, err := s.Pool().Exec(t.Context(), "GRANT CREATE ON SCHEMA public TO PUBLIC")
	require.NoError(t, err)
	others := check(t, database)["schemas"]
	require.True(t, others.Advice)
	require.Equal(t, "REVOKE CREATE ON SCHEMA public FROM PUBLIC", others.Remedy)
	_, err = s.Pool().Exec(t.Context(), others.Remedy)
	require.NoError(t, err)
	require.Empty(t, check(t, database)["schemas"].Remedy)
	for zone, known := range map[string]bool{"Asia/Shanghai": true, "Asia/Atlantis": false} {
		c, err := s.CheckZone(t.Context(), zone)
		require.NoError(t, err)
		require.Equal(t, known, c.Remedy == "", c.Found)
	}
	_, err = s.MigrateDown(t.Context(), true)
	require.NoError(t, err)
	require.Equal(t, before["schema"], check(t, database)["schema"])
}

// TestCheckRights gives a role of its own less than it needs.
func TestCheckRights(t *testing.T) {
	t.Parallel()
	database := pgtest.URL(t)
	admin, err := store.Open(context.Background(), database, store.Options{})
	require.NoError(t, err)
	t.Cleanup(admin.Close)
	owner := `"` + admin.Pool().Config().ConnConfig.User + `"`
	role := "check_" + strings.ToLower(rand.Text()[:12])
	u, err := url.Parse(database)
	require.NoError(t, err)
	name := strings.TrimPrefix(u.Path, "/")
	u.User = url.UserPassword(role, "p")
	execute := func(statements ...string) {
		t.Helper()
		for _, sql := range statements {
			_, err := admin.Pool().Exec(context.Background(), strings.NewReplacer("$role", role, "$database", name).Replace(sql))
			require.NoError(t, err)
		}
	}
	execute("CREATE ROLE $role LOGIN PASSWORD 'p'")
	t.Cleanup(func() { execute("DROP OWNED BY $role", "DROP ROLE $role") })

	for _, c := range []struct {
		do            string
		check, remedy string // empty: all is well
	}{
		{"REVOKE CREATE ON DATABASE $database FROM PUBLIC", "writing", `GRANT CREATE ON DATABASE "$database" TO "$role"`},
		{"GRANT CREATE ON DATABASE $database TO $role", "", ""},
		{"REVOKE TEMPORARY ON DATABASE $database FROM PUBLIC", "temporary tables", `GRANT TEMPORARY ON DATABASE "$database" TO "$role"`},
		{"GRANT TEMPORARY ON DATABASE $database TO $role", "", ""},
		{"ALTER ROLE $role SET default_transaction_read_only = on", "writing", `ALTER ROLE "$role" RESET default_transaction_read_only`},
		{"ALTER ROLE $role RESET default_transaction_read_only", "", ""},
		{"ALTER ROLE $role IN DATABASE $database SET default_transaction_read_only = on", "writing", `ALTER ROLE "$role" IN DATABASE "$database" RESET default_transaction_read_only`},
		{"ALTER ROLE $role IN DATABASE $database RESET default_transaction_read_only", "", ""},
		{"CREATE SCHEMA syncer CREATE TABLE goose_db_version (version_id bigint)", "schema", "connect as the owner of schema syncer"},
		{"GRANT USAGE ON SCHEMA syncer TO $role; GRANT SELECT ON syncer.goose_db_version TO $role", "writing", `GRANT $owner TO "$role"`},
		{"ALTER TABLE syncer.goose_db_version OWNER TO $role", "", ""},
	} {
		execute(c.do)
		for what, got := range check(t, u.String()) {
			switch {
			case what == c.check:
				remedy := strings.NewReplacer(role, "$role", name, "$database", owner, "$owner").Replace(got.Remedy)
				require.Contains(t, remedy, c.remedy, c.do)
			case !got.Pending && !got.Advice && c.check != "schema":
				require.Empty(t, got.Remedy, "%s: %s", c.do, got.Found)
			}
		}
	}
}

func TestCheckReplica(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t)
	s, err := store.Open(context.Background(), server.URL(), store.Options{})
	require.NoError(t, err)
	dir, err := s.DataDir(t.Context())
	require.NoError(t, err)
	require.DirExists(t, dir)
	s.Close()
	// A standby that has no primary to follow.
	require.NoError(t, os.WriteFile(filepath.Join(dir, "standby.signal"), nil, 0o644))
	server.Restart(t)
	got := check(t, server.URL())["writing"]
	require.Equal(t, store.Check{Name: "writing", Found: "the server is a read-only replica", Remedy: "point the database URL to the primary"}, got)
}

func TestExplain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err          error
		what, remedy string
	}{
		{&pgconn.PgError{Code: "28P01", Message: "password authentication failed"}, "password authentication failed (SQLSTATE 28P01)", "check the user and the password"},
		{&pgconn.PgError{Code: "3D000", Message: "m"}, "m (SQLSTATE 3D000)", "make the database"},
		{fmt.Errorf("merge: %w", &pgconn.PgError{Code: "53100", Message: "could not extend file"}), "could not extend file (SQLSTATE 53100)", "make room"},
		{&pgconn.PgError{Code: "08P01", Message: "unsupported startup parameter: lock_timeout"}, "unsupported startup parameter: lock_timeout (SQLSTATE 08P01)", "not to a pooler such as PgBouncer"},
		{&pgconn.PgError{Code: "XX000", Message: "m"}, "m (SQLSTATE XX000)", ""},
		// These may be of a bucket, or of the cloud.
		{&net.DNSError{Err: "no such host", Name: "db"}, "lookup db: no such host", ""},
		{&tls.CertificateVerificationError{Err: errors.New("unknown authority")}, "tls: failed to verify certificate: unknown authority", ""},
		{&net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}, "dial tcp: connection refused", ""},
		{errors.New("the database is PostgreSQL 13: syncer needs 14 or later"), "the database is PostgreSQL 13: syncer needs 14 or later", ""},
	} {
		what, remedy := store.Advice(c.err)
		require.Equal(t, c.what, what)
		require.Contains(t, remedy, c.remedy)
		require.Equal(t, c.remedy == "", remedy == "", c.what)
	}
	_, err := pgx.Connect(t.Context(), "postgres://nobody@no-such-host.invalid/none")
	_, remedy := store.Advice(err)
	require.Contains(t, remedy, "check the host in the database URL")
}
