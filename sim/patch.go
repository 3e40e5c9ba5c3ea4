package sim

// Patches come in cycles of four weeks that begin on a Tuesday. Each server is visited once
// a week, at night in China. Most visits are scans. One to three weeks after patches came,
// one visit installs them.
const (
	patchCycle   = 4         // weeks
	firstTuesday = 5 * day   // 1970-01-06
	patchNight   = 17 * hour // UTC
)

// Indexes of the random values about patches.
const (
	patching topic = 300 + iota
	releasing
	patchGroups
)

// managed is how many servers of a place patch management knows: those in the first eleven
// of twelve slots.
func managed(slots int) int { return slots - slots/12 }

// patchStates answers ListInstancePatchStates: the managed ECS instances of a region.
func (v *view) patchStates() Listing {
	for p := range places {
		if places[p].region != v.region || places[p].outside {
			continue
		}
		all := generated{managed(v.slots(p, v.now)), func(dst []byte, i int) []byte {
			s := v.occupant(p, i, v.now)
			return s.patchState(v.now).append(dst, &s)
		}}
		return v.narrow(all, func(i int, _ string) string {
			s := v.occupant(p, i, v.now)
			return s.instanceID()
		})
	}
	return Items{}
}

// A patchState is the result of the last visit.
type patchState struct {
	began, ended                          millis
	install                               bool
	missing, installed, failed, rebooting int64
	other, rejected                       int64
}

// patchState returns the result of the last visit that had ended at t.
func (s *server) patchState(t millis) patchState {
	habit := s.of(patching)
	offset := firstTuesday + millis(habit.of(0).below(7))*day + patchNight + between(habit.of(1), 0, 4*hour).floor(second)
	const longest = 30 * minute
	n := int64((t - longest - offset).floor(week) / week) // the visit's number, in weeks
	st := patchState{began: offset + millis(n)*week}
	fresh := st.began < s.born
	if fresh { // a new server is scanned at once
		st.began = s.born
	}
	st.ended = st.began + between(habit.of(uint64(n)), minute, longest).floor(second)

	cycle, at := n/patchCycle, n%patchCycle
	first := max(int64((s.born-offset).floor(week)/week)/patchCycle, cycle-48)
	st.installed = between(habit.of(2), int64(120), 480)
	st.other = int64(habit.of(3).below(6))
	st.rejected = int64(max(0, habit.of(4).below(40)-37))
	neglected := habit.of(5).under(0.03) // nobody ever installs patches on this server
	for c := first; c < cycle; c++ {
		if neglected {
			st.missing += s.patchesOf(c).count
		} else {
			st.installed += s.patchesOf(c).count
		}
	}

	now := s.patchesOf(cycle)
	switch {
	case now.count == 0:
	case neglected || fresh || at < now.lag:
		st.missing += now.count
	default:
		st.install = at == now.lag
		st.installed += now.count - now.failed
		st.missing, st.failed = now.failed, now.failed
		if st.install || now.lazy {
			st.rebooting = now.reboots
		}
	}
	return st
}

// patches are those that a cycle brings for one server.
type patches struct {
	count   int64 // 0: it needs none
	lag     int64 // weeks until they are installed
	failed  int64 // of count; they fail until the cycle ends
	reboots int64 // of count; they need a restart
	lazy    bool  // the restart is put off until the cycle ends
}

// patchesOf returns what a cycle brings: patches for most Windows servers, and for a third
// of the others.
func (s *server) patchesOf(cycle int64) patches {
	c := s.of(releasing).of(uint64(cycle))
	needs, most := 0.3, 14
	if s.system().family == "windows" {
		needs, most = 0.85, 9
	}
	if !c.under(needs) {
		return patches{}
	}
	p := patches{count: int64(1 + c.of(0).below(most)), lag: between(c.of(1), int64(1), patchCycle)}
	if c.of(2).under(0.08) {
		p.failed = between(c.of(3), 1, min(p.count, 3)+1)
	}
	if c.of(4).under(0.3) {
		p.reboots = between(c.of(5), 1, p.count-p.failed+2) - 1
	}
	p.lazy = c.of(6).under(0.3)
	return p
}

func (st patchState) append(dst []byte, s *server) []byte {
	operation, group := "scan", "null" // the API sends this text
	if st.install {
		operation = "install"
	}
	if s.kind.of(patchGroups).under(0.4) {
		group = s.stage() + "-" + s.role()
	}
	return open(dst).
		text("InstanceId", s.instanceID()).
		text("BaselineId", s.system().baseline).
		text("PatchGroup", group).
		text("OwnerInformation", "").
		text("OperationType", operation).
		iso("OperationStartTime", st.began).
		iso("OperationEndTime", st.ended).
		digits("MissingCount", st.missing).
		digits("InstalledCount", st.installed).
		digits("InstalledOtherCount", st.other).
		digits("InstalledPendingRebootCount", st.rebooting).
		digits("InstalledRejectedCount", st.rejected).
		digits("FailedCount", st.failed).
		close()
}
