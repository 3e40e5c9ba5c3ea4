// Package config reads schedule.yaml: what is synced, from which accounts, and how often.
// It is strict. It reports all errors at once, each with its place in the file and what was
// expected.
//
// schedule.schema.json defines what may be written; editors use it, too. The schema does
// not know the sources; their names and defaults come from the caller.
package config

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // time zones are named in the file, and minimal images have none

	"github.com/robfig/cron/v3"
	"go.yaml.in/yaml/v3"

	"syncer/source"
)

// Defaults of settings that the file does not have.
const (
	DefaultRetention = 400 * 24 * time.Hour
	MinRetention     = 48 * time.Hour // so that the present day never loses its beginning
	DefaultListen    = "127.0.0.1:8080"
	DefaultWorkers   = 32
	DefaultDeadAfter = 30 * time.Second
	DefaultFullSweep = "@daily"
	DefaultSettle    = 10 * time.Minute

	defaultTimezone = "UTC"
	maxFileSize     = 1 << 20
)

// A Config is the content of schedule.yaml and the environment, with defaults.
type Config struct {
	Database Database
	// Timezone is an IANA name. It applies to the schedules and to the days of the trend
	// views.
	Timezone string
	Accounts []Account
	History  History
	Server   Server
	Notify   Notify
	Workers  int // partitions that one process syncs at the same time
	// Catalogue are the declared sources.
	Catalogue Catalogue
	// DeadAfter: a process that has had no session with the database for this long counts
	// as dead, and others take over its syncs.
	DeadAfter time.Duration

	databaseOfFile Secret // database.url of the file, even if DATABASE_URL is used

	path    string
	sources map[string]SourceConfig // of all known sources
}

// Database names the database.
type Database struct {
	URL Secret // empty: the embedded default
}

// An Account is one Alibaba Cloud account.
type Account struct {
	Name                  string
	Credentials           Credentials
	AssumeRole            string   `yaml:"assume_role"` // ARN; empty: none
	Signature             string   // hmac-sha1 (also if empty) or acs3
	SecurityCenterRegions []string `yaml:"security_center_regions"`
	OOSRegions            Regions  `yaml:"oos_regions"`
	Members               *Members // nil: no resource directory
	Endpoints             Endpoints
}

// Credentials say where access keys come from. Type is default, access_key, sts,
// ram_role_arn, ecs_ram_role, oidc, profile or uri; it decides which other fields are used.
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

// Regions are a list of regions, or all.
type Regions []string

const allRegions = "all"

// All reports whether the cloud lists the regions.
func (r Regions) All() bool { return len(r) == 1 && r[0] == allRegions }

// UnmarshalYAML reads a list, or the word all.
func (r *Regions) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode {
		return n.Decode((*[]string)(r))
	}
	*r = Regions{n.Value}
	return nil
}

// Members say which accounts of the resource directory are synced, too: those in Include
// (empty: all), without those in Exclude.
type Members struct {
	Role             string
	Include, Exclude []string
}

// Endpoints replace Alibaba Cloud's endpoints where they are not empty: host, host:port,
// https://host or http://host.
type Endpoints struct {
	SAS, OOS Endpoint
	STS      string
	// Others are those of further products that declared sources call, by product in lower
	// case.
	Others map[string]Endpoint `yaml:",inline"`
}

// An Endpoint has an address for each region. The address of the region "" is used for all
// regions that have none. {region} in it is replaced by the region.
type Endpoint map[string]string

// History says how long ended versions are kept, and where.
type History struct {
	Retention Duration
	Archive   Archive
}

// Archive is where closed months are kept.
type Archive struct {
	URL         string      // a directory, or s3://bucket/prefix?endpoint=host; empty: nowhere
	Credentials Credentials // of a bucket
}

// InBucket reports whether the archive is in a bucket.
func (a Archive) InBucket() bool { return strings.HasPrefix(a.URL, "s3://") }

// Server is the status page and the metrics.
type Server struct {
	Listen string // host:port; empty: none
	Token  Secret // empty: the program generates one; [NoToken]: no token is asked for
	Queue  string // what the queue's pages may do: read (also if empty) or manage
	URL    string // address of the page in links; empty: no links
}

// NoToken as a token means that no token is asked for.
const NoToken = "none"

// A SourceConfig says how one source is synced. It includes the declaration's defaults.
type SourceConfig struct {
	Enabled bool

	// Schedule says when to sync. Cron is its expression, for people.
	Schedule cron.Schedule
	Cron     string
	// FullSweep says when to ask for everything. Nil: every sync does.
	FullSweep     cron.Schedule
	FullSweepCron string
	// Lookback is how far back the other sweeps look. 0: all sweeps ask for everything.
	Lookback time.Duration

	PageSize       int           // items per call; 0: the API has no pages
	CallsPerSecond float64       // for each account and region; 0: the client's default
	Timeout        time.Duration // of one sync; 0: the worker's default
	Values         []string      // to ask for, besides those found in the tables
	Ignore         []string      // fields without a column that are left out of extra
	AllowShrink    bool          // rows end however many are gone
	ConfirmShrink  bool          // rows end if three scheduled syncs in a row missed them
}

// Load reads a file. Sources are checked against the known ones, ${VAR} is replaced with
// getenv, and the environment's DATABASE_URL takes precedence. Errors in the file are
// returned as Problems, all of them. If there is no file, the error is an fs.ErrNotExist.
func Load(path string, known []*source.Source, getenv func(string) string) (*Config, error) {
	return Reload(path, known, Catalogue{}, getenv)
}

// Reload is Load for a program that runs: where a declaration can no longer be used, the
// last one of its file that could be stays.
func Reload(path string, known []*source.Source, last Catalogue, getenv func(string) string) (*Config, error) {
	text, err := read(path)
	if err != nil {
		return nil, err
	}
	doc := parse(path, text, func(name string) string { return strings.TrimRight(getenv(name), "\r\n") })
	if doc.Root == nil {
		return nil, doc.Problems()
	}
	schema.Validate(doc.Document)
	return assemble(doc, known, last)
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

// DatabaseOverridden reports whether the file and the environment name different databases.
func (c *Config) DatabaseOverridden() bool {
	return c.databaseOfFile != "" && !sameDatabase(string(c.databaseOfFile), string(c.Database.URL))
}

// sameDatabase reports whether two addresses lead to one database as one user. What else
// they say, such as sslmode, is how to get there.
func sameDatabase(a, b string) bool {
	if a == b {
		return true
	}
	place := func(address string) (list [4]string, ok bool) {
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || u.Hostname() == "" {
			return list, false
		}
		for _, name := range []string{"host", "hostaddr", "port", "dbname", "database", "user", "service"} {
			if u.Query().Has(name) { // which takes precedence
				return list, false
			}
		}
		return [4]string{u.Hostname(), cmp.Or(u.Port(), "5432"), u.User.Username(), u.Path}, true
	}
	there, known := place(a)
	here, alsoKnown := place(b)
	return known && alsoKnown && there == here
}

// Validate makes the checks that only commands need which call the cloud.
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

// Source returns how a known source is synced. It panics if the source is not known.
func (c *Config) Source(name string) SourceConfig {
	s, ok := c.sources[name]
	if !ok {
		panic("config: source " + name + " was not among those given to Load")
	}
	s.Values, s.Ignore = slices.Clone(s.Values), slices.Clone(s.Ignore)
	return s
}
