package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
	"syncer/internal/testing/pgtest/migrated"
	"syncer/sim"
	"syncer/store"
)

// A checkup is a schedule.yaml to be checked, with a world around it.
type checkup struct {
	database string // URL
	cloud    sim.Options
	extra    string            // of the first account
	sources  string            // section
	secret   string            // of the second account
	endpoint map[string]string // in place of the cloud's
}

// newCheckup is one in which all is well: two accounts, and a current schema.
func newCheckup(t *testing.T) *checkup {
	t.Helper()
	c := &checkup{
		database: migrated.URL(t),
		cloud:    sim.Options{Accounts: simAccounts(2), World: sim.NewFleet(sim.FleetOptions{Seed: 1, Servers: 50})},
		secret:   simAccounts(2)[1].AccessKeySecret,
		endpoint: map[string]string{},
	}
	return c
}

func migrate(t *testing.T, url string) {
	t.Helper()
	require.NoError(t, migrated.Migrate(t.Context(), url))
}

func openStore(t *testing.T, url string) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), url, store.Options{})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

func execute(t *testing.T, url string, statements ...string) {
	t.Helper()
	s := openStore(t, url)
	for _, sql := range statements {
		_, err := s.Pool().Exec(context.Background(), sql)
		require.NoError(t, err)
	}
}

// run calls check.
func (c *checkup) run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	server := httptest.NewServer(sim.New(c.cloud))
	t.Cleanup(server.Close)
	at := func(product string) string {
		if e, ok := c.endpoint[product]; ok {
			return e
		}
		return server.URL
	}
	var b strings.Builder
	fmt.Fprintf(&b, "sources: {%s}\naccounts:\n", c.sources)
	for i, a := range simAccounts(2) {
		secret, extra := a.AccessKeySecret, c.extra
		if i == 1 {
			secret, extra = c.secret, ""
		}
		fmt.Fprintf(&b, `  - name: %s
    credentials: {type: access_key, access_key_id: %s, access_key_secret: %s}
    endpoints: {sas: "%s", oos: "%s", sts: "%s"}
    security_center_regions: [cn-hangzhou]
%s`, a.Name, a.AccessKeyID, secret, at("sas"), at("oos"), at("sts"), extra)
	}
	env := map[string]string{"DATABASE_URL": c.database}
	return call(t, t.Context(), env, append([]string{"check", "--config", configFile(t, "%s", b.String())}, args...)...)
}

// report calls check, and reads what it says for programs.
func (c *checkup) report(t *testing.T) (code int, r checkReport) {
	t.Helper()
	code, stdout, stderr := c.run(t, "--output", "json")
	require.Empty(t, stderr)
	require.NoError(t, json.Unmarshal([]byte(stdout), &r))
	return code, r
}

func (r checkReport) with(result string) (list []finding) {
	for _, f := range r.Checks {
		if f.Result == result {
			list = append(list, f)
		}
	}
	return list
}

func TestCheckAllIsWell(t *testing.T) {
	t.Parallel()
	c := newCheckup(t)
	code, stdout, stderr := c.run(t)
	require.Zero(t, code, stdout)
	require.Empty(t, stderr)
	t.Log("\n" + stdout)
	require.Contains(t, stdout, "account "+simAccounts(2)[1].ID)
	require.Contains(t, stdout, "All is well.")
	require.Regexp(t, `OOS regions +\| production +\| +\| not configured, but with rows: .*ap-southeast-1, .*cn-beijing, .*eu-central-1.* → add to oos_regions`, stdout)
	require.Regexp(t, `RegionId +\| production +\| +\| Security Center takes it for a filter: \d+ of \d+ servers with it; syncer sends none`, stdout)
	require.NotContains(t, stdout, "✗")
	require.NotContains(t, stdout, "sim-secret")

	// The same again, line by line, whichever call ends first.
	c.cloud.Latency = 5 * time.Millisecond
	_, again, _ := c.run(t)
	lines := func(s string) (list []string) {
		for line := range strings.Lines(s) {
			if !strings.Contains(line, "schedule.yaml") && !strings.Contains(line, "GB free") {
				list = append(list, strings.TrimRight(line, "- +\n"))
			}
		}
		return list[2:]
	}
	require.Equal(t, lines(stdout), lines(again))
}

// An emptied world has nothing to list for one action.
type emptied struct {
	sim.World
	action string
}

func (e emptied) List(q sim.Query) (sim.Listing, error) {
	if q.Action == e.action {
		return sim.Items{}, nil
	}
	return e.World.List(q)
}

