package store_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
	"syncer/source"
	"syncer/store"
)

// TestNewerSchema: a program that a later release has overtaken says so, and writes
// nothing more.
func TestNewerSchema(t *testing.T) {
	t.Parallel()
	s := open(t)
	ctx := t.Context()
	p := partition(&source.InstancePatchStates)
	syncAll(t, s, p, []source.Row{patchRow("i-1", 1)})
	y, err := s.Begin(ctx, p)
	require.NoError(t, err)
	defer y.Close(ctx)
	w := y.List(&p.Source.Sweeps[0], store.Scope{})
	_, err = w.Page(ctx, []source.Row{patchRow("i-1", 2)})
	require.NoError(t, err)
	w.Complete()

	_, err = s.Pool().Exec(ctx, "INSERT INTO syncer.goose_db_version (version_id, is_applied) VALUES (9999, true)")
	require.NoError(t, err)
	_, err = y.Merge(ctx, run)
	require.ErrorIs(t, err, store.ErrNewerSchema)
	require.ErrorIs(t, s.Current(ctx), store.ErrNewerSchema)
	_, err = s.Migrate(ctx)
	require.ErrorIs(t, err, store.ErrNewerSchema)
	_, err = s.MigrateDown(ctx, false)
	require.ErrorIs(t, err, store.ErrNewerSchema)
	var missing int
	require.NoError(t, s.Pool().QueryRow(ctx, "SELECT missing_count FROM alicloud.instance_patch_states").Scan(&missing))
	require.Equal(t, 1, missing)
}

// TestMigrationsHoldMergesOff: what a migration does, it does beside no merge, and
// waits for no table for long. A schema that is current takes no lock.
func TestMigrationsHoldMergesOff(t *testing.T) {
	t.Parallel()
	s, err := store.Open(context.Background(), pgtest.URL(t), store.Options{})
	require.NoError(t, err)
	defer s.Close()
	ctx := t.Context()
	_, err = s.Pool().Exec(ctx, `CREATE TABLE public.seen (lock_timeout text, alone boolean);
CREATE FUNCTION public.look() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.seen
    SELECT current_setting('lock_timeout'), EXISTS (
        SELECT FROM pg_locks
        WHERE relation = 'syncer.locks'::regclass AND mode = 'ExclusiveLock' AND granted);
END
$$;
CREATE EVENT TRIGGER look ON ddl_command_start WHEN TAG IN ('CREATE VIEW', 'DROP VIEW', 'CREATE FUNCTION', 'DROP FUNCTION', 'ALTER TABLE', 'DROP TABLE') EXECUTE FUNCTION public.look()`)
	require.NoError(t, err)
	for _, migrate := range []func() error{
		func() error { _, err := s.Migrate(ctx); return err },
		func() error { _, err := s.MigrateDown(ctx, false); return err },
	} {
		require.NoError(t, migrate())
		var n, safe int
		require.NoError(t, s.Pool().QueryRow(ctx, "SELECT count(*), count(*) FILTER (WHERE alone AND lock_timeout = '30s') FROM public.seen").Scan(&n, &safe))
		require.NotZero(t, n)
		require.Equal(t, n, safe)
		var left int
		require.NoError(t, s.Pool().QueryRow(ctx, "SELECT count(*) FROM pg_locks WHERE relation = 'syncer.locks'::regclass").Scan(&left))
		require.Zero(t, left)
		// The last migration may do no more than comment; the table of locks is commented on before there are any.
		_, err = s.Pool().Exec(ctx, `TRUNCATE public.seen;
DROP EVENT TRIGGER IF EXISTS comments;
CREATE EVENT TRIGGER comments ON ddl_command_start WHEN TAG IN ('COMMENT') EXECUTE FUNCTION public.look()`)
		require.NoError(t, err)
	}
}

// TestAPrunedHistoryStays: without its horizon, an older release would answer from
// what is left. All of it may go.
func TestAPrunedHistoryStays(t *testing.T) {
	t.Parallel()
	s := open(t)
	ctx := t.Context()
	_, err := s.Pool().Exec(ctx, "UPDATE syncer.settings SET horizon_at = now()")
	require.NoError(t, err)
	for err == nil {
		_, err = s.MigrateDown(ctx, false)
	}
	require.ErrorContains(t, err, "history was pruned")
	_, err = s.MigrateDown(ctx, true)
	require.NoError(t, err)
	_, err = s.Migrate(ctx)
	require.NoError(t, err)
}
