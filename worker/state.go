package worker

import (
	"cmp"
	"context"
	"time"

	"github.com/robfig/cron/v3"

	"syncer/store"
	"syncer/store/report"
)

// A State says how fresh a partition of the configuration is.
type State struct {
	report.Freshness
	// State is one of the words below.
	State string `json:"state"`

	schedule cron.Schedule
	since    time.Time // this process has had the account in its configuration
}

// What a partition's state can be.
const (
	Fresh   = "fresh"
	Late    = "late"    // a success is overdue
	Failing = "failing" // the last run failed, was held or incomplete
	Never   = "never"   // not synced yet
)

// States tells of the partitions of the configuration, whatever else was synced once.
// An account is found by its ID, where that is known, and else by its name.
func (s *Syncer) States(ctx context.Context) ([]State, error) {
	known, err := report.Of(s.Store).Freshness(ctx)
	if err != nil {
		return nil, err
	}
	return states(s.Jobs(), known), nil
}

func states(jobs []Job, known []report.Freshness) (list []State) {
	type key struct{ source, account, region string }
	byKey := map[key]report.Freshness{} // by the account's ID, and by its name
	for _, f := range known {
		byKey[key{f.Source, f.AccountID, f.RegionID}] = f
	}
	for _, f := range known {
		if f.AccountName != nil {
			byKey[key{f.Source, *f.AccountName, f.RegionID}] = f
		}
	}
	for _, j := range jobs {
		k := key{j.Source.Name, j.Account.Label(), j.Region}
		id := j.Account.knownID()
		f, ok := byKey[key{k.source, cmp.Or(id, k.account), k.region}]
		if !ok && id != "" { // what was tried before it was known
			f, ok = byKey[key{k.source, k.account, k.region}]
			if f.AccountID != "" {
				f, ok = report.Freshness{}, false
			}
		}
		f.AccountName = &k.account
		s := State{Freshness: f, State: Fresh, schedule: j.Schedule, since: j.Account.since}
		switch {
		case !ok || f.LastRunAt == nil:
			s.Source, s.AccountName, s.RegionID, s.State = k.source, f.AccountName, k.region, Never
		case f.LastErrorCode != nil && *f.LastErrorCode == codeCalledOff: // which is no failure
			if f.LastSuccessAt == nil {
				s.State = Never
			} else if f.Late {
				s.State = Late
			}
		case f.LastStatus != nil && *f.LastStatus != store.StatusOK:
			s.State = Failing
		case f.Late:
			s.State = Late
		}
		list = append(list, s)
	}
	return list
}

// unsyncedTooLong reports whether a partition was never synced though this process has
// had it in its configuration for so long that a whole turn of the schedule has passed
// since. A sync is given five minutes, as it is in alicloud.sync_freshness.
func (s *State) unsyncedTooLong(configured time.Duration, now time.Time) bool {
	if s.State != Never {
		return false
	}
	from := now.Add(-configured)
	schedule := slots(s.schedule)
	tick := schedule.Next(from)
	turn := schedule.Next(tick).Sub(tick)
	return configured > turn+5*time.Minute
}
