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

	// What comes after the last merge tells the standby that nothing before it is to come.
	ended := time.Now()
	pgtest.Await(t, func() bool {
		_, err := s.Pool().Exec(context.WithoutCancel(t.Context()), "UPDATE syncer.settings SET timezone = timezone")
		require.NoError(t, err)
		require.NoError(t, step())
		return last.After(ended)
	}, "the standby does not follow")
	all, err := texts(t.Context(), s.Pool(), happenedBefore, time.Time{}, time.Now().Add(time.Hour))
	require.NoError(t, err)
	require.NotEmpty(t, all)
	require.ElementsMatch(t, all, steps)
}
