package worker

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"syncer/fetch"
	"syncer/store"
	"syncer/text"
)

// Members says which accounts of a resource directory are synced beside the one that
// lists them, each through a role of its own.
type Members struct {
	Role string // name of the role in each of them
	// Include and Exclude are patterns of IDs, display names and folders' IDs, in which
	// * stands for any text. No Include: all. What both fit is excluded.
	Include, Exclude []string
}

// takes reports whether an account is to be synced.
func (m *Members) takes(a fetch.Member) bool {
	fits := func(pattern string) bool {
		glob := regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*") + "$")
		return slices.ContainsFunc([]string{a.ID, a.Name, a.Folder}, glob.MatchString)
	}
	return (len(m.Include) == 0 || slices.ContainsFunc(m.Include, fits)) && !slices.ContainsFunc(m.Exclude, fits)
}

const (
	membersEvery = time.Hour
	regionsEvery = 24 * time.Hour
	// discoverAgain is the wait after a listing that failed.
	discoverAgain = 5 * time.Minute
)

// A find is what the cloud listed of one kind for an account; it holds while later
// listings fail, and, since it is kept in the database, through a restart.
type find struct {
	members []fetch.Member
	regions []string
	known   bool      // it was listed once
	next    time.Time // when to ask again
	err     error     // of the last listing
}

// A Listing is what came of asking the cloud for what is not named.
type Listing struct {
	Account *Account // of the configuration
	Kind    string   // store.Members or store.OOSRegions
	Count   int      // that were found, by whatever rules
	Err     error    // of the last listing; nil: it was answered
}

