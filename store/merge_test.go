package store_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"syncer/source"
	"syncer/store"
)

func TestMergeOpensChangesAndEnds(t *testing.T) {
	t.Parallel()
	s := open(t)
	p := partition(&source.InstancePatchStates)

	c := syncAll(t, s, p, []source.Row{patchRow("i-1", 0), patchRow("i-2", 5)})
	require.EqualValues(t, 2, c.Opened)
	first := c.At

	c = syncAll(t, s, p, []source.Row{patchRow("i-1", 0), patchRow("i-2", 6), patchRow("i-3", 1)})
	require.Equal(t, [4]int64{1, 1, 0, 1}, [4]int64{c.Opened, c.Changed, c.Ended, c.Unchanged})

	c = syncAll(t, s, p, []source.Row{patchRow("i-2", 6)})
	require.Equal(t, [4]int64{0, 0, 2, 1}, [4]int64{c.Opened, c.Changed, c.Ended, c.Unchanged})

	var missing int64
	require.NoError(t, s.Pool().QueryRow(t.Context(), "SELECT missing_count FROM alicloud.instance_patch_states_as_of($1) WHERE instance_id = 'i-2'", first).Scan(&missing))
	require.EqualValues(t, 5, missing)
}

func TestStaleMergeStartsAgain(t *testing.T) {
	t.Parallel()
	s := open(t)
	p := partition(&source.InstancePatchStates)
	syncAll(t, s, p, []source.Row{patchRow("i-1", 0)})

	late, err := s.Begin(t.Context(), p)
	require.NoError(t, err)
	defer late.Close(t.Context())
	syncAll(t, s, p, []source.Row{patchRow("i-1", 1)})

	_, err = late.List(&p.Source.Sweeps[0], store.Scope{}).Page(t.Context(), []source.Row{patchRow("i-1", 0)})
	require.NoError(t, err)
	_, err = late.Merge(context.Background(), run)
	require.ErrorIs(t, err, store.ErrStale)
}
