package sim

import (
	"fmt"
	"sort"
	"strconv"
	"sync"
)

// Indexes of the random values about what is found on servers.
const (
	findings topic = 700 + iota
	patchNames
)

// A listedKind is what was counted on all servers of a service region at a moment.
type listedKind struct {
	account chance
	region  string
	now     millis
	kind    string
}

// counted are the servers that have something, and how much those before them have.
type counted struct {
	servers []int // by their number in the service region
	before  []int64
	all     int64
}

// A counts keeps the last counting: the pages of a listing are asked for one after the other,
// and to count takes a look at every server.
type counts struct {
	mu   sync.Mutex
	last map[listedKind]*counted
}

// mostCounts is how many countings are kept: of some accounts, regions and kinds at a time.
const mostCounts = 16

func (c *counts) of(kind listedKind, count func() *counted) *counted {
	c.mu.Lock()
	defer c.mu.Unlock()
	found, ok := c.last[kind]
	if !ok {
		if c.last == nil || len(c.last) >= mostCounts {
			c.last = map[listedKind]*counted{}
		}
		found = count()
		c.last[kind] = found
	}
	return found
}

// lately is what Security Center looks at: it looks every ten seconds. So the pages of a
// listing, and other listings meanwhile, share a counting.
func (v *view) lately() *view {
	seen := *v
	seen.now = v.now.floor(10 * second)
	return &seen
}

// foundOn makes a listing of what is found on the servers of a service region, each of which
// has as many as count says.
func (v *view) foundOn(kind string, count func(s *server) int64, item func(dst []byte, s *server, n int64) []byte) Listing {
	found := v.counts.of(listedKind{v.account, v.region, v.now, kind}, func() *counted {
		found := new(counted)
		for i := range v.inService(v.region, v.now) {
			s := v.inServiceAt(v.region, i, v.now)
			if n := count(&s); n > 0 {
				found.servers, found.before = append(found.servers, i), append(found.before, found.all)
				found.all += n
			}
		}
		return found
	})
	return generated{int(found.all), func(dst []byte, i int) []byte {
		at := sort.Search(len(found.before), func(k int) bool { return found.before[k] > int64(i) }) - 1
		s := v.inServiceAt(v.region, found.servers[at], v.now)
		return item(dst, &s, int64(i)-found.before[at])
	}}
}

// found are the risks that the agent of a server has found.
func (v *view) found(s *server) risks {
	_, stopped := s.away(stopping, 200*day, 0.3, 4*day, v.now)
	if !s.client(v.now, stopped).installed {
		return risks{}
	}
	return s.risks(v.now)
}

// identity is a number of the nth finding of a kind on a server.
func (s *server) identity(kind uint64, n int64) chance {
	return s.of(findings).of(kind).of(uint64(n))
}

// vulnerabilities answers DescribeVulList: those that the instance's RiskCount counts, on
// Linux as cve and on Windows as sys. One that is fixed is no longer listed.
func (v *view) vulnerabilities(kind, handled string) Listing {
	if handled == "y" || kind != "cve" && kind != "sys" {
		return Items{}
	}
	v = v.lately()
	return v.foundOn(kind, func(s *server) int64 {
		if windows := s.system().family == "windows"; windows != (kind == "sys") {
			return 0
		}
		return v.found(s).vulnerabilities
	}, func(dst []byte, s *server, n int64) []byte {
		found := v.found(s)
		necessity := "nntf"
		switch {
		case n < found.asap:
			necessity = "asap"
		case n < found.asap+(found.vulnerabilities-found.asap)/2:
			necessity = "later"
		}
		id := s.identity(0, n)
		year, number := 2023+id.of(0).below(3), 1000+id.of(1).below(48000)
		cve := fmt.Sprintf("CVE-%d-%d", year, number)
		first := s.born + between(id.of(2), hour, day).floor(second) // by the first scan
		sys := s.system()
		name := "SCA:" + cve
		if kind == "sys" {
			name = "KB" + strconv.Itoa(5_000_000+number)
		}
		return open(dst).
			int("PrimaryId", int64(id>>11)).text("Type", kind).text("Name", name).text("AliasName", cve+" security update").
			text("Related", cve).text("Necessity", necessity).int("Status", 1).text("Tag", "oval").
			text("Uuid", s.uuid()).text("InstanceId", s.instanceID()).text("InstanceName", s.hostname()).
			text("InternetIp", s.internetIP()).text("IntranetIp", s.intranetIP()).
			text("RegionId", places[s.place].region).text("OsName", sys.name).text("OsVersion", sys.family).
			int("FirstTs", int64(first)).int("LastTs", int64(v.now.floor(day))).int("ModifyTs", int64(first)).
			bool("Online", true).bool("RealRisk", id.of(3).under(0.1)).
			close()
	})
}

