package main

import (
	"errors"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"syncer/internal/testing/browser"
	"syncer/internal/testing/pgtest"
)

// whatThePageSays reads the numbers of the status page, as SQL's words for them.
const whatThePageSays = `(() => {
  const text = e => e.textContent.trim().replaceAll(",", "");
  const lines = [];
  for (const e of document.querySelectorAll(".tally dd")) lines.push("tally " + e.id.replace("tally-", "") + " " + text(e));
  for (const row of document.querySelectorAll("tr[data-source]"))
    lines.push(["source", row.dataset.source, ...[...row.querySelectorAll("td.number")].map(text)].join(" "));
  for (const figure of document.querySelectorAll("figure[id]"))
    for (const row of figure.querySelectorAll("tbody tr"))
      [...row.querySelectorAll("td")].forEach((cell, i) => {
        const name = figure.querySelectorAll("thead th")[i + 1].textContent;
        if (text(cell) !== "") lines.push(["trend", figure.id.replaceAll("-", "_"), text(row.querySelector("th")), name, text(cell).replace(" %", "")].join(" "));
      });
  for (const row of document.querySelectorAll("tr[data-run]")) lines.push("run " + row.dataset.run + " " + [...row.querySelectorAll("td.number:not(.minor)")].map(text).join(" "));
  for (const row of document.querySelectorAll("section[aria-labelledby=changes] tbody tr"))
    lines.push("change " + text(row.querySelector("th")) + " " + text(row.querySelector(".key")) + " " + text(row.querySelector(".kind")));
  return lines.sort();
})()`

// whatTheTablesSay is the same, asked of alicloud of the accounts like $1.
const whatTheTablesSay = `
WITH runs AS (
    SELECT source, sum(rows_opened) AS opened, sum(rows_changed) AS changed, sum(rows_ended) AS ended, count(*) AS runs, count(*) FILTER (WHERE status <> 'ok') AS not_ok
    FROM alicloud.sync_runs
    WHERE finished_at >= now() - interval '24 hours' AND account_id LIKE $1
    GROUP BY source
), standing AS (
    SELECT 'agent_versions' AS source, account_id FROM alicloud.agent_versions
    UNION ALL SELECT 'publish_batches', account_id FROM alicloud.publish_batches
    UNION ALL SELECT 'cloud_center_instances', account_id FROM alicloud.cloud_center_instances
    UNION ALL SELECT 'agent_install_statuses', account_id FROM alicloud.agent_install_statuses
    UNION ALL SELECT 'instance_patch_states', account_id FROM alicloud.instance_patch_states
    UNION ALL SELECT 'agentless_tasks', account_id FROM alicloud.agentless_tasks
    UNION ALL SELECT 'operation_processes', account_id FROM alicloud.operation_processes
    UNION ALL SELECT 'vulnerabilities', account_id FROM alicloud.vulnerabilities
    UNION ALL SELECT 'security_alerts', account_id FROM alicloud.security_alerts
), trends AS (
    SELECT 'patch_compliance_daily' AS view, day, a.name AS series, to_char(100 * sum(compliant)::float8 / nullif(sum(instances), 0), 'FM990.0') AS value
    FROM alicloud.patch_compliance_daily JOIN alicloud.accounts AS a USING (account_id) WHERE account_id LIKE $1 GROUP BY 1, 2, 3 HAVING sum(instances) > 0
    UNION ALL SELECT 'fleet_daily', day, client_status_label, sum(servers)::text FROM alicloud.fleet_daily WHERE account_id LIKE $1 GROUP BY 1, 2, 3
    UNION ALL SELECT 'agent_install_daily', day, result_label, sum(servers)::text FROM alicloud.agent_install_daily WHERE account_id LIKE $1 GROUP BY 1, 2, 3
    UNION ALL SELECT 'agentless_tasks_daily', day, status_label, sum(tasks)::text FROM alicloud.agentless_tasks_daily WHERE account_id LIKE $1 GROUP BY 1, 2, 3
    UNION ALL SELECT 'operation_processes_daily', day, status_code_label, sum(processes)::text FROM alicloud.operation_processes_daily WHERE account_id LIKE $1 GROUP BY 1, 2, 3
    UNION ALL SELECT 'publish_progress_daily', day, version, sum(upgraded_servers)::text FROM alicloud.publish_progress_daily WHERE account_id LIKE $1 GROUP BY 1, 2, 3
    UNION ALL SELECT 'vulnerabilities_daily', day, necessity_label, sum(vulnerabilities)::text FROM alicloud.vulnerabilities_daily WHERE account_id LIKE $1 GROUP BY 1, 2, 3
    UNION ALL SELECT 'security_alerts_daily', day, level_label, sum(open)::text FROM alicloud.security_alerts_daily WHERE account_id LIKE $1 GROUP BY 1, 2, 3
)
SELECT concat_ws(' ', 'tally', state, count(*) FILTER (WHERE state = s)) FROM (SELECT CASE WHEN late THEN 'late' ELSE 'fresh' END AS s FROM alicloud.sync_freshness WHERE account_id LIKE $1) AS f, unnest(ARRAY['failing', 'late', 'never', 'fresh']) AS state GROUP BY state
UNION ALL SELECT concat_ws(' ', 'source', source, (SELECT count(*) FROM standing AS s WHERE s.source = r.source AND account_id LIKE $1), opened, changed, ended, runs, not_ok) FROM runs AS r
UNION ALL SELECT concat_ws(' ', 'trend', view, day, series, value) FROM trends
UNION ALL (SELECT concat_ws(' ', 'run', run_id, rows_fetched, rows_opened, rows_changed, rows_ended) FROM alicloud.sync_runs WHERE account_id LIKE $1 ORDER BY finished_at DESC, run_id DESC LIMIT 20)
UNION ALL (SELECT concat_ws(' ', 'change', source, key, kind) FROM alicloud.changes WHERE account_id LIKE $1 ORDER BY at DESC, source, account_id, region_id, key LIMIT 20)`

