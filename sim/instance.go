package sim

import (
	"encoding/json"
	"strconv"
	"strings"
)

// What servers are used for and what runs on them. Repetitions are weights.
var (
	roles = []string{
		"web", "web", "web", "api", "api", "api", "gateway", "order", "payment", "search", "recommend",
		"mysql", "redis", "kafka", "es", "k8s-node", "k8s-node", "worker", "worker", "jenkins", "bastion",
	}
	stages  = []string{"prod", "prod", "prod", "prod", "staging", "test", "dev"}
	systems = []system{
		{"Alibaba Cloud Linux 3.2104", "linux", "5.10.134-16.3.al8.x86_64", "pb-f9393021b7a049e1b34e", 0.42},
		{"CentOS 7.9 64-bit", "linux", "3.10.0-1160.119.1.el7.x86_64", "pb-445c3fd6dcf042f3b9b5", 0.14},
		{"Ubuntu 22.04 64-bit", "linux", "5.15.0-113-generic", "pb-1df2b5b3a7c84bd0a2f7", 0.20},
		{"Debian 12.5 64-bit", "linux", "6.1.0-18-amd64", "pb-7a90e2c1d5f14b4e8f33", 0.06},
		{"Anolis OS 8.8", "linux", "4.19.91-27.6.an8.x86_64", "pb-c2b64f0e9d7a4c11a6d0", 0.06},
		{"Windows Server 2022 Data Center 64-bit", "windows", "10.0.20348", "pb-0e5d8b7f36a94c2f9c58", 0.08},
		{"Windows Server 2019 Data Center 64-bit", "windows", "10.0.17763", "pb-93d1a6c47be24f60b1e9", 0.04},
	}
	editions = []edition{{1, "Basic", 0.12}, {6, "Anti-virus", 0.13}, {5, "Advanced", 0.20}, {3, "Enterprise", 0.35}, {7, "Ultimate", 0.15}, {10, "Value-added Plan", 0.05}}
	shapes   = []struct{ cores, memMB int64 }{{2, 4096}, {2, 8192}, {4, 8192}, {4, 16384}, {4, 16384}, {8, 16384}, {8, 32768}, {16, 65536}, {32, 131072}}
	cpus     = []string{"Intel(R) Xeon(R) Platinum 8269CY CPU @ 2.50GHz", "Intel(R) Xeon(R) Platinum 8369B CPU @ 2.70GHz", "AMD EPYC 7T83 64-Core Processor"}
)

type system struct {
	name, family, kernel string
	baseline             string // ID of its patch baseline
	share                float64
}

// An edition is the protection of a server by Security Center: AuthVersion.
type edition struct {
	code  int64
	name  string
	share float64
}

// Indexes of the random values about servers.
const (
	hosting topic = 200 + iota
	addressing
	stopping
	disconnecting
	vulnerable
	alerting
	misconfigured
)

func (s *server) role() string  { return pick(s.kind.of(hosting).of(0), roles) }
func (s *server) stage() string { return pick(s.kind.of(hosting).of(1), stages) }

// hostname stays the same if a slot gets another server, as in an autoscaling group.
func (s *server) hostname() string {
	n := strconv.Itoa(s.slot + 1)
	zeros := "000"[:max(0, 4-len(n))]
	return s.stage() + "-" + s.role() + "-" + places[s.place].short + "-" + zeros + n
}

func (s *server) system() *system {
	luck := s.of(hosting).of(2).share()
	for i := range systems {
		if luck -= systems[i].share; luck < 0 {
			return &systems[i]
		}
	}
	return &systems[0]
}

func (s *server) edition() edition {
	luck := s.of(hosting).of(3).share()
	for _, e := range editions {
		if luck -= e.share; luck < 0 {
			return e
		}
	}
	return editions[0]
}

func (s *server) intranetIP() string {
	c := s.of(addressing)
	return ip(172, 16+s.place, c.of(0).below(256), 1+c.of(1).below(254))
}

