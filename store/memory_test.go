package store_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"syncer/source"
	"syncer/store"
)

// TestGoneIsNotHeld: what is gone, and what a dry run tells of it, is not held in
// memory: 32 bytes a row are less than a key.
func TestGoneIsNotHeld(t *testing.T) { // not in parallel: it counts what all have allocated
	const n = 20_000
	s := open(t)
	p := partition(&source.InstancePatchStates)
	run := run
	run.Limit = store.DefaultLimit
	begin := func(shown int) *store.Sync {
		y, err := s.Begin(t.Context(), p)
		require.NoError(t, err)
		w := y.List(&p.Source.Sweeps[0], store.Scope{})
		for k := range shown {
			_, err := w.Page(t.Context(), []source.Row{patchRow(fmt.Sprintf("i-with-a-name-as-long-as-those-of-servers-are-%08d", k), 0)})
			require.NoError(t, err)
		}
		w.Complete()
		return y
	}
	y := begin(n)
	_, err := y.Merge(t.Context(), run)
	require.NoError(t, err)
	y.Close(t.Context())

	y = begin(0)
	defer y.Close(t.Context())
	all := run
	all.AllowShrink = true
	told, before, after := 0, inUse(), int64(0)
	_, err = y.Plan(t.Context(), all, func(d store.PlannedChange) {
		require.Equal(t, store.WouldEnd, d.Kind)
		if told++; told == n {
			after = inUse()
		}
	})
	require.NoError(t, err)
	require.Equal(t, n, told)
	require.Less(t, after-before, int64(n*32))

	c, err := y.Merge(t.Context(), run)
	require.NoError(t, err)
	require.EqualValues(t, n, c.HeldRows)
}

// inUse is how much the heap holds.
func inUse() int64 {
	runtime.GC()
	runtime.GC() // what was pooled goes with the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
