package config

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"syncer/internal/yamlfile"
	"syncer/source"
)

// A file is the shape of a document that fits the schema.
type file struct {
	Database Database
	Timezone string
	Accounts []Account
	// Catalogue is a directory.
	Catalogue string
	Sources   map[string]sourceSettings
	History   History
	Server    Server
	Notify    Notify
	Workers   int

	DeadAfter Duration `yaml:"dead_after"`
}

type sourceSettings struct {
	Enabled        *bool
	Schedule       string
	FullSweep      string `yaml:"full_sweep"`
	Lookback       Duration
	PageSize       int     `yaml:"page_size"`
	CallsPerSecond float64 `yaml:"calls_per_second"`
	Timeout        Duration
	Values         []string
	Ignore         []string
	AllowShrink    bool `yaml:"allow_shrink"`
	ConfirmShrink  bool `yaml:"confirm_shrink"`
}

// assemble checks what a schema cannot say, and fills in the defaults.
func assemble(doc *document, known []*source.Source, last Catalogue) (*Config, error) {
	var f file
	// Where the schema has found problems there may be errors, which add nothing;
	// what could be decoded is checked further.
	err := doc.Root.Decode(&f)
	var enabled []string
	for name, set := range f.Sources {
		if set.Enabled != nil && *set.Enabled {
			enabled = append(enabled, name)
		}
	}
	catalogue := doc.readCatalogue(f.Catalogue, known, enabled, last)
	doc.checkAccounts(f.Accounts, catalogue)
	doc.checkSources(f.Sources, catalogue)
	doc.checkNotify(&f.Notify, f.Accounts, catalogue.Sources)
	for name, rule := range map[string]string{"DATABASE_URL": "database/properties/url", "SYNCER_LISTEN": "server/properties/listen", "SYNCER_TOKEN": "server/properties/token"} {
		doc.checkVariable(name, schema.Rule("#/properties/"+rule))
	}
	server := Server{cmp.Or(doc.getenv("SYNCER_LISTEN"), f.Server.Listen), cmp.Or(Secret(doc.getenv("SYNCER_TOKEN")), f.Server.Token), f.Server.Queue, f.Server.URL}
	doc.checkServer(server)
	if r := time.Duration(f.History.Retention); r != 0 && r < MinRetention {
		at := []string{"history", "retention"}
		doc.Report(doc.Place(at), at, "%s is too short: expected 48h or more", doc.Quote(at))
	}
	if problems := doc.Problems(); len(problems) > 0 {
		return nil, problems
	}
	if err != nil {
		return nil, fmt.Errorf("configuration: %s: %w", doc.File, err) // the schema let something through
	}

	c := &Config{
		Database: Database{cmp.Or(Secret(strings.TrimSpace(doc.getenv("DATABASE_URL"))), f.Database.URL)},
		Timezone: cmp.Or(f.Timezone, defaultTimezone),
		Accounts: f.Accounts,
		History:  History{cmp.Or(f.History.Retention, Duration(DefaultRetention)), f.History.Archive.beside(doc.File)},
		Server:   Server{cmp.Or(server.Listen, DefaultListen), server.Token, server.Queue, server.URL},
		Notify:   f.Notify,
		Workers:  cmp.Or(f.Workers, DefaultWorkers),

		DeadAfter: cmp.Or(time.Duration(f.DeadAfter), DefaultDeadAfter),
		Catalogue: catalogue,

		databaseOfFile: Secret(strings.TrimSpace(string(f.Database.URL))),

		path:    doc.File,
		sources: map[string]SourceConfig{},
	}
	c.Notify.Settle = cmp.Or(c.Notify.Settle, Duration(DefaultSettle))
	if c.Server.Listen == listenOff {
		c.Server.Listen = ""
	}
	for i := range c.Accounts {
		c.Accounts[i].complete()
	}
	for _, s := range catalogue.All() {
		settings, err := complete(s, f.Sources[s.Name], c.Timezone)
		if err != nil {
			return nil, fmt.Errorf("source %s: %w", s.Name, err)
		}
		c.sources[s.Name] = settings
	}
	c.hide()
	return c, nil
}

// beside takes a relative directory from where the file is.
func (a Archive) beside(file string) Archive {
	if a.URL != "" && !strings.Contains(a.URL, "://") && !filepath.IsAbs(a.URL) {
		a.URL = filepath.Join(filepath.Dir(file), a.URL)
	}
	return a
}

func (d *document) checkAccounts(accounts []Account, c Catalogue) {
	for i, a := range accounts {
		for _, product := range slices.Sorted(maps.Keys(a.Endpoints.Others)) {
			// With declarations of the user's, which come and go, any product may be called.
			if c.Dir == "" || product != strings.ToLower(product) {
				d.UnknownKey([]string{"accounts", strconv.Itoa(i), "endpoints"}, product, "product", c.products())
			}
		}
		first := slices.IndexFunc(accounts, func(b Account) bool { return b.Name == a.Name })
		if first < i && a.Name != "" {
			at := []string{"accounts", strconv.Itoa(i), "name"}
			d.Report(d.Place(at), at, "%s is the name of accounts[%d] already: every account needs its own", d.Quote(at), first)
		}
	}
}

// checkVariable holds the environment's to the schema of the file's.
func (d *document) checkVariable(name string, rule map[string]any) {
	value := d.getenv(name)
	pattern, _ := rule["pattern"].(string)
	format, _ := rule["format"].(string)
	if check := formats[format]; value == "" || regexp.MustCompile(pattern).MatchString(value) && (check == nil || check(value) == nil) {
		return
	}
	d.Add(Problem{
		File: "environment", Path: name, Message: "this value " + rule["errorMessage"].(string),
	})
}

