package worker

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"

	"syncer/fetch"
	"syncer/store"
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

// take replaces the configuration by the declared one with what was found, where that
// makes a difference. The caller holds the lock.
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
	c.Accounts, c.unknown = nil, c.Partial
	var taken []string // IDs and names
	for _, a := range d.declared.Accounts {
		taken = append(taken, a.Name, cmp.Or(a.knownID(), d.ids[a.Name]))
	}
	for _, a := range d.declared.Accounts {
		regions := a.OOSRegions
		if a.AllOOSRegions {
			regions = knownOOSRegions
			if l := d.listing(a, store.OOSRegions); l.known {
				regions = l.regions
			}
		}
		c.Accounts = append(c.Accounts, old.found(a, named{name: a.Name}, regions))
		if a.Members == nil {
			continue
		}
		l := d.listing(a, store.Members)
		c.unknown = c.unknown || !l.known
		members := slices.DeleteFunc(slices.Clone(l.members), func(m fetch.Member) bool {
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