// looks are what every page must be, at whatever width and in whatever light.
const looks = `(() => {
  const problems = [];
  document.querySelectorAll("details").forEach(e => e.open = true);
  const page = document.documentElement;
  if (page.scrollWidth > page.clientWidth) problems.push("it is wider than the screen: " + page.scrollWidth + " of " + page.clientWidth);
  const channel = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const parse = c => { const m = c.match(/[\d.]+/g).map(Number); return m.length < 4 ? [...m, 1] : m; };
  const luminance = c => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]);
  const behind = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c[3] > 0) return c; } return [255, 255, 255, 1]; };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n; (n = walker.nextNode());) {
    const e = n.parentElement;
    if (!n.textContent.trim() || !e.checkVisibility() || e.closest("title, desc, option, script, style")) continue;
    const style = getComputedStyle(e);
    const [a, b] = [luminance(parse(e.closest("svg") ? style.fill : style.color)), luminance(behind(e))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) problems.push("contrast " + ratio.toFixed(2) + ": " + n.textContent.trim().slice(0, 40));
  }
  for (const e of document.querySelectorAll("svg")) {
    const named = (e.getAttribute("aria-labelledby") || "").split(" ").every(id => document.getElementById(id)?.textContent);
    if (e.getAttribute("role") !== "img" || !named) problems.push("a drawing without a name");
  }
  for (const e of document.querySelectorAll("select, input")) if (!e.labels.length) problems.push("no label: " + e.outerHTML.slice(0, 60));
  for (const e of document.querySelectorAll("a, button, summary")) if (!e.textContent.trim()) problems.push("no name: " + e.outerHTML.slice(0, 60));
  const ids = [...document.querySelectorAll("[id]")].map(e => e.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) problems.push("twice: " + id);
  for (const a of document.querySelectorAll("a[href^='#']")) if (!document.getElementById(a.getAttribute("href").slice(1))) problems.push("leads nowhere: " + a.href);
  for (const e of document.querySelectorAll("script, link[rel=stylesheet], iframe")) problems.push("it needs more than itself: " + e.outerHTML.slice(0, 60));
  return problems;
})()`

