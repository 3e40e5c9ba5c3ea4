package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"syncer/source"
	"syncer/store"
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
		all, err := s.Freshness(ctx)
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
	require.NoError(t, s.Retire(ctx, []store.Configured{configured}))
	require.Equal(t, both[1:], seen())
	require.NoError(t, s.Retire(ctx, []store.Configured{configured, other}))
	require.Equal(t, both, seen())

	// A process with another configuration brings its own back, each time it syncs.
	require.NoError(t, s.Retire(ctx, []store.Configured{configured}))
	require.NoError(t, s.RecordFailure(ctx, goes, store.Run{Trigger: "manual", Started: time.Now()}, store.Failure{Message: "m"}))
	require.Equal(t, both[1:], seen(), "by hand, it stays away")
	require.NoError(t, s.RecordFailure(ctx, goes, store.Run{Trigger: "schedule", Started: time.Now()}, store.Failure{Message: "m"}))
	require.Equal(t, both, seen())

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
