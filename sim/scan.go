package sim

import (
	"slices"
	"strconv"
	"strings"
)

// Agentless scans start up to three times a day in each service region. A main task scans a
// range of servers, and has a subtask for each.
const (
	scanSlot   = 8 * hour
	scanWindow = 2 * hour // all subtasks of a main task start within it
	scanLimit  = 4 * hour // a subtask that takes longer times out
	maxScanned = 500      // servers of a main task
)

const scanning topic = 600

// Status of a task.
const (
	scanRunning = 1 + iota
	scanDone
	scanFailed
	scanTimedOut
)

// A scan is a main task or, if it has a server, a subtask.
type scan struct {
	chance
	root   string // TaskId of the main task
	id     string // TaskId
	main   bool
	starts millis
	ends   millis
	result int64 // Status, once ended
	target int64 // TargetType
	count  int   // subtasks of a main task
	first  int   // index of the first server
	server
}

// mainScan returns the n-th main task of a service region, if it exists.
func (v *view) mainScan(n int64) (scan, bool) {
	c := v.account.of(scanning).of(uint64(chanceOf(v.region))).of(uint64(n))
	s := scan{chance: c, main: true, starts: millis(n)*scanSlot + between(c.of(0), 0, 7*hour).floor(second)}
	all := v.inService(v.region, s.starts)
	if all == 0 || !c.of(1).under(0.85) {
		return scan{}, false
	}
	s.id = string(appendBase(nil, c.of(2), 32, 16))
	s.root = s.id
	s.target = scanTarget(c.of(3).share())
	s.count = min(max(3, all*between(c.of(4), 10, 30)/1000), maxScanned, all)
	s.first = c.of(5).below(all)
	s.settle(scanWindow + between(c.of(6), 20*minute, 60*minute))
	return s, true
}

// subScan returns the i-th subtask of a main task.
func (v *view) subScan(m *scan, i int) scan {
	c := m.of(100).of(uint64(i))
	all := v.inService(v.region, m.starts)
	s := scan{
		chance: c, root: m.id, id: string(appendBase(nil, c.of(2), 32, 16)), target: m.target,
		starts: (m.starts + minute + millis(i)*scanWindow/millis(m.count)).floor(second),
		server: v.inServiceAt(v.region, (m.first+i)%all, m.starts),
	}
	s.settle(between(c.of(6), 5*minute, 45*minute))
	return s
}

// settle decides how and when a task ends; takes is how long it runs if it succeeds.
func (s *scan) settle(takes millis) {
	switch luck := s.chance.of(7).share(); {
	case luck < 0.04:
		s.result, s.ends = scanFailed, s.starts+takes/2
	case luck < 0.06:
		s.result, s.ends = scanTimedOut, s.starts+scanLimit
	default:
		s.result, s.ends = scanDone, s.starts+takes
	}
	s.ends = s.ends.floor(second)
}

// at returns the state of a task at t: its status, and its progress in percent.
func (s *scan) at(t millis) (status, progress int64) {
	progress = int64(t-s.starts) * 100 / int64(s.ends-s.starts) / 5 * 5
	switch {
	case t < s.ends:
		return scanRunning, min(progress, 95)
	case s.result == scanDone:
		return scanDone, 100
	}
	return s.result, int64(between(s.chance.of(8), 1, 20)) * 5
}

// scans answers ListAgentlessTask: the main tasks, the latest first; or the subtasks that
// have begun, of the main tasks that the request names.
func (v *view) scans(q Query) Listing {
	wanted := func(id string) bool {
		for _, c := range v.filter.all {
			if c.field == "RootTaskId" && !c.fits(c.asked, id) {
				return false
			}
		}
		return true
	}
	var mains []scan
	for n := int64(v.now / scanSlot); millis(n+1)*scanSlot > v.now-v.keep; n-- {
		m, ok := v.mainScan(n)
		if ok && m.starts <= v.now && m.ends > v.now-v.keep && wanted(m.id) {
			mains = append(mains, m)
		}
	}
	if q.Params.Get("RootTask") != "false" {
		all := generated{len(mains), func(dst []byte, i int) []byte { return v.appendScan(dst, &mains[i]) }}
		return v.narrow(all, func(i int, name string) string { return mains[i].field(name, v.now) })
	}
	var through []int // for each main task: how many subtasks of it and of those before it have begun
	begun := 0
	for _, m := range mains {
		if since := v.now - m.starts - minute; since >= 0 {
			begun += min(m.count, int(since*millis(m.count)/scanWindow)+1)
		}
		through = append(through, begun)
	}
	at := func(i int) scan {
		n, _ := slices.BinarySearch(through, i+1)
		if n > 0 {
			i -= through[n-1]
		}
		return v.subScan(&mains[n], i)
	}
	all := generated{begun, func(dst []byte, i int) []byte {
		s := at(i)
		return v.appendScan(dst, &s)
	}}
	v.filter = v.filter.without("RootTask", "RootTaskId") // all of these match already
	return v.narrow(all, func(i int, name string) string {
		s := at(i)
		return s.field(name, v.now)
	})
}

