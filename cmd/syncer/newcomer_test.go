package main

import (
	"cmp"
	"fmt"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
	"syncer/internal/testing/pgtest/migrated"
	"syncer/sim"
)

// A newcomer has one account, and something that is not as it should be.
type newcomer struct {
	database  string // URL
	cloud     sim.Account
	secret    string
	signature string
	endpoint  string // in place of the cloud's; empty: the cloud's
	oos       string // endpoint and regions of OOS
	regions   string
	servers   int // 0: few
}

// A trouble is one thing that is wrong, and what each command says of it: one
// line that fits a pattern.
type trouble struct {
	cause func(*testing.T, *newcomer)
	check string // with the remedy
	sync  string
	run   string
	// status says and returns what it does after the sync; empty: the sync never
	// got as far, and status says what sync says.
	status string
	starts bool // run works on, and logs the line
	waits  bool // run logs the line and waits until that is mended
	code   int  // of sync and run; 0: that something failed
}

var troubles = map[string]trouble{
	"a wrong key": {
		cause:  func(_ *testing.T, n *newcomer) { n.secret = "planted-wrong-secret" },
		check:  `✗ \| credentials .* SignatureDoesNotMatch: Specified signature does not match our calculation \(RequestId [0-9A-F-]+\); from the configuration → give the access key secret that belongs to the access key ID$`,
		sync:   `^failed: agent_versions of production in cn-hangzhou: .*SignatureDoesNotMatch: Specified signature does not match our calculation \(HTTP 400, RequestId [0-9A-F-]+\); check the access key ID, its secret`,
		status: `^failing: agent_versions of production in cn-hangzhou: .*SignatureDoesNotMatch: Specified signature does not match our calculation \(HTTP 400, RequestId [0-9A-F-]+\); check the access key ID, its secret`,
		run:    `msg="sync failed" source=agent_versions .*SignatureDoesNotMatch: Specified signature does not match our calculation \(HTTP 400, RequestId [0-9A-F-]+\); check the access key ID, its secret`,
		starts: true,
	},
	"a wrong key, by the newer signature": {
		cause:  func(_ *testing.T, n *newcomer) { n.secret, n.signature = "planted-wrong-secret", "acs3" },
		check:  `✗ \| credentials .* SignatureDoesNotMatch: Specified signature does not match our calculation \(RequestId [0-9A-F-]+\); from the configuration → give the access key secret that belongs to the access key ID$`,
		sync:   `^failed: agent_versions .*: Specified signature does not match our calculation \(HTTP 400, RequestId [0-9A-F-]+\); check the access key ID, its secret`,
		status: `^failing: agent_versions .*: Specified signature does not match our calculation \(HTTP 400, RequestId [0-9A-F-]+\); check the access key ID, its secret`,
		run:    `msg="sync failed" source=agent_versions .*: Specified signature does not match our calculation \(HTTP 400, RequestId [0-9A-F-]+\); check the access key ID, its secret`,
		starts: true,
	},
	"a missing permission": {
		cause:  func(_ *testing.T, n *newcomer) { n.cloud.Deny = []string{"GetCurrentVersionPublish"} },
		check:  `✗ \| agent_versions .* NoPermission: caller has no permission \(RequestId [0-9A-F-]+\) → grant the user or role yundun-sas:GetCurrentVersionPublish`,
		sync:   `^failed: agent_versions .*NoPermission.*; grant the RAM user or role the action yundun-sas:GetCurrentVersionPublish$`,
		status: `^failing: agent_versions .*NoPermission.*; grant the RAM user or role the action yundun-sas:GetCurrentVersionPublish$`,
		run:    `msg="sync failed" source=agent_versions .*NoPermission.*; grant the RAM user or role the action yundun-sas:GetCurrentVersionPublish`,
		starts: true,
	},
	"a region that the API does not have": {
		cause:  func(_ *testing.T, n *newcomer) { n.regions = "cn-nowhere" },
		check:  `✗ \| instance_patch_states \| production \| cn-nowhere +\| InvalidRegionId: .* → take the region out of the account's: the API is not served there$`,
		sync:   `^failed: instance_patch_states of production in cn-nowhere: .*InvalidRegionId.*; take the region out of the account's regions in the configuration, or correct it$`,
		status: `^failing: instance_patch_states of production in cn-nowhere: .*InvalidRegionId.*; take the region out of the account's regions`,
		run:    `msg="sync failed" source=instance_patch_states .*InvalidRegionId.*; take the region out of the account's regions`,
		starts: true,
	},
	// What a region without an endpoint comes to: its host has no address. The
	// resolver of the machine says so, or cannot be asked.
	"a region without a host": {
		cause:  func(_ *testing.T, n *newcomer) { n.regions, n.oos = "cn-nowhere", "oos.cn-nowhere.aliyuncs.invalid" },
		check:  `✗ \| instance_patch_states \| production \| cn-nowhere +\| .*host oos\.cn-nowhere\.aliyuncs\.invalid.* → check the (region|network), ?(and)? the DNS of this machine`,
		sync:   `^failed: instance_patch_states of production in cn-nowhere: .*lookup oos\.cn-nowhere.*; check the (region|network)`,
		status: `^failing: instance_patch_states of production in cn-nowhere: .*lookup oos\.cn-nowhere.*; check the (region|network)`,
		run:    `msg="sync failed" source=instance_patch_states .*lookup oos\.cn-nowhere.*; check the (region|network)`,
		starts: true,
	},
	"no network": {
		cause:  func(_ *testing.T, n *newcomer) { n.endpoint = "http://127.0.0.1:1" },
		check:  `✗ \| credentials .* dial tcp 127\.0\.0\.1:1: connect: connection refused; from the configuration → check the network: the firewall, HTTPS_PROXY, the endpoints of the account$`,
		sync:   `^failed: agent_versions .*connection refused \(attempt 6 of 6\); check the network: the firewall, HTTPS_PROXY, the endpoints of the account$`,
		status: `^failing: agent_versions .*connection refused \(attempt 6 of 6\); check the network: the firewall, HTTPS_PROXY`,
		run:    `msg="sync failed" source=agent_versions .*connection refused \(attempt 6 of 6\); check the network: the firewall, HTTPS_PROXY`,
		starts: true,
	},
	"no database": {
		cause: func(_ *testing.T, n *newcomer) { n.database = "postgres://syncer:planted-password@127.0.0.1:1/syncer" },
		check: `✗ \| database .* 127\.0\.0\.1:1/syncer as user syncer: dial tcp 127\.0\.0\.1:1: connect: connection refused → check that the server runs`,
		sync:  `^syncer: database 127\.0\.0\.1:1/syncer as user syncer: dial tcp 127\.0\.0\.1:1: connect: connection refused; check that the server runs`,
		run:   `msg="the database is away: waiting for it" error="database 127\.0\.0\.1:1/syncer as user syncer: dial tcp 127\.0\.0\.1:1: connect: connection refused; check that the server runs`,
		waits: true,
	},
	"a database that is not there": {
		cause: func(t *testing.T, n *newcomer) {
			n.database = changeURL(t, n.database, func(u *url.URL) { u.Path = "/nowhere" })
		},
		check: `✗ \| database .*: database "nowhere" does not exist \(SQLSTATE 3D000\) → make the database \(CREATE DATABASE\), or name another in the database URL$`,
		sync:  `^syncer: database .*/nowhere as user .*: database "nowhere" does not exist \(SQLSTATE 3D000\); make the database`,
	},
	"a wrong password": {
		cause: func(t *testing.T, n *newcomer) {
			n.database = changeURL(t, n.database, func(u *url.URL) { u.User = url.UserPassword(u.User.Username(), "planted-password") })
		},
		check: `✗ \| database .*: password authentication failed for user .* → check the user and the password in the database URL, and the server's pg_hba.conf$`,
		sync:  `^syncer: database .*: password authentication failed for user .*; check the user and the password in the database URL`,
	},
	"a host that is not there": {
		cause: func(t *testing.T, n *newcomer) {
			n.database = changeURL(t, n.database, func(u *url.URL) { u.Host = "db.invalid:5432" })
		},
		check: `✗ \| database .* db\.invalid:5432/.*: lookup db\.invalid.* → check the host in the database URL, and the DNS of this machine$`,
		sync:  `^syncer: database db\.invalid:5432/.*: lookup db\.invalid.*; check the host in the database URL, and the DNS of this machine$`,
		run:   `msg="the database is away: waiting for it" error="database db\.invalid:5432/.*: lookup db\.invalid.*; check the host in the database URL, and the DNS of this machine`,
		waits: true,
	},
	"a read-only database": {
		cause: func(t *testing.T, n *newcomer) {
			u, err := url.Parse(n.database)
			require.NoError(t, err)
			execute(t, n.database, fmt.Sprintf("ALTER DATABASE %s SET default_transaction_read_only = on", strings.TrimPrefix(u.Path, "/")))
		},
		check:  `✗ \| writing .* default_transaction_read_only is on, set by the database → ALTER DATABASE "test_\w+" RESET default_transaction_read_only$`,
		sync:   `^syncer: the database cannot be written to: default_transaction_read_only is on, set by the database; ALTER DATABASE "test_\w+" RESET default_transaction_read_only$`,
		status: `^problem: the database cannot be written to: default_transaction_read_only is on, set by the database; ALTER DATABASE "test_\w+" RESET default_transaction_read_only$`,
	},
	"an old schema": {
		cause: func(t *testing.T, n *newcomer) {
			_, err := openStore(t, n.database).MigrateDown(t.Context(), false)
			require.NoError(t, err)
		},
		check:  `✗ \| schema .* what is derived of \d+ sources is older than this program's → run syncer migrate up$`,
		sync:   `^syncer: the schema is not current: run syncer migrate up \(agent_versions is not made yet\), or add --migrate$`,
		status: `^syncer: the schema is not current: run syncer migrate up \(agent_versions is not made yet\)$`,
		code:   exitUsage,
	},
}

