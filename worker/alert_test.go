package worker

import (
	"testing"
	"time"

	"github.com/robfig/cron/v3"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"syncer/store"
	"syncer/store/report"
)

// stateOf is a partition whose last run ended so, a letter for each: ok, failed,
// refused, held, incomplete, late; never, and never though it should have.
func stateOf(letter rune) State {
	name := "production"
	s := State{Freshness: report.Freshness{Source: "agentless_tasks", AccountName: &name, RegionID: "cn-hangzhou"}, State: Fresh}
	status, code := map[rune]string{'o': "ok", 'f': "failed", 'r': "failed", 'h': "held", 'i': "incomplete", 'l': "ok"}[letter], "InternalError"
	if letter == 'r' {
		code = "NoPermission"
	}
	s.LastStatus, s.LastErrorCode, s.Late = &status, &code, letter == 'l'
	if letter == 'n' || letter == 'N' {
		s.State, s.LastStatus, s.Late, s.overdue = Never, nil, true, letter == 'N'
	}
	return s
}

// TestAlerts: a letter is the partition's state in one minute; what is told then
// follows, in the order of time.
func TestAlerts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, minutes string
		want          []string
	}{
		{"all is well", "oooooiiin", nil},
		{"one failure", "ofooooooo", nil},
		{"it lasts", "offfffffffff", []string{"failing"}},
		{"and ends", "offffffooooooo", []string{"failing", "failing resolved"}},
		{"failures that come and go", "ofofofofofofofof", nil},
		{"an end that does not last", "offffffoofoofoofffffoooooooo", []string{"failing", "failing resolved"}},
		{"a permission is lost", "orrrr", []string{"permission"}},
		{"and regained", "orrrrooooooooorrr", []string{"permission", "permission resolved", "permission"}},
		{"held", "oohhhoooooooo", []string{"held", "held resolved"}},
		{"late", "olllllllll", []string{"late"}},
		{"never synced", "nnnnnnNNNNNNNNoooooooo", []string{"late", "late resolved"}},
		{"never synced, and a process that has just begun does not know", "NNNNNNNnnnnnnnnnnNNNNN", []string{"late"}},
		{"never synced, and then failing", "nnnnNNfffffffffff", []string{"failing"}},
		{"failing, and then late", "offffffffillllllll", []string{"failing"}},
		{"failing, and then refused", "offffffffrrrrr", []string{"failing", "permission"}},
		{"refused, and then failing", "orrrrrffffffffoooooooo", []string{"permission", "permission resolved"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, toldMinutes(c.minutes))
		})
	}
}

func toldMinutes(minutes string) (told []string) {
	var open []store.Alert
	now := time.Date(2026, 5, 3, 12, 0, 0, 0, time.UTC)
	for _, letter := range minutes {
		var tell []news
		open, tell = judge([]State{stateOf(letter)}, open, now, 5*time.Minute)
		for _, n := range tell {
			what := n.Problem
			if n.resolved {
				what += " resolved"
			}
			told = append(told, what)
		}
		now = now.Add(time.Minute)
	}
	return told
}

// TestAlertsAlternate: whatever comes, a trouble is resolved only after it was told,
// and told again only after it was resolved or another was told.
func TestAlertsAlternate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		minutes := rapid.StringOfN(rapid.RuneFrom([]rune("oooofrhilnN")), 1, 200, -1).Draw(t, "minutes")
		last := ""
		for _, what := range toldMinutes(minutes) {
			if over := what == last+" resolved"; over {
				last = ""
				continue
			}
			require.NotContains(t, what, "resolved")
			require.NotEqual(t, last, what)
			last = what
		}
	})
}

// TestAlertOfWhatWasNeverSynced: it is late once a whole turn of its schedule has
// passed since this process began, and its sync has had its time; what was synced never is so.
func TestAlertOfWhatWasNeverSynced(t *testing.T) {
	t.Parallel()
	for spec, first := range map[string]time.Duration{"@every 30m": 30 * time.Minute, "0 4 * * *": 24 * time.Hour} {
		schedule, err := cron.ParseStandard(spec)
		require.NoError(t, err)
		began := time.Date(2026, 5, 3, 3, 59, 0, 0, time.UTC) // shortly before a tick
		at := func(state string, after time.Duration) bool {
			list := []State{{State: state, schedule: schedule}}
			overdue(list, after, began.Add(after))
			return trouble(list[0]) == troubleLate
		}
		require.False(t, at(Never, first), spec)
		require.False(t, at(Never, first+5*time.Minute), spec)
		require.True(t, at(Never, first+6*time.Minute), spec)
		require.False(t, at(Fresh, first+48*time.Hour), spec)
	}
}
