package worker

import (
	"context"
	"errors"
	"sync"
	"time"

	"syncer/alert"
	"syncer/fetch"
	"syncer/store"
)

// sendAlerts has the notifier of the configuration run until another configuration has
// another one.
func (d *Daemon) sendAlerts(ctx context.Context, c *Config) (wait time.Duration) {
	if c.Notifier == nil {
		return forever
	}
	n := *c.Notifier
	n.DB, n.Partitions = d.Syncer.Store.Pool(), d.Syncer.Alerts
	running, stop := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() { n.Run(running) })
	for now := c; now.Notifier == c.Notifier && ctx.Err() == nil; now = d.Syncer.Config() {
		select {
		case <-ctx.Done():
		case <-now.replaced:
		}
	}
	stop()
	done.Wait()
	return 0
}

// Alerts tells package alert how the partitions of the configuration stand, and the
// listings that the configuration needs.
func (s *Syncer) Alerts(ctx context.Context) (list []alert.Partition, err error) {
	states, err := s.States(ctx)
	if err != nil {
		return nil, err
	}
	now := s.Store.Time()
	for _, state := range states {
		list = append(list, state.forAlerts(now))
	}
	for _, l := range s.Listings() {
		list = append(list, l.forAlerts())
	}
	return list, nil
}

func (s *State) forAlerts(now time.Time) alert.Partition {
	p := alert.Partition{
		Source: s.Source, Account: *s.AccountName, Region: s.RegionID,
		Never: s.State == Never, LastSuccessAt: s.LastSuccessAt, LastError: s.LastErrorMessage,
	}
	p.Late = !p.Never && s.Late || s.unsyncedTooLong(time.Since(s.since), now)
	if s.LastStatus != nil {
		p.Failed, p.Held = *s.LastStatus == store.StatusFailed, *s.LastStatus == store.StatusHeld
	}
	if s.LastErrorCode != nil {
		p.Refused = isRefusal(&fetch.Error{Code: *s.LastErrorCode})
	}
	return p
}

// forAlerts is a listing as if it were a partition without a region.
func (l Listing) forAlerts() alert.Partition {
	p := alert.Partition{
		Source: "listing of " + kindWords[l.Kind], Account: l.Account.Label(),
		Failed: l.Err != nil, Refused: isRefusal(l.Err), Never: !l.Tried, LastSuccessAt: l.ListedAt,
	}
	if l.Err != nil {
		message := describe(l.Err)
		p.LastError = &message
	}
	return p
}

// isRefusal: a permission is missing, or the credentials are not accepted.
func isRefusal(err error) bool {
	return errors.Is(err, fetch.ErrRefused) || errors.Is(err, fetch.ErrCredentials)
}
