package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
	"syncer/internal/testing/pgtest/migrated"
	"syncer/sim"
)

// TestReload: on SIGHUP the daemon takes over a configuration as a whole, says what
// it cannot take over, and refuses one with errors, all of which it tells.
func TestReload(t *testing.T) {
	t.Parallel()
	accounts := simAccounts(2)
	cloud := httptest.NewServer(sim.New(sim.Options{Accounts: accounts, World: sim.NewFleet(sim.FleetOptions{Servers: 5})}))
	t.Cleanup(cloud.Close)
	token := "the-first-token-of-all"
	config := configFile(t, "server: {listen: '127.0.0.1:0', token: %s}\nsources: {agent_versions: {schedule: '@yearly'}}\naccounts:%s", token, accountYAML(accounts[0], cloud.URL))
	env := map[string]string{"DATABASE_URL": migrated.URL(t)}
	p := startProcess(t, env, "run", "--config", config)
	p.says(t, "msg=started")
	url := regexp.MustCompile(`msg="status page" url=(\S+)`).FindStringSubmatch(p.stderr.String())[1]
	metrics := func(token string) (int, string) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/metrics", nil)
		require.NoError(t, err)
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		defer func() { _ = response.Body.Close() }()
		text, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return response.StatusCode, string(text)
	}
	reload := func(text, says string) {
		require.NoError(t, os.WriteFile(config, []byte(text), 0o600))
		p.signal(t, syscall.SIGHUP)
		p.says(t, says)
	}

	reload("worker: 3\ntimezone: Nowhere\naccounts: []\n", "the configuration is refused, and the old one stays")
	p.says(t, "schedule.yaml:1:1: worker: there is no such setting: did you mean workers?")
	p.says(t, "schedule.yaml:2:11: timezone")
	code, _ := metrics(token)
	require.Equal(t, http.StatusOK, code)

	other := "another-one-of-16-letters"
	reload(fmt.Sprintf("workers: 3\nserver: {listen: '127.0.0.1:1', token: %s}\nsources: {agent_versions: {enabled: false}}\naccounts:%s",
		other, accountYAML(accounts[1], cloud.URL)), "configuration read again")
	require.Contains(t, p.stderr.String(), "takes effect at the next start\" setting=workers")
	require.Contains(t, p.stderr.String(), "takes effect at the next start\" setting=server.listen")
	code, _ = metrics(token)
	require.Equal(t, http.StatusUnauthorized, code)
	_, text := metrics(other)
	require.Contains(t, text, `syncer_runs_total{account="staging",region="cn-hangzhou",source="agentless_tasks",status="ok"}`)

	// Who gives up the token may do so for another address only.
	reload("server: {listen: 'off'}\naccounts:"+accountYAML(accounts[1], cloud.URL), "setting=server.token")
	pgtest.Await(t, func() bool { code, _ := metrics(other); return code == http.StatusOK })

	db, err := pgx.Connect(t.Context(), env["DATABASE_URL"])
	require.NoError(t, err)
	defer func() { _ = db.Close(context.Background()) }()
	// A time zone that cannot be taken over keeps all else back.
	_, err = db.Exec(t.Context(), "CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not now'; END $$; CREATE TRIGGER refuse BEFORE UPDATE ON syncer.settings FOR EACH ROW EXECUTE FUNCTION public.refuse()")
	require.NoError(t, err)
	reload(fmt.Sprintf("timezone: Asia/Tokyo\nserver: {listen: 'off', token: a-third-token-of-letters}\naccounts:%s", accountYAML(accounts[1], cloud.URL)), "not now")
	code, _ = metrics(other)
	require.Equal(t, http.StatusOK, code)
	pgtest.Await(t, func() bool {
		return one[bool](t, db, "SELECT count(*) = 7 AND bool_and(account_name = 'staging') FROM alicloud.sync_freshness WHERE last_status = 'ok'")
	})
	p.signal(t, syscall.SIGTERM)
	require.Zero(t, p.wait(t), p.output())
}