// checkServer wants a token of who lets other machines connect.
func (d *document) checkServer(s Server) {
	if _, _, given := d.Find([]string{"server", "token"}); s.Token != NoToken && (given || s.Token != "") || s.Listen == "" || s.Listen == listenOff || IsLoopback(s.Listen) {
		return
	}
	if listen := d.getenv("SYNCER_LISTEN"); listen != "" {
		d.Add(Problem{
			File: "environment", Path: "SYNCER_LISTEN", Message: fmt.Sprintf("other machines can connect to %q, so a token is needed: set SYNCER_TOKEN, 16 characters or more", listen),
		})
		return
	}
	at := []string{"server", "listen"}
	d.Report(d.Place(at), at, "other machines can connect to %s, so a token is needed: add server.token, 16 characters or more, such as ${SYNCER_TOKEN}", d.Quote(at))
}

// checkSources refuses sources that do not exist, and settings that would have
// no effect.
func (d *document) checkSources(settings map[string]sourceSettings, c Catalogue) {
	var names []string
	for _, s := range c.All() {
		names = append(names, s.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		s, ok := source.ByName(c.All(), name)
		if !ok && c.Broken != nil { // it may be one of those that cannot be used
			continue
		}
		if !ok {
			d.UnknownKey([]string{"sources"}, name, "source", names)
			continue
		}
		refuse := func(key, why string) {
			at := []string{"sources", name, key}
			d.Report(d.KeyPlace(at), at, "has no effect: %s", why)
		}
		set := settings[name]
		if set.FullSweep != "" && !s.Narrows() {
			refuse("full_sweep", "every sync of this source asks for everything")
		}
		if set.Lookback != 0 && lookback(s) == 0 {
			refuse("lookback", "every sync of this source asks for what is finished, however long")
		}
		if set.PageSize != 0 && s.Sizes().Default == 0 {
			refuse("page_size", "the API of this source answers one object")
		}
		if most := s.Sizes().Most; most > 0 && set.PageSize > most {
			at := []string{"sources", name, "page_size"}
			d.Report(d.Place(at), at, "%s is too large: the API of this source takes %d or less", d.Quote(at), most)
		}
		if len(set.Values) > 0 && !takesValues(s) {
			refuse("values", "this source asks for none")
		}
		for i, field := range set.Ignore {
			if c := slices.IndexFunc(s.Columns, func(c source.Column) bool { return c.Field == field }); c >= 0 {
				at := []string{"sources", name, "ignore", strconv.Itoa(i)}
				d.Report(d.Place(at), at, "%s fills column %s: only fields that no column holds can be left out", d.Quote(at), s.Columns[c].Name)
			}
		}
	}
}

// Security Center's centre for China, and another name of it.
const china, chinaEndpoint = "cn-hangzhou", "cn-shanghai"

func (a *Account) complete() {
	a.Credentials.Type = cmp.Or(a.Credentials.Type, "default")
	if a.SecurityCenterRegions == nil {
		a.SecurityCenterRegions = []string{china, "ap-southeast-1"}
	}
	// The endpoint of China's centre is in Shanghai, its rows are Hangzhou's.
	var regions []string
	for _, r := range a.SecurityCenterRegions {
		if r == chinaEndpoint {
			r = china
		}
		if !slices.Contains(regions, r) {
			regions = append(regions, r)
		}
	}
	a.SecurityCenterRegions = regions
	if at, ok := a.Endpoints.SAS[chinaEndpoint]; ok {
		a.Endpoints.SAS[china] = cmp.Or(a.Endpoints.SAS[china], at)
		delete(a.Endpoints.SAS, chinaEndpoint)
	}
	if a.OOSRegions == nil {
		a.OOSRegions = Regions{"cn-hangzhou"}
	}
}

// complete merges settings with a declaration.
func complete(s *source.Source, set sourceSettings, timezone string) (c SourceConfig, err error) {
	c = SourceConfig{
		Enabled:        set.Enabled == nil && !s.Off || set.Enabled != nil && *set.Enabled,
		Cron:           cmp.Or(set.Schedule, s.Schedule),
		Lookback:       cmp.Or(time.Duration(set.Lookback), lookback(s)),
		PageSize:       cmp.Or(set.PageSize, s.Sizes().Default),
		CallsPerSecond: cmp.Or(set.CallsPerSecond, s.API.CallsPerSecond),
		Timeout:        time.Duration(set.Timeout),
		Values:         set.Values,
		Ignore:         set.Ignore,
		AllowShrink:    set.AllowShrink,
		ConfirmShrink:  set.ConfirmShrink,
	}
	if c.Schedule, err = yamlfile.ParseCron(c.Cron, timezone); err != nil {
		return c, fmt.Errorf("schedule %q: %w", c.Cron, err)
	}
	if s.Narrows() {
		c.FullSweepCron = cmp.Or(set.FullSweep, DefaultFullSweep)
		if c.FullSweep, err = yamlfile.ParseCron(c.FullSweepCron, timezone); err != nil {
			return c, fmt.Errorf("full_sweep %q: %w", c.FullSweepCron, err)
		}
	}
	return c, nil
}

// lookback is the longest that a source declares; 0: no sweep of it is narrowed.
func lookback(s *source.Source) (longest time.Duration) {
	for _, w := range s.Sweeps {
		if w.Since != nil {
			longest = max(longest, w.Since.Lookback)
		}
	}
	return longest
}

func takesValues(s *source.Source) bool {
	return slices.ContainsFunc(s.Sweeps, func(w source.Sweep) bool { return w.Each != nil && w.Each.Configured })
}
