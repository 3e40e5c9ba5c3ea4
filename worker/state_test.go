package worker

import (
	"testing"
	"time"

	"github.com/robfig/cron/v3"
	"github.com/stretchr/testify/require"

	"syncer/store/report"
)

// TestStateOfWhatWasNeverSynced: it is late once a whole turn of its schedule has passed
// since it was configured, and its sync has had its time. What was synced never is so.
func TestStateOfWhatWasNeverSynced(t *testing.T) {
	t.Parallel()
	for spec, first := range map[string]time.Duration{"@every 30m": 30 * time.Minute, "0 4 * * *": 24 * time.Hour} {
		schedule, err := cron.ParseStandard(spec)
		require.NoError(t, err)
		configured := time.Date(2026, 5, 3, 3, 59, 0, 0, time.UTC) // shortly before a tick
		late := func(state string, after time.Duration) bool {
			s := State{State: state, schedule: schedule}
			return s.unsyncedTooLong(after, configured.Add(after))
		}
		require.False(t, late(Never, first), spec)
		require.False(t, late(Never, first+5*time.Minute), spec)
		require.True(t, late(Never, first+6*time.Minute), spec)
		require.False(t, late(Fresh, first+48*time.Hour), spec)
	}
}

// TestStateForAlerts: what a run's status and code mean to who is sent messages.
func TestStateForAlerts(t *testing.T) {
	t.Parallel()
	name := "production"
	for _, c := range []struct {
		status, code          string
		failed, refused, held bool
	}{
		{"ok", "", false, false, false},
		{"incomplete", "", false, false, false},
		{"held", "", false, false, true},
		{"failed", "InternalError", true, false, false},
		{"failed", "NoPermission", true, true, false},
		{"failed", "InvalidAccessKeyId.NotFound", true, true, false},
	} {
		s := State{Freshness: report.Freshness{AccountName: &name, LastStatus: &c.status, Late: true}, State: Failing}
		if c.code != "" {
			s.LastErrorCode = &c.code
		}
		p := s.forAlerts(time.Now())
		require.Equal(t, []bool{c.failed, c.refused, c.held, true, false}, []bool{p.Failed, p.Refused, p.Held, p.Late, p.Never}, c)
	}
}