// TestCheckFinds: one thing is wrong at a time, and is found with what to do;
// whatever else there is stays checked.
func TestCheckFinds(t *testing.T) {
	t.Parallel()
	role := "check_" + strings.ToLower(rand.Text()[:12])
	as := func(database, user, password string) string {
		u, err := url.Parse(database)
		require.NoError(t, err)
		u.User = url.UserPassword(user, password)
		return u.String()
	}
	name := func(database string) string {
		u, err := url.Parse(database)
		require.NoError(t, err)
		return strings.TrimPrefix(u.Path, "/")
	}
	for _, c := range []struct {
		name   string
		set    func(*testing.T, *checkup)
		want   []finding // the failed ones; Found and Remedy hold these texts
		others int       // that are skipped
	}{
		{"a refused action", func(_ *testing.T, c *checkup) {
			c.cloud.Accounts[0].Deny = []string{"ListAgentlessTask"}
		}, []finding{{
			Check: "agentless_tasks", Account: "production", Region: "cn-hangzhou",
			Found: "NoPermission: ", Remedy: "grant the user or role yundun-sas:ListAgentlessTask",
		}}, 0},
		{"a refused action that others need", func(_ *testing.T, c *checkup) {
			c.cloud.Accounts[0].Deny = []string{"GetCurrentVersionPublish"}
		}, []finding{{
			Check: "agent_versions", Account: "production", Region: "cn-hangzhou",
			Found: "NoPermission: ", Remedy: "grant the user or role yundun-sas:GetCurrentVersionPublish",
		}}, 1},
		{"a disabled source that others need", func(_ *testing.T, c *checkup) {
			c.cloud.Accounts[0].Deny = []string{"GetCurrentVersionPublish"}
			c.sources = `agent_versions: {enabled: false}, publish_batches: {values: ["1.0"]}`
		}, []finding{{
			Check: "agent_versions", Account: "production", Region: "cn-hangzhou",
			Found: "NoPermission: ", Remedy: "grant the user or role yundun-sas:GetCurrentVersionPublish",
		}}, 0},
		{"no servers", func(_ *testing.T, c *checkup) {
			c.cloud.World = emptied{c.cloud.World, "DescribeCloudCenterInstances"}
		}, nil, 2},
		{"a wrong key", func(_ *testing.T, c *checkup) { c.secret = "another" }, []finding{{
			Check: "credentials", Account: "staging",
			Found: "SignatureDoesNotMatch: ", Remedy: "give the access key secret that belongs to the access key ID",
		}}, 1},
		{"an unknown key", func(_ *testing.T, c *checkup) { c.cloud.Accounts[1].AccessKeyID = "deleted" }, []finding{{
			Check: "credentials", Account: "staging",
			Found: "InvalidAccessKeyId.NotFound: ", Remedy: "give an access key that exists",
		}}, 1},
		{"one account twice", func(_ *testing.T, c *checkup) {
			c.cloud.Accounts = append(c.cloud.Accounts, sim.Account{ID: c.cloud.Accounts[0].ID, Name: "bob", AccessKeyID: "sim-key-2", AccessKeySecret: c.secret})
		}, []finding{{
			Check: "credentials", Account: "staging",
			Found: "the same account as production", Remedy: "give it credentials of its own",
		}}, 0},
		{"a role that does not exist", func(_ *testing.T, c *checkup) {
			c.extra = "    assume_role: acs:ram::9999999999999999:role/reader\n"
		}, []finding{{
			Check: "credentials", Account: "production",
			Found: "EntityNotExist.Role", Remedy: "check the ARN of the role",
		}}, 1},
		{"a role that must not be assumed", func(_ *testing.T, c *checkup) {
			c.extra = "    assume_role: acs:ram::" + c.cloud.Accounts[1].ID + ":role/reader\n"
			c.cloud.Accounts[0].Deny = []string{"AssumeRole"}
		}, []finding{{
			Check: "credentials", Account: "production",
			Found: "NoPermission", Remedy: "sts:AssumeRole",
		}}, 1},
		{"a wrong region", func(_ *testing.T, c *checkup) {
			c.extra = "    oos_regions: [cn-hangzhou, cn-nowhere]\n"
		}, []finding{{
			Check: "instance_patch_states", Account: "production", Region: "cn-nowhere",
			Found: "InvalidRegionId", Remedy: "take the region out",
		}}, 0},
		{"a clock that is off", func(_ *testing.T, c *checkup) {
			c.cloud.Wall = func() time.Time { return time.Now().Add(time.Hour) }
		}, []finding{
			{Check: "credentials", Account: "production", Found: "InvalidTimeStamp.Expired", Remedy: "set this machine's clock"},
			{Check: "credentials", Account: "staging", Found: "InvalidTimeStamp.Expired", Remedy: "set this machine's clock"},
		}, 2},
		{"no network", func(_ *testing.T, c *checkup) { c.endpoint["oos"] = "http://127.0.0.1:1" }, []finding{
			{Check: "instance_patch_states", Account: "production", Region: "cn-hangzhou", Found: "connection refused", Remedy: "check the network"},
			{Check: "instance_patch_states", Account: "staging", Region: "cn-hangzhou", Found: "connection refused", Remedy: "check the network"},
		}, 0},
		{"an answer of something else", func(_ *testing.T, c *checkup) {
			c.cloud.Fault = func(call sim.Call) (f sim.Fault) {
				if call.Action == "ListOperationProcess" && call.AccountID == c.cloud.Accounts[0].ID {
					f = sim.Empty()
				}
				return f
			}
		}, []finding{{
			Check: "operation_processes", Account: "production", Region: "cn-hangzhou",
			Found: "the answer holds no list Processes", Remedy: "check the endpoints",
		}}, 0},
		{"a wrong password", func(_ *testing.T, c *checkup) { c.database = as(c.database, "syncer", "wrong") }, []finding{{
			Check: "database", Found: "password authentication failed", Remedy: "check the user and the password in the database URL",
		}}, 0},
		{"a database that is not there", func(t *testing.T, c *checkup) {
			u, err := url.Parse(c.database)
			require.NoError(t, err)
			u.Path = "/nowhere"
			c.database = u.String()
		}, []finding{{
			Check: "database", Found: `database "nowhere" does not exist`, Remedy: "make the database",
		}}, 0},
		{"a server that is not there", func(_ *testing.T, c *checkup) {
			c.database = "postgres://syncer:hidden@127.0.0.1:1/syncer"
		}, []finding{{
			Check: "database", Found: "connection refused", Remedy: "check that the server runs",
		}}, 0},
		{"no schema", func(t *testing.T, c *checkup) { c.database = pgtest.URL(t) }, []finding{
			{Check: "schema", Found: "not there yet", Remedy: "run syncer migrate up"},
			{Check: "job queue", Found: "not there yet", Remedy: "run syncer migrate up"},
		}, 0},
		{"an old schema", func(t *testing.T, c *checkup) {
			_, err := openStore(t, c.database).MigrateDown(t.Context(), false)
			require.NoError(t, err)
		}, []finding{{Check: "schema", Found: "is older than this program's", Remedy: "run syncer migrate up"}}, 0},
		{"a newer schema", func(t *testing.T, c *checkup) {
			execute(t, c.database, "INSERT INTO syncer.goose_db_version (version_id, is_applied) VALUES (9999, true)")
		}, []finding{{Check: "schema", Found: "version 9999 is newer than this program's", Remedy: "update syncer"}}, 0},
		{"a read-only database", func(t *testing.T, c *checkup) {
			execute(t, c.database, fmt.Sprintf("ALTER DATABASE %s SET default_transaction_read_only = on", name(c.database)))
		}, []finding{{Check: "writing", Found: "default_transaction_read_only is on, set by the database", Remedy: "ALTER DATABASE"}}, 0},
		{"a read-only connection", func(_ *testing.T, c *checkup) {
			c.database += "&default_transaction_read_only=on"
		}, []finding{{Check: "writing", Found: "set by the client", Remedy: "take it out of the database URL"}}, 0},
		{"a role that may only read", func(t *testing.T, c *checkup) {
			database := c.database
			execute(t, database,
				fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD 'p'", role),
				"REVOKE TEMPORARY ON DATABASE "+name(database)+" FROM PUBLIC",
				fmt.Sprintf("GRANT USAGE ON SCHEMA syncer, alicloud, river TO %s", role),
				fmt.Sprintf("GRANT SELECT ON ALL TABLES IN SCHEMA syncer, alicloud, river TO %s", role))
			t.Cleanup(func() { execute(t, database, "DROP OWNED BY "+role, "DROP ROLE "+role) })
			c.database = as(database, role, "p")
		}, []finding{
			{Check: "writing", Found: "user " + role + " does not own syncer.", Remedy: "GRANT "},
			{Check: "temporary tables", Found: "user " + role + " may not make them", Remedy: "GRANT TEMPORARY ON DATABASE"},
		}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			checkup := newCheckup(t)
			c.set(t, checkup)
			code, r := checkup.report(t)
			failed := r.with(resultFailed)
			require.Len(t, failed, len(c.want), "%v", failed)
			for i, want := range c.want {
				require.Contains(t, failed[i].Found, want.Found)
				require.Contains(t, failed[i].Remedy, want.Remedy)
				require.NotContains(t, failed[i].Found+failed[i].Remedy, "hidden")
				want.Result, want.Found, want.Remedy = resultFailed, failed[i].Found, failed[i].Remedy
				require.Equal(t, want, failed[i])
			}
			require.Len(t, r.with(resultSkipped), c.others)
			require.Equal(t, len(c.want) == 0, r.OK)
			require.Equal(t, map[bool]int{true: exitOK, false: exitFailed}[r.OK], code)
			// What is wrong with one account leaves the other checked.
			for _, account := range []string{"production", "staging"} {
				require.True(t, slices.ContainsFunc(r.Checks, func(f finding) bool { return f.Account == account }))
			}
		})
	}
}