func changeURL(t *testing.T, text string, change func(*url.URL)) string {
	t.Helper()
	u, err := url.Parse(text)
	require.NoError(t, err)
	change(u)
	return u.String()
}

// TestNewcomer: whatever is wrong, each command says which it is and what to do,
// in one line, and nothing that is a secret or for a programmer.
func TestNewcomer(t *testing.T) {
	t.Parallel()
	for name, c := range troubles {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := &newcomer{database: migrated.URL(t), cloud: simAccounts(1)[0], regions: "cn-hangzhou"}
			n.secret = n.cloud.AccessKeySecret
			c.cause(t, n)
			c.test(t, n)
		})
	}
}

func (c *trouble) test(t *testing.T, n *newcomer) {
	t.Helper()
	config := n.config(t)
	env := map[string]string{"DATABASE_URL": n.database}
	secrets := []string{n.secret, "planted-password"}
	hear := func(wantCode int, line string, code int, text string) {
		t.Helper()
		require.Equal(t, wantCode, code, text)
		found := 0
		for l := range strings.Lines(text) {
			if regexp.MustCompile(line).MatchString(strings.TrimRight(l, "\n")) {
				t.Log(l)
				found++
			}
		}
		require.Equal(t, 1, found, "lines like %s in:\n%s", line, text)
		for _, s := range append(secrets, "goroutine ", ".go:", "panic") {
			require.NotContains(t, text, s)
		}
	}
	code, stdout, stderr := call(t, t.Context(), env, "check", "--config", config)
	require.Empty(t, stderr)
	require.Equal(t, 1, strings.Count(stdout, "✗"), stdout)
	hear(exitFailed, c.check, code, stdout)

	code, stdout, stderr = call(t, t.Context(), env, "sync", "--config", config)
	hear(cmp.Or(c.code, exitFailed), c.sync, code, stdout+stderr)
	if !c.starts {
		require.Empty(t, stdout, "nothing was tried")
		require.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
	}

	status := c.status
	if status == "" {
		status = c.sync
	}
	code, stdout, stderr = call(t, t.Context(), env, "status", "--config", config)
	hear(exitFailed, status, code, stdout+stderr)

	p := startProcess(t, env, "run", "--config", config)
	if !c.starts && !c.waits {
		code := p.wait(t)
		hear(cmp.Or(c.code, exitFailed), c.sync, code, p.output())
		require.Equal(t, 1, strings.Count(p.output(), "\n"), p.output())
		return
	}
	logged := regexp.MustCompile(c.run)
	pgtest.Await(t, func() bool { return logged.MatchString(p.stderr.String()) }, "not said: %s", c.run)
	p.signal(t, syscall.SIGTERM)
	hear(exitOK, c.run, p.wait(t), firstLines(p.output(), logged))
}

