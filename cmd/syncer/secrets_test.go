package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"syncer/alert/send"
	"syncer/internal/testing/pgtest"
	"syncer/sim"
)

// TestNoSecretLeaves plants secrets wherever there can be one, listens for those
// that the cloud hands out, lets all kinds of calls go well and wrong, and looks
// for them in all that the program prints, logs and stores, and in its arguments.
func TestNoSecretLeaves(t *testing.T) {
	pgtest.Slow(t)
	t.Parallel()
	var s secrets
	server := pgtest.Server(t)
	database := s.database(t, server.URL())
	home := t.TempDir()
	config, env := s.accounts(t, home)
	env["DATABASE_URL"], env["HOME"] = database, home

	said := map[string]string{} // where → what
	hear := func(p *process) {
		args := strings.Join(p.cmd.Args[1:], " ")
		said["stdout of "+args] += p.stdout.String()
		said["stderr of "+args] += p.stderr.String()
	}
	for _, args := range [][]string{
		{"sync", "--migrate"},
		{"sync", "--account", "good,refused,assuming,role,wrong-secret,uri-unreachable,good-acs3,refused-acs3,assuming-acs3,role-acs3,wrong-secret-acs3", "--output", "json", "--log-format", "json"},
		{"status"},
		{"status", "--output", "json"},
		{"notify", "test"},
	} {
		p := startProcess(t, env, append(args, "--config", config, "--log-level", "debug")...)
		require.Equal(t, exitFailed, p.wait(t), p.output())
		hear(p)
	}
	p := startProcess(t, s.traces(t, env), "run", "--config", config, "--log-level", "debug")
	p.says(t, "opened=")
	p.says(t, "message not delivered")
	p.says(t, "traces are not sent")
	written, err := os.ReadFile(config)
	require.NoError(t, err)
	pgtest.Await(t, func() bool { // most accounts' calls fail, again and again
		return strings.Count(p.stderr.String(), `msg="sync failed"`) > strings.Count(string(written), "credentials:")
	}, "it does not fail often enough")
	command, err := exec.Command("ps", "-ww", "-o", "command=", "-p", strconv.Itoa(p.cmd.Process.Pid)).Output()
	require.NoError(t, err)
	require.Contains(t, string(command), "--log-level")
	said["arguments"] = string(command)
	p.signal(t, syscall.SIGTERM)
	require.Zero(t, p.wait(t), p.output())
	hear(p)

	s.badDatabases(t, database, config, env, said)
	s.dump(t, server.URL(), said)
	s.search(t, said)
}

// secrets are texts that must not be seen.
type secrets struct {
	mu  sync.Mutex
	all map[string]string // secret → what it is
}

func (s *secrets) add(what, secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[string]string{}
	}
	s.all[secret] = what
}

// plant makes a secret of letters and digits, which no encoding changes.
func (s *secrets) plant(what string) string {
	secret := "Planted" + rand.Text()[:16]
	s.add(what, secret)
	return secret
}

// database makes a role with a secret password, some of which a URL must escape.
func (s *secrets) database(t *testing.T, server string) string {
	t.Helper()
	password := s.plant("password of the database") + "@/?#%+ é"
	db, err := pgx.Connect(t.Context(), server)
	require.NoError(t, err)
	defer func() { _ = db.Close(t.Context()) }()
	_, err = db.Exec(t.Context(), "CREATE ROLE keeper LOGIN SUPERUSER PASSWORD '"+password+"'")
	require.NoError(t, err)
	u, err := url.Parse(server)
	require.NoError(t, err)
	u.User = url.UserPassword("keeper", password)
	return u.String()
}