// Listings tell how things stand, by what was asked so far.
func (s *Syncer) Listings() (list []Listing) {
	s.discovery.mu.Lock()
	defer s.discovery.mu.Unlock()
	for _, a := range s.discovery.declared.Accounts {
		for _, kind := range a.wanted() {
			f := s.discovery.find(kind, a.Label())
			list = append(list, Listing{a, kind, len(f.members) + len(f.regions), f.err})
		}
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
	mu       sync.Mutex
	declared Config              // as it was given to Configure
	finds    map[[2]string]*find // by kind and account
	ids      map[string]string   // of the declared accounts, by name, as far as they are known
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

// Recall takes from the database what the cloud listed last, and asks the cloud for
// nothing.
func (s *Syncer) Recall(ctx context.Context) error {
	s.discovery.mu.Lock()
	defer s.discovery.mu.Unlock()
	return s.recall(ctx)
}

func (s *Syncer) recall(ctx context.Context) error {
	if s.Store == nil || !s.discovery.declared.discovers() {
		return nil
	}
	kept, err := s.Store.Discoveries(ctx)
	if err != nil {
		return err
	}
	for _, d := range kept {
		f := s.discovery.find(d.Kind, d.Account)
		if d.Listing == nil || f.known {
			continue
		}
		to := any(&f.members)
		if d.Kind == store.OOSRegions {
			to = &f.regions
		}
		f.known = json.Unmarshal(d.Listing, to) == nil
	}
	for _, a := range s.discovery.declared.Accounts {
		if s.discovery.ids[a.Name] != "" {
			continue
		}
		id, err := s.Store.AccountID(ctx, a.Label())
		if err != nil {
			return err
		}
		s.discovery.ids[a.Name] = id
	}
	s.take()
	return nil
}

func (d *discovery) find(kind, account string) *find {
	key := [2]string{kind, account}
	if d.finds == nil {
		d.finds, d.ids = map[[2]string]*find{}, map[string]string{}
	}
	if d.finds[key] == nil {
		d.finds[key] = &find{}
	}
	return d.finds[key]
}

// Discover asks the cloud for what is due to be listed: at first all, then the
// members of directories once an hour, and the regions of OOS once a day. Where a
// listing fails, what was listed before stays, and the error says so. It returns
// when it is due again; zero: never.
func (s *Syncer) Discover(ctx context.Context) (again time.Time, err error) {
	s.discovery.mu.Lock()
	defer s.discovery.mu.Unlock()
	d := &s.discovery
	if !d.declared.discovers() {
		return again, nil
	}
	problems := []error{s.recall(ctx)}
	// Side by side: one that does not answer must not keep the others waiting.
	var asking errgroup.Group
	asking.SetLimit(probesAtOnce)
	answered := make(chan error, 2*len(d.declared.Accounts))
	ids := make([]string, len(d.declared.Accounts))
	for i, a := range d.declared.Accounts {
		for _, kind := range a.wanted() {
			f := d.find(kind, a.Label())
			if time.Now().Before(f.next) {
				continue
			}
			asking.Go(func() error {
				answered <- s.list(ctx, a, kind, f)
				return nil
			})
		}
		asking.Go(func() error {
			// An account that is named is no member besides.
			ids[i], _ = a.accountID(ctx)
			return nil
		})
	}
	_ = asking.Wait() // they tell by the channel
	close(answered)
	for err := range answered {
		problems = append(problems, err)
	}
	for _, a := range d.declared.Accounts {
		for _, kind := range a.wanted() {
			if next := d.find(kind, a.Label()).next; again.IsZero() || next.Before(again) {
				again = next
			}
		}
	}
	for i, a := range d.declared.Accounts {
		if ids[i] != "" {
			d.ids[a.Name] = ids[i]
		}
	}
	s.take()
	return again, errors.Join(problems...)
}

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

// list asks for one listing, and keeps it or why there is none.
func (s *Syncer) list(caller context.Context, a *Account, kind string, f *find) error {
	ctx, cancel := context.WithTimeoutCause(caller, probeTimeout, errNoAnswer)
	defer cancel()
	var listing any
	var err error
	every := cmp.Or(s.Rediscover, membersEvery)
	if kind == store.Members {
		var members []fetch.Member
		members, err = a.Client.Members(ctx, a.centre())
		for i := range members {
			m := &members[i]
			m.Name, m.Folder = text.Line(m.Name), text.Line(m.Folder)
		}
		if err == nil {
			f.members, listing = members, members
		}
	} else {
		every *= regionsEvery / membersEvery
		var regions []string
		if regions, err = a.Client.OOSRegions(ctx); err == nil {
			f.regions, listing = regions, regions
		}
	}
	keep := s.Store != nil && !s.DryDiscovery && caller.Err() == nil
	f.err = err
	if err != nil {
		f.next = time.Now().Add(min(every, discoverAgain))
		err = fmt.Errorf("%s of account %s not listed, what was known before stays: %w", kindWords[kind], a.Name, err)
		if keep {
			err = errors.Join(err, s.Store.KeepFailedDiscovery(caller, a.Label(), kind, told(err)))
		}
		return err
	}
	f.known, f.next = true, time.Now().Add(every)
	if keep {
		return s.Store.KeepDiscovery(caller, a.Label(), kind, listing)
	}
	return nil
}

var kindWords = map[string]string{store.Members: "members", store.OOSRegions: "regions of OOS"}

// take puts what was found into the place of the configuration, if that is another one.
func (s *Syncer) take() {
	old, c := s.Config(), s.expanded()
	if !slices.Equal(old.Accounts, c.Accounts) || old.unknown != c.unknown {
		s.replace(c)
	}
}

// expanded is the declared configuration with what was found.
func (s *Syncer) expanded() Config {
	d, old := &s.discovery, s.Config()
	c := d.declared
	c.Accounts = nil
	var taken []string // IDs and names
	for _, a := range d.declared.Accounts {
		taken = append(taken, a.Name, cmp.Or(a.knownID(), d.ids[a.Name]))
	}
	for _, a := range d.declared.Accounts {
		regions := a.OOSRegions
		if a.AllOOSRegions {
			regions = knownOOSRegions
			if f := d.find(store.OOSRegions, a.Label()); f.known {
				regions = f.regions
			}
		}
		c.Accounts = append(c.Accounts, old.found(a, named{name: a.Name}, regions))
		if a.Members == nil {
			continue
		}
		f := d.find(store.Members, a.Label())
		c.unknown = c.unknown || !f.known
		members := slices.DeleteFunc(slices.Clone(f.members), func(m fetch.Member) bool {
			return slices.Contains(taken, m.ID) || !a.Members.takes(m)
		})
		for _, m := range names(members, taken) {
			taken = append(taken, m.name, m.ID)
			c.Accounts = append(c.Accounts, old.found(a, m, regions))
		}
	}
	return c
}

// found is the account that a declared one comes to by what was found, or one of its
// members: that of the old configuration, where it is there, else a new one.
func (c *Config) found(declared *Account, m named, regions []string) *Account {
	if m.ID == "" && !declared.AllOOSRegions {
		return declared
	}
	i := slices.IndexFunc(c.Accounts, func(o *Account) bool {
		return o.declared == declared && o.Name == m.name && o.ID == m.ID && slices.Equal(o.OOSRegions, regions)
	})
	if i >= 0 {
		return c.Accounts[i]
	}
	a := *declared
	a.declared, a.Name, a.ID, a.OOSRegions, a.since = declared, m.name, m.ID, regions, time.Time{}
	if m.ID != "" {
		a.Members, a.AllOOSRegions = nil, false
		a.Client = declared.Client.Assume(m.name, "acs:ram::"+m.ID+":role/"+declared.Members.Role)
	}
	return &a
}

// safeName is what may be a name in logs, on pages and on a command line.
var safeName = regexp.MustCompile(`^[\pL\pN][\pL\pN ._@()+-]{0,63}$`)

type named struct {
	fetch.Member
	name string
}

// names gives each member a name that is no other account's: its own where it has a
// safe one that is its alone, else its ID. They are in the order of their names.
func names(members []fetch.Member, taken []string) (list []named) {
	uses := map[string]int{}
	for _, name := range taken {
		uses[name]++
	}
	for _, m := range members {
		uses[m.ID]++
		uses[m.Name]++
	}
	for _, m := range members {
		n := named{m, m.ID}
		if uses[m.Name] == 1 && safeName.MatchString(m.Name) {
			n.name = m.Name
		}
		list = append(list, n)
	}
	slices.SortFunc(list, func(a, b named) int { return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.ID, b.ID)) })
	return slices.CompactFunc(list, func(a, b named) bool { return a.ID == b.ID })
}
