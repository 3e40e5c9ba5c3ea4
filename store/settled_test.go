package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"syncer/internal/testing/pgtest"
	"syncer/source"
	"syncer/store"
)

const happenedBefore = "SELECT format('%s %s %s %s', at, account_id, key, kind) FROM alicloud.changes WHERE at >= $1 AND at < $2"

// TestSettled is the law of alicloud.settled_at(): with many writers, whose merges
// take a while from their moment to their commit, what a reader saw before it never
// changes, whenever its snapshot was taken, and who reads in steps ends with
// exactly the changes that are there.
func TestSettled(t *testing.T) {
	t.Parallel()
	s := open(t)
	_, err := s.Pool().Exec(t.Context(), `CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(random() * 0.05); RETURN NEW; END';
CREATE TRIGGER linger BEFORE UPDATE OF generation ON syncer.partitions FOR EACH ROW EXECUTE FUNCTION linger()`)
	require.NoError(t, err)

	writing, done := errgroup.Group{}, make(chan struct{})
	for i := range 6 {
		writing.Go(func() error {
			p := partition(&source.InstancePatchStates)
			p.AccountID, p.AccountName = fmt.Sprint(i), fmt.Sprint(i)
			for n := range int64(12) {
				rows := []source.Row{patchRow("i-1", n), patchRow(fmt.Sprint(rand.IntN(3)), n%2)}
				if _, err := mergeAll(s, p, rows); err != nil {
					return err
				}
			}
			return nil
		})
	}

	type reading struct {
		until time.Time
		rows  []string
	}
	var mu sync.Mutex
	var readings []reading
	var steps []string
	var last time.Time
	watching := errgroup.Group{}
	over := func() bool {
		select {
		case <-done:
			return true
		default:
			return false
		}
	}
	step := func(ctx context.Context, tx pgx.Tx) error { // in one snapshot, or in several
		var until time.Time
		if err := tx.QueryRow(ctx, "SELECT alicloud.settled_at()").Scan(&until); err != nil {
			return err
		}
		if until.Before(last) {
			return fmt.Errorf("settled_at goes back, from %s to %s", last, until)
		}
		rows, err := texts(ctx, tx, happenedBefore, last, until)
		steps, last = append(steps, rows...), until
		return err
	}
	for _, level := range []pgx.TxIsoLevel{pgx.RepeatableRead, pgx.ReadCommitted} {
		watching.Go(func() error { // everything, again and again
			for !over() {
				err := pgx.BeginTxFunc(t.Context(), s.Pool(), pgx.TxOptions{IsoLevel: level}, func(tx pgx.Tx) error {
					if _, err := tx.Exec(t.Context(), "SELECT pg_sleep(random() * 0.05)"); err != nil { // a snapshot that ages
						return err
					}
					r := reading{}
					if err := tx.QueryRow(t.Context(), "SELECT alicloud.settled_at()").Scan(&r.until); err != nil {
						return err
					}
					var err error
					if r.rows, err = texts(t.Context(), tx, happenedBefore, time.Time{}, r.until); err != nil {
						return err
					}
					mu.Lock()
					defer mu.Unlock()
					readings = append(readings, r)
					return nil
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	watching.Go(func() error { // in steps
		for i := 0; !over(); i++ {
			level := pgx.ReadCommitted
			if i%2 == 0 {
				level = pgx.RepeatableRead
			}
			if err := pgx.BeginTxFunc(t.Context(), s.Pool(), pgx.TxOptions{IsoLevel: level}, func(tx pgx.Tx) error { return step(t.Context(), tx) }); err != nil {
				return err
			}
		}
		return nil
	})
	err = writing.Wait()
	close(done)
	require.NoError(t, err)
	require.NoError(t, watching.Wait())
	require.NoError(t, pgx.BeginFunc(t.Context(), s.Pool(), func(tx pgx.Tx) error { return step(t.Context(), tx) }))

	all, err := texts(t.Context(), s.Pool(), happenedBefore, time.Time{}, time.Now().Add(time.Hour))
	require.NoError(t, err)
	slices.Sort(steps)
	require.Equal(t, all, steps, "read in steps")
	require.NotEmpty(t, readings)
	for _, r := range readings {
		now, err := texts(t.Context(), s.Pool(), happenedBefore, time.Time{}, r.until)
		require.NoError(t, err)
		require.Equal(t, now, r.rows, "read before %s", r.until)
	}
	require.True(t, settledNow(t, s.Pool()), "nothing is under way")
}

func texts(ctx context.Context, q interface {
	Query(context.Context, string, ...any) (pgx.Rows, error)
}, sql string, args ...any,
) ([]string, error) {
	rows, err := q.Query(ctx, sql+` ORDER BY 1`, args...)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	slices.Sort(list)
	return list, err
}

// mergeAll is syncAll where a goroutine may not end the test.
func mergeAll(s *store.Store, p store.Partition, rows []source.Row) (c store.MergeResult, err error) {
	ctx := context.Background()
	y, err := s.Begin(ctx, p)
	if err != nil {
		return c, err
	}
	defer y.Close(ctx)
	w := y.List(&p.Source.Sweeps[0], store.Scope{})
	if _, err := w.Page(ctx, rows); err != nil {
		return c, err
	}
	w.Complete()
	return y.Merge(ctx, run)
}

// settledNow reports whether nothing is under way, as the role for BI tools sees it.
func settledNow(t *testing.T, pool *pgxpool.Pool) (now bool) {
	t.Helper()
	require.NoError(t, pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), "SET LOCAL ROLE syncer_reader"); err != nil {
			return err
		}
		return tx.QueryRow(t.Context(), "SELECT alicloud.settled_at() = now()").Scan(&now)
	}))
	return now
}

// TestSettledGoesOn: a merge holds the moment back while it lasts, also for a
// snapshot that is older than its commit, and no longer once its process has died
// or it has failed.
func TestSettledGoesOn(t *testing.T) {
	t.Parallel()
	s := open(t)
	p := partition(&source.InstancePatchStates)
	syncAll(t, s, p, []source.Row{patchRow("i-1", 0)})
	_, err := s.Pool().Exec(t.Context(), `CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock(42); RETURN NEW; END';
CREATE TRIGGER wait BEFORE UPDATE OF generation ON syncer.partitions FOR EACH ROW EXECUTE FUNCTION wait()`)
	require.NoError(t, err)
	gate, err := s.Pool().Acquire(t.Context())
	require.NoError(t, err)
	defer gate.Release()
	query := func(dest any, sql string) {
		t.Helper()
		require.NoError(t, gate.QueryRow(t.Context(), sql).Scan(dest))
	}
	const waiting = " FROM pg_locks WHERE locktype = 'advisory' AND objid = 42 AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
	merge := func(missing int64) (ended chan error) {
		ended = make(chan error, 1)
		var ok bool
		query(&ok, "SELECT pg_advisory_lock(42) IS NOT NULL")
		go func() {
			_, err := mergeAll(s, p, []source.Row{patchRow("i-1", missing)})
			ended <- err
		}()
		pgtest.Await(t, func() (waits bool) {
			query(&waits, "SELECT EXISTS (SELECT"+waiting+")")
			return waits
		})
		return ended
	}
	require.True(t, settledNow(t, s.Pool()))

	ended := merge(1)
	require.False(t, settledNow(t, s.Pool()))
	before, err := s.Pool().BeginTx(t.Context(), pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	require.NoError(t, err)
	var rows int
	require.NoError(t, before.QueryRow(t.Context(), "SELECT count(*) FROM alicloud.changes").Scan(&rows))
	var ok bool
	query(&ok, "SELECT pg_advisory_unlock(42)")
	require.NoError(t, <-ended)
	require.True(t, settledNow(t, s.Pool()))
	var settled, merged time.Time
	require.NoError(t, before.QueryRow(t.Context(), "SELECT alicloud.settled_at()").Scan(&settled))
	require.NoError(t, before.Rollback(t.Context()))
	query(&merged, "SELECT merged_at FROM syncer.partitions")
	require.False(t, settled.After(merged), "this snapshot does not show the merge")

	ended = merge(2)
	require.False(t, settledNow(t, s.Pool()))
	query(&ok, "SELECT pg_terminate_backend(pid, 60000)"+waiting)
	require.Error(t, <-ended)
	query(&ok, "SELECT pg_advisory_unlock(42)")
	require.True(t, settledNow(t, s.Pool()))
}
