package store_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"syncer/internal/testing/release"
	"syncer/migrations"
	"syncer/source"
)

// withLate is a released source with another column.
func withLate() *source.Source {
	s := source.InstancePatchStates
	s.Columns = append([]source.Column{{
		Name: "reboot_state", Field: "RebootState", Type: source.BigInt, Doc: "Whether it was restarted.", Late: true,
		Labels: []source.Label{{Code: "0", Text: "not yet"}, {Code: "1", Text: "done"}},
	}}, s.Columns...)
	return &s
}

// TestAddColumn: a later release gives a source another column, and what users have
// stays as it is: rows, history, grants, and views of their own.
func TestAddColumn(t *testing.T) {
	t.Parallel()
	late := withLate()
	require.NoError(t, source.Validate([]*source.Source{late}))
	up, down, _ := strings.Cut(migrations.AddColumn(late, "reboot_state"), "-- +goose Down")
	r, err := release.Read("testdata/releases/v0.1.0")
	require.NoError(t, err)
	u := restore(t, r)
	_, err = u.store.Migrate(t.Context())
	require.NoError(t, err)
	before := describe(t, u.store)

	_, err = u.store.Pool().Exec(t.Context(), up)
	require.NoError(t, err)
	u.keeps("another column")
	u.reads()
	var columns string
	require.NoError(t, u.store.Pool().QueryRow(t.Context(), `SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'alicloud.instance_patch_states_history'::regclass`).Scan(&columns))
	require.True(t, strings.HasSuffix(columns, "extra valid_from valid_to reboot_state reboot_state_label"), columns)

	// Only what has a value of it gets a new version.
	p := partition(late)
	row := func(id string, reboot source.Value) source.Row {
		return append(source.Row{reboot}, patchRow(id, 1)...)
	}
	old := partition(&source.InstancePatchStates)
	syncAll(t, u.store, old, []source.Row{patchRow("i-1", 1), patchRow("i-2", 1)})
	c := syncAll(t, u.store, p, []source.Row{row("i-1", source.Value{}), row("i-2", source.IntValue(1))})
	require.Equal(t, []int64{1, 1}, []int64{c.Changed, c.Unchanged})
	var label, changed string
	require.NoError(t, u.store.Pool().QueryRow(t.Context(), `SELECT
    (SELECT reboot_state_label FROM alicloud.instance_patch_states_as_of($1) WHERE account_id = $2 AND instance_id = 'i-2'),
    (SELECT changed::text FROM alicloud.changes WHERE account_id = $2 AND kind = 'changed')`, c.At, p.AccountID).Scan(&label, &changed))
	require.Equal(t, "done", label)
	require.Equal(t, `{"reboot_state": {"new": 1, "old": null}}`, changed)

	_, err = u.store.Pool().Exec(t.Context(), down)
	require.ErrorContains(t, err, "other objects depend on", "users' views are not dropped")
	_, err = u.store.Pool().Exec(t.Context(), "DROP SCHEMA reports CASCADE")
	require.NoError(t, err)
	_, err = u.store.Pool().Exec(t.Context(), down)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(before, describe(t, u.store)))
}

// TestLateColumnsAreDerived: a source made with its late columns is the same as one
// that was given them.
func TestLateColumnsAreDerived(t *testing.T) {
	t.Parallel()
	late := withLate()
	s := open(t)
	exec := func(text string) {
		t.Helper()
		err := pgx.BeginFunc(t.Context(), s.Pool(), func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), text)
			return err
		})
		require.NoError(t, err)
	}
	up, _, _ := strings.Cut(migrations.AddColumn(late, "reboot_state"), "-- +goose Down")
	exec(up)
	given := describe(t, s)
	up, down, _ := strings.Cut(migrations.ForSource(late), "-- +goose Down")
	exec(down)
	exec(up)
	require.Empty(t, cmp.Diff(given, describe(t, s)))
}
