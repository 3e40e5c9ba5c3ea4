package sim

import (
	"strings"
	"time"
)

// FleetOptions describe a Fleet. Each zero value means the default.
type FleetOptions struct {
	Seed uint64
	// Servers is the number of servers of each account at the Epoch. Default: 1000.
	Servers int
	// Growth is the share of this number that is added per day. Default: 0.001.
	Growth float64
	// Epoch is when an account has exactly Servers. Answers can describe any time, also one
	// before the Epoch. Default: 2026-01-01.
	Epoch time.Time
	// Keep is how long finished scans, check runs and releases are listed.
	// Default: 90 days.
	Keep time.Duration
}

// A Fleet is a World in virtual time. Everything in it is a function of the seed, the
// account, the region, an index and the time. It stores nothing, so millions of servers
// need no memory, and the same question about the same time has the same answer in every
// process. Each account ID has its own fleet.
type Fleet struct {
	seed    chance
	servers int
	growth  float64 // servers per day, for the whole fleet
	epoch   millis
	keep    millis
	counts  counts
}

// NewFleet returns a Fleet.
func NewFleet(o FleetOptions) *Fleet {
	if o.Servers == 0 {
		o.Servers = 1000
	}
	if o.Growth == 0 {
		o.Growth = 0.001
	}
	if o.Epoch.IsZero() {
		o.Epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if o.Keep == 0 {
		o.Keep = 90 * 24 * time.Hour
	}
	return &Fleet{
		seed:    chance(0).of(o.Seed),
		servers: o.Servers,
		growth:  o.Growth * float64(o.Servers),
		epoch:   millis(o.Epoch.UnixMilli()),
		keep:    millis(o.Keep.Milliseconds()),
	}
}

// A view is the fleet of one account at one time, for one query.
type view struct {
	*Fleet
	account chance // made of the seed and the account's ID
	id      string // the account's
	region  string
	now     millis
	call    chance // differs in each call
	chinese bool   // Lang is zh, or was not sent
	filter  filter
}

// topic separates the random values of different questions about the same thing.
type topic = uint64

// List answers q.
func (f *Fleet) List(q Query) (Listing, error) {
	account := f.seed.of(uint64(chanceOf(q.AccountID)))
	v := &view{
		Fleet: f, account: account, id: q.AccountID, region: q.Region,
		now: millis(q.Now.UnixMilli()), call: account.of(uint64(q.Call)), filter: newFilter(q),
		chinese: q.Params.Get("Lang") != "en",
	}
	switch q.Action {
	case "DescribeCloudCenterInstances":
		return v.instances(), nil
	case "ListInstancePatchStates":
		return v.patchStates(), nil
	case "DescribeAgentInstallStatus":
		return v.installs(strings.Split(q.Params.Get("Uuids"), ",")), nil
	case "GetCurrentVersionPublish":
		return v.agentVersion(), nil
	case "ListPublishBatch":
		return v.batches(q.Params.Get("UpgradeVersion")), nil
	case "ListAgentlessTask":
		return v.scans(q), nil
	case "ListOperationProcess":
		return v.checks(), nil
	case "DescribeVulList":
		return v.vulnerabilities(q.Params.Get("Type"), q.Params.Get("Dealed")), nil
	case "DescribeSuspEvents":
		return v.alerts(q.Params.Get("Dealed")), nil
	case "ListInstancePatches":
		return v.patchesOf(q.Params.Get("InstanceId")), nil
	}
	return nil, ErrUnknown
}

// narrow applies the filter to a listing. Without a filter it costs nothing; with one, it
// looks at every item.
func (v *view) narrow(all generated, field func(i int, name string) string) generated {
	if v.filter.keepsAll() {
		return all
	}
	var kept []int
	for i := range all.len {
		if v.filter.keeps(func(name string) string { return field(i, name) }) {
			kept = append(kept, i)
		}
	}
	return generated{len(kept), func(dst []byte, i int) []byte { return all.item(dst, kept[i]) }}
}
