package alert

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestAlertsOfAnotherConfiguration: a process keeps the open alerts of what it does
// not know.
func TestAlertsOfAnotherConfiguration(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	at := func(account string) (Partition, openAlert) {
		return Partition{Source: "agent_versions", Account: account, Region: "cn-hangzhou"},
			openAlert{Source: "agent_versions", Account: account, Region: "cn-hangzhou", Trouble: Failing, Since: time.Now()}
	}
	mine, alert := at("mine")
	theirs, other := at("theirs")
	var open []openAlert
	keep := func(p Partition, list ...openAlert) {
		require.NoError(t, inRound(t.Context(), s.Pool(), 0, func(r *round) (err error) {
			if err := r.replaceAlerts(t.Context(), []Partition{p}, list); err != nil {
				return err
			}
			open, err = r.openAlerts(t.Context())
			return err
		}))
	}
	keep(mine, alert)
	keep(theirs, other)
	require.Len(t, open, 2)
	keep(mine)
	require.Len(t, open, 1)
	require.Equal(t, "theirs", open[0].Account)
}