// internetIP is empty for most servers: they are behind a load balancer.
func (s *server) internetIP() string {
	c := s.of(addressing).of(2)
	if !c.under(0.2) {
		return ""
	}
	return ip(pick(c.of(0), []int{8, 39, 47, 120, 121}), 64+c.of(1).below(128), c.of(2).below(256), 1+c.of(3).below(254))
}

func ip(a, b, c, d int) string {
	out := make([]byte, 0, 15)
	for i, n := range [...]int{a, b, c, d} {
		if i > 0 {
			out = append(out, '.')
		}
		out = strconv.AppendInt(out, int64(n), 10)
	}
	return string(out)
}

// mac has the vendor prefix of Alibaba Cloud's network cards.
func (s *server) mac() string {
	hex := appendBase(nil, s.of(addressing).of(3), 6, 16)
	return "00:16:3e:" + string(hex[:2]) + ":" + string(hex[2:4]) + ":" + string(hex[4:])
}

// away reports whether t is in a pause, and when the pause began. In each turn of the given
// period a pause begins with probability p. It lasts at most most.
func (s *server) away(why topic, period millis, p float64, most, t millis) (since millis, is bool) {
	now := turnAt(s.of(why), period, t)
	pause := between(now.of(0), hour, most)
	return now.since, now.under(p) && now.since > s.born && t < now.since+pause
}

// risks are the counts of Security Center for a server. Each count changes every few
// months, so on each day one server in a hundred changes.
type risks struct{ vulnerabilities, asap, alerts, baselines, passwords int64 }

func (s *server) risks(t millis) risks {
	level := s.of(vulnerable)
	var r risks
	if level.under(0.65) {
		now := turnAt(level, 120*day, t)
		r.vulnerabilities = max(0, int64(level.of(2).below(24)+now.below(9)-4))
		r.asap = r.vulnerabilities * int64(now.of(0).below(30)) / 100
	}
	if now := turnAt(s.of(alerting), 90*day, t); now.under(0.06) {
		r.alerts = between(now.of(0), int64(1), 5)
	}
	if now := turnAt(s.of(misconfigured), 240*day, t); now.under(0.5) {
		r.baselines = between(now.of(0), int64(1), 18)
		r.passwords = int64(now.of(1).below(10) / 9)
	}
	return r
}

// instances answers DescribeCloudCenterInstances: all servers of a service region.
func (v *view) instances() Listing {
	all := generated{v.inService(v.region, v.now), func(dst []byte, i int) []byte {
		s := v.inServiceAt(v.region, i, v.now)
		return v.appendInstance(dst, &s)
	}}
	last, fields := -1, map[string]json.RawMessage(nil)
	return v.narrow(all, func(i int, name string) string {
		if i != last {
			last, fields = i, map[string]json.RawMessage{}
			_ = json.Unmarshal(all.item(nil, i), &fields) // it was made here, so it is valid
		}
		return plain(fields[name])
	})
}

