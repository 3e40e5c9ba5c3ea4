package web_test

import (
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
	"syncer/internal/testing/pgtest/migrated"
	"syncer/source"
	"syncer/store"
	"syncer/worker"
)

var discard = slog.New(slog.DiscardHandler)

func TestThePageTellsHowThingsStand(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "", "production", "staging")
	page := func(path string) string {
		a := h.ask(t, "GET", path, "")
		require.Equal(t, 200, a.StatusCode)
		return a.text
	}
	text := page("/")
	has(t, text, `<h1 id="headline">14 not synced yet</h1>`)
	has(t, text, "Nothing in the last 30 days.")
	h.sync(t)
	text = page("/")
	has(t, text, `<h1 id="headline">All 14 partitions are fresh</h1>`)
	hasNot(t, text, "Needs attention")
	hasNot(t, text, "could not be read")
	assert.Equal(t, 6, strings.Count(text, `<svg role="img"`))
	has(t, text, "Asia/Shanghai (CST, UTC&#43;08:00)")
	text = page("/?account=staging&region=cn-hangzhou")
	has(t, text, "All 7 partitions are fresh")
	hasNot(t, text, "production ·")
	has(t, page("/?account=nobody%3Cb%3E"), "There is no account nobody&lt;b&gt; in the configuration: it is ignored.")

	h.exec(t, "UPDATE syncer.sync_runs SET next_due_at = now() - interval '1 day', started_at = started_at - interval '2 days', finished_at = finished_at - interval '2 days' WHERE source = 'publish_batches'")
	h.exec(t, `INSERT INTO syncer.sync_runs (account_id, account_name, source, region_id, trigger, full_sweep, started_at, finished_at, status, calls, retries, throttled, pages,
    rows_fetched, rows_opened, rows_changed, rows_ended, rows_unchanged, rows_repeated, error_code, error_message, error_request_id, worker)
SELECT account_id, account_name, source, region_id, trigger, full_sweep, now(), now(), 'failed', 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'Forbidden.RAM',
    'DescribeAgentInstallStatus in cn-hangzhou: <script>alert(1)</script> (HTTP 403, RequestId R-1); grant the RAM user or role the action yundun-sas:DescribeAgentInstallStatus', 'R-1', worker
FROM syncer.sync_runs WHERE source = 'agent_install_statuses' AND account_name = 'staging'`)
	text = page("/")
	has(t, text, `<h1 id="headline">1 failing, 2 late</h1>`)
	has(t, text, "Grant the RAM user or role the action yundun-sas:DescribeAgentInstallStatus.")
	has(t, text, "&lt;script&gt;alert(1)")
	has(t, text, "RequestId <code>R-1</code>")
	hasNot(t, text, "<script")
}

// TestAPartThatFailsHidesNothingElse takes away what the page reads, bit by bit.
func TestAPartThatFailsHidesNothingElse(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "", "production")
	h.sync(t)
	broken := func() int {
		a := h.ask(t, "GET", "/", "")
		require.Equal(t, 200, a.StatusCode)
		has(t, a.text, "</html>")
		return strings.Count(a.text, "could not be read")
	}
	require.Zero(t, broken())
	h.exec(t, "ALTER VIEW alicloud.changes RENAME TO elsewhere")
	require.Equal(t, 1, broken())
	// One that takes longer than the page waits.
	h.exec(t, "ALTER VIEW alicloud.fleet_daily RENAME TO elsewhere_too")
	h.exec(t, "CREATE VIEW alicloud.fleet_daily AS SELECT * FROM alicloud.elsewhere_too WHERE pg_sleep(60) IS NOT NULL")
	require.Equal(t, 2, broken())
	has(t, h.ask(t, "GET", "/", "").text, "All 7 partitions are fresh")
	h.exec(t, "ALTER VIEW alicloud.sync_runs RENAME TO elsewhere_three") // its activity, and the runs themselves
	require.Equal(t, 4, broken())
}

func TestTheDatabaseGoes(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t)
	require.NoError(t, migrated.Migrate(t.Context(), server.URL()))
	h := houseOn(t, server.URL(), "", "production")
	h.sync(t)
	ready := h.ask(t, "GET", "/readyz", "")
	require.Equal(t, 200, ready.StatusCode)
	require.Equal(t, "database: ok\nschema: ok\nqueue: ok\n", ready.text)
	server.Stop(t)
	page := h.ask(t, "GET", "/", "")
	require.Equal(t, 200, page.StatusCode)
	has(t, page.text, `<h1 id="headline">The database does not answer</h1>`)
	hasNot(t, page.text, "postgres://")
	require.Equal(t, 200, h.ask(t, "GET", "/healthz", "").StatusCode)
	scrape := h.ask(t, "GET", "/metrics", "")
	require.Equal(t, 200, scrape.StatusCode)
	has(t, scrape.text, "syncer_database_up 0")
	has(t, scrape.text, `syncer_runs_total{account="production",region="cn-hangzhou",source="agent_versions",status="ok"} 1`)

	// The answer from before counts for a while.
	pgtest.Await(t, func() bool {
		a := h.ask(t, "GET", "/readyz", "")
		return a.StatusCode == 503 && strings.Contains(a.text, "database: unreachable")
	})
}