// TestStatusPage opens the demo's page in a browser, and compares all numbers on
// it with SQL.
func TestStatusPage(t *testing.T) {
	pgtest.Slow(t)
	t.Parallel()
	page, err := browser.Start(t.Context())
	if errors.Is(err, browser.ErrMissing) {
		pgtest.Lacks(t, err)
	}
	require.NoError(t, err)
	t.Cleanup(page.Close)

	dir := dataDir(t)
	demo := startProcess(t, map[string]string{"SYNCER_DATA_DIR": dir}, "demo", "--days", "4", "--servers", "60")
	address := regexp.MustCompile(`It goes on[^\n]*\s+(http://\S+)\n`)
	pgtest.Await(t, func() bool { return address.MatchString(demo.stdout.String()) })
	link := address.FindStringSubmatch(demo.stdout.String())[1]
	url, token, made := strings.Cut(link, "/login?token=")
	require.True(t, made, "the demo makes a token, and its link has it")
	require.NoError(t, page.Open(link))

	d := daemon{process: demo, dir: filepath.Join(dir, "demo-60")}
	d.query(t, func(db *pgx.Conn) {
		require.NoError(t, page.Open(url))
		says(t, page, db, "%")
		// Who has only a keyboard can narrow it to an account.
		require.NoError(t, page.Focus("#account"))
		require.NoError(t, page.Press("staging\t\t\r"))
		require.NoError(t, page.Wait(`//a[text()="Show all"]`))
		says(t, page, db, one[string](t, db, "SELECT account_id FROM alicloud.accounts WHERE name = 'staging'"))
	})

	d.query(t, func(db *pgx.Conn) { plantTheLongest(t, db) })
	for _, path := range []string{"/", "/?account=nobody", "/?region=cn-hangzhou"} {
		for _, width := range []int64{340, 768, 1101, 1600} {
			for _, dark := range []bool{false, true}[:pgtest.Few(1, 2)] {
				require.NoError(t, page.Screen(width, 900, 1, dark))
				require.NoError(t, page.Open(url+path))
				problems, err := browser.Ask[[]string](page, looks)
				require.NoError(t, err)
				require.Empty(t, problems, "%s, %d wide, dark: %t", path, width, dark)
			}
		}
	}
	require.NotContains(t, demo.stderr.String(), token, "the link is for eyes, the log for files")
	// The first thing that the keyboard reaches leads past the navigation.
	require.NoError(t, page.Press("\t"))
	focused, err := browser.Ask[string](page, `document.activeElement.textContent`)
	require.NoError(t, err)
	require.Equal(t, "Skip to the content", focused)
	// River's own pages are there, and draw themselves.
	require.NoError(t, page.Open(url+"/river/"))
	require.NoError(t, page.Wait(`//*[text()="Completed"]`))
}

// plantTheLongest puts the longest texts and numbers that can be into all that the
// page shows: none may make it wider than the screen.
func plantTheLongest(t *testing.T, db *pgx.Conn) {
	t.Helper()
	for _, statement := range []string{
		`UPDATE syncer.accounts SET name = repeat('W', 200) WHERE name = 'staging'`,
		`INSERT INTO syncer.sync_runs (account_id, account_name, source, region_id, trigger, full_sweep, started_at, finished_at, status,
    calls, retries, throttled, pages, rows_fetched, rows_opened, rows_changed, rows_ended, rows_unchanged, rows_repeated, error_code, error_message, error_request_id, worker)
SELECT account_id, repeat('W', 200), source, region_id, 'manual', true, now() - interval '999 days', now(), 'failed',
    n, n, n, n, n, n / 9, n / 9, n / 9, n, n, repeat('C', 200), repeat('M', 5000), repeat('R', 200), 'w'
FROM syncer.partitions, (SELECT 9000000000000000000 AS n) AS n
WHERE source = 'agent_versions'`,
		`UPDATE syncer.agentless_tasks SET task_id = repeat('K', 1500), valid_from = now() WHERE ctid = (SELECT min(ctid) FROM syncer.agentless_tasks_standing) AND valid_to = 'infinity'`,
	} {
		_, err := db.Exec(t.Context(), statement)
		require.NoError(t, err)
	}
}

// says compares the page, which is open, with what the tables say of the accounts
// like narrow.
func says(t *testing.T, page *browser.Page, db *pgx.Conn, narrow string) {
	t.Helper()
	url, err := browser.Ask[string](page, "location.href")
	require.NoError(t, err)
	// A sync between the two makes them differ: then both are asked again.
	pgtest.Await(t, func() bool {
		before := asked(t, db, narrow)
		require.NoError(t, page.Open(url))
		said, err := browser.Ask[[]string](page, whatThePageSays)
		require.NoError(t, err)
		if !slices.Equal(before, asked(t, db, narrow)) {
			return false
		}
		require.Greater(t, len(said), 100)
		require.Equal(t, before, said)
		return true
	}, "the tables never stand still")
}

// asked is what the tables say of the accounts like narrow.
func asked(t *testing.T, db *pgx.Conn, narrow string) []string {
	t.Helper()
	rows, err := db.Query(t.Context(), "SELECT line FROM ("+whatTheTablesSay+") AS l (line) ORDER BY line COLLATE \"C\"", narrow)
	require.NoError(t, err)
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return list
}
