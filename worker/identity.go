package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"syncer/store/report"
)

// An account of the configuration is the one in the cloud that its ID says. Its name
// is only what people call it: that may change, or have been another account's.

// knownID is the account's ID, without asking anyone; empty: it is not known yet.
func (a *Account) knownID() string {
	if a.Client == nil {
		return a.ID
	}
	return cmp.Or(a.ID, a.Client.KnownID())
}

// A TwinsError is an error of the configuration: two names for one account.
type TwinsError struct {
	ID          string
	Name, Other string
}

func (e *TwinsError) Error() string {
	return fmt.Sprintf("accounts %s and %s of the configuration are one, %s: they have the same credentials; give one of them its own, or take it out", e.Other, e.Name, e.ID)
}

// Identify asks the cloud which accounts those of the configuration are, as far as that
// is not known. It returns why some could not be asked, and all names that there are
// too many of an account, each as a TwinsError.
func (c *Config) Identify(ctx context.Context) (unknown map[*Account]error, twins error) {
	ctx, cancel := context.WithTimeoutCause(ctx, probeTimeout, errNoAnswer)
	defer cancel()
	problems := make([]error, len(c.Accounts))
	var g errgroup.Group
	g.SetLimit(probesAtOnce)
	for i, a := range c.Accounts {
		if a.Client == nil || a.knownID() != "" {
			continue
		}
		g.Go(func() error {
			_, problems[i] = a.Client.AccountID(ctx)
			return nil
		})
	}
	_ = g.Wait() // what cannot be asked is no obstacle for the others
	unknown = map[*Account]error{}
	for i, a := range c.Accounts {
		if problems[i] != nil {
			unknown[a] = problems[i]
		}
	}
	return unknown, c.Twins()
}

// Twins are the accounts that are known to be one.
func (c *Config) Twins() error {
	var problems []error
	first := map[string]*Account{}
	for _, a := range c.Accounts {
		id := a.knownID()
		switch {
		case id == "":
		case first[id] == nil:
			first[id] = a
		default:
			problems = append(problems, &TwinsError{ID: id, Name: a.Name, Other: first[id].Name})
		}
	}
	return errors.Join(problems...)
}

// named is the name that the account of an ID has by the configuration, which may have
// been replaced since the job began. A TwinsError: it has two.
func (c *Config) named(a *Account, id string) (name string, err error) {
	here := slices.Contains(c.Accounts, a)
	for _, o := range c.Accounts {
		switch {
		case o == a || o.knownID() != id:
		case !here:
			return o.Label(), nil
		case o.Via() == nil || a.Via() != nil: // who has an entry of its own is no member besides
			return "", &TwinsError{ID: id, Name: a.Name, Other: o.Name}
		}
	}
	return a.Label(), nil
}

// Recognise asks the cloud for the IDs of accounts whose names the database does not
// know, where it has accounts that no name of the configuration means: one of these may
// have been renamed.
func (s *Syncer) Recognise(ctx context.Context) error {
	rows, err := report.Of(s.Store).Accounts(ctx)
	if err != nil {
		return err
	}
	known := map[string]string{} // names by IDs
	for _, r := range rows {
		known[r.ID] = r.Name
	}
	c := s.Config()
	var asked Config
	for _, a := range c.Accounts {
		found := false
		for id, name := range known {
			if id == a.knownID() || a.knownID() == "" && name == a.Label() {
				found = true
				delete(known, id)
			}
		}
		if !found {
			asked.Accounts = append(asked.Accounts, a)
		}
	}
	if len(known) > 0 {
		_, _ = asked.Identify(ctx) // who cannot be asked is taken for the account of its name
	}
	return nil
}
