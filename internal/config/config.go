// Package config reads schedule.yaml: what is synced, from which accounts, how
// often. It is strict, and reports all that is wrong at once, each with its
// place in the file and what was expected there.
//
// What may be written is said once, in schedule.schema.json, which editors use
// too. It knows no source: their names and defaults come from the caller.
package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // time zones are named in the file, and minimal images have none

	"github.com/robfig/cron/v3"
	"go.yaml.in/yaml/v3"

	"syncer/source"
)

// Defaults of what the file leaves out.
const (
	DefaultRetention = 400 * 24 * time.Hour
	MinRetention     = 48 * time.Hour // so that no day which is still under way loses its beginning
	DefaultListen    = "127.0.0.1:8080"
	DefaultWorkers   = 32
	DefaultDeadAfter = 30 * time.Second
	DefaultFullSweep = "@daily"
	DefaultSettle    = 10 * time.Minute

	defaultTimezone = "UTC"
	maxFileSize     = 1 << 20
)

// A Config is what schedule.yaml and the environment say, defaults filled in.
type Config struct {
	Database Database
	// Timezone is an IANA name: of the schedules, and of a day in the trend views.
	Timezone string
	Accounts []Account
	History  History
	Server   Server
	Notify   Notify
	Workers  int // partitions that one process syncs at the same time
	// DeadAfter is for how long a process must have no session with the database
	// for its syncs to be given to others.
	DeadAfter time.Duration

	databaseOfFile Secret // database.url, whichever is used

	path    string
	sources map[string]SourceConfig // of all known sources
}

// Database says where the tables are.
type Database struct {
	URL Secret // empty: the embedded default
}

// An Account is one Alibaba Cloud account.
type Account struct {
	Name                  string
	Credentials           Credentials
	AssumeRole            string   `yaml:"assume_role"` // ARN; empty: none
	Signature             string   // hmac-sha1, which empty means, or acs3
	SecurityCenterRegions []string `yaml:"security_center_regions"`
	OOSRegions            Regions  `yaml:"oos_regions"`
	Members               *Members // nil: of no directory
	Endpoints             Endpoints
}

// Credentials say where access keys come from. Which fields are used depends on
// Type: default, access_key, sts, ram_role_arn, ecs_ram_role, oidc, profile or uri.
type Credentials struct {
	Type            string
	AccessKeyID     string `yaml:"access_key_id"`
	AccessKeySecret Secret `yaml:"access_key_secret"`
	SecurityToken   Secret `yaml:"security_token"`
	RoleARN         string `yaml:"role_arn"`
	RoleSessionName string `yaml:"role_session_name"`
	ExternalID      string `yaml:"external_id"`
	RoleName        string `yaml:"role_name"`
	OIDCProviderARN string `yaml:"oidc_provider_arn"`
	OIDCTokenFile   string `yaml:"oidc_token_file"`
	Profile         string
	URI             Secret
}

// Regions are a list of them, or all.
type Regions []string

const allRegions = "all"

// All says that it is for the cloud to list them.
func (r Regions) All() bool { return len(r) == 1 && r[0] == allRegions }

// UnmarshalYAML reads a list, or the word.
func (r *Regions) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode {
		return n.Decode((*[]string)(r))
	}
	*r = Regions{n.Value}
	return nil
}

// Members says which accounts of the resource directory are synced, too: those that
// Include names, or all, but for those that Exclude does.
type Members struct {
	Role             string
	Include, Exclude []string
}

// Endpoints take the place of Alibaba Cloud's own where they are not empty:
// host, host:port, https://host or http://host.
type Endpoints struct {
	SAS, OOS Endpoint
	STS      string
}

// An Endpoint is an address for each region. That of the region "" is for all
// that have none of their own, and {region} in it stands for the region.
type Endpoint map[string]string

// History says how long ended versions are kept.
type History struct{ Retention Duration }

// Server is the status page and the metrics.
type Server struct {
	Listen string // host:port; empty: none
	Token  Secret // asked for; empty: one that the program makes; [NoToken]: none is, which only this machine's addresses may
	Queue  string // what the queue's pages may do: read or manage; empty: read
	URL    string // at which people reach it, for links; empty: none are made
}

// NoToken is the token of a page that asks for none.
const NoToken = "none"

// A SourceConfig says how one source is synced, its declaration's defaults included.
type SourceConfig struct {
	Enabled bool

	// Schedule says when to sync. Cron is the expression that it was read from,
	// for people.
	Schedule cron.Schedule
	Cron     string
	// FullSweep says when to ask for everything. Nil: every sync does.
	FullSweep     cron.Schedule
	FullSweepCron string
	// Lookback is how far back a sweep asks that is not full. 0: none is narrowed.
	Lookback time.Duration

	PageSize       int           // items a call; 0: the API has no pages
	CallsPerSecond float64       // for each account and region; 0: the client's default
	Timeout        time.Duration // of one sync; 0: the worker's default
	Values         []string      // to ask for besides those found in the tables
	Ignore         []string      // fields that no column holds, to be left out
	AllowShrink    bool          // end rows however many are gone
	ConfirmShrink  bool          // end them once three scheduled syncs in a row missed the same
}

// Load reads a file. Sources are checked against the known ones, ${VAR} is
// replaced by getenv, and the environment's DATABASE_URL wins over the file's.
// What is wrong within the file comes as Problems, all of it; a file that is not
// there is an fs.ErrNotExist.
func Load(path string, known []*source.Source, getenv func(string) string) (*Config, error) {
	text, err := read(path)
	if err != nil {
		return nil, err
	}
	doc := parse(path, text, func(name string) string { return strings.TrimRight(getenv(name), "\r\n") })
	if doc.Root == nil {
		return nil, doc.Problems()
	}
	schema.Validate(doc.Document)
	return assemble(doc, known)
}

func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("configuration: %w; name the file by --config", err)
	}
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	defer func() { _ = f.Close() }()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, fmt.Errorf("configuration: %s is a directory; name the file by --config", path)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFileSize+1))
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	if len(text) > maxFileSize {
		return nil, fmt.Errorf("configuration: %s is larger than 1 MB; is it the right file?", path)
	}
	return text, nil
}

// DatabaseOverridden reports whether file and environment name different databases.
func (c *Config) DatabaseOverridden() bool {
	return c.databaseOfFile != "" && c.databaseOfFile != c.Database.URL
}

// Validate checks what commands need that speak to the cloud.
func (c *Config) Validate() error {
	if len(c.Accounts) > 0 {
		return nil
	}
	return fmt.Errorf(`%s names no account to read; add one, such as

accounts:
  - name: production
    credentials: {type: default}   # ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or the ECS instance's role
`, c.path)
}

// Source is how a known source is synced. It panics for others.
func (c *Config) Source(name string) SourceConfig {
	s, ok := c.sources[name]
	if !ok {
		panic("config: source " + name + " was not among those given to Load")
	}
	s.Values, s.Ignore = slices.Clone(s.Values), slices.Clone(s.Ignore)
	return s
}
