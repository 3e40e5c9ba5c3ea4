package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"syncer/source"
	"syncer/store"
	"syncer/store/report"
)

// TestFreshnessIsOfWhatIsConfigured: what the configuration no longer has is not
// late for ever, and an account whose credentials were never accepted is there, until
// they are.
func TestFreshnessIsOfWhatIsConfigured(t *testing.T) {
	t.Parallel()
	s := open(t)
	ctx := t.Context()
	stays, goes := partition(&source.InstancePatchStates), partition(&source.AgentVersions)
	syncAll(t, s, stays, []source.Row{patchRow("i-1", 1)})
	syncAll(t, s, goes, nil)
	seen := func() (list []string) {
		all, err := report.Of(s).Freshness(ctx)
		require.NoError(t, err)
		for _, f := range all {
			list = append(list, f.Source+" "+*f.AccountName+" "+f.AccountID)
		}
		return list
	}
	configured := store.Configured{Source: stays.Source.Name, AccountName: stays.AccountName, RegionID: stays.RegionID}
	other := store.Configured{Source: goes.Source.Name, AccountName: goes.AccountName, RegionID: goes.RegionID}
	both := []string{"agent_versions " + goes.AccountName + " " + goes.AccountID, "instance_patch_states " + stays.AccountName + " " + stays.AccountID}
	require.Equal(t, both, seen())
	require.NoError(t, s.Retire(ctx, []store.Configured{configured}, true))
	require.Equal(t, both[1:], seen())
	require.NoError(t, s.Retire(ctx, []store.Configured{configured, other}, true))
	require.Equal(t, both, seen())

	// A process with another configuration brings its own back, each time it syncs.
	for _, trigger := range []string{"schedule", "manual", "dependency"} {
		require.NoError(t, s.Retire(ctx, []store.Configured{configured}, true))
		require.Equal(t, both[1:], seen())
		require.NoError(t, s.RecordFailure(ctx, goes, store.Run{Trigger: trigger, Started: time.Now()}, store.Failure{Message: "m"}))
		require.Equal(t, both, seen(), trigger)
	}

	unknown := stays
	unknown.AccountID, unknown.AccountName = "", "never-accepted"
	require.NoError(t, s.RecordFailure(ctx, unknown, store.Run{Trigger: "schedule", Started: time.Now(), NextDue: time.Now().Add(time.Hour)}, store.Failure{Code: "SignatureDoesNotMatch", Message: "m"}))
	require.ElementsMatch(t, append(both, "instance_patch_states never-accepted "), seen())
	unknown.AccountID = "7"
	syncAll(t, s, unknown, nil)
	require.ElementsMatch(t, append(both, "instance_patch_states never-accepted 7"), seen(), "once it is accepted, it is there once")
	unknown.AccountID, unknown.AccountName = "", "long-gone"
	require.NoError(t, s.RecordFailure(ctx, unknown, store.Run{Trigger: "schedule", Started: time.Now(), NextDue: time.Now().AddDate(0, 0, -2)}, store.Failure{Message: "m"}))
	require.Len(t, seen(), 3, "what is tried no more is not late for ever")
}

// TestNamesFollowIDs: an account that is called otherwise stays what it is, whoever
// called it so, and two may change their names for each other's.
func TestNamesFollowIDs(t *testing.T) {
	t.Parallel()
	s := open(t)
	ctx := t.Context()
	src := &source.InstancePatchStates
	one, two := partition(src), partition(src)
	one.AccountID, one.AccountName, two.AccountID, two.AccountName = "1", "a", "2", "b"
	syncAll(t, s, one, []source.Row{patchRow("i-1", 1)})
	syncAll(t, s, two, []source.Row{patchRow("i-2", 1)})
	names := func() map[string]string {
		rows, err := report.Of(s).Accounts(ctx)
		require.NoError(t, err)
		names := map[string]string{}
		for _, r := range rows {
			names[r.ID] = r.Name
		}
		return names
	}
	_, err := s.Pool().Exec(ctx, "UPDATE syncer.accounts SET name = 'another process' WHERE account_id = '1'")
	require.NoError(t, err)
	syncAll(t, s, one, []source.Row{patchRow("i-1", 1)})
	require.Equal(t, map[string]string{"1": "a", "2": "b"}, names(), "a sync that finds nothing new repairs the name")

	configured := func(id, name string) store.Configured {
		return store.Configured{Source: src.Name, AccountID: id, AccountName: name, RegionID: one.RegionID}
	}
	require.NoError(t, s.Retire(ctx, []store.Configured{configured("1", "b"), configured("2", "a")}, true))
	require.Equal(t, map[string]string{"1": "b", "2": "a"}, names())
	left := func() (list []string) {
		rows, err := s.Partitions(ctx)
		require.NoError(t, err)
		for _, r := range rows {
			if r.RetiredAt != nil {
				list = append(list, r.AccountID)
			}
		}
		return list
	}
	require.Empty(t, left())
	require.NoError(t, s.Retire(ctx, []store.Configured{configured("1", "b"), configured("", "renamed")}, false))
	require.Empty(t, left(), "it may be the one that could not be asked")
	require.NoError(t, s.Retire(ctx, []store.Configured{configured("1", "b")}, true))
	require.Equal(t, []string{"2"}, left())
	var configuredNow bool
	require.NoError(t, s.Pool().QueryRow(ctx, "SELECT configured FROM alicloud.accounts WHERE account_id = '2' AND retired_at IS NOT NULL").Scan(&configuredNow))
	require.False(t, configuredNow)
}

// TestOnDemand: what is synced only where another source reads its table is configured,
// and never late, until it has a schedule again.
func TestOnDemand(t *testing.T) {
	t.Parallel()
	s := open(t)
	ctx := t.Context()
	p := partition(&source.InstancePatchStates)
	syncAll(t, s, p, []source.Row{patchRow("i-1", 1)})
	_, err := s.Pool().Exec(ctx, "UPDATE syncer.sync_runs SET next_due_at = now() - interval '1 day'")
	require.NoError(t, err)
	configured := store.Configured{Source: p.Source.Name, AccountID: p.AccountID, AccountName: p.AccountName, RegionID: p.RegionID}
	late := func() (late bool) {
		require.NoError(t, s.Pool().QueryRow(ctx, "SELECT late FROM alicloud.sync_freshness").Scan(&late))
		return late
	}
	since := func() (at time.Time) {
		require.NoError(t, s.Pool().QueryRow(ctx, "SELECT configured_at FROM alicloud.partitions").Scan(&at))
		return at
	}
	require.True(t, late())
	was := since()
	for _, onDemand := range []bool{true, false} {
		configured.OnDemand = onDemand
		require.NoError(t, s.Retire(ctx, []store.Configured{configured}, true))
		require.Equal(t, !onDemand, late())
		require.Equal(t, was, since())
	}
	asked := run
	asked.OnDemand = true
	require.NoError(t, s.RecordFailure(ctx, p, asked, store.Failure{Message: "no answer"}))
	require.False(t, late(), "as the run says, which was made for another source")
}