// TestCheckWritesNothing: not one transaction of the server gets an ID.
func TestCheckWritesNothing(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t) // whose transactions are this test's alone
	execute(t, server.URL(), "ALTER SYSTEM SET autovacuum = off", "SELECT pg_reload_conf()")
	s := openStore(t, server.URL())
	next := func() (id string) {
		require.NoError(t, s.Pool().QueryRow(t.Context(), "SELECT pg_snapshot_xmax(pg_current_snapshot())::text").Scan(&id))
		return id
	}
	c := newCheckup(t)
	c.database = server.URL()
	for _, wants := range []int{exitFailed, exitOK} { // without a schema, and with it
		before := next()
		code, stdout, _ := c.run(t)
		require.Equal(t, wants, code, stdout)
		require.Equal(t, before, next())
		if wants == exitFailed {
			migrate(t, server.URL())
			require.NotEqual(t, before, next())
		}
	}
}

// TestCheckEmbedded: where no database is configured, the embedded default is
// started; that its schema is made by the first sync is no failure.
func TestCheckEmbedded(t *testing.T) {
	t.Setenv("SYNCER_DATA_DIR", dataDir(t))
	c := newCheckup(t)
	c.database = ""
	code, r := c.report(t)
	require.Zero(t, code, r)
	var skipped []string
	for _, f := range r.with(resultSkipped) {
		skipped = append(skipped, f.Check)
	}
	require.Equal(t, []string{"schema", "job queue"}, skipped)
	require.True(t, slices.ContainsFunc(r.Checks, func(f finding) bool { return f.Check == "disk" && strings.Contains(f.Found, "GB free") }))
}

