package alert

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// partitionIn is a partition whose last run ended so, a letter for each: ok, failed,
// refused, held, incomplete, late; never, and never though it should have.
func partitionIn(letter rune) Partition {
	return Partition{
		Source: "agentless_tasks", Account: "production", Region: "cn-hangzhou",
		Failed: letter == 'f' || letter == 'r', Refused: letter == 'r', Held: letter == 'h', Late: letter == 'l' || letter == 'N',
		Never: letter == 'n' || letter == 'N',
	}
}

// TestAlerts: a letter is the partition's state in one minute, and what follows is what
// is sent, in the order of time.
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
			require.Equal(t, c.want, messagesOf(c.minutes))
		})
	}
}

func messagesOf(minutes string) (sent []string) {
	var open []openAlert
	now := time.Date(2026, 5, 3, 12, 0, 0, 0, time.UTC)
	for _, letter := range minutes {
		var notices []notice
		open, notices = judge([]Partition{partitionIn(letter)}, open, now, 5*time.Minute)
		for _, n := range notices {
			what := n.Trouble
			if n.resolved {
				what += " resolved"
			}
			sent = append(sent, what)
		}
		now = now.Add(time.Minute)
	}
	return sent
}

// TestAlertsAlternate: whatever comes, the end of a trouble is sent only after the
// trouble was, and a trouble is sent again only after its end or another one was.
func TestAlertsAlternate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		minutes := rapid.StringOfN(rapid.RuneFrom([]rune("oooofrhilnN")), 1, 200, -1).Draw(t, "minutes")
		last := ""
		for _, what := range messagesOf(minutes) {
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
