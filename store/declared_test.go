package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"syncer/internal/testing/release"
	"syncer/source"
	"syncer/store"
)

// redeclared are all sources, one of which has another column, another label and
// another trend.
func redeclared() (all []*source.Source, late *source.Source) {
	s := source.InstancePatchStates
	s.Columns = append([]source.Column{{
		Name: "reboot_state", Field: "RebootState", Type: source.BigInt, Doc: "Whether it was restarted.",
		Labels: []source.Label{{Code: "0", Text: "not yet"}, {Code: "1", Text: "done"}},
	}}, s.Columns...)
	s.Trends = append(slices.Clone(s.Trends), source.Trend{
		Name: "reboots_daily", Doc: "One row per day, account, region and state.", By: []string{"reboot_state"},
		Measures: []source.Measure{{Name: "instances", Doc: "Instances."}},
	})
	for _, other := range source.All {
		if other.Name == s.Name {
			other = &s
		}
		all = append(all, other)
	}
	return all, &s
}

// TestAnotherDeclaration: a later release declares a source otherwise, and what users
// have stays as it is: rows, history, grants, and views of their own. A program of
// before writes to it no more, and to all others it does.
func TestAnotherDeclaration(t *testing.T) {
	t.Parallel()
	r, err := release.Read("testdata/releases/v0.1.0")
	require.NoError(t, err)
	u := restore(t, r)
	_, err = u.store.Migrate(t.Context())
	require.NoError(t, err)
	_, err = u.store.SetTimezone(t.Context(), release.Zone)
	require.NoError(t, err)
	old := partition(&source.InstancePatchStates)
	syncAll(t, u.store, old, []source.Row{patchRow("i-1", 1), patchRow("i-2", 1)})

	const options = `SELECT string_agg(concat_ws(' ', oid::regclass, reloptions), ', ' ORDER BY relname)
FROM pg_class
WHERE relnamespace = 'alicloud'::regnamespace AND reloptions IS NOT NULL`
	_, err = u.store.Pool().Exec(t.Context(), `ALTER VIEW alicloud.changes SET (security_barrier);
ALTER VIEW alicloud.instance_patch_states SET (security_barrier = on);
ALTER VIEW alicloud.patch_compliance_daily SET (security_barrier = false)`)
	require.NoError(t, err)
	var set, kept string
	require.NoError(t, u.store.Pool().QueryRow(t.Context(), options).Scan(&set))

	before := u.answers()
	all, late := redeclared()
	s, err := store.Open(context.Background(), u.store.Pool().Config().ConnString(), store.Options{Sources: all, Clock: func() time.Time { return *u.now.Load() }})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	require.ErrorIs(t, s.Current(t.Context()), store.ErrSchema)
	applied, err := s.Migrate(t.Context())
	require.NoError(t, err)
	require.Equal(t, []store.Migration{{Name: "declaration of instance_patch_states", Applied: true}}, applied)
	require.Equal(t, before, u.answers())
	require.Subset(t, u.granted(), u.grants)
	require.NoError(t, s.Pool().QueryRow(t.Context(), options).Scan(&kept))
	require.Equal(t, set, kept, "options of views")
	u.reads()
	var columns string
	require.NoError(t, s.Pool().QueryRow(t.Context(), `SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'alicloud.instance_patch_states_history'::regclass`).Scan(&columns))
	require.True(t, strings.HasSuffix(columns, "extra valid_from valid_to reboot_state reboot_state_label"), columns)
	var filled, stand int
	require.NoError(t, s.Pool().QueryRow(t.Context(), `SELECT
    (SELECT sum(instances) FROM syncer.reboots_daily WHERE to_day = 'infinity'),
    (SELECT count(*) FROM alicloud.instance_patch_states)`).Scan(&filled, &stand))
	require.Equal(t, stand, filled, "the trend knows what came before it")

	// The older program.
	require.ErrorIs(t, u.store.Current(t.Context()), store.ErrSchema)
	y, err := u.store.Begin(t.Context(), old)
	require.NoError(t, err)
	defer y.Close(t.Context())
	w := y.List(&old.Source.Sweeps[0], store.Scope{})
	_, err = w.Page(t.Context(), []source.Row{patchRow("i-1", 2)})
	require.NoError(t, err)
	w.Complete()
	_, err = y.Merge(t.Context(), run)
	require.ErrorIs(t, err, store.ErrSchema)
	agents := partition(&source.AgentVersions)
	syncAll(t, u.store, agents, []source.Row{make(source.Row, len(agents.Source.Columns)+1)})

	// Only what has a value of the new column gets a new version.
	p := partition(late)
	row := func(id string, reboot source.Value) source.Row {
		return append(source.Row{reboot}, patchRow(id, 1)...)
	}
	c := syncAll(t, s, p, []source.Row{row("i-1", source.Value{}), row("i-2", source.IntValue(1))})
	require.Equal(t, []int64{1, 1}, []int64{c.Changed, c.Unchanged})
	var label, changed string
	require.NoError(t, s.Pool().QueryRow(t.Context(), `SELECT
    (SELECT reboot_state_label FROM alicloud.instance_patch_states_as_of($1) WHERE account_id = $2 AND instance_id = 'i-2'),
    (SELECT changed::text FROM alicloud.changes WHERE account_id = $2 AND source = 'instance_patch_states' AND kind = 'changed')`, c.At, p.AccountID).Scan(&label, &changed))
	require.Equal(t, "done", label)
	require.Equal(t, `{"reboot_state": {"new": 1, "old": null}}`, changed)

	// The older program rebuilds, and erases, also what it does not know.
	numbers := func() (n int) {
		require.NoError(t, s.Pool().QueryRow(t.Context(), "SELECT count(*) FROM syncer.reboots_daily WHERE account_id = $1", p.AccountID).Scan(&n))
		return n
	}
	_, err = s.Pool().Exec(t.Context(), "DELETE FROM syncer.reboots_daily")
	require.NoError(t, err)
	require.NoError(t, u.store.RebuildTrends(t.Context()))
	require.NotZero(t, numbers())
	gone := &store.Erasure{AccountID: p.AccountID, Partitions: []store.Partition{old}}
	require.NoError(t, u.store.Erase(t.Context(), []*store.Erasure{gone}, func(context.Context) error { return nil }, func(context.Context, pgx.Tx, *store.Erasure) error { return nil }))
	require.False(t, gone.Whole)
	require.Zero(t, numbers())
}