// accounts writes a configuration with an account for every type of credentials,
// and for everything that can go wrong with a call, by either signature.
func (s *secrets) accounts(t *testing.T, home string) (config string, env map[string]string) {
	t.Helper()
	var known []sim.Account
	key := func(name string) (id, secret string) {
		return s.plant("access_key_id of " + name), s.plant("access_key_secret of " + name)
	}
	// knownKey is a key that the cloud accepts.
	knownKey := func(name string) (id, secret string) {
		id, secret = key(name)
		known = append(known, sim.Account{ID: fmt.Sprintf("1%015d", len(known)), Name: name, AccessKeyID: id, AccessKeySecret: secret})
		return id, secret
	}
	type account struct{ name, credentials, rest string }
	var accounts []account
	add := func(name, rest, format string, args ...any) {
		accounts = append(accounts, account{name, fmt.Sprintf(format, args...), rest})
	}
	const accessKey = "type: access_key, access_key_id: %s, access_key_secret: %s"

	for by, signature := range map[string]string{"": "", "-acs3": "\n    signature: acs3"} {
		for _, name := range []string{"good", "refused", "throttled", "failing", "reset", "html"} {
			id, secret := knownKey(name + by)
			add(name+by, signature, accessKey, id, secret)
		}
		id, secret := knownKey("assuming" + by)
		own := func() string { return "acs:ram::" + known[len(known)-1].ID + ":role/reader" } // two names for one account are refused
		add("assuming"+by, signature+"\n    assume_role: "+own(), accessKey, id, secret)
		id, secret = knownKey("role" + by)
		add("role"+by, signature, "type: ram_role_arn, role_arn: '%s', external_id: %s, access_key_id: %s, access_key_secret: %s", own(), s.plant("external_id"), id, secret)
		id, secret = knownKey("no-role" + by)
		add("no-role"+by, signature+"\n    assume_role: acs:ram::9999999999999999:role/reader", accessKey, id, secret)
		id, _ = knownKey("wrong-secret" + by)
		add("wrong-secret"+by, signature, accessKey, id, s.plant("wrong secret"))
		id, secret = key("unknown" + by)
		add("unknown"+by, signature, accessKey, id, secret)
		id, secret = key("token" + by)
		add("token"+by, signature, "type: sts, access_key_id: STS.%s, access_key_secret: %s, security_token: %s", id, secret, s.plant("security_token"))
	}
	id, secret := key("unreachable")
	add("unreachable", "http://127.0.0.1:1", accessKey, id, secret)
	id, secret = key("tls")
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	secure.Config.ErrorLog = quiet
	t.Cleanup(secure.Close)
	add("tls", secure.URL, "type: sts, access_key_id: %s, access_key_secret: %s, security_token: %s", id, secret, s.plant("token by TLS"))
	token := filepath.Join(home, "token")
	require.NoError(t, os.WriteFile(token, []byte(s.plant("OIDC token")), 0o600))
	add("oidc", secure.URL, "type: oidc, oidc_provider_arn: 'acs:ram::1:oidc-provider/p', role_arn: 'acs:ram::1:role/r', oidc_token_file: %s", token)

	servedID, served := knownKey("uri")
	path := s.plant("path of the URI")
	local := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/moved/") { // to where no URL leads
			w.Header().Set("Location", "http://%zz"+r.URL.Path)
			w.WriteHeader(http.StatusFound)
			return
		}
		if r.URL.Path != "/"+path {
			fmt.Fprintf(w, "what is %s?", servedID+served)
			return
		}
		fmt.Fprintf(w, `{"Code": "Success", "AccessKeyId": %q, "AccessKeySecret": %q, "SecurityToken": %q, "Expiration": "2099-01-01T00:00:00Z"}`, servedID, served, s.plant("token by URI"))
	}))
	t.Cleanup(local.Close)
	add("uri", "", "type: uri, uri: '%s/%s'", local.URL, path)
	add("uri-moved", "", "type: uri, uri: '%s/moved/%s'", local.URL, s.plant("path that is moved"))
	add("uri-garbled", "", "type: uri, uri: '%s/other?%s'", local.URL, path)
	add("uri-unreachable", "", "type: uri, uri: 'http://user:%s@127.0.0.1:1/%s'", path, path)
	id, secret = knownKey("profile")
	require.NoError(t, os.Mkdir(filepath.Join(home, ".aliyun"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(home, ".aliyun", "config.json"), fmt.Appendf(nil,
		`{"current": "default", "profiles": [{"name": "default", "mode": "AK", "access_key_id": %q, "access_key_secret": %q}]}`, id, secret), 0o600))
	add("profile", "", "type: profile")
	add("no-profile", "", "type: profile, profile: missing")
	id, secret = knownKey("default")
	add("default", "", "type: default")
	env = map[string]string{"ALIBABA_CLOUD_ACCESS_KEY_ID": id, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": secret}

	cloud := s.cloud(t, known)
	var b strings.Builder
	for _, a := range accounts {
		endpoint, rest := cloud, a.rest
		if strings.HasPrefix(rest, "http") {
			endpoint, rest = rest, ""
		}
		fmt.Fprintf(&b, `
  - name: %s
    credentials: {%s}%s
    endpoints: {sas: "%[4]s", oos: "%[4]s", sts: "%[4]s"}
    security_center_regions: [cn-hangzhou]
    oos_regions: []
`, a.name, a.credentials, rest, endpoint)
	}
	dir, _ := ownCatalogue(t, map[string]string{"agent_versions": "own_versions"})
	return configFile(t, `server: {listen: off}
workers: 64
catalogue: %s
notify:
  targets:%s
  settle: 1s
accounts:%s
sources:
  own_versions: {schedule: "@every 5s"}
  agent_versions: {schedule: "@every 5s"}
  agentless_tasks: {schedule: "@every 5s", calls_per_second: 1000}
  cloud_center_instances: {enabled: false}
  agent_install_statuses: {enabled: false}
  instance_patch_states: {enabled: false}
  publish_batches: {enabled: false}
  operation_processes: {enabled: false}
`, dir, s.webhooks(t), b.String()), env
}

// webhooks are targets of every type, whose answers repeat all that they were told.
func (s *secrets) webhooks(t *testing.T) (targets string) {
	t.Helper()
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, r.URL.String(), r.URL.Query(), r.Header)
	}))
	t.Cleanup(echo.Close)
	echoing := strings.TrimPrefix(echo.URL, "http://")
	for _, kind := range send.Types {
		targets += fmt.Sprintf("\n    - {name: basic-%[1]s, type: %[1]s, url: 'http://user:%[2]s@%[3]s/x'}", kind, s.plant("password of "+kind), echoing)
		secret := ""
		if kind != "slack" {
			secret = ", secret: " + s.plant("secret of "+kind)
		}
		targets += fmt.Sprintf("\n    - {name: %[1]s, type: %[1]s, url: '%[2]s/send/%[3]s?access_token=%[4]s'%[5]s}", kind, echo.URL, s.plant("path of "+kind), s.plant("token of "+kind), secret)
		targets += fmt.Sprintf("\n    - {name: no-%[1]s, type: %[1]s, url: 'http://user:%[2]s@127.0.0.1:1/%[2]s'}", kind, s.plant("way to "+kind))
	}
	return targets
}

