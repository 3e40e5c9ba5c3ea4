package worker

import (
	"errors"
	"slices"
	"time"

	"syncer/fetch"
	"syncer/store"
)

// Troubles that a partition can be in, the worse first. Of several, one is told.
const (
	troublePermission = "permission" // refused, or the credentials are not accepted
	troubleHeld       = "held"
	troubleFailing    = "failing"
	troubleLate       = "late"
)

// trouble is what a partition is in; empty: none. A sync that is incomplete is none:
// if it stays so, the partition is late.
func trouble(s State) string {
	status := ""
	if s.LastStatus != nil {
		status = *s.LastStatus
	}
	switch {
	case status == store.StatusFailed && s.LastErrorCode != nil && refused(*s.LastErrorCode):
		return troublePermission
	case status == store.StatusHeld:
		return troubleHeld
	case status == store.StatusFailed:
		return troubleFailing
	case s.State != Never && s.Late, s.overdue:
		return troubleLate
	}
	return ""
}

func refused(code string) bool {
	err := &fetch.Error{Code: code}
	return errors.Is(err, fetch.ErrRefused) || errors.Is(err, fetch.ErrCredentials)
}

// urgent troubles do not pass by themselves, so that they are told at once.
func urgent(trouble string) bool { return trouble == troublePermission || trouble == troubleHeld }

// A news is an alert that is to be told, with the partition's state.
type news struct {
	store.Alert
	state    State
	resolved bool
}

// judge compares the partitions with the alerts that are open: which are open now,
// and what is to be told. A trouble is told once it has lasted for the settling time,
// and its end once that has: what comes and goes faster is told once, or not at all.
func judge(states []State, open []store.Alert, now time.Time, settle time.Duration) (still []store.Alert, tell []news) {
	for _, s := range states {
		i := slices.IndexFunc(open, func(a store.Alert) bool {
			return a.Source == s.Source && a.Account == *s.AccountName && a.Region == s.RegionID
		})
		problem := trouble(s)
		if i >= 0 && s.State == Never {
			problem = open[i].Problem // nothing has become better: this process only began later than the one that told
		}
		var a store.Alert
		switch {
		case i < 0 && problem == "":
			continue
		case i < 0:
			a = store.Alert{Account: *s.AccountName, Source: s.Source, Region: s.RegionID, Problem: problem, Since: now}
		default:
			a = open[i]
		}
		if problem == "" {
			switch {
			case a.ToldAt == nil:
				continue
			case a.GoodSince == nil:
				a.GoodSince = &now
			case now.Sub(*a.GoodSince) >= settle:
				tell = append(tell, news{a, s, true})
				continue
			}
			still = append(still, a)
			continue
		}
		a.GoodSince = nil
		if problem != a.Problem && (a.ToldAt == nil || urgent(problem)) {
			a.Problem, a.ToldAt = problem, nil // what was told before is another thing
		}
		if a.ToldAt == nil && (urgent(problem) || now.Sub(a.Since) >= settle) {
			a.ToldAt = &now
			tell = append(tell, news{a, s, false})
		}
		still = append(still, a)
	}
	return still, tell
}
