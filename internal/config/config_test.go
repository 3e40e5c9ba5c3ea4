package config_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"syncer/internal/config"
	"syncer/source"
)

var update = flag.Bool("update", false, "write the golden files")

// env is what getenv knows in these tests. hunter2 must never be printed.
var env = map[string]string{
	"SECRET":   "hunter2",
	"PASSWORD": "hunter2",
	"ID":       "LTAI",
	"DIGITS":   "0123456",
	"SIZE":     "20",
	"ENABLED":  "false",
	"WORKERS":  "3",
	"MANY":     "9000",
}

func getenv(name string) string { return env[name] }

func TestInvalidFiles(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/invalid-*.yml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var names []string
	for _, s := range source.All {
		names = append(names, s.Name)
	}
	inOrder := strings.Join(names, ", ")
	slices.Sort(names)
	short := strings.NewReplacer("testdata/", "", inOrder, "<all sources>", strings.Join(names, ", "), "<all sources>")
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			_, err := config.Load(file, source.All, getenv)
			require.Error(t, err)
			require.NotContains(t, err.Error(), "hunter2")
			got := short.Replace(err.Error()) + "\n"
			golden := strings.TrimSuffix(file, ".yml") + ".golden"
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFullFile(t *testing.T) {
	t.Parallel()
	c, err := config.Load("testdata/valid-full.yml", source.All, getenv)
	require.NoError(t, err)
	require.NoError(t, c.Validate())

	assert.Equal(t, "postgres://u:hunter2@db/syncer", string(c.Database.URL))
	assert.Equal(t, "Asia/Shanghai", c.Timezone)
	assert.Equal(t, []config.Account{
		{
			Name:                  "production",
			Credentials:           config.Credentials{Type: "default"},
			Signature:             "acs3",
			AssumeRole:            "acs:ram::1234567890123456:role/syncer-reader",
			SecurityCenterRegions: []string{"cn-hangzhou", "ap-southeast-1"},
			OOSRegions:            []string{"cn-hangzhou"},
			Endpoints: config.Endpoints{
				SAS: config.Endpoint{"cn-hangzhou": "http://127.0.0.1:18080", "ap-southeast-1": "http://127.0.0.1:18081"},
				OOS: config.Endpoint{"": "oos-vpc.{region}.aliyuncs.com"},
				STS: "sts.example.com",
			},
		},
		{
			Name: "${staging}",
			Credentials: config.Credentials{
				Type: "sts", AccessKeyID: "LTAI", AccessKeySecret: "0123456", SecurityToken: "a b:c",
			},
			SecurityCenterRegions: []string{"ap-southeast-1"},
			OOSRegions:            []string{},
		},
		{
			Name:                  "directory",
			Credentials:           config.Credentials{Type: "default"},
			SecurityCenterRegions: []string{"cn-hangzhou", "ap-southeast-1"},
			OOSRegions:            []string{"all"},
			Members:               &config.Members{Role: "syncer-reader", Include: []string{"dev-*", "fd-1"}, Exclude: []string{"1234567890123456"}},
		},
	}, c.Accounts)
	assert.Equal(t, config.Duration(14*24*time.Hour), c.History.Retention)
	assert.Empty(t, c.Server.Listen)
	assert.Equal(t, "hunter2-hunter2-hunter2", string(c.Server.Token))
	assert.Equal(t, 3, c.Workers)

	assert.Equal(t, config.Duration(5*time.Minute), c.Notify.Settle)
	assert.Equal(t, []config.NotifyTarget{{
		Name: "ops", Type: "dingtalk", URL: "https://oapi.example.com/?access_token=hunter2", Secret: "hunter2", Events: []string{config.EventHeld},
	}}, c.Notify.Targets)
	running, failed := "1", "3"
	assert.Equal(t, config.Rule{Source: &source.AgentlessTasks, Column: "status", Verb: "changed", From: &running, To: &failed}, c.Notify.Rules[0].Rule)
	assert.Equal(t, config.Rule{Source: &source.InstancePatchStates, Column: "missing_count", Verb: "rose", Than: 2.5}, c.Notify.Rules[1].Rule)
	assert.Equal(t, []string{"production"}, c.Notify.Rules[1].Accounts)

	tasks := c.Source("agentless_tasks")
	assert.False(t, tasks.Enabled)
	assert.Equal(t, "*/5 * * * *", tasks.Cron)
	assert.Equal(t, 9*24*time.Hour, tasks.Lookback)
	assert.Equal(t, 20, tasks.PageSize)
	assert.InDelta(t, 2.5, tasks.CallsPerSecond, 0)
	assert.Equal(t, 90*time.Minute, tasks.Timeout)
	assert.Equal(t, []string{"1.0", "2026-04-01"}, c.Source("publish_batches").Values)
	assert.Equal(t, []string{"Nonce"}, c.Source("publish_batches").Ignore)

	midnight := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	assert.Equal(t, "2026-04-01 19:00", next(tasks.FullSweep, midnight), "3:00 in Shanghai")
	assert.Equal(t, "2026-04-01 07:00", next(c.Source("publish_batches").Schedule, midnight), "9:00 in Berlin")
}

func next(s interface{ Next(time.Time) time.Time }, after time.Time) string {
	return s.Next(after).UTC().Format("2006-01-02 15:04")
}

func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "schedule.yaml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	c, err := config.Load(write(t, "{}"), source.All, func(string) string { return "" })
	require.NoError(t, err)
	require.ErrorContains(t, c.Validate(), "names no account to read; add one, such as\n\naccounts:\n  - name: production")

	assert.Empty(t, c.Database.URL)
	assert.Equal(t, "UTC", c.Timezone)
	assert.Equal(t, config.Duration(config.DefaultRetention), c.History.Retention)
	assert.Equal(t, config.DefaultListen, c.Server.Listen)
	assert.Equal(t, config.DefaultWorkers, c.Workers)
	for _, s := range source.All {
		got := c.Source(s.Name)
		assert.True(t, got.Enabled, s.Name)
		assert.Equal(t, s.Schedule, got.Cron, s.Name)
		assert.NotNil(t, got.Schedule, s.Name)
		assert.Equal(t, s.Narrows(), got.FullSweep != nil, s.Name)
	}
	assert.Equal(t, 48*time.Hour, c.Source("agentless_tasks").Lookback)
	assert.Equal(t, 100, c.Source("agentless_tasks").PageSize)
	assert.Equal(t, 100, c.Source("instance_patch_states").PageSize)
	assert.Zero(t, c.Source("agent_versions").PageSize)
	assert.Panics(t, func() { c.Source("nothing") })
}

