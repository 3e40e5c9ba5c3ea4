package archive_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"syncer/archive"
	"syncer/source"
	"syncer/store"
)

// fill gives a source versions that ended in, and stood over, three months.
func fill(t require.TestingT, w *world, src *source.Source) {
	p := store.Partition{Source: src, AccountID: "1234567890123456", AccountName: "production", RegionID: "cn-hangzhou"}
	for n := range 5 {
		rows := []source.Row{rowOf(src, 0, 0, n)}
		for key := 1; key < 4; key++ {
			if key != n {
				rows = append(rows, rowOf(src, key, n+key, n))
			}
		}
		w.sync(t, p, rows)
		w.pass(17 * 24 * time.Hour)
	}
}

// TestKilled: wherever a process is killed, what has the name of a file of the archive is
// whole, a month with a manifest is as in the database, and the next run makes good the rest.
func TestKilled(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := newWorld(t)
	src := &source.InstancePatchStates
	sources := []*source.Source{src}
	fill(t, w, src)
	root := t.TempDir()
	whole, err := archive.Open(filepath.Join(root, "whole"), archive.Options{Program: "v1"})
	require.NoError(t, err)
	want, err := whole.Write(ctx, w.Store, sources)
	require.NoError(t, err)
	require.NotEmpty(t, want)

	run := 0
	rapid.Check(t, func(t *rapid.T) {
		run++
		dir := filepath.Join(root, fmt.Sprint(run))
		for alive := false; !alive; {
			a, killed := archive.OpenKilled(dir, rapid.IntRange(1, 250).Draw(t, "operation"))
			_, err := a.Write(ctx, w.Store, sources)
			alive = !killed()
			if err != nil { // none: it was killed as it was done, tidying up
				require.ErrorIs(t, err, archive.ErrKilled)
				require.False(t, alive)
			}
			require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
				switch {
				case err != nil || d.Name() == ".drafts":
					return filepath.SkipDir
				case strings.HasSuffix(path, ".parquet"):
					require.NoError(t, archive.Whole(path))
				}
				return nil
			}))
			a, err = archive.Open(dir, archive.Options{Program: "v1"})
			require.NoError(t, err)
			for _, name := range []string{src.Name, archive.Runs} {
				months, err := a.Months(ctx, name)
				require.NoError(t, err)
				for _, month := range months {
					compared, err := a.Verify(ctx, w.Store, sources, name, month)
					require.NoError(t, err)
					require.True(t, compared)
				}
			}
		}
		a, err := archive.Open(dir, archive.Options{Program: "v1"})
		require.NoError(t, err)
		for _, m := range want {
			month, err := time.Parse("2006-01", m.Month)
			require.NoError(t, err)
			got, err := a.Manifest(ctx, m.Name, month)
			require.NoError(t, err)
			require.Equal(t, m, got)
		}
		left, err := os.ReadDir(filepath.Join(dir, ".drafts"))
		require.NoError(t, err)
		require.Empty(t, left)
	})
}

// TestPruneNeedsTheArchive: a month stays in the database until the archive has it, whole and
// the same.
func TestPruneNeedsTheArchive(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := newWorld(t)
	src := &source.InstancePatchStates
	sources := []*source.Source{src}
	fill(t, w, src)
	w.set(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC))
	dir := t.TempDir()
	a, err := archive.Open(dir, archive.Options{Program: "v1"})
	require.NoError(t, err)
	prune := func() (store.Pruned, error) {
		return w.PruneArchived(ctx, sources, 90*24*time.Hour, time.Minute, a.Has(w.Store, sources))
	}
	p, err := prune()
	require.ErrorIs(t, err, store.ErrNotArchived)
	require.ErrorContains(t, err, "history from 2025-11 on is kept until it is in the archive")
	require.Empty(t, p.Months)
	require.Nil(t, p.Horizon)

	_, err = a.Write(ctx, w.Store, sources)
	require.NoError(t, err)
	damaged := filepath.Join(dir, "sources", src.Name, "standing", "month=2026-01", "data.parquet")
	text, err := os.ReadFile(damaged)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(damaged, append(text[:len(text)-1:len(text)-1], text[len(text)-1]^1), 0o600))
	p, err = prune()
	require.ErrorIs(t, err, store.ErrNotArchived)
	require.ErrorContains(t, err, "history from 2026-01 on is kept")
	require.ErrorContains(t, err, "damaged")
	require.Len(t, p.Months, 2)
	require.Equal(t, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), p.Horizon.UTC())

	require.NoError(t, os.WriteFile(damaged, text, 0o600))
	_, err = w.Pool().Exec(ctx, "UPDATE syncer.instance_patch_states_2026_01 SET missing_count = missing_count + 1")
	require.NoError(t, err)
	_, err = prune()
	require.ErrorIs(t, err, archive.ErrDiffers)
	require.ErrorContains(t, err, "column missing_count has other values")
	_, err = w.Pool().Exec(ctx, "UPDATE syncer.instance_patch_states_2026_01 SET missing_count = missing_count - 1")
	require.NoError(t, err)

	p, err = prune()
	require.NoError(t, err)
	require.Equal(t, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), p.Horizon.UTC())
	compared, err := a.Verify(ctx, w.Store, sources, src.Name, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	require.NoError(t, err)
	require.False(t, compared, "the database has it no more")
}
