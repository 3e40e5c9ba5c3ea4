package store_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
	"syncer/internal/testing/release"
	"syncer/sim"
	"syncer/source"
	"syncer/store"
	"syncer/store/schema"
	"syncer/worker"
)

// TestReleases: a database that any release wrote goes forward with its data, its
// history and what its users made on it, and back.
func TestReleases(t *testing.T) {
	t.Parallel()
	dirs, err := filepath.Glob("testdata/releases/*")
	require.NoError(t, err)
	require.NotEmpty(t, dirs)
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			r, err := release.Read(dir)
			require.NoError(t, err)
			u := restore(t, r)
			u.keeps("restored")

			_, err = u.store.Migrate(t.Context())
			require.NoError(t, err)
			require.NoError(t, worker.MigrateQueue(t.Context(), u.store.Pool()))
			require.NoError(t, u.store.Current(t.Context()))
			u.keeps("migrated")
			u.trends()
			u.syncChangesNothing()
			u.reads()

			_, err = u.store.MigrateDown(t.Context(), true)
			require.ErrorContains(t, err, "other objects depend", "users' views are not dropped")
			again := u.reports()
			_, err = u.store.Pool().Exec(t.Context(), "DROP SCHEMA reports CASCADE")
			require.NoError(t, err)
			for u.applied() > r.Golden.Schema {
				_, err = u.store.MigrateDown(t.Context(), false)
				require.NoError(t, err)
			}
			_, err = u.store.Pool().Exec(t.Context(), again)
			require.NoError(t, err)
			u.keeps("taken back")
			_, err = u.store.Migrate(t.Context())
			require.NoError(t, err)
			u.keeps("migrated again")
			u.trends()
			u.syncChangesNothing()
		})
	}
}

// TestRevisionIsRaised: what is derived otherwise than in a release is of a later
// revision, so that the release's programs know that they are the older ones.
func TestRevisionIsRaised(t *testing.T) {
	t.Parallel()
	dirs, err := filepath.Glob("testdata/releases/*")
	require.NoError(t, err)
	require.NotEmpty(t, dirs)
	for _, dir := range dirs {
		r, err := release.Read(dir)
		require.NoError(t, err)
		for _, src := range source.All {
			if r.Golden.Derived[src.Name] != schema.Hash(src) {
				require.Greater(t, int64(schema.Revision), r.Golden.Revision,
					"%s is derived otherwise than in %s: raise schema.Revision by one", src.Name, filepath.Base(dir))
			}
		}
	}
}

// An upgrade is a release's database on its way.
type upgrade struct {
	*testing.T
	release.Release
	store  *store.Store
	now    atomic.Pointer[time.Time]
	grants []string // of the release's schema
}

func restore(t *testing.T, r release.Release) *upgrade {
	t.Helper()
	u := &upgrade{T: t, Release: r}
	u.now.Store(&r.Golden.At)
	url := pgtest.URL(t)
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	// The server's roles are in no dump. Many tests may make them at once.
	for _, sql := range []string{release.MakeReader, "DO $$ BEGIN CREATE ROLE syncer_reader; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$", r.Dump} {
		_, err = conn.PgConn().Exec(t.Context(), sql).ReadAll()
		require.NoError(t, err)
	}
	require.NoError(t, conn.Close(t.Context()))
	u.store, err = store.Open(context.Background(), url, store.Options{Clock: func() time.Time { return *u.now.Load() }})
	require.NoError(t, err)
	t.Cleanup(u.store.Close)
	u.grants = u.granted()
	require.Contains(t, u.grants, "alicloud.instance_patch_states SELECT to "+release.Reader)
	return u
}

// applied is the version of the schema.
func (u *upgrade) applied() (version int64) {
	list, err := u.store.Migrations(u.Context())
	require.NoError(u, err)
	for _, m := range list {
		if m.Applied {
			version = max(version, m.Version)
		}
	}
	return version
}

// granted lists who may do what with the views.
func (u *upgrade) granted() []string {
	rows, err := u.store.Pool().Query(u.Context(), `SELECT format('%s.%s %s to %s', n.nspname, c.relname, a.privilege_type, a.grantee::regrole)
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace, aclexplode(c.relacl) AS a
WHERE n.nspname IN ('alicloud', 'reports') AND a.grantee <> c.relowner`)
	require.NoError(u, err)
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(u, err)
	return list
}