// alerts answers DescribeSuspEvents: those that the instance's RiskCount counts. None is
// handled: it is no longer listed once it was.
func (v *view) alerts(handled string) Listing {
	kinds := []struct{ event, shown, kind string }{
		{"login_common_location", "Login with unusual location", "Unusual Logon"},
		{"malware_miner", "Mining program", "Malicious Process"},
		{"webshell", "Webshell", "Webshell"},
		{"process_suspicious", "Suspicious command line", "Suspicious Process"},
	}
	if handled == "Y" {
		return Items{}
	}
	v = v.lately()
	return v.foundOn("alerts", func(s *server) int64 {
		return v.found(s).alerts
	}, func(dst []byte, s *server, n int64) []byte {
		now := turnAt(s.of(alerting), 90*day, v.now)
		found, id := v.found(s), s.identity(1, now.number*8+n)
		kind := pick(id.of(0), kinds)
		level := "suspicious"
		switch {
		case n < found.alerts/2:
			level = "serious"
		case id.of(1).under(0.3):
			level = "remind"
		}
		at := max(s.born, now.since) + millis(n)*minute
		return open(dst).
			int("Id", int64(id>>11)).text("AlarmEventName", kind.event).text("AlarmEventNameDisplay", kind.shown).
			text("AlarmEventType", kind.kind).text("AlarmEventTypeDisplay", kind.kind).text("Name", kind.kind+"-"+kind.shown).
			text("Level", level).int("EventStatus", 1).
			int("OccurrenceTimeStamp", int64(at)).int("LastTimeStamp", int64(at)).
			text("Uuid", s.uuid()).text("InstanceId", s.instanceID()).text("InstanceName", s.hostname()).
			text("InternetIp", s.internetIP()).text("IntranetIp", s.intranetIP()).
			close()
	})
}

// patchesOf answers ListInstancePatches: as many of each status as ListInstancePatchStates
// counts for the instance. A failed patch is missing, too, and is listed once.
func (v *view) patchesOf(instanceID string) Listing {
	for p := range places {
		if places[p].region != v.region || places[p].outside {
			continue
		}
		for i := range managed(v.slots(p, v.now)) {
			if s := v.occupant(p, i, v.now); s.instanceID() == instanceID {
				return s.patchList(v.now)
			}
		}
	}
	return Items{}
}

// patchList are the patches of a server: the newest are those that are missing.
func (s *server) patchList(t millis) Listing {
	st := s.patchState(t)
	missing := st.missing - min(st.failed, st.missing)
	parts := []struct {
		status string
		n      int64
	}{
		{"Installed", st.installed - min(st.rebooting, st.installed)},
		{"InstalledPendingReboot", st.rebooting},
		{"InstalledOther", st.other},
		{"InstalledRejected", st.rejected},
		{"Failed", st.failed},
		{"Missing", missing},
	}
	var all int64
	for _, p := range parts {
		all += p.n
	}
	return generated{int(all), func(dst []byte, i int) []byte {
		n, status := int64(i), ""
		for _, p := range parts {
			if status = p.status; n < p.n {
				break
			}
			n -= p.n
		}
		id := s.of(patchNames).of(uint64(i))
		title, kb := fmt.Sprintf("package-%d.x86_64:%d.%d", i, 1+id.of(0).below(9), id.of(1).below(20)), fmt.Sprintf("package-%d.x86_64", i)
		if s.system().family == "windows" {
			kb = "KB" + strconv.Itoa(5_000_000+i)
			title = "Security update (" + kb + ")"
		}
		o := open(dst).text("Title", title).text("KBId", kb).text("Classification", pick(id.of(2), []string{"Security", "Bugfix", "Enhancement"})).
			text("Severity", pick(id.of(3), []string{"Critical", "Important", "Moderate", "Low"})).text("Status", status)
		if status != "Missing" && status != "Failed" {
			o = o.iso("InstalledTime", max(s.born, st.ended-millis(1+id.of(4).below(300))*day))
		} else {
			o = o.text("InstalledTime", "")
		}
		return o.close()
	}}
}
