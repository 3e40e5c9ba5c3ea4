package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
	"syncer/source"
	"syncer/store"
)

// TestOrphansEndWhateverTheClocks: whether parents have changed is told by their
// partition's generation, not by comparing moments of two machines.
func TestOrphansEndWhateverTheClocks(t *testing.T) {
	t.Parallel()
	s := open(t)
	servers, statuses := &source.CloudCenterInstances, &source.AgentInstallStatuses
	server := func(uuids ...string) (rows []source.Row) {
		for _, uuid := range uuids {
			row := make(source.Row, len(servers.Columns)+1)
			row[servers.Index("uuid")] = source.TextValue(uuid)
			rows = append(rows, row)
		}
		return rows
	}
	child := func(p store.Partition, started time.Time, uuids ...string) store.MergeResult {
		y, err := s.Begin(t.Context(), p)
		require.NoError(t, err)
		defer y.Close(t.Context())
		w := y.List(&statuses.Sweeps[0], store.Scope{Values: uuids})
		for _, uuid := range uuids {
			row := make(source.Row, len(statuses.Columns)+1)
			row[statuses.Index("uuid")] = source.TextValue(uuid)
			_, err := w.Page(t.Context(), []source.Row{row})
			require.NoError(t, err)
		}
		w.Complete()
		run := run
		run.Started = started
		c, err := y.Merge(t.Context(), run)
		require.NoError(t, err)
		return c
	}

	t.Run("a worker that is ahead", func(t *testing.T) {
		ahead := time.Now().Add(2 * time.Minute)
		syncAll(t, s, partition(servers), server("u1", "u2"))
		child(partition(statuses), ahead, "u1", "u2")
		syncAll(t, s, partition(servers), server("u1"))
		require.EqualValues(t, 1, child(partition(statuses), ahead, "u1").Ended)
	})

	t.Run("between a moment and its commit", func(t *testing.T) {
		parents, children := partition(servers), partition(statuses)
		parents.AccountID, children.AccountID = "2", "2"
		syncAll(t, s, parents, server("u1", "u2"))
		child(children, time.Now(), "u1", "u2")

		// The parents' next merge has its moment, and waits before it commits.
		const gate = 42
		_, err := s.Pool().Exec(t.Context(), `CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock(42); RETURN NEW; END';
CREATE TRIGGER wait BEFORE UPDATE OF generation ON syncer.partitions FOR EACH ROW WHEN (NEW.source = 'cloud_center_instances') EXECUTE FUNCTION wait()`)
		require.NoError(t, err)
		holder, err := s.Pool().Acquire(t.Context())
		require.NoError(t, err)
		defer holder.Release()
		_, err = holder.Exec(t.Context(), "SELECT pg_advisory_lock($1)", gate)
		require.NoError(t, err)
		merged := make(chan store.MergeResult, 1)
		go func() { merged <- syncAll(t, s, parents, server("u1")) }()
		pgtest.Await(t, func() (waits bool) {
			require.NoError(t, holder.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))", gate).Scan(&waits))
			return waits
		})
		child(children, time.Now(), "u1")
		_, err = holder.Exec(context.WithoutCancel(t.Context()), "SELECT pg_advisory_unlock($1)", gate)
		require.NoError(t, err)
		<-merged
		require.EqualValues(t, 1, child(children, time.Now(), "u1").Ended)
	})
}