// firstLines is a log without the later lines that fit a pattern: a schedule may
// have come round.
func firstLines(log string, pattern *regexp.Regexp) string {
	lines, found := strings.Split(log, "\n"), false
	return strings.Join(slices.DeleteFunc(lines, func(l string) bool {
		again := found && pattern.MatchString(l)
		found = found || pattern.MatchString(l)
		return again
	}), "\n")
}

// config writes a schedule.yaml whose sources need no other, and nothing of which
// waits for a schedule.
func (n *newcomer) config(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(sim.New(sim.Options{Accounts: []sim.Account{n.cloud}, World: sim.NewFleet(sim.FleetOptions{Seed: 1, Servers: cmp.Or(n.servers, 20)})}))
	t.Cleanup(server.Close)
	at, oos := server.URL, server.URL
	if n.endpoint != "" {
		at, oos = n.endpoint, n.endpoint
	}
	if n.oos != "" {
		oos = n.oos
	}
	return configFile(t, `server: {listen: off}
accounts:
  - name: production
    credentials: {type: access_key, access_key_id: %s, access_key_secret: %s}
    signature: %[6]s
    endpoints: {sas: "%[3]s", sts: "%[3]s", oos: "%[4]s"}
    security_center_regions: [cn-hangzhou]
    oos_regions: [%[5]s]
sources:
  agent_versions: {schedule: "@every 1s"}
  instance_patch_states: {schedule: "@every 1s", calls_per_second: 10000}
  agentless_tasks: {enabled: false}
  agent_install_statuses: {enabled: false}
  cloud_center_instances: {enabled: false}
  publish_batches: {enabled: false}
  operation_processes: {enabled: false}
`, n.cloud.AccessKeyID, n.secret, at, oos, n.regions, cmp.Or(n.signature, "hmac-sha1"))
}
