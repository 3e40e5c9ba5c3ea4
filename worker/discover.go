package worker

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"syncer/fetch"
	"syncer/store"
	"syncer/text"
)

const (
	membersEvery = time.Hour
	regionsEvery = 24 * time.Hour
	// discoverAgain is the wait after a listing that failed.
	discoverAgain = 5 * time.Minute
)

// A Listing is what the cloud listed of one kind for an account of the configuration.
// It holds while later listings fail, and, since it is kept in the database, through a
// restart.
type Listing struct {
	Account  *Account
	Kind     string     // store.Members or store.OOSRegions
	Count    int        // of what was listed, whatever is taken of it
	Tried    bool       // this process has asked
	ListedAt *time.Time // by this process's clock; nil: it has had no answer
	Err      error      // of the last listing; nil: it was answered

	members []fetch.Member
	regions []string
	known   bool      // it was listed once
	next    time.Time // when to ask again
}

// Listings say how those stand that the configuration needs.
func (s *Syncer) Listings() (list []Listing) {
	s.discovery.mu.Lock()
	defer s.discovery.mu.Unlock()
	for _, l := range s.discovery.needed() {
		list = append(list, *l)
	}
	return list
}

// Via is the account that lists this one as a member; nil: it has an entry of its own.
func (a *Account) Via() *Account {
	if a.ID == "" {
		return nil
	}
	return a.declared
}

// A discovery is what a Syncer knows of what is synced without being named in its
// configuration.
type discovery struct {
	mu       sync.Mutex // never held while the cloud or the database is asked
	declared Config     // as it was given to Configure
	listings map[listingKey]*Listing
	ids      map[string]string // of the declared accounts, by name, as far as they are known
}

type listingKey struct{ kind, account string }

// listing is that of a kind for an account of the configuration.
func (d *discovery) listing(a *Account, kind string) *Listing {
	key := listingKey{kind, a.Label()}
	if d.listings == nil {
		d.listings = map[listingKey]*Listing{}
	}
	if d.listings[key] == nil {
		d.listings[key] = &Listing{}
	}
	l := d.listings[key]
	l.Account, l.Kind = a, kind
	return l
}

// learn notes the IDs of accounts, as far as they are known.
func (d *discovery) learn(ids map[string]string) {
	if d.ids == nil {
		d.ids = map[string]string{}
	}
	for name, id := range ids {
		d.ids[name] = cmp.Or(id, d.ids[name])
	}
}

// needed are the listings that the configuration needs.
func (d *discovery) needed() (list []*Listing) {
	for _, a := range d.declared.Accounts {
		for _, kind := range a.wanted() {
			list = append(list, d.listing(a, kind))
		}
	}
	return list
}

// forget has all be listed anew: an account of the same name may be another.
func (d *discovery) forget() {
	for _, l := range d.listings {
		l.next = time.Time{}
	}
}

// wanted are the kinds of listings that an account needs.
func (a *Account) wanted() (kinds []string) {
	if a.Members != nil {
		kinds = append(kinds, store.Members)
	}
	if a.AllOOSRegions {
		kinds = append(kinds, store.OOSRegions)
	}
	return kinds
}

// discovers reports whether anything is to be asked for.
func (c *Config) discovers() bool {
	return slices.ContainsFunc(c.Accounts, func(a *Account) bool { return len(a.wanted()) > 0 })
}

// declared is the configuration as it was given to Configure.
func (s *Syncer) declared() Config {
	s.discovery.mu.Lock()
	defer s.discovery.mu.Unlock()
	return s.discovery.declared
}

// Recall takes from the database what the cloud listed last, and asks the cloud for
// nothing.
func (s *Syncer) Recall(ctx context.Context) error {
	declared := s.declared()
	if s.Store == nil || !declared.discovers() {
		return nil
	}
	kept, err := s.Store.Discoveries(ctx)
	if err != nil {
		return err
	}
	ids := map[string]string{}
	for _, a := range declared.Accounts {
		if ids[a.Name], err = s.Store.AccountID(ctx, a.Label()); err != nil {
			return err
		}
	}
	s.discovery.mu.Lock()
	defer s.discovery.mu.Unlock()
	for _, l := range s.discovery.needed() {
		for _, k := range kept {
			if k.Account == l.Account.Label() && k.Kind == l.Kind && k.Listing != nil && !l.known {
				l.known = json.Unmarshal(k.Listing, l.content()) == nil
				l.Count = len(l.members) + len(l.regions)
			}
		}
	}
	s.discovery.learn(ids)
	s.take()
	return nil
}

// content is where the JSON of a listing goes.
func (l *Listing) content() any {
	if l.Kind == store.OOSRegions {
		return &l.regions
	}
	return &l.members
}

// discover takes a turn: it lists what is due.
func (d *Daemon) discover(ctx context.Context, _ *Config) (wait time.Duration) {
	again, err := d.Syncer.Discover(ctx)
	if err != nil && ctx.Err() == nil {
		d.Logger.WarnContext(ctx, "what is not named in the configuration may be out of date", "error", describe(err))
	}
	if again.IsZero() {
		return forever
	}
	return time.Until(again)
}

