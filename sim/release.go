package sim

import "strconv"

// A release is one version of the agent. A new one comes about every ten days. Its batches
// upgrade the fleet one after the other; the last batch also upgrades by force all servers
// that are left.
type release struct {
	chance
	number  int64
	created millis
	next    millis // time of the next release
}

const (
	releasePeriod = 10 * day
	forcedAfter   = 7 * day // after the release's creation
	lastBatch     = 1<<31 - 1
)

const publishing topic = 500

// releaseAt returns the latest release at t. It is the same for all accounts.
func (f *Fleet) releaseAt(t millis) release {
	now := turnAt(f.seed.of(publishing), releasePeriod, t)
	return release{now.chance, now.number, now.since, now.till}
}

// version returns a version such as 12.10.9. It rises with every release.
func (r release) version() string {
	return strconv.FormatInt(r.number/240+4, 10) + "." + strconv.FormatInt(r.number/12%20, 10) + "." + strconv.FormatInt(r.number%12, 10)
}

// batchCount is from 3 to 5.
func (r release) batchCount() int { return 3 + r.of(0).below(3) }

// interval is the time between the starts of two batches. All batches except the last are
// complete before the last one starts.
func (r release) interval() millis { return pick(r.of(1), []millis{12, 24, 36}) * hour }

// Status of a batch or a release.
const (
	notStarted = iota
	underWay
	published
	suspended
	forced
)

// A batch is a part of the fleet's servers.
type batch struct {
	release
	index, total int
	starts, ends millis
	servers      int
}

func (v *view) batch(r release, i int) batch {
	b := batch{release: r, index: i, total: r.batchCount()}
	b.starts = r.created + 6*hour + millis(i)*r.interval()
	b.ends = b.starts + r.interval()*3/4
	if i == b.total-1 {
		b.starts = r.created + forcedAfter
		b.ends = b.starts + 12*hour
	}
	// The first batch is small, as a test; the others share the rest.
	all := v.inService(v.region, r.created)
	b.servers = all / 20
	if i > 0 {
		b.servers = (all - all/20) / (b.total - 1)
	}
	return b
}

// at returns the state of a batch at t: its status and how many servers are upgraded.
func (b batch) at(t millis) (status, upgraded int64) {
	span := b.ends - b.starts
	// Some batches are suspended halfway.
	if stop := b.starts + span*2/5; b.of(uint64(10+b.index)).under(0.15) && t >= stop && t < stop+span/5 {
		return suspended, int64(b.servers) * 2 / 5
	}
	switch {
	case t < b.starts:
		return notStarted, 0
	case t >= b.ends:
		return published, int64(b.servers)
	case b.index == b.total-1:
		status = forced
	default:
		status = underWay
	}
	return status, int64(b.servers) * int64(t-b.starts) / int64(span)
}

// batches answers ListPublishBatch: the batches of one version.
func (v *view) batches(version string) Listing {
	r := v.releaseAt(v.now)
	for r.version() != version {
		if r.created < v.now-v.keep {
			return Items{}
		}
		r = v.releaseAt(r.created - 1)
	}
	all := generated{r.batchCount(), func(dst []byte, i int) []byte {
		return v.appendBatch(dst, v.batch(r, i))
	}}
	return v.narrow(all, func(i int, name string) string {
		if name == "Version" {
			return version
		}
		return batch{index: i}.name()
	})
}

func (b batch) name() string { return "Release Batch " + strconv.Itoa(b.index+1) }

func (v *view) appendBatch(dst []byte, b batch) []byte {
	status, upgraded := b.at(v.now)
	number := int64(b.index + 1)
	if b.index == b.total-1 {
		number = lastBatch
	}
	// Each account and region has batches of its own.
	id := int64(v.account.of(publishing).of(uint64(chanceOf(v.region))).below(900))*1_000_000 + b.number*10 + int64(b.index)
	return open(dst).
		text("Version", b.version()).
		text("BatchName", b.name()).
		int("BatchId", id).
		int("BatchNo", number).
		int("BatchTotal", int64(b.total)).
		int("BatchInterval", int64(b.interval()/hour)).
		int("BatchProcess", upgraded).
		int("Status", status).
		int("OperationBase", int64(v.account.of(publishing).of(uint64(b.index)).below(3))).
		close()
}

// agentVersion answers GetCurrentVersionPublish: the state of the latest release.
func (v *view) agentVersion() Listing {
	r := v.releaseAt(v.now)
	last := v.batch(r, r.batchCount()-1)
	current, status := v.releaseAt(r.created-1).version(), int64(notStarted)
	for i := range r.batchCount() {
		if now, _ := v.batch(r, i).at(v.now); now != notStarted {
			status = now
		}
	}
	if v.now >= last.ends {
		current = r.version()
	} else if status == published {
		status = underWay // the next batch has not started yet
	}
	return generated{1, func(dst []byte, _ int) []byte {
		return open(dst).
			text("CurVersion", current).
			text("UpgradeVersion", r.version()).
			text("LatestVersion", r.version()).
			int("LatestVersionCreate", int64(r.created)).
			text("LatestVersionDesc", "Improves detection and fixes known issues.").
			int("ForceUpgradeTime", int64(last.starts)).
			int("PublishStatus", status).
			int("GraySwitchStatus", 1).
			bool("BigCustomer", v.servers >= 10_000).
			int("AutoUpgrade", 1).
			close()
	}}
}
