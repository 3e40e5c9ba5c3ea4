package sim

// Indexes of the random values about agents.
const (
	installing topic = 400 + iota
	reinstalling
)

// recent is how long after its request an installation is listed.
const recent = 7 * day

// A client is the Security Center agent on a server.
type client struct {
	installed   bool
	status, sub string
	since       millis // since when it does not answer; 0: it answers
}

// client returns the agent at t. stopped: the server itself is stopped.
func (s *server) client(t millis, stopped bool) client {
	if done, ok := s.installed(); !ok || t < done {
		return client{status: "offline", sub: "uninstalled"}
	}
	since, silent := s.away(disconnecting, 30*day, 0.12, 2*day, t)
	switch {
	case stopped:
		began, _ := s.away(stopping, 200*day, 0.3, 4*day, t)
		return client{true, "offline", "stopped", began}
	case silent && s.of(disconnecting).under(0.1):
		return client{true, "pause", "pause", since}
	case silent:
		return client{true, "offline", "offline", since}
	}
	return client{true, "online", "online", 0}
}

// seen is the agent's last login. It differs at nearly every call.
func (c client) seen(call chance, t millis) millis {
	switch {
	case !c.installed:
		return 0
	case c.since > 0:
		return c.since
	}
	return t - between(call, 0, 3*minute)
}

// An install is one run of the installation command.
type install struct {
	asked, done millis
	code        string // ResuleCode, once it is done
}

// Codes of failed installations: ResuleCode.
var failures = []string{"2", "2", "5", "7", "8", "100", "1003", "1005", "1008", "1009", "1009"}

// newInstall is a run that is requested at t and fails with probability p.
func newInstall(c chance, t millis, p float64) install {
	in := install{asked: t, done: t + between(c.of(0), 8*minute, 50*minute).floor(second), code: "0"}
	if c.of(1).under(p) {
		in.code = pick(c.of(2), failures)
	}
	return in
}

// firstInstalls returns the runs after the server was created: up to four, until one
// succeeds.
func (s *server) firstInstalls() (runs [4]install, n int) {
	c := s.of(installing)
	asked := s.born + between(c.of(0), 2*minute, 12*hour).floor(second)
	for n < len(runs) {
		runs[n] = newInstall(c.of(uint64(10+n)), asked, 0.3)
		n++
		if runs[n-1].code == "0" {
			break
		}
		asked += between(c.of(uint64(20+n)), day, 4*day).floor(second)
	}
	return runs, n
}

// installed returns when the agent was installed, if it was.
func (s *server) installed() (millis, bool) {
	runs, n := s.firstInstalls()
	last := runs[n-1]
	return last.done, last.code == "0"
}

// lastInstall returns the last run that was requested before t, if it is recent.
func (s *server) lastInstall(t millis) (install, bool) {
	var last install
	runs, n := s.firstInstalls()
	for _, in := range runs[:n] {
		if in.asked <= t {
			last = in
		}
	}
	// Sometimes a person repairs an agent by installing it again.
	again := turnAt(s.of(reinstalling), 90*day, t)
	if again.since > runs[n-1].done && again.under(0.4) {
		last = newInstall(again.of(0), again.since, 0.1)
	}
	return last, last.asked > 0 && t-last.asked < recent
}

// installs answers DescribeAgentInstallStatus: the last installations on the given servers.
func (v *view) installs(uuids []string) Listing {
	type told struct {
		id string
		install
	}
	var list []told
	for _, id := range uuids {
		s, ok := v.find(id, v.now)
		if !ok || places[s.place].service != v.region {
			continue
		}
		if in, ok := s.lastInstall(v.now); ok {
			list = append(list, told{id, in})
		}
	}
	return generated{len(list), func(dst []byte, i int) []byte {
		in := list[i]
		result, code, message := in.at(v.now)
		return open(dst).text("Uuid", in.id).
			int("Result", result).text("ResuleCode", code).text("Message", v.word(message)).
			close()
	}}
}

// at returns the state of a run at t. The real cloud sends a line break after the message.
func (in install) at(t millis) (result int64, code, message string) {
	switch {
	case t < in.asked+3*minute:
		return -1, "-1", "Not installed"
	case t < in.done:
		return 0, "-1", "Installing\n"
	case in.code == "0":
		return 1, "0", "Installed\n"
	}
	return 2, in.code, "Install failed\n"
}