// traces adds a collector of traces to an environment that a secret path leads to, and
// that repeats what it is told in refusing it.
func (s *secrets) traces(t *testing.T, env map[string]string) map[string]string {
	t.Helper()
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, r.URL.String(), r.Header)
	}))
	t.Cleanup(collector.Close)
	env = maps.Clone(env)
	env["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.URL + "/adapt_" + s.plant("token of the traces") + "/api/otlp"
	env["OTEL_EXPORTER_OTLP_HEADERS"] = "Authorization=Bearer%20" + s.plant("header of the traces") + "," + s.plant("header without a name") + ",x y=" + s.plant("header with a bad name") +
		",Garbled=%zz" + s.plant("header that is garbled")
	return env
}

// cloud is a simulated cloud that repeats in its errors whatever it was told, and
// puts signed links where none is expected.
func (s *secrets) cloud(t *testing.T, accounts []sim.Account) (url string) {
	names := map[string]string{}
	for _, a := range accounts {
		names[a.ID] = a.Name
	}
	link := "https://bucket.oss-cn-hangzhou.aliyuncs.com/report.pdf?Expires=1&OSSAccessKeyId=" + s.plant("key of a link") +
		"&security-token=" + s.plant("token of a link") + "&Signature=" + s.plant("signature of a link")
	var throttled atomic.Int64
	cloud := sim.New(sim.Options{
		Accounts: accounts, World: sim.NewFleet(sim.FleetOptions{Servers: 20, Keep: 5 * 24 * time.Hour}),
		Fault: func(c sim.Call) sim.Fault {
			told := "what is " + c.Params.Encode() + "? " + fmt.Sprint(c.Params, c.Header)
			switch strings.TrimSuffix(names[c.AccountID], "-acs3") {
			case "refused":
				return sim.Refuse(http.StatusForbidden, "NoPermission", told)
			case "throttled":
				if throttled.Add(1)%2 == 0 { // again and again, it would take long
					return sim.Refuse(http.StatusForbidden, "NoPermission", told)
				}
				return sim.Refuse(http.StatusBadRequest, "Throttling.User", told)
			case "failing":
				return sim.Refuse(http.StatusInternalServerError, "InternalError", told)
			case "reset":
				return sim.Reset()
			case "html":
				return sim.HTML(http.StatusBadGateway)
			}
			switch c.Action {
			case "GetCurrentVersionPublish":
				return sim.Rewrite(func(body []byte) []byte {
					return description.ReplaceAll(body, fmt.Appendf(nil, `"LatestVersionDesc":%q,"New":{"Links":[%[1]q]}`, link))
				})
			case "ListAgentlessTask":
				return sim.Rewrite(func(body []byte) []byte {
					return lastField.ReplaceAll(body, fmt.Appendf(nil, `"MeasureSpace":%q,"NewUrl":%[1]q,"New":{"Links":[%[1]q]}`, link))
				})
			}
			return sim.Fault{}
		},
	})
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Accept-Encoding") // its answers are to be read here
		for _, name := range []string{"Signature", "AccessKeyId", "SecurityToken"} {
			if value := r.URL.Query().Get(name); value != "" {
				s.add(name+" of a request", value)
			}
		}
		if token := r.Header.Get("x-acs-security-token"); token != "" {
			s.add("token of a request", token)
		}
		if _, signature, signed := strings.Cut(r.Header.Get("Authorization"), "Signature="); signed {
			s.add("signature of a request", signature)
		}
		cloud.ServeHTTP(&eavesdropper{w, s}, r)
	}))
	front.Config.ErrorLog = quiet
	t.Cleanup(front.Close)
	return front.URL
}