// field returns a field as text, for the filters.
func (s *scan) field(name string, t millis) string {
	status, _ := s.at(t)
	switch name {
	case "RootTask":
		return strconv.FormatBool(s.main)
	case "RootTaskId":
		return s.root
	case "StartTime":
		return strconv.FormatInt(int64(s.starts), 10)
	case "Status":
		return strconv.FormatInt(status, 10)
	case "TargetType":
		return strconv.FormatInt(s.target, 10)
	}
	if s.main {
		return ""
	}
	switch name {
	case "Uuid":
		return s.uuid()
	case "InstanceName", "TargetName":
		return s.hostname()
	case "InternetIp":
		return s.internetIP()
	case "IntranetIp":
		return s.intranetIP()
	}
	return ""
}

// Kinds of targets: TargetType. If an image gets a security fix, the Extension of the
// subtask has more.
const (
	scanSnapshot    = 1
	scanImage       = 2
	scanNAS         = 5
	scanSecurityFix = 7
)

func scanTarget(luck float64) int64 {
	switch {
	case luck < 0.15:
		return scanImage
	case luck < 0.18:
		return scanSecurityFix
	case luck < 0.2:
		return scanNAS
	}
	return scanSnapshot
}

func (v *view) appendScan(dst []byte, s *scan) []byte {
	status, progress := s.at(v.now)
	o := open(dst).
		text("TaskId", s.id).text("TaskName", "AGENTLESS_SCAN").
		int("TargetType", s.target).int("Status", status).int("Progress", progress).
		int("StartTime", int64(s.starts))
	if status == scanRunning {
		o = o.int("EndTime", 0).text("Result", "")
	} else {
		o = o.int("EndTime", int64(s.ends)).text("Result", map[bool]string{true: "True", false: "False"}[status == scanDone])
	}
	if s.main {
		o = o.text("Uuid", "").text("InternetIp", "").text("IntranetIp", "").text("InstanceName", "").text("TargetName", "")
	} else {
		// The API sends InstanceId, although its page does not list it.
		o = o.text("Uuid", s.uuid()).text("InstanceId", s.instanceID()).
			text("InternetIp", s.internetIP()).text("IntranetIp", s.intranetIP()).
			text("InstanceName", s.hostname()).text("TargetName", s.hostname())
	}
	o = o.text("ProgressByProject", s.projects(status, progress))
	if s.target == scanSecurityFix && !s.main {
		o = o.object("Extension").text("vulnerabilityIds", strconv.FormatUint(uint64(s.chance.of(11))%1e6, 10)).
			text("outputImageName", s.hostname()+"-fixed").close()
	}

	report, size := "PREPARED", int64(0)
	switch status {
	case scanRunning:
		if progress >= 80 {
			report = "RUNNING"
		}
	case scanDone:
		report, size = "SUCCESS", between(s.chance.of(9), int64(800), 6_000_000)
	case scanFailed:
		report = "FAILED"
	case scanTimedOut:
		report = "TIMEOUT"
	}
	o = o.text("ReportStatus", report)
	if report == "SUCCESS" {
		o = o.text("ReportDownloadUrl", v.link(s))
	} else {
		o = o.text("ReportDownloadUrl", "")
	}
	return o.hundredths("MeasureSpace", size).close()
}

// projects returns the ProgressByProject: JSON in a string. For one task in five, the JSON
// is a string that contains JSON.
func (s *scan) projects(status, progress int64) string {
	o := open(make([]byte, 0, 160))
	for i, name := range []string{"scaVul", "binary", "baseline", "vul", "webshell", "script", "sensitiveInfo"} {
		done := min(100, progress+int64(i)*5)
		if progress == 0 || status == scanDone {
			done = progress
		}
		o = o.int(name, done)
	}
	if in := o.close(); s.chance.of(10).under(0.2) {
		return string(quote(nil, string(in)))
	} else {
		return string(in)
	}
}

// link is signed, and differs in each call.
func (v *view) link(s *scan) string {
	c := v.call.of(uint64(s.chance))
	var b strings.Builder
	b.WriteString("http://newsas-oss-bucket.oss-" + v.region + ".aliyuncs.com/agent_less_single_report/" + s.id + ".pdf")
	b.WriteString("?Expires=" + strconv.FormatInt(int64(v.now+hour)/1000, 10))
	b.WriteString("&OSSAccessKeyId=TMP." + base62(uint64(v.account), 20))
	b.WriteString("&Signature=" + base62(uint64(c), 27) + "%3D")
	return b.String()
}