// Discover asks the cloud for what is due to be listed: at first all, then the
// members of directories once an hour, and the regions of OOS once a day. Where a
// listing fails, what was listed before stays, and the error says so. It returns
// when it is due again; zero: never.
func (s *Syncer) Discover(ctx context.Context) (again time.Time, err error) {
	declared := s.declared()
	if !declared.discovers() {
		return again, nil
	}
	problems := []error{s.Recall(ctx)}
	answers, ids := s.ask(ctx, declared)
	answers, again = s.accept(answers, ids)
	for _, l := range answers {
		problems = append(problems, s.keep(ctx, l))
	}
	return again, errors.Join(problems...)
}

// ask makes the listings that are due, side by side: one that does not answer must
// not keep the others waiting. It also asks for the accounts' IDs: an account that is
// named is no member besides.
func (s *Syncer) ask(ctx context.Context, declared Config) (answers []Listing, ids map[string]string) {
	for _, l := range s.Listings() {
		if !time.Now().Before(l.next) {
			answers = append(answers, l)
		}
	}
	found := make([]string, len(declared.Accounts))
	var asking errgroup.Group
	asking.SetLimit(probesAtOnce)
	for i := range answers {
		asking.Go(func() error {
			answers[i].ask(ctx, cmp.Or(s.Rediscover, membersEvery))
			return nil
		})
	}
	for i, a := range declared.Accounts {
		asking.Go(func() error {
			found[i], _ = a.accountID(ctx)
			return nil
		})
	}
	_ = asking.Wait() // each listing has its own error
	ids = map[string]string{}
	for i, a := range declared.Accounts {
		ids[a.Name] = found[i]
	}
	return answers, ids
}

// ask asks for the listing, and says when to ask again.
func (l *Listing) ask(ctx context.Context, every time.Duration) {
	ctx, cancel := context.WithTimeoutCause(ctx, probeTimeout, errNoAnswer)
	defer cancel()
	var members []fetch.Member
	var regions []string
	if l.Kind == store.Members {
		members, l.Err = l.Account.Client.Members(ctx, l.Account.centre())
		for i := range members {
			m := &members[i]
			m.Name, m.Folder = text.Line(m.Name), text.Line(m.Folder)
		}
	} else {
		every *= regionsEvery / membersEvery
		regions, l.Err = l.Account.Client.OOSRegions(ctx)
	}
	now := time.Now()
	l.Tried = true
	if l.Err != nil {
		l.Err = fmt.Errorf("%s of account %s not listed, what was known before stays: %w", kindWords[l.Kind], l.Account.Name, l.Err)
		l.next = now.Add(min(every, discoverAgain))
		return
	}
	l.members, l.regions, l.Count = members, regions, len(members)+len(regions)
	l.known, l.ListedAt, l.next = true, &now, now.Add(every)
}

// accept puts the answers into the place of the listings before, but for those about
// accounts that another configuration has replaced meanwhile. It returns those that it
// took, and when the next listing is due.
func (s *Syncer) accept(answers []Listing, ids map[string]string) (taken []Listing, again time.Time) {
	s.discovery.mu.Lock()
	defer s.discovery.mu.Unlock()
	for _, answer := range answers {
		if slices.Contains(s.discovery.declared.Accounts, answer.Account) {
			*s.discovery.listing(answer.Account, answer.Kind) = answer
			taken = append(taken, answer)
		}
	}
	s.discovery.learn(ids)
	for _, l := range s.discovery.needed() {
		if again.IsZero() || l.next.Before(again) {
			again = l.next
		}
	}
	s.take()
	return taken, again
}

// keep keeps a listing in the database, or why there is none, which it returns.
func (s *Syncer) keep(ctx context.Context, l Listing) error {
	switch {
	case s.Store == nil || s.DryDiscovery || ctx.Err() != nil:
		return l.Err
	case l.Err != nil:
		return errors.Join(l.Err, s.Store.KeepFailedDiscovery(ctx, l.Account.Label(), l.Kind, describe(l.Err)))
	case l.Kind == store.Members:
		return s.Store.KeepDiscovery(ctx, l.Account.Label(), l.Kind, l.members)
	default:
		return s.Store.KeepDiscovery(ctx, l.Account.Label(), l.Kind, l.regions)
	}
}

var kindWords = map[string]string{store.Members: "members", store.OOSRegions: "regions of OOS"}

// accountID is the ID of the account, within the time of a probe.
func (a *Account) accountID(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, probeTimeout, errNoAnswer)
	defer cancel()
	return a.Client.AccountID(ctx)
}

// centre is the one of Security Center that is asked what both know.
func (a *Account) centre() string {
	if len(a.SecurityCenterRegions) > 0 {
		return a.SecurityCenterRegions[0]
	}
	return "cn-hangzhou"
}
