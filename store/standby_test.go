package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
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

// TestSettledOnAStandby is TestSettled's law for who reads a standby, which sees what the
// primary has committed a little later, and nothing of its locks: who reads in steps up to
// settled_at() reads each change once.
func TestSettledOnAStandby(t *testing.T) {
	t.Parallel()
	if !pgtest.All() {
		t.Skip("two servers of its own: SYNCER_TEST_ALL=1")
	}
	primary := pgtest.Server(t)
	s, err := store.Open(t.Context(), primary.URL(), store.Options{})
	require.NoError(t, err)
	defer s.Close()
	_, err = s.Migrate(t.Context())
	require.NoError(t, err)
	_, err = s.Pool().Exec(t.Context(), `CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_catalog.pg_sleep(pg_catalog.random() * 0.05); RETURN NEW; END';
CREATE TRIGGER linger BEFORE UPDATE OF generation ON syncer.partitions FOR EACH ROW EXECUTE FUNCTION linger()`)
	require.NoError(t, err)
	standby, err := pgxpool.New(t.Context(), primary.Standby(t).URL())
	require.NoError(t, err)
	defer standby.Close()

	writing, done := errgroup.Group{}, make(chan struct{})
	for i := range 4 {
		writing.Go(func() error {
			p := partition(&source.InstancePatchStates)
			p.AccountID, p.AccountName = fmt.Sprint(i), fmt.Sprint(i)
			for n := range int64(12) {
				if _, err := mergeAll(s, p, []source.Row{patchRow("i-1", n), patchRow(fmt.Sprint(rand.IntN(3)), n%2)}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	var steps []string
	var last time.Time
	step := func() error {
		return pgx.BeginTxFunc(t.Context(), standby, pgx.TxOptions{IsoLevel: pgx.RepeatableRead}, func(tx pgx.Tx) error {
			var until *time.Time
			if err := tx.QueryRow(t.Context(), "SELECT alicloud.settled_at()").Scan(&until); err != nil || until == nil {
				return err
			}
			if until.Before(last) {
				return fmt.Errorf("settled_at goes back, from %s to %s", last, until)
			}
			rows, err := texts(t.Context(), tx, happenedBefore, last, *until)
			steps, last = append(steps, rows...), *until
			return err
		})
	}
	reading := errgroup.Group{}
	reading.Go(func() error {
		for {
			select {
			case <-done:
				return nil
			default:
			}
			if err := step(); err != nil {
				return err
			}
		}
	})
	err = writing.Wait()
	close(done)
	require.NoError(t, err)
	require.NoError(t, reading.Wait())

	// The last run's end is later than its moment: nothing has to come after it.
	all, err := texts(t.Context(), s.Pool(), happenedBefore, time.Time{}, time.Now().Add(time.Hour))
	require.NoError(t, err)
	require.NotEmpty(t, all)
	pgtest.Await(t, func() bool {
		require.NoError(t, step())
		return len(steps) >= len(all)
	}, "the standby does not follow")
	require.ElementsMatch(t, all, steps)
}

// TestSettledBeforeReplay: what a standby replays after a transaction's snapshot was taken
// is not settled in that transaction, which does not show it.
func TestSettledBeforeReplay(t *testing.T) {
	t.Parallel()
	if !pgtest.All() {
		t.Skip("two servers of its own: SYNCER_TEST_ALL=1")
	}
	primary := pgtest.Server(t)
	s := openURL(t, primary.URL())
	standby, err := pgxpool.New(t.Context(), primary.Standby(t).URL())
	require.NoError(t, err)
	defer standby.Close()
	ask := func(q interface {
		QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	}, sql string,
	) (changes int64, until *time.Time) {
		require.NoError(t, q.QueryRow(t.Context(), sql).Scan(&changes, &until))
		return changes, until
	}
	const changes = "SELECT count(*), max(at) FROM alicloud.changes"
	sync := func(missing int64) {
		_, err := mergeAll(s, partition(&source.InstancePatchStates), []source.Row{patchRow("i-1", missing)})
		require.NoError(t, err)
	}
	follows := func(n int64) {
		pgtest.Await(t, func() bool { got, _ := ask(standby, changes); return got == n }, "the standby does not follow")
	}
	sync(1)
	follows(1)
	execute := func(sql string) {
		_, err := standby.Exec(t.Context(), sql)
		require.NoError(t, err)
	}
	execute("SELECT pg_wal_replay_pause()")
	pgtest.Await(t, func() bool {
		var state string
		require.NoError(t, standby.QueryRow(t.Context(), "SELECT pg_get_wal_replay_pause_state()").Scan(&state))
		return state == "paused"
	}, "replay does not pause")
	sync(2)
	_, second := ask(s.Pool(), changes)
	require.NoError(t, pgx.BeginTxFunc(t.Context(), standby, pgx.TxOptions{IsoLevel: pgx.RepeatableRead}, func(tx pgx.Tx) error {
		n, _ := ask(tx, changes)
		require.EqualValues(t, 1, n)
		execute("SELECT pg_wal_replay_resume()")
		follows(2)
		n, until := ask(tx, "SELECT count(*), alicloud.settled_at() FROM alicloud.changes")
		require.EqualValues(t, 1, n)
		require.True(t, until.Before(*second), "%s is settled, and the change at %s is not shown", until, second)
		return nil
	}))
}