func TestAnOldSchemaIsNotReady(t *testing.T) {
	t.Parallel()
	h := newHouse(t, token, "production")
	_, err := h.store.MigrateDown(t.Context(), false)
	require.NoError(t, err)
	a := h.ask(t, "GET", "/readyz", "") // which needs no token
	require.Equal(t, 503, a.StatusCode)
	require.Contains(t, a.text, "database: ok\nschema: not current: run syncer migrate up\n")
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "", "production")
	scrape := func() string {
		a := h.ask(t, "GET", "/metrics", "")
		require.Equal(t, 200, a.StatusCode)
		return a.text
	}
	// Every counter of every partition is there before it counts.
	text := scrape()
	for _, j := range h.syncer.Jobs() {
		has(t, text, `syncer_rows_total{account="production",outcome="held",region="cn-hangzhou",source="`+j.Source.Name+`"} 0`)
	}
	h.sync(t)
	text = scrape()
	var rows, runs float64
	require.NoError(t, h.store.Pool().QueryRow(t.Context(), "SELECT sum(rows_opened)::float8, count(*)::float8 FROM alicloud.sync_runs").Scan(&rows, &runs))
	require.InDelta(t, rows, sum(t, text, `syncer_rows_total\{[^}]*outcome="opened"[^}]*\}`), 0)
	require.InDelta(t, runs, sum(t, text, `syncer_runs_total\{[^}]*status="ok"[^}]*\}`), 0)
	require.InDelta(t, runs, sum(t, text, `syncer_run_duration_seconds_count\{[^}]*\}`), 0)
	require.Regexp(t, `syncer_build_info\{goversion="go[^"]*",version="v0"\} 1`, text)
	require.Regexp(t, `syncer_queue_jobs\{state="available"\} 0`, text)

	// An account that is no longer configured is not late for ever.
	h.exec(t, "INSERT INTO syncer.accounts VALUES ('9', 'gone')")
	h.exec(t, "INSERT INTO syncer.partitions (account_id, source, region_id) VALUES ('9', 'agent_versions', 'cn-hangzhou')")
	states, err := h.syncer.States(t.Context())
	require.NoError(t, err)
	require.Len(t, states, 7)
	for _, s := range states {
		require.Equal(t, worker.Fresh, s.State)
		require.Equal(t, store.StatusOK, *s.LastStatus)
	}
}

// sum adds the values of all lines that begin with a pattern.
func sum(t *testing.T, text, pattern string) (total float64) {
	t.Helper()
	for _, m := range regexp.MustCompile(`(?m)^`+pattern+` (\S+)$`).FindAllStringSubmatch(text, -1) {
		total += number(t, m[1])
	}
	return total
}

// has and hasNot do not print a whole page where they fail.
func has(t *testing.T, text, part string) {
	t.Helper()
	if !strings.Contains(text, part) {
		t.Errorf("not there: %s", part)
	}
}

func hasNot(t *testing.T, text, part string) {
	t.Helper()
	if i := strings.Index(text, part); i >= 0 {
		t.Errorf("there: …%s…", text[max(0, i-100):min(len(text), i+200)])
	}
}

// TestAnAccountThatWasNeverAccepted has no ID, and all the same its runs.
func TestAnAccountThatWasNeverAccepted(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "", "production", "staging")
	p := store.Partition{AccountName: "staging", Source: &source.AgentVersions, RegionID: hangzhou}
	run := store.Run{Trigger: "schedule", Started: time.Now(), NextDue: time.Now().Add(time.Minute)}
	require.NoError(t, h.store.RecordFailure(t.Context(), p, run, store.Failure{Code: "SignatureDoesNotMatch", Message: "no; give the right secret"}))
	p.Source = &source.PublishBatches
	require.NoError(t, h.store.RecordFailure(t.Context(), p, run, store.Failure{Code: "SignatureDoesNotMatch", Message: "no (another RequestId); give the right secret"}))
	for _, path := range []string{"/", "/?account=staging"} {
		text := h.ask(t, "GET", path, "").text
		require.Equal(t, 1, strings.Count(text, `class="cause failing"`), "one cause is shown once")
		has(t, text, "and 1 partition more of this account")
		require.Equal(t, 2, strings.Count(text, "data-run="), path)
	}
	require.Zero(t, strings.Count(h.ask(t, "GET", "/?account=production", "").text, "data-run="))
	text := h.ask(t, "GET", "/?account=nobody&region=nowhere", "").text
	has(t, text, "There is no region nowhere in the configuration")
	has(t, text, "There is no account nobody in the configuration")
}