// TestReadersWhileATrendIsFilled: filling a trend reads all versions, which takes long. Who
// reads the source's views meanwhile does not wait for it, although a column is added, too.
func TestReadersWhileATrendIsFilled(t *testing.T) {
	t.Parallel()
	old := open(t)
	ctx := t.Context()
	_, err := old.SetTimezone(ctx, release.Zone)
	require.NoError(t, err)
	_, err = old.Pool().Exec(ctx, `CREATE TABLE public.seen (locked text);
CREATE FUNCTION public.look() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.seen
    SELECT string_agg(DISTINCT relation::regclass::text, ' ')
    FROM pg_locks
    WHERE pid = pg_backend_pid() AND mode = 'AccessExclusiveLock' AND relation::regclass::text ~ '[.]instance_patch_states';
END
$$;
CREATE EVENT TRIGGER look ON ddl_command_start WHEN TAG IN ('CREATE TABLE AS') EXECUTE FUNCTION public.look()`)
	require.NoError(t, err)
	all, _ := redeclared()
	s := openOn(t, old, all)
	_, err = s.Migrate(ctx)
	require.NoError(t, err)
	var fills int
	var locked string
	require.NoError(t, s.Pool().QueryRow(ctx, "SELECT count(*), coalesce(string_agg(locked, ' '), '') FROM public.seen").Scan(&fills, &locked))
	require.NotZero(t, fills)
	require.Empty(t, locked)
}

// openOn opens the database of another store with other sources.
func openOn(t *testing.T, other *store.Store, all []*source.Source) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), other.Pool().Config().ConnString(), store.Options{Sources: all})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

// answers are what the database says now to what the release was asked.
func (u *upgrade) answers() (list []release.Answer) {
	for _, asked := range u.Golden.Answers {
		got := release.Answer{Query: asked.Query}
		require.NoError(u, u.store.Pool().QueryRow(u.Context(), release.Digest(asked.Query)).Scan(&got.Rows, &got.Digest))
		list = append(list, got)
	}
	return list
}

// TestRefusedDeclarations: what cannot be derived is told, all at once, and nothing is
// done.
func TestRefusedDeclarations(t *testing.T) {
	t.Parallel()
	patches, agents := source.InstancePatchStates, source.AgentVersions
	patches.Columns, agents.Columns = slices.Clone(patches.Columns), slices.Clone(agents.Columns)
	patches.Columns[patches.Index("missing_count")].Type = source.Text
	agents.Key = []string{"cur_version"}
	taken := *folders
	taken.Name = "partitions"
	s, err := store.Open(context.Background(), migrated.URL(t), store.Options{Sources: []*source.Source{&patches, &agents, &taken, files}})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	before := describe(t, s)
	_, err = s.Migrate(t.Context())
	for _, want := range []string{
		"source instance_patch_states: column missing_count is bigint in the database and text in the declaration: a type never changes; declare a column of another name",
		"source agent_versions: its key is () in the database and (cur_version) in the declaration: a key never changes; declare a source of another name",
		"source partitions: syncer.partitions is there already, and not of a source: take another name",
	} {
		require.ErrorContains(t, err, want)
	}
	require.Equal(t, before, describe(t, s))
}

// TestNewerSource: a source that only a newer program knows is none of an older one's to
// take back.
func TestNewerSource(t *testing.T) {
	t.Parallel()
	url := migrated.URL(t)
	more := *source.All[0]
	more.Name = "more_versions"
	more.Trends = nil
	newer := openDeclared(t, url, append(slices.Clone(source.All), &more))
	_, err := newer.Pool().Exec(t.Context(), "UPDATE syncer.derived SET revision = 9999 WHERE source = 'more_versions'")
	require.NoError(t, err)
	older := openURL(t, url)
	require.NoError(t, older.Current(t.Context()), "it works beside it")
	before := describe(t, older)
	for _, all := range []bool{false, true} {
		_, err = older.MigrateDown(t.Context(), all)
		require.ErrorIs(t, err, store.ErrNewerSchema)
	}
	require.Equal(t, before, describe(t, older))
}

// TestNewerDeclarations: what a newer revision derives, an older one leaves alone.
func TestNewerDeclarations(t *testing.T) {
	t.Parallel()
	s := open(t)
	_, err := s.Pool().Exec(t.Context(), "UPDATE syncer.derived SET revision = 9999, hash = 'another' WHERE name = 'instance_patch_states' AND definition IS NULL")
	require.NoError(t, err)
	before := describe(t, s)
	require.ErrorIs(t, s.Current(t.Context()), store.ErrNewerSchema)
	_, err = s.Migrate(t.Context())
	require.ErrorIs(t, err, store.ErrNewerSchema)
	_, err = s.MigrateDown(t.Context(), false)
	require.ErrorIs(t, err, store.ErrNewerSchema)
	require.Equal(t, before, describe(t, s))
	list, err := s.Migrations(t.Context())
	require.NoError(t, err)
	for _, m := range list {
		require.Equal(t, m.Name != "declaration of instance_patch_states", m.Applied, fmt.Sprint(m))
	}
}
