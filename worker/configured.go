package worker

import (
	"context"
	"errors"
	"slices"
	"time"

	"syncer/fetch"
	"syncer/store"
)

// Unconfigured are the partitions in the database that the configuration does not have.
func (s *Syncer) Unconfigured(ctx context.Context) ([]store.PartitionRow, error) {
	all, err := s.Store.Partitions(ctx)
	if err != nil {
		return nil, err
	}
	return s.Config().Unconfigured(all), nil
}

// Unconfigured are those of the partitions that the configuration does not have.
func (c *Config) Unconfigured(all []store.PartitionRow) []store.PartitionRow {
	if c.unknown { // what is missing from a list that nobody has seen, has not left
		return nil
	}
	return slices.DeleteFunc(all, c.has)
}

// has reports whether a partition is among those of the configuration.
func (c *Config) has(p store.PartitionRow) bool {
	src := c.source(p.Source)
	if src == nil || src.Disabled && !c.needed(src) {
		return false
	}
	return slices.ContainsFunc(c.Accounts, func(a *Account) bool {
		id := a.knownID()
		return (id == p.AccountID || id == "" && a.Label() == p.AccountName) && slices.Contains(a.Regions(src.Source), p.RegionID)
	})
}

// HasAccount reports whether an account in the database is one of the configuration.
func (c *Config) HasAccount(id, name string) bool {
	return slices.ContainsFunc(c.Accounts, func(a *Account) bool {
		known := a.knownID()
		return known == id || known == "" && a.Label() == name
	})
}

// identifyAgain is the wait until the accounts are asked again which could not be.
const identifyAgain = time.Minute

// tellConfigured takes a turn: it tells the database what is configured, with each
// configuration, and again once more of its accounts can be told apart.
func (d *Daemon) tellConfigured(ctx context.Context, c *Config) (wait time.Duration) {
	settled, err := d.Syncer.retire(ctx, c)
	switch {
	case err != nil:
		if ctx.Err() == nil {
			d.Logger.WarnContext(ctx, "what is no longer configured may be called late for now: it is tried again", "error", describe(err))
		}
		return tryAgain
	case !settled:
		return identifyAgain
	}
	return forever
}

// retire tells the database which partitions are configured, as far as that is known.
func (s *Syncer) retire(ctx context.Context, c *Config) (settled bool, err error) {
	if c.unknown {
		return true, nil // it may be a member: what is missing from a list that nobody has seen, has not left
	}
	unknown, twins := c.Identify(ctx)
	if twins != nil {
		return false, nil //nolint:nilerr // each of their syncs says so
	}
	sure := true
	for a, problem := range unknown {
		// Whose key is refused will hardly come back under another name.
		if errors.Is(problem, fetch.ErrCredentials) || errors.Is(problem, fetch.ErrRefused) {
			continue
		}
		id, err := s.Store.AccountID(ctx, a.Label())
		if err != nil {
			return false, err
		}
		sure = sure && id != ""
	}
	var list []store.Configured
	for _, src := range c.Sources {
		if src.Disabled && !c.needed(src) {
			continue
		}
		for _, j := range c.Jobs(src) {
			list = append(list, store.Configured{
				Source: src.Source.Name, AccountID: j.Account.knownID(), AccountName: j.Account.Label(), RegionID: j.Region, OnDemand: src.Disabled,
			})
		}
	}
	return len(unknown) == 0, s.Store.Retire(ctx, list, sure)
}
