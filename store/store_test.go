package store_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"syncer/internal/testing/pgtest"
	"syncer/source"
	"syncer/store"
)

func TestMain(m *testing.M) {
	code := pgtest.Run(m)
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// migrated is a database with the whole schema.
var migrated = pgtest.Template{Fill: func(ctx context.Context, url string) error {
	s, err := store.Open(ctx, url, store.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	_, err = s.Migrate(ctx)
	return err
}}

// open gives a migrated store in a database of the test's own.
func open(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), migrated.URL(t), store.Options{})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

// openWith is open, in a program that declares more.
func openWith(t *testing.T, more ...*source.Source) *store.Store {
	t.Helper()
	return openDeclared(t, migrated.URL(t), slices.Concat(source.All, more))
}

// openDeclared opens a database in a program that has other declarations.
func openDeclared(t *testing.T, url string, sources []*source.Source) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), url, store.Options{Sources: sources})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	_, err = s.Migrate(t.Context())
	require.NoError(t, err)
	return s
}

func openURL(t *testing.T, url string) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), url, store.Options{})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	_, err = s.Migrate(t.Context())
	require.NoError(t, err)
	return s
}

func partition(s *source.Source) store.Partition {
	return store.Partition{Source: s, AccountID: "1234567890123456", AccountName: "production", RegionID: "cn-hangzhou"}
}

var run = store.Run{Trigger: "manual", Started: time.Now(), Worker: "test", Limit: store.Limit{Fraction: 1, Rows: 1 << 30, All: 1 << 30}}

// syncAll makes one complete sweep of a source's first declaration.
func syncAll(t require.TestingT, s *store.Store, p store.Partition, rows []source.Row) store.MergeResult {
	ctx := context.Background()
	y, err := s.Begin(ctx, p)
	require.NoError(t, err)
	defer y.Close(ctx)
	w := y.List(&p.Source.Sweeps[0], store.Scope{})
	_, err = w.Page(ctx, rows)
	require.NoError(t, err)
	w.Complete()
	c, err := y.Merge(ctx, run)
	require.NoError(t, err)
	return c
}

// patchRow is a patch state with the given missing count.
func patchRow(id string, missing int64) source.Row {
	s := &source.InstancePatchStates
	row := make(source.Row, len(s.Columns)+1)
	row[s.Index("instance_id")] = source.TextValue(id)
	row[s.Index("missing_count")] = source.IntValue(missing)
	row[s.Index("operation_ended_at")] = source.TimeValue(time.Date(2021, 9, 10, 11, 42, 22, 0, time.UTC))
	return row
}
