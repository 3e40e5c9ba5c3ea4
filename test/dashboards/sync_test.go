package dashboards

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"syncer/store"
	"syncer/worker"
)

// TestAccountNeverAccepted: Sync health shows an account whose key the cloud never
// accepted, whose ID nobody knows, with those that are chosen, and in no region else.
func TestAccountNeverAccepted(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	now := time.Now() // by which the view tells what is late
	h.now.Store(&now)
	h.add(t, "stranger", "key-of-nobody")
	c := *h.syncer.Config()
	stranger := c.Accounts[len(c.Accounts)-1]
	stranger.SecurityCenterRegions = []string{region}
	c.Accounts = []*worker.Account{c.Accounts[0], stranger}
	h.syncer.Configure(c)
	jobs := slices.DeleteFunc(h.syncer.Jobs(), func(j worker.Job) bool { return j.Source.Name != "agent_versions" })
	h.syncer.SyncAll(t.Context(), jobs, 4, func(r worker.Result) {
		require.Equal(t, r.Job.Account != stranger, r.Status == store.StatusOK, r.Message)
	})

	d, pool := load(t)["sync"], h.reader(t)
	v := all(t, pool, d, now)
	require.Equal(t, h.accounts[:1], v.variables["account"])
	shown := func(title string) answer {
		i := slices.IndexFunc(d.Panels, func(p panel) bool { return p.Title == title })
		return ask(t, pool, v, d.Panels[i].Targets[0].RawSQL)
	}
	for _, accounts := range [][]string{h.accounts[:1], {}} {
		v.variables["account"] = accounts
		for _, title := range []string{"Failing", "Late"} {
			require.EqualValues(t, 1, shown(title).rows[0][0], title)
		}
		require.Nil(t, shown("Oldest success").rows[0][0])
		first := shown("Partitions").rows[0]
		require.Equal(t, []any{"failed", "agent_versions", "stranger", region}, first[:4])
	}
	v.variables["region"] = []string{"ap-southeast-1"}
	require.EqualValues(t, 0, shown("Failing").rows[0][0])
}

// TestRegionsOfStrangers: where no account was ever accepted, there still is a region
// to choose, and so panels that say why.
func TestRegionsOfStrangers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	now := time.Now()
	h.now.Store(&now)
	c := *h.syncer.Config()
	c.Accounts = nil
	h.syncer.Configure(c)
	h.add(t, "stranger", "key-of-nobody")
	h.syncer.SyncAll(t.Context(), h.syncer.Jobs(), 4, func(r worker.Result) { require.Equal(t, store.StatusFailed, r.Status) })
	d := load(t)["sync"]
	i := slices.IndexFunc(d.Templating.List, func(v variable) bool { return v.Name == "region" })
	a := ask(t, h.reader(t), view{variables: map[string][]string{"account": {}}}, d.Templating.List[i].Query)
	require.Equal(t, []any{"ap-southeast-1", region, "cn-shanghai"}, a.column(0))
}