var (
	quiet       = log.New(io.Discard, "", 0)
	lastField   = regexp.MustCompile(`"MeasureSpace":[0-9.]+`)
	description = regexp.MustCompile(`"LatestVersionDesc":"[^"]*"`)
	handedOut   = regexp.MustCompile(`(?:"(?:AccessKeySecret|AccessKeyId|SecurityToken)":"|(?:Signature|OSSAccessKeyId)=)([^"&\\]+)`)
)

// An eavesdropper hears what the cloud hands out: keys of roles, signed links.
type eavesdropper struct {
	http.ResponseWriter
	secrets *secrets
}

func (e *eavesdropper) Write(body []byte) (int, error) {
	for _, found := range handedOut.FindAllSubmatch(body, -1) {
		e.secrets.add("handed out by the cloud", string(found[1]))
	}
	return e.ResponseWriter.Write(body)
}

// badDatabases hears what is said of databases that cannot be reached.
func (s *secrets) badDatabases(t *testing.T, good, config string, env, said map[string]string) {
	t.Helper()
	u, err := url.Parse(good)
	require.NoError(t, err)
	change := func(f func(*url.URL)) string {
		changed := *u
		f(&changed)
		return changed.String()
	}
	password := s.plant("password of a bad URL")
	for i, bad := range []string{
		change(func(u *url.URL) { u.User = url.UserPassword("keeper", password) }),
		change(func(u *url.URL) { u.Host = "127.0.0.1:1" }),
		change(func(u *url.URL) { u.Host = "no-such-host.invalid" }),
		change(func(u *url.URL) { u.Path = "/missing" }),
		change(func(u *url.URL) { u.RawQuery = "sslmode=require" }),
		change(func(u *url.URL) { u.RawQuery = "sslmode=verify-full&sslrootcert=/missing&sslpassword=" + password }),
		"postgres://keeper@127.0.0.1:1/x?password=" + password,
		"postgres://keeper:" + password + "%zz@127.0.0.1:1/x",
		"postgres://keeper:" + password + "/@127.0.0.1:1/x",
		"postgres://keeper:12/" + password + "@127.0.0.1:1/x",
		"postgres://keeper:" + password + "@127.0.0.1:port/x",
		"postgres://keeper:" + password + "@[::1/x",
		"host=127.0.0.1 port=1 user=keeper password=" + password,
		"host=127.0.0.1 port=1 user=keeper password='" + password,
		"mysql://keeper:" + password + "@127.0.0.1/x",
	} {
		env := maps.Clone(env)
		env["DATABASE_URL"] = bad
		commands := [][]string{{"sync"}, {"status"}, {"run", "--no-wait"}}
		if !pgtest.All() { // they say the same
			commands = commands[i%3 : i%3+1]
		}
		for _, command := range commands {
			code, stdout, stderr := call(t, t.Context(), env, append(command, "--config", config, "--log-level", "debug")...)
			require.NotZero(t, code, bad)
			said[command[0]+" with "+bad] = stdout + stderr
		}
	}
}

