package alert

import (
	"slices"
	"time"
)

// Kinds of trouble that a partition can be in, the worse first.
const (
	Permission = "permission" // a permission is missing, or the credentials are not accepted
	Held       = "held"
	Failing    = "failing"
	Late       = "late"
)

// Events are the kinds of trouble that a target may ask for, as users know them.
var Events = []string{Late, Failing, Held, Permission}

// A Partition is how a partition of the configuration stands, by its last run and its
// schedule.
type Partition struct {
	Source, Account string
	Region          string // empty: it is no partition, but a listing that the configuration needs

	Failed  bool // the last run
	Refused bool // it failed for want of a permission or of valid credentials
	Held    bool // the last run was
	Late    bool // a success is overdue
	Never   bool // there was no run yet

	LastSuccessAt *time.Time // nil: there was none
	LastError     *string    // of the last run
}

// trouble is the worst that the partition is in; empty: none. An incomplete sync is no
// trouble: if the next ones are incomplete, too, the partition gets late.
func (p Partition) trouble() string {
	switch {
	case p.Failed && p.Refused:
		return Permission
	case p.Held:
		return Held
	case p.Failed:
		return Failing
	case p.Late:
		return Late
	}
	return ""
}

// urgent troubles do not pass by themselves: messages about them are sent at once.
func urgent(trouble string) bool { return trouble == Permission || trouble == Held }

// A notice says that an alert, or its end, is to be sent, and how the partition stands.
type notice struct {
	openAlert
	partition Partition
	resolved  bool
}

// judge compares the partitions with the alerts that were open. It returns those that
// are open now, and what is to be sent. A trouble is sent once it has lasted for the
// settling time, and its end once that has: of what comes and goes faster, one message
// is sent, or none.
func judge(partitions []Partition, was []openAlert, now time.Time, settle time.Duration) (open []openAlert, notices []notice) {
	before := make(map[subject]openAlert, len(was)) // while the cloud is away, all partitions have one
	for _, a := range was {
		before[subject{a.Source, a.Account, a.Region}] = a
	}
	for _, p := range partitions {
		a := openAlert{Account: p.Account, Source: p.Source, Region: p.Region, Since: now}
		trouble := p.trouble()
		last, known := before[subject{p.Source, p.Account, p.Region}]
		switch {
		case known:
			a = last
			if p.Never {
				trouble = a.Trouble // it is no better: this process has only begun later than the one that saw it
			}
		case trouble == "":
			continue
		default:
			a.Trouble = trouble
		}
		if trouble == "" {
			switch {
			case a.QueuedAt == nil:
				continue
			case a.WellSince == nil:
				a.WellSince = &now
			case now.Sub(*a.WellSince) >= settle:
				notices = append(notices, notice{a, p, true})
				continue
			}
			open = append(open, a)
			continue
		}
		a.WellSince = nil
		if trouble != a.Trouble && (a.QueuedAt == nil || urgent(trouble)) {
			a.Trouble, a.QueuedAt = trouble, nil // whatever was sent was about another trouble
		}
		if a.QueuedAt == nil && (urgent(trouble) || now.Sub(a.Since) >= settle) {
			a.QueuedAt = &now
			notices = append(notices, notice{a, p, false})
		}
		open = append(open, a)
	}
	return open, notices
}

// byTrouble groups notices into what is one message: a kind of trouble, or the end of one.
func byTrouble(notices []notice) (groups [][]notice) {
	for _, n := range notices {
		i := slices.IndexFunc(groups, func(g []notice) bool { return g[0].Trouble == n.Trouble && g[0].resolved == n.resolved })
		if i < 0 {
			groups = append(groups, nil)
			i = len(groups) - 1
		}
		groups[i] = append(groups[i], n)
	}
	return groups
}