func (v *view) appendInstance(dst []byte, s *server) []byte {
	where, sys, auth := &places[s.place], s.system(), s.edition()
	shape := pick(s.of(hosting).of(4), shapes)
	id, name, public, private := s.uuid(), s.hostname(), s.internetIP(), s.intranetIP()

	_, stopped := s.away(stopping, 200*day, 0.3, 4*day, v.now)
	client := s.client(v.now, stopped)
	var found risks
	if client.installed {
		found = s.risks(v.now)
	}

	o := open(dst).
		text("Uuid", id).
		text("InstanceId", s.instanceID()).
		text("InstanceName", name).
		text("InternetIp", public).
		text("IntranetIp", private)
	if public != "" {
		o = o.text("Ip", public).text("IpListString", public+","+private)
	} else {
		o = o.text("Ip", private).text("IpListString", private)
	}
	o = o.text("MacListString", s.mac()).
		text("Os", sys.family).text("OsName", sys.name).text("Kernel", sys.kernel).
		int("Cores", shape.cores).int("Mem", shape.memMB).text("CpuInfo", pick(s.of(hosting).of(5), cpus))

	if where.outside {
		o = o.text("Region", where.region).int("Vendor", 1+int64(s.kind.of(hosting).of(6).below(2))).
			text("VendorName", "OTHER").int("Flag", 1).text("FlagName", "OTHER")
	} else {
		zone := string('g' + rune(s.kind.of(hosting).of(6).below(4)))
		o = o.text("Region", where.region+"-"+zone).int("Vendor", 0).
			text("VendorName", "ALIYUN").int("Flag", 0).text("FlagName", "ALIYUN")
		o = append(o.key("VpcInstanceId"), `"vpc-`...)
		o = append(o, where.prefix...)
		o = append(appendBase(o, v.account.of(hosting).of(uint64(s.place)), 18, 36), '"')
	}
	o = o.text("RegionId", where.region).text("RegionName", v.word(where.name)).
		text("AssetType", "0").text("AssetTypeName", v.word("ECS"))
	if stopped {
		o = o.text("Status", "notRunning")
	} else {
		o = o.text("Status", "Running")
	}

	o = o.text("ClientStatus", client.status).text("ClientSubStatus", client.sub).
		int("LastLoginTimestamp", int64(client.seen(v.call.of(uint64(s.chance)), v.now))).
		int("CreatedTime", int64(s.born)).
		int("AuthVersion", auth.code).text("AuthVersionName", v.word(auth.name)).
		int("AuthModifyTime", int64(s.born+5*minute)).
		text("EdrAuthVersion", strconv.FormatInt(asInt(auth.name == "Ultimate"), 10)).text("FreeType", "").
		bool("Bind", auth.code != 1).
		int("PostPaidFlag", int64(s.kind.of(hosting).of(7).below(2)))

	group := int64(s.kind.of(hosting).of(0).below(len(roles)))
	o = o.int("GroupId", 11_500_000+group).text("GroupTrace", "All/"+s.stage()).
		text("Tag", s.stage()+","+s.role()).
		text("TagId", strconv.FormatInt(301_000+group, 10)).
		int("Importance", importance(s.stage())).
		int("ExposedStatus", asInt(public != ""))
	if node := strings.HasPrefix(s.role(), "k8s"); node {
		o = append(o.key("ClusterId"), `"c`...)
		o = append(appendBase(o, v.account.of(hosting).of(100+uint64(s.place)), 32, 16), '"')
		o = o.text("ClusterName", s.stage()+"-"+where.short).flag("HasContainer", true).int("PodCount", between(s.of(hosting).of(8), int64(4), 40))
	} else {
		o = o.text("ClusterId", "").text("ClusterName", "").flag("HasContainer", false).int("PodCount", 0)
	}

	o = o.int("VulCount", found.vulnerabilities).flag("VulStatus", found.vulnerabilities > 0).
		int("SafeEventCount", found.alerts).flag("AlarmStatus", found.alerts > 0).
		int("HealthCheckCount", found.baselines).flag("HcStatus", found.baselines > 0).
		flag("RiskStatus", found.vulnerabilities+found.alerts+found.baselines > 0).
		text("RiskCount", string(found.json()))
	return o.close()
}

// json returns the RiskCount of an instance, which is JSON in a string.
func (r risks) json() []byte {
	o := open(make([]byte, 0, 256)).
		int("account", 0).int("appNum", 0).int("asapVulCount", r.asap).
		int("baselineHigh", r.baselines/3).int("baselineMedium", r.baselines/3).
		int("baselineLow", r.baselines-2*(r.baselines/3)).int("baselineNum", r.baselines).
		int("cmsNum", 0).int("cveNum", r.vulnerabilities).int("emgNum", 0).int("health", r.baselines).
		int("laterVulCount", (r.vulnerabilities-r.asap)/2).int("nntfVulCount", (r.vulnerabilities-r.asap+1)/2).
		int("remindNum", 0).int("scaNum", 0).int("seriousNum", r.alerts/2).int("suspicious", r.alerts).
		int("suspNum", r.alerts-r.alerts/2).int("sysNum", 0).int("trojan", 0).
		int("vul", r.vulnerabilities).int("weakPWNum", r.passwords)
	return o.close()
}

// importance of the asset: 2 important, 1 normal, 0 test.
func importance(stage string) int64 {
	switch stage {
	case "prod":
		return 2
	case "staging":
		return 1
	}
	return 0
}

func asInt(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