// dump reads every table of the database, and the server's log.
func (s *secrets) dump(t *testing.T, server string, said map[string]string) {
	t.Helper()
	db, err := pgx.Connect(t.Context(), server)
	require.NoError(t, err)
	defer func() { _ = db.Close(t.Context()) }()
	rows, err := db.Query(t.Context(), "SELECT format('%I.%I', relnamespace::regnamespace, relname) FROM pg_class WHERE relkind IN ('r', 'm') AND relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')")
	require.NoError(t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	for _, table := range tables {
		said["table "+table] = one[string](t, db, "SELECT coalesce(string_agg(t::text, E'\n'), '') FROM "+table+" AS t")
	}
	require.Contains(t, said["table syncer.sync_runs"], "InternalError")
	require.Contains(t, said["table river.river_job"], "NoPermission")
	for _, table := range []string{"agentless_tasks", "own_versions"} {
		require.Contains(t, said["table syncer."+table+"_standing"], "https://bucket.oss-cn-hangzhou.aliyuncs.com/report.pdf")
	}
	log, err := os.ReadFile(filepath.Join(filepath.Dir(one[string](t, db, "SHOW data_directory")), "postgres.log"))
	require.NoError(t, err)
	said["the server's log"] = string(log)
}

// forms are a secret as it is, as it stands in a URL, in a string to sign, in base64
// whatever is before it, and in hexadecimal.
func forms(secret string) []string {
	all := []string{secret, url.QueryEscape(secret), url.QueryEscape(url.QueryEscape(secret)), hex.EncodeToString([]byte(secret))}
	for before := range 3 {
		encoded := base64.RawStdEncoding.EncodeToString([]byte("xxx"[:before] + secret))
		all = append(all, encoded[4:len(encoded)-3])
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// search looks for each secret in each of its forms.
func (s *secrets) search(t *testing.T, said map[string]string) {
	t.Helper()
	require.Greater(t, len(s.all), 100)
	var pairs []string
	for secret := range s.all {
		for _, form := range forms(secret) {
			pairs = append(pairs, form, "")
		}
	}
	all := strings.NewReplacer(pairs...) // which looks for all at once
	for where, text := range said {
		if all.Replace(text) == text {
			continue
		}
		for secret, what := range s.all {
			for _, form := range forms(secret) {
				if i := strings.Index(text, form); i >= 0 {
					t.Errorf("%s is in %s: …%s…", what, where, text[max(0, i-200):min(len(text), i+200)])
				}
			}
		}
	}
}
