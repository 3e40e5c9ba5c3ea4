package sim

import "strconv"

// A check run can start in every quarter of a day: one is scheduled, at night in China; the
// others are started by people.
const (
	checkSlot  = 6 * hour
	checkLimit = 3 * hour // a run that takes longer times out
)

const checking topic = 700

// Status codes of a check run.
const (
	checkWaiting = iota
	checkRunning
	checkDone
	checkTimedOut
)

// A check is an operation process.
type check struct {
	chance
	id                     string // as it is answered
	kind, source           string
	created, started, ends millis
	total                  int64 // check items
	timesOut               bool
}

// check returns the n-th check run of a service region, if it exists.
func (v *view) check(n int64) (check, bool) {
	c := v.account.of(checking).of(uint64(chanceOf(v.region))).of(uint64(n))
	k := check{chance: c, total: 337, created: millis(n)*checkSlot + between(c.of(0), 0, checkSlot).floor(second)}
	switch {
	case n%4 == 3: // from 18:00 UTC, 2:00 in China
		k.kind = "CHECK_SCHEDULE"
		if n/4%7 == 0 {
			k.kind = "CHECK_ALL"
		}
	case c.of(1).under(0.4):
		k.kind = pick(c.of(2), []string{"CHECK_POLICY", "CHECK_POLICY", "CHECK_ITEM", "CHECK_INSTANCE"})
		k.total = between(c.of(3), int64(5), 120)
	default:
		return check{}, false
	}
	k.id = uuid(uint64(c.of(4)), uint64(c.of(5)), 4)
	if c.of(6).under(0.25) {
		k.id += "\n" // the real cloud sends a line break, as in its page's example
	}
	if c.of(7).under(0.15) {
		k.source = "YAO_CHI"
	}
	k.started = k.created + between(c.of(8), 5*second, 5*minute).floor(second)
	k.timesOut = c.of(9).under(0.03)
	k.ends = k.started + (10*minute + millis(k.total)*between(c.of(10), 2*second, 12*second)).floor(second)
	if k.timesOut {
		k.ends = k.started + checkLimit
	}
	return k, true
}

// at returns the state of a run at t: its status and how many items are checked.
func (k *check) at(t millis) (status, done int64) {
	switch {
	case t < k.started:
		return checkWaiting, 0
	case t < k.ends:
		return checkRunning, k.total * int64(t-k.started) / int64(k.ends-k.started) * 9 / 10
	case k.timesOut:
		return checkTimedOut, k.total * 9 / 10
	}
	return checkDone, k.total
}

// checks answers ListOperationProcess, the latest first.
func (v *view) checks() Listing {
	var list []check
	for n := int64(v.now / checkSlot); millis(n+1)*checkSlot > v.now-v.keep; n-- {
		if k, ok := v.check(n); ok && k.created <= v.now && k.created > v.now-v.keep {
			list = append(list, k)
		}
	}
	all := generated{len(list), func(dst []byte, i int) []byte { return list[i].append(dst, v.now) }}
	return v.narrow(all, func(i int, name string) string { return list[i].field(name, v.now) })
}

// field returns a field as text, for the filters.
func (k *check) field(name string, t millis) string {
	status, _ := k.at(t)
	switch name {
	case "TaskId":
		return k.id
	case "TaskType":
		return k.kind
	case "TaskSource":
		return k.source
	case "StatusCode":
		return strconv.FormatInt(status, 10)
	case "CreateTime":
		return strconv.FormatInt(int64(k.created), 10)
	case "EndTime":
		if t >= k.ends {
			return strconv.FormatInt(int64(k.ends), 10)
		}
	}
	return ""
}

func (k *check) append(dst []byte, t millis) []byte {
	status, done := k.at(t)
	parts := k.total/30 + 1
	o := open(dst).
		text("TaskId", k.id).text("TaskType", k.kind).text("TaskSource", k.source).
		int("StatusCode", status).int("TotalCount", k.total).int("FinishCount", done).
		int("DetailTaskTotalCount", parts).int("DetailTaskReadyCount", parts*done/k.total).
		int("CreateTime", int64(k.created))
	// A time in the future is 0, or the field is missing.
	if status == checkWaiting {
		return o.close()
	}
	o = o.int("StartTime", int64(k.started))
	if t < k.ends {
		return o.int("EndTime", 0).close()
	}
	return o.int("EndTime", int64(k.ends)).close()
}