func TestCheckBadConfiguration(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ config, says string }{
		{"timezon: UTC\n", "did you mean timezone?"},
		{"timezone: UTC\n", "names no account"},
		{"accounts: [{name: a, credentials: {type: default}, endpoints: {sas: \"http://a/b\"}}]\n", "endpoint"},
		{"timezon: UTC\nacounts: []\n", "did you mean accounts?"},
	} {
		path := configFile(t, "%s", c.config)
		code, stdout, stderr := call(t, t.Context(), nil, "check", "--config", path)
		require.Equal(t, exitFailed, code, stdout)
		require.Empty(t, stderr)
		require.Regexp(t, "(?m)^ ✗ \\| configuration .*"+regexp.QuoteMeta(c.says), stdout)
		lines := strings.Count(stdout, "✗")
		require.Contains(t, stdout, fmt.Sprintf("%d of %s failed.", lines, several(lines, "check")))

		code, stdout, _ = call(t, t.Context(), nil, "check", "--config", path, "--output", "json")
		require.Equal(t, exitFailed, code, stdout)
		var r checkReport
		require.NoError(t, json.Unmarshal([]byte(stdout), &r))
		require.False(t, r.OK)
		require.Len(t, r.Checks, lines)
		for _, command := range []string{"sync", "status", "run"} {
			code, stdout, stderr = call(t, t.Context(), nil, command, "--config", path)
			require.Equal(t, exitUsage, code, command)
			require.Empty(t, stdout)
			require.Contains(t, stderr, c.says)
		}
	}
	code, _, stderr := call(t, t.Context(), nil, "check", "--output", "xml")
	require.Equal(t, exitUsage, code, stderr)
}
