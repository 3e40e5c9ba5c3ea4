package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
	"syncer/source"
	"syncer/store"
)

// TestMonthIsMadeBesideAnother: what another transaction puts into the default
// partition while a month is made finds its place in it, and fails no merge.
func TestMonthIsMadeBesideAnother(t *testing.T) {
	t.Parallel()
	url := migrated.URL(t)
	first, err := store.Open(t.Context(), url, store.Options{})
	require.NoError(t, err)
	t.Cleanup(first.Close)
	p := partition(&source.InstancePatchStates)
	syncAll(t, first, p, []source.Row{patchRow("i-1", 1)})
	now := time.Now().UTC()
	next := time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC)
	month := "syncer.instance_patch_states" + next.Format("_2006_01")
	_, err = first.Pool().Exec(t.Context(), "DROP TABLE "+month)
	require.NoError(t, err)

	other, err := first.Pool().Begin(t.Context())
	require.NoError(t, err)
	_, err = other.Exec(t.Context(), `CREATE TEMPORARY TABLE ended ON COMMIT DROP AS SELECT * FROM syncer.instance_patch_states`)
	require.NoError(t, err)
	_, err = other.Exec(t.Context(), "UPDATE ended SET valid_to = $1", next.Add(time.Hour))
	require.NoError(t, err)
	_, err = other.Exec(t.Context(), "INSERT INTO syncer.instance_patch_states SELECT * FROM ended")
	require.NoError(t, err)

	second, err := store.Open(t.Context(), url, store.Options{Name: "second"}) // which does not know the months
	require.NoError(t, err)
	t.Cleanup(second.Close)
	merged := make(chan struct{})
	go func() {
		defer close(merged)
		syncAll(t, second, p, []source.Row{patchRow("i-1", 2)})
	}()
	pgtest.Await(t, func() bool {
		var waits bool
		err := first.Pool().QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'syncer second' AND wait_event_type = 'Lock' AND datname = current_database())").Scan(&waits)
		return err == nil && waits
	})
	require.NoError(t, other.Commit(t.Context()))
	<-merged
	var there, strays int
	require.NoError(t, first.Pool().QueryRow(t.Context(), "SELECT (SELECT count(*) FROM syncer.instance_patch_states WHERE valid_to = $1), (SELECT count(*) FROM syncer.instance_patch_states_default)", next.Add(time.Hour)).Scan(&there, &strays))
	require.Equal(t, 1, there)
	if t.Failed() {
		return
	}
	require.Zero(t, strays)
}

// TestProcessesWithLongNames: two processes whose names differ at the end have
// sessions of different names, and what is no name of one is that of no other.
func TestProcessesWithLongNames(t *testing.T) {
	t.Parallel()
	url := migrated.URL(t)
	seen := map[string]bool{}
	for _, end := range []string{"7/1", "7/2"} {
		s, err := store.Open(t.Context(), url, store.Options{Name: "syncer-production-security-centre-of-the-whole-company-5d9c7b6f4d-x2x7q/" + end})
		require.NoError(t, err)
		t.Cleanup(s.Close)
		var name string
		require.NoError(t, s.Pool().QueryRow(t.Context(), "SELECT current_setting('application_name')").Scan(&name))
		require.Len(t, name, 63)
		seen[name] = true
	}
	require.Len(t, seen, 2)
}

// TestUnknownTimezone: one that the server does not know is told with what to do.
func TestUnknownTimezone(t *testing.T) {
	t.Parallel()
	s := open(t)
	c, err := s.CheckZone(t.Context(), "Europe/Berlin")
	require.NoError(t, err)
	require.Empty(t, c.Remedy)
	c, err = s.CheckZone(t.Context(), "Mars/Olympus_Mons")
	require.NoError(t, err)
	require.Contains(t, c.Remedy, "time zone data")
	_, err = s.SetTimezone(t.Context(), "Mars/Olympus_Mons")
	require.ErrorIs(t, err, store.ErrTimezone)
	require.ErrorContains(t, err, "the server does not know Mars/Olympus_Mons; update its time zone data")
}
