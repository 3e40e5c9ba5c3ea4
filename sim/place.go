package sim

import (
	"math"
	"slices"
)

// A place is the servers of a region, or those outside Alibaba Cloud. It has numbered
// slots, and each slot has one server at a time. The number of slots only grows; the
// servers in them are replaced.
type place struct {
	region  string
	name    string // as the console shows it
	service string // the Security Center region that answers for it
	short   string // in host names
	prefix  string // of its instances' IDs
	share   float64
	outside bool // not ECS, so OOS does not know it
}

// oosRegions are the regions that OOS lists (DescribeRegions), with or without servers.
var oosRegions = []string{
	"ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3",
	"ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ap-southeast-8", "cn-beijing", "cn-beijing-finance-1",
	"cn-chengdu", "cn-fuzhou", "cn-guangzhou", "cn-hangzhou", "cn-hangzhou-finance", "cn-heyuan", "cn-heyuan-acdr-1",
	"cn-hongkong", "cn-huhehaote", "cn-nanjing", "cn-qingdao", "cn-shanghai", "cn-shanghai-finance-1", "cn-shenzhen",
	"cn-shenzhen-finance-1", "cn-wuhan-lr", "cn-wulanchabu", "cn-zhangjiakou", "cn-zhengzhou-jva", "eu-central-1",
	"eu-west-1", "me-central-1", "me-east-1", "na-south-1", "us-east-1", "us-southeast-1", "us-west-1",
}

// places are in the order in which Security Center lists servers.
var places = []place{
	{"cn-hangzhou", "China (Hangzhou)", "cn-hangzhou", "hz", "bp1", 0.31, false},
	{"cn-shanghai", "China (Shanghai)", "cn-hangzhou", "sh", "uf6", 0.22, false},
	{"cn-beijing", "China (Beijing)", "cn-hangzhou", "bj", "2ze", 0.16, false},
	{"cn-shenzhen", "China (Shenzhen)", "cn-hangzhou", "sz", "wz9", 0.07, false},
	{"outside-of-aliyun", "Outside Alibaba Cloud", "cn-hangzhou", "dc", "", 0.04, true},
	{"ap-southeast-1", "Singapore", "ap-southeast-1", "sg", "t4n", 0.10, false},
	{"us-east-1", "US (Virginia)", "ap-southeast-1", "use", "0xi", 0.06, false},
	{"eu-central-1", "Germany (Frankfurt)", "ap-southeast-1", "fra", "gw8", 0.04, false},
}

// slots returns how many slots a place has at t. At the epoch, all places together have
// exactly the fleet's servers. Later their number never falls.
func (v *view) slots(p int, t millis) int {
	added := float64(t-v.epoch)/float64(day)*v.growth*places[p].share + v.account.of(growing).of(uint64(p)).share()
	return max(0, v.slotsAtEpoch(p)+int(math.Floor(added)))
}

func (v *view) slotsAtEpoch(p int) int {
	before, through := 0.0, 0.0
	for i := range p + 1 {
		before, through = through, through+places[i].share
	}
	whole := float64(v.servers)
	return int(through*whole+0.5) - int(before*whole+0.5)
}

// opened returns when a slot was added; 0 for the slots that always existed.
func (v *view) opened(p, slot int) millis {
	base := v.slotsAtEpoch(p)
	if slot < base {
		return 0
	}
	days := (float64(slot+1-base) - v.account.of(growing).of(uint64(p)).share()) / (v.growth * places[p].share)
	return (v.epoch + millis(days*float64(day))).floor(second)
}

// inService returns how many servers a Security Center region answers for at t.
func (v *view) inService(region string, t millis) int {
	n := 0
	for p := range places {
		if places[p].service == region {
			n += v.slots(p, t)
		}
	}
	return n
}

// inServiceAt returns the i-th of these servers.
func (v *view) inServiceAt(region string, i int, t millis) server {
	for p := range places {
		if places[p].service != region {
			continue
		}
		n := v.slots(p, t)
		if i < n {
			return v.occupant(p, i, t)
		}
		i -= n
	}
	panic("sim: no such server") // callers stay below inService
}

// A server is the server in a slot during one turn.
type server struct {
	chance // of this server
	place  int
	slot   int
	nth    int64  // number of this server in its slot
	kind   chance // of the slot: what stays the same when its server is replaced
	born   millis
	fleet  chance // of the account
}

// occupant returns the server in a slot at t.
func (v *view) occupant(p, slot int, t millis) server {
	kind := v.account.of(slotting).of(uint64(p)).of(uint64(slot))
	now := turnAt(kind.of(renewing), lifetime(kind), t)
	// If the slot is younger than the server's turn, it got its first server when it was
	// added.
	born := max(now.since, v.opened(p, slot))
	return server{
		chance: kind.of(occupying).of(uint64(now.number)), place: p, slot: slot, nth: now.number,
		kind: kind, born: born, fleet: v.account,
	}
}

// lifetime returns how long the servers of a slot live: a few belong to autoscaling and
// live for days, most live for years.
func lifetime(kind chance) millis {
	c := kind.of(living)
	switch luck := c.share(); {
	case luck < 0.02:
		return between(c.of(0), 2*day, 9*day)
	case luck < 0.25:
		return between(c.of(0), 90*day, 240*day)
	default:
		return between(c.of(0), 300*day, 900*day)
	}
}

// Indexes of the random values about slots.
const (
	growing topic = 100 + iota
	slotting
	renewing
	occupying
	living
	naming
)

// uuid is the server's ID in Security Center. Its second half contains the slot and the
// number of the server, so find needs no table. Its first half proves that the fleet made
// the UUID.
func (s *server) uuid() string {
	low := scramble(uint64(s.place)<<56|uint64(s.slot)<<24|uint64(s.nth), s.fleet.of(naming))
	return uuid(uint64(s.fleet.of(naming).of(low)), low, 4)
}

// find returns the server with that UUID, if it exists at t.
func (v *view) find(id string, t millis) (server, bool) {
	low, ok := lowBits(id)
	if !ok {
		return server{}, false
	}
	n := unscramble(low, v.account.of(naming))
	p, slot, nth := int(n>>56), int(n>>24&(1<<32-1)), int64(n&(1<<24-1))
	if p >= len(places) || slot >= v.slots(p, t) {
		return server{}, false
	}
	s := v.occupant(p, slot, t)
	return s, s.nth == nth && s.uuid() == id
}

// lowBits returns the 62 bits in the second half of a UUID.
func lowBits(id string) (uint64, bool) {
	if len(id) != 36 || id[18] != '-' || id[23] != '-' {
		return 0, false
	}
	var low uint64
	for _, ch := range []byte(id[19:23] + id[24:]) {
		d := slices.Index([]byte("0123456789abcdef"), ch)
		if d < 0 {
			return 0, false
		}
		low = low<<4 | uint64(d)
	}
	return low & mask62, true
}

// instanceID is the server's ID as an ECS instance. For servers outside Alibaba Cloud it is
// their UUID.
func (s *server) instanceID() string {
	if places[s.place].outside {
		return s.uuid()
	}
	b := append(make([]byte, 0, 22), "i-"...)
	b = append(b, places[s.place].prefix...)
	return string(appendBase(b, s.of(naming), 17, 36))
}