// reports makes what users made, and granted, once more: the way back of a column
// leaves neither.
func (u *upgrade) reports() (sql string) {
	require.NoError(u, u.store.Pool().QueryRow(u.Context(), `SELECT 'CREATE SCHEMA reports; GRANT USAGE ON SCHEMA reports TO `+release.Reader+`; '
    || string_agg(format('CREATE VIEW %s AS %s', c.oid::regclass, pg_get_viewdef(c.oid)), ' ' ORDER BY c.oid)
FROM pg_class AS c
WHERE c.relnamespace = 'reports'::regnamespace`).Scan(&sql))
	for _, grant := range u.grants {
		on, to, _ := strings.Cut(grant, " to ")
		relation, privilege, _ := strings.Cut(on, " ")
		sql += fmt.Sprintf("; GRANT %s ON %s TO %s", privilege, relation, to)
	}
	return sql
}

// relabelled are the labels that a later release puts otherwise than one before, each
// with what it was: a code without a label shows as itself, and some have another.
var relabelled = strings.NewReplacer(
	"asset_type_label", "nullif(asset_type_label, asset_type) AS asset_type_label",
	"target_type_label", "replace(target_type_label, 'host ', '') AS target_type_label",
)

// keeps asks all that the release was asked, and wants the same answers.
func (u *upgrade) keeps(when string) {
	u.Helper()
	for _, want := range u.Golden.Answers {
		got := release.Answer{Query: want.Query}
		require.NoError(u, u.store.Pool().QueryRow(u.Context(), release.Digest(relabelled.Replace(want.Query))).Scan(&got.Rows, &got.Digest), "%s: %s", when, want.Query)
		require.Equal(u, want, got, when)
	}
	require.Subset(u, u.granted(), u.grants, when)
}

// trends cuts the days as the daemon does, and asks each of them of s_as_of.
func (u *upgrade) trends() {
	u.Helper()
	_, err := u.store.SetTimezone(u.Context(), release.Zone)
	require.NoError(u, err)
	for _, src := range u.known() {
		rows, err := u.store.Pool().Query(u.Context(), "SELECT account_id, region_id FROM syncer.partitions WHERE source = $1", src.Name)
		require.NoError(u, err)
		list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (store.Partition, error) {
			p := store.Partition{Source: src}
			return p, row.Scan(&p.AccountID, &p.RegionID)
		})
		require.NoError(u, err)
		require.NotEmpty(u, list)
		for _, p := range list {
			for _, tr := range src.Trends {
				trendLaw(u, u.store, p, tr, release.Zone, time.Time{}, u.Golden.Moments[0], u.Golden.At)
			}
		}
	}
}

// known are the sources that the release had: of a later one it knows nothing, nor
// has it any pages.
func (u *upgrade) known() (list []*source.Source) {
	for _, src := range source.All {
		if slices.ContainsFunc(u.Golden.Answers, func(a release.Answer) bool {
			return strings.HasSuffix(a.Query, " FROM alicloud."+src.Name)
		}) {
			list = append(list, src)
		}
	}
	require.GreaterOrEqual(u, len(list), 7) // those of the first release
	return list
}

// syncChangesNothing syncs what the release saw last: no row may get a new version.
func (u *upgrade) syncChangesNothing() {
	u.Helper()
	cloud, err := sim.Serve("127.0.0.1:0", u.Pages)
	require.NoError(u, err)
	defer func() { _ = cloud.Close() }()
	client, err := release.Client(cloud.Endpoints())
	require.NoError(u, err)
	defer client.Close()
	later := u.now.Load().Add(time.Minute)
	u.now.Store(&later)
	syncer := release.Syncer(u.store, client, func() time.Time { return later })
	known := u.known()
	jobs := slices.DeleteFunc(syncer.Jobs(), func(j worker.Job) bool { return !slices.Contains(known, j.Source) })
	for i := range jobs {
		jobs[i].Full = true
	}
	var unchanged int64
	syncer.SyncAll(u.Context(), jobs, 4, func(r worker.Result) {
		require.Equal(u, store.StatusOK, r.Status, "%s: %s", r.Job, r.Message)
		require.Zero(u, r.Changes.Opened+r.Changes.Changed+r.Changes.Ended, "%s", r.Job)
		unchanged += r.Changes.Unchanged
	})
	require.NotZero(u, unchanged)
}

// reads asks as a BI tool's login that the release's user made.
func (u *upgrade) reads() {
	u.Helper()
	err := pgx.BeginFunc(u.Context(), u.store.Pool(), func(tx pgx.Tx) error {
		_, err := tx.Exec(u.Context(), "SET LOCAL ROLE "+release.Reader)
		require.NoError(u, err)
		for _, relation := range []string{"alicloud.instance_patch_states", "alicloud.instance_patch_states_as_of(now())", "reports.lacking", "reports.april"} {
			var n int
			require.NoError(u, tx.QueryRow(u.Context(), "SELECT count(*) FROM "+relation).Scan(&n), relation)
			require.NotZero(u, n, relation)
		}
		return nil
	})
	require.NoError(u, err)
}
