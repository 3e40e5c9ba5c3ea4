package worker

import (
	"cmp"
	"slices"
	"time"

	"github.com/robfig/cron/v3"

	"syncer/alert"
	"syncer/archive"
	"syncer/source"
)

// A Config is what is synced, from where, and who is told of it. It is never changed,
// only replaced as a whole: whoever holds one sees no half of another, and a job goes
// on with the account and the settings that it began with.
type Config struct {
	Accounts []*Account
	Sources  []*Settings // in the order of a first sync
	// Retention is how long ended versions are kept; 0: for ever.
	Retention time.Duration
	Archive   *archive.Archive // where closed months are kept; nil: nowhere
	Notifier  *alert.Notifier  // nil: nobody is sent messages; the daemon fills in DB and Partitions

	// Partial: more is configured than can be told, such as a source whose declaration cannot
	// be read. What is missing here is not taken for what was taken out.
	Partial bool

	unknown  bool          // so it is, or the members of a directory were never listed
	replaced chan struct{} // closed once another is in its place
}

// Settings are what the configuration says of one source.
type Settings struct {
	Source   *source.Source
	Disabled bool // not scheduled, but synced where another source needs it

	Schedule  cron.Schedule
	FullSweep cron.Schedule // nil: only the first sync asks for everything
	Lookback  time.Duration // 0: the declaration's
	Timeout   time.Duration // of one sync; 0: defaultTimeout

	AllowShrink   bool // end rows however many are gone
	ConfirmShrink bool // end them once three scheduled syncs in a row missed the same

	PageSize       int      // 0: the pager's
	CallsPerSecond float64  // 0: the client's
	Values         []string // to ask for, beside those found in the tables
	Ignore         []string // fields that no column holds, to be left out
}

// defaultTimeout is long, since the first sync of a source with a call for each
// task makes as many as there ever were. What hangs, ends by the call's own timeout.
const defaultTimeout = 6 * time.Hour

func (s *Settings) timeout() time.Duration {
	if s.Timeout > 0 {
		return s.Timeout
	}
	return defaultTimeout
}

// Configure replaces the configuration. Who waits for it on the old one's replaced
// is woken: the daemon proposes what is new, and retires what is gone.
func (s *Syncer) Configure(c Config) {
	s.discovery.mu.Lock()
	defer s.discovery.mu.Unlock()
	s.discovery.declared = c
	s.discovery.forget()
	s.replace(s.expanded())
}

func (s *Syncer) replace(c Config) {
	c.replaced = make(chan struct{})
	since := map[string]time.Time{}
	for _, a := range s.Config().Accounts {
		since[a.Name] = a.since
	}
	now := time.Now() // how much has passed since then is measured, see overdue
	for _, a := range c.Accounts {
		if a.since.IsZero() {
			a.since = cmp.Or(since[a.Name], now)
		}
	}
	close(s.config.Swap(&c).replaced)
}

// Config is the configuration at this moment.
func (s *Syncer) Config() *Config {
	if s.config.Load() == nil {
		s.config.CompareAndSwap(nil, &Config{replaced: make(chan struct{})})
	}
	return s.config.Load()
}

// Jobs are the partitions of the sources in their order; without, those of the
// sources that are not disabled.
func (c *Config) Jobs(sources ...*Settings) (jobs []Job) {
	if sources == nil {
		for _, src := range c.Sources {
			if !src.Disabled {
				sources = append(sources, src)
			}
		}
	}
	for _, src := range sources {
		for _, a := range c.Accounts {
			for _, region := range a.Regions(src.Source) {
				jobs = append(jobs, Job{Settings: src, Account: a, Region: region})
			}
		}
	}
	return jobs
}

// Jobs are those of the configuration at this moment.
func (s *Syncer) Jobs(sources ...*Settings) []Job { return s.Config().Jobs(sources...) }

// source is how a source is synced; nil: it is not among them.
func (c *Config) source(name string) *Settings {
	if i := slices.IndexFunc(c.Sources, func(o *Settings) bool { return o.Source.Name == name }); i >= 0 {
		return c.Sources[i]
	}
	return nil
}

// find returns the configured job that a queued one means.
func (c *Config) find(a SyncArgs) (Job, bool) {
	src := c.source(a.Source)
	k := slices.IndexFunc(c.Accounts, func(o *Account) bool { return o.Label() == a.Account })
	if src == nil || src.Disabled || k < 0 || !slices.Contains(c.Accounts[k].Regions(src.Source), a.Region) {
		return Job{}, false
	}
	return Job{Settings: src, Account: c.Accounts[k], Region: a.Region, Slot: a.Slot}, true
}

// needed reports whether a source that is scheduled reads a source's table, be it
// through others.
func (c *Config) needed(src *Settings) bool {
	return slices.ContainsFunc(c.Sources, func(reader *Settings) bool {
		return slices.Contains(reader.Source.DependsOn(), src.Source.Name) && (!reader.Disabled || c.needed(reader))
	})
}

// declarations are those of the sources.
func (c *Config) declarations() (list []*source.Source) {
	for _, s := range c.Sources {
		list = append(list, s.Source)
	}
	return list
}