// The file in the repository works if an access key is exported.
func TestTheRepositorysFile(t *testing.T) {
	t.Parallel()
	c, err := config.Load("../../schedule.yaml", source.All, func(string) string { return "" })
	require.NoError(t, err)
	require.NoError(t, c.Validate())
	assert.Empty(t, c.Database.URL)
	assert.Equal(t, "default", c.Accounts[0].Credentials.Type)
}

// Editors read the schema beside schedule.yaml, and go:embed reads this one.
func TestSchemaCopies(t *testing.T) {
	t.Parallel()
	const theirs = "../../schedule.schema.json"
	want, err := os.ReadFile("schedule.schema.json")
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.WriteFile(theirs, want, 0o644))
	}
	got, err := os.ReadFile(theirs)
	require.NoError(t, err)
	assert.True(t, string(want) == string(got), "schedule.schema.json is not internal/config/schedule.schema.json: go test ./internal/config -update")
}

func TestDatabaseFromTheEnvironment(t *testing.T) {
	t.Parallel()
	file := write(t, "database: {url: postgres://file/db}")
	load := func(url string) (*config.Config, error) {
		return config.Load(file, source.All, func(name string) string {
			return map[string]string{"DATABASE_URL": url}[name]
		})
	}
	c, err := load("")
	require.NoError(t, err)
	assert.Equal(t, "postgres://file/db", string(c.Database.URL))
	c, err = load("host=db dbname=syncer")
	require.NoError(t, err)
	assert.Equal(t, "host=db dbname=syncer", string(c.Database.URL))
	assert.True(t, c.DatabaseOverridden(), "which is told")
	c, err = load("postgres://file/db\n")
	require.NoError(t, err)
	assert.Equal(t, "postgres://file/db", string(c.Database.URL), "a line break at the end is no part of it")
	assert.False(t, c.DatabaseOverridden())
	_, err = load("mysql://hunter2@db")
	require.EqualError(t, err, "environment: DATABASE_URL: this value is not a PostgreSQL address: expected postgres://user:password@host:5432/database")
}

// TestServerFromTheEnvironment: a container's address and token are set beside the
// file, and held to the same rules.
func TestServerFromTheEnvironment(t *testing.T) {
	path := write(t, "server: {listen: 127.0.0.1:1}\n")
	load := func(vars map[string]string) (*config.Config, error) {
		return config.Load(path, source.All, func(name string) string { return vars[name] })
	}
	c, err := load(map[string]string{"SYNCER_LISTEN": ":8080", "SYNCER_TOKEN": "0123456789abcdef"})
	require.NoError(t, err)
	assert.Equal(t, config.Server{Listen: ":8080", Token: "0123456789abcdef"}, c.Server)

	_, err = load(map[string]string{"SYNCER_LISTEN": ":8080"})
	require.EqualError(t, err, `environment: SYNCER_LISTEN: other machines can connect to ":8080", so a token is needed: set SYNCER_TOKEN, 16 characters or more`)
	_, err = load(map[string]string{"SYNCER_LISTEN": "8080", "SYNCER_TOKEN": "hunter2"})
	require.ErrorContains(t, err, "SYNCER_LISTEN: this value is not an address")
	require.ErrorContains(t, err, "SYNCER_TOKEN: this value is no token")
	require.NotContains(t, err.Error(), "hunter2")
}

func TestFilesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	load := func(path string) error {
		_, err := config.Load(path, source.All, getenv)
		return err
	}
	dir := t.TempDir()
	missing := load(filepath.Join(dir, "nothing.yaml"))
	require.ErrorIs(t, missing, fs.ErrNotExist)
	require.ErrorContains(t, missing, "nothing.yaml")
	require.ErrorContains(t, load(dir), "is a directory; name the file by --config")
	require.ErrorContains(t, load(write(t, strings.Repeat("# x\n", 1<<19))), "larger than 1 MB")
	require.ErrorContains(t, load(write(t, "\x00\x01")), "not YAML: ")
	require.ErrorContains(t, load(write(t, strings.Repeat("[", 100_000))), "not YAML: ")
}

func TestSecretsAreNotPrinted(t *testing.T) {
	t.Parallel()
	c := config.Credentials{Type: "sts", AccessKeySecret: "hunter2", SecurityToken: "hunter2", URI: "hunter2"}
	var b strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&b, verb, c)
		fmt.Fprintf(&b, verb, c.SecurityToken)
	}
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "credentials", c, "token", c.SecurityToken)
	require.NoError(t, json.NewEncoder(&b).Encode(c))
	assert.NotContains(t, b.String(), "hunter2")
	assert.NotContains(t, b.String(), fmt.Sprintf("%x", "hunter2"))
	assert.Contains(t, b.String(), "***")
	assert.Empty(t, fmt.Sprint(config.Secret("")))
}

// Whatever is in the file, Load answers, and shows nothing of the environment.
func FuzzLoad(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.yml")
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "hunter2") {
			t.Skip()
		}
		_, err := config.Load(write(t, text), source.All, getenv)
		if err != nil {
			assert.NotContains(t, err.Error(), "hunter2")
		}
	})
}

// TestDocumentedRules: the rules that the guide and the example file show are rules.
func TestDocumentedRules(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../docs/notifications.md")
	require.NoError(t, err)
	_, section, _ := strings.Cut(string(guide), "## Rules on changes")
	section, _, _ = strings.Cut(section, "\n## ")
	n := 0
	for line := range strings.Lines(section) {
		if rule, ok := strings.CutPrefix(line, "| `"); ok {
			rule, _, _ = strings.Cut(rule, "`")
			_, err := config.Load(write(t, "notify: {targets: [{name: a, type: slack, url: 'https://example.com'}], rules: [{when: \""+rule+"\"}]}"), source.All, getenv)
			require.NoError(t, err, rule)
			n++
		}
	}
	require.Equal(t, 9, n)

	example, err := os.ReadFile("../../schedule.yaml")
	require.NoError(t, err)
	before, notify, found := strings.Cut(string(example), "# notify:\n")
	require.True(t, found)
	text := before + "notify:\n" + regexp.MustCompile("(?m)^# ").ReplaceAllString(notify, "")
	c, err := config.Load(write(t, text), source.All, func(name string) string {
		return map[string]string{"DINGTALK_WEBHOOK": "https://example.com/hunter2", "DINGTALK_SECRET": "hunter2"}[name]
	})
	require.NoError(t, err)
	require.Len(t, c.Notify.Rules, 2)
}

// TestDeclaredDefaults: a declaration may be off, name its pace, and bound its pages.
func TestDeclaredDefaults(t *testing.T) {
	t.Parallel()
	s := source.InstancePatchStates
	s.Off, s.API.CallsPerSecond = true, 3
	s.Pager = source.NextToken{Token: "NextToken", Size: "MaxResults", Next: "NextToken", PageSizes: source.PageSizes{Default: 50, Most: 100}}
	known := []*source.Source{&s}
	load := func(text string) (*config.Config, error) {
		return config.Load(write(t, text), known, func(string) string { return "" })
	}
	c, err := load("{}")
	require.NoError(t, err)
	require.False(t, c.Source(s.Name).Enabled)
	require.InDelta(t, 3, c.Source(s.Name).CallsPerSecond, 0)
	require.Equal(t, 50, c.Source(s.Name).PageSize)
	c, err = load("sources: {instance_patch_states: {enabled: true, page_size: 100, calls_per_second: 7}}")
	require.NoError(t, err)
	require.True(t, c.Source(s.Name).Enabled)
	require.InDelta(t, 7, c.Source(s.Name).CallsPerSecond, 0)
	_, err = load("sources: {instance_patch_states: {page_size: 101}}")
	require.ErrorContains(t, err, "page_size: 101 is too large: the API of this source takes 100 or less")
}

// TestArchive: a directory is taken from where the file is, a bucket as it stands; what can
// be neither is told.
func TestArchive(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"kept":               "beside",
		"/var/lib/kept":      "/var/lib/kept",
		"file:///var/kept":   "file:///var/kept",
		"s3://b?endpoint=h":  "s3://b?endpoint=h",
		"s3://bucket/prefix": "",
		"ftp://host/kept":    "",
	} {
		file := write(t, "history: {archive: {url: '"+url+"'}}\n")
		c, err := config.Load(file, source.All, getenv)
		if want == "" {
			require.ErrorContains(t, err, "is not where an archive can be: expected a directory, or s3://bucket/prefix?endpoint=host")
			continue
		}
		require.NoError(t, err)
		if want == "beside" {
			want = filepath.Join(filepath.Dir(file), url)
		}
		require.Equal(t, want, c.History.Archive.URL)
	}
}
