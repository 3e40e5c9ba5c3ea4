package main

import (
	"encoding/json"
	"net/url"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/stretchr/testify/require"

	"syncer/internal/mcp"
	"syncer/internal/testing/pgtest"
)

// An assistant speaks to syncer mcp, which runs as a process of its own.
type assistant struct {
	*sdk.ClientSession
	process *process
}

func newAssistant(t *testing.T, h *household, address, timeout string) assistant {
	t.Helper()
	p := newProcess(map[string]string{"DATABASE_URL": address}, "mcp", "--timeout", timeout, "--rows", "5", "--config", h.config)
	p.cmd.Stdout = nil // the client's to read
	client := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, nil)
	session, err := client.Connect(t.Context(), &sdk.CommandTransport{Command: p.cmd}, nil)
	require.NoError(t, err, p.stderr.String())
	t.Cleanup(func() { _ = session.Close() })
	return assistant{session, p}
}

func (a assistant) ask(t *testing.T, tool string, args map[string]any) (table mcp.Table, text string, failed bool) {
	t.Helper()
	result, err := a.CallTool(t.Context(), &sdk.CallToolParams{Name: tool, Arguments: args})
	require.NoError(t, err)
	text = result.Content[0].(*sdk.TextContent).Text
	if !result.IsError {
		raw, err := json.Marshal(result.StructuredContent)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(raw, &table))
	}
	return table, text, result.IsError
}

// attacks are what a query must not be able to do. Each fails, or answers nothing but what
// stands beside it.
var attacks = []string{
	"SELECT 1; SELECT 2", "SELECT 1; COMMIT; DELETE FROM syncer.accounts", "COMMIT", "ROLLBACK", "RESET ROLE", "SET ROLE NONE", "RESET ALL",
	"SET SESSION AUTHORIZATION DEFAULT", "SET TRANSACTION READ WRITE", "DISCARD ALL", "BEGIN", "LISTEN x", "NOTIFY x", "PREPARE x AS SELECT 1",
	"SELECT set_config('role', 'none', true)", "SELECT set_config('session_authorization', 'default', true)",
	"SELECT set_config('transaction_read_only', 'off', true)",
	"SELECT set_config('role', 'none', true), query_to_xml('SELECT * FROM syncer.accounts', true, true, '')",
	"SELECT query_to_xml('SELECT set_config(''role'', ''none'', false)', true, true, ''), query_to_xml('SELECT pg_read_file(''/etc/passwd'')', true, true, '')",
	"SELECT 1) AS answer, (SELECT set_config('role', 'none', true)", "SELECT 1) AS a) AS b; COMMIT; --",
	"COPY (SELECT 1) TO PROGRAM 'id'", "COPY (SELECT 1) TO STDOUT", "COPY alicloud.accounts FROM STDIN",
	"SELECT pg_read_file('/etc/passwd')", "SELECT pg_ls_dir('/')", "SELECT * FROM pg_authid", "SELECT * FROM syncer.accounts", "SELECT * FROM river.river_job",
	"SELECT dblink('', 'SELECT 1')", "SELECT pg_sleep(60)", "SELECT lo_import('/etc/passwd')", "SELECT lo_export(1, '/tmp/x')",
	"SELECT pg_reload_conf()", "SELECT pg_rotate_logfile()", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usesysid <> 0 AND pid <> pg_backend_pid() AND usename <> current_user AND pg_terminate_backend(pid)::text = 'x'",
	"DO $$ BEGIN RAISE NOTICE 'x'; END $$", "CALL x()", "EXPLAIN ANALYZE DELETE FROM syncer.accounts", "EXPLAIN SELECT 1",
	"WITH x AS (DELETE FROM syncer.accounts RETURNING *) SELECT * FROM x", "INSERT INTO syncer.accounts DEFAULT VALUES RETURNING *",
	"CREATE TEMPORARY TABLE x (a int)", "SELECT 1 AS a INTO x", "CREATE FUNCTION pg_temp.x() RETURNS int LANGUAGE sql AS 'SELECT 1'",
	"SHOW ALL", "", ";", "-- nothing", "SELECT $1::int", "SELECT nextval('syncer.sync_runs_run_id_seq')", "TRUNCATE syncer.accounts", "VACUUM",
	"ALTER ROLE syncer_reader SUPERUSER", "GRANT ALL ON SCHEMA syncer TO syncer_reader", "SELECT repeat('x', 2000000000)",
}

// TestAnAssistantAsks: every tool answers of real rows, and no question leaves what a
// reader may do: neither with the owner's login nor with that of a reader.
func TestAnAssistantAsks(t *testing.T) {
	pgtest.Slow(t)
	t.Parallel()
	h := newHousehold(t)
	u, err := url.Parse(h.env["DATABASE_URL"])
	require.NoError(t, err)
	login := "assistant_" + strings.TrimPrefix(u.Path, "/")
	execute(t, h.env["DATABASE_URL"], "CREATE ROLE "+pgx.Identifier{login}.Sanitize()+" LOGIN PASSWORD 'long enough, is it' IN ROLE syncer_reader")
	t.Cleanup(func() { execute(t, u.String(), "DROP ROLE "+pgx.Identifier{login}.Sanitize()) })
	reader := *u
	reader.User = url.UserPassword(login, "long enough, is it")
	const kept = "SELECT (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM syncer.accounts AS a) || (SELECT count(*) FROM pg_class) || (SELECT count(*) FROM pg_proc)"
	before := one[string](t, h.db, kept)

	const hasty, patient = "2s", "5m" // the machine may be busy
	owner, own := newAssistant(t, h, h.env["DATABASE_URL"], patient), newAssistant(t, h, reader.String(), hasty)
	withstands := func(a assistant, direct bool) {
		t.Helper()
		for _, sql := range attacks {
			table, text, failed := a.ask(t, "query", map[string]any{"sql": sql})
			require.NotContains(t, text, "long enough")
			// Nobody else's session is there to end, or the answer is too long to be told.
			nothing := len(table.Rows) == 0
			// A login that is a reader and nothing else may set that it is itself.
			itself := direct && strings.HasPrefix(sql, "SELECT set_config(") && !strings.Contains(sql, "query_to_xml")
			require.True(t, failed || nothing || itself, sql+text)
		}
	}
	attacked := newAssistant(t, h, h.env["DATABASE_URL"], hasty)
	withstands(attacked, false)
	require.NoError(t, attacked.Close())
	withstands(own, false)
	_, text, failed := owner.ask(t, "query", map[string]any{"sql": "SELECT set_config('role', 'none', true), query_to_xml('SELECT current_user', true, true, '')"})
	require.True(t, failed)
	require.Contains(t, text, "security-definer")
	table, _, _ := owner.ask(t, "query", map[string]any{"sql": "SELECT current_user::text, current_setting('transaction_read_only'), 1 AS a, 2 AS a"})
	require.Equal(t, []any{"syncer_reader", "on", 1.0, 2.0}, table.Rows[0])
	require.Equal(t, before, one[string](t, h.db, kept))

	table, text, failed = owner.ask(t, "list_sources", nil)
	require.False(t, failed, text)
	require.NotEmpty(t, table.Rows)
	table, text, failed = owner.ask(t, "describe", map[string]any{"name": "cloud_center_instances"})
	require.False(t, failed, text)
	require.True(t, table.More, "of five rows at most")
	table, text, failed = owner.ask(t, "rows", map[string]any{"source": "cloud_center_instances", "limit": 1})
	require.False(t, failed, text)
	require.Len(t, table.Rows, 1)
	require.True(t, table.More)
	where := map[string]any{}
	for i, c := range table.Columns {
		if c.Name == "uuid" {
			require.NotEmpty(t, c.Meaning)
			where["uuid"] = table.Rows[0][i]
		}
	}
	for tool, args := range map[string]map[string]any{
		"rows":      {"source": "cloud_center_instances", "where": where, "as_of": "1ms"},
		"history":   {"source": "cloud_center_instances", "where": where},
		"changes":   {"since": "1h", "kinds": []string{"opened"}},
		"trend":     {"name": "patch_compliance_daily", "from": "2020-01-01", "to": "2099-12-31"},
		"freshness": {},
	} {
		table, text, failed := owner.ask(t, tool, args)
		require.False(t, failed, tool+text)
		require.NotEmpty(t, table.Rows, tool)
		require.Contains(t, text, "It is data")
	}
	_, text, failed = owner.ask(t, "query", map[string]any{"sql": `SELECT E'\x1b[2J' || U&'\202E' || E'\n|' AS x`})
	require.False(t, failed)
	require.Contains(t, text, `\x1b[2J\u202e\n\|`)
	_, text, failed = owner.ask(t, "rows", map[string]any{"source": "cloud_center_instances", "where": map[string]any{"x": "1"}})
	require.True(t, failed)
	require.Contains(t, text, "describe lists its columns")

	// It ends with its input, and at SIGTERM.
	require.NoError(t, owner.Close())
	require.Zero(t, owner.process.cmd.ProcessState.ExitCode(), owner.process.stderr.String())
	require.NoError(t, own.process.cmd.Process.Signal(syscall.SIGTERM))
	_ = own.Wait()
	_ = own.Close()
	require.Zero(t, own.process.cmd.ProcessState.ExitCode(), own.process.stderr.String())
	require.Empty(t, own.process.stderr.String())

	// Where nothing temporary can be made, only a login that is a reader and nothing else is
	// taken.
	execute(t, h.env["DATABASE_URL"], "REVOKE TEMPORARY ON DATABASE "+pgx.Identifier{strings.TrimPrefix(u.Path, "/")}.Sanitize()+" FROM PUBLIC")
	direct := newAssistant(t, h, reader.String(), hasty)
	withstands(direct, true)
	require.NoError(t, direct.Close())
	direct = newAssistant(t, h, reader.String(), patient)
	table, _, _ = direct.ask(t, "query", map[string]any{"sql": "SELECT current_user::text, current_setting('transaction_read_only')"})
	require.Equal(t, []any{"syncer_reader", "on"}, table.Rows[0])
	require.NoError(t, direct.Close())
	require.Equal(t, before, one[string](t, h.db, kept))
	code, _, said := h.run(t, "mcp")
	require.Equal(t, exitFailed, code)
	require.Contains(t, said, "CREATE ROLE assistant LOGIN")

	// A login that is no reader is refused, and told what to do.
	execute(t, h.env["DATABASE_URL"], "REVOKE syncer_reader FROM "+pgx.Identifier{login}.Sanitize())
	h.env["DATABASE_URL"] = reader.String()
	code, stdout, stderr := h.run(t, "mcp")
	require.Equal(t, exitFailed, code)
	require.Empty(t, stdout)
	require.Contains(t, stderr, "CREATE ROLE assistant LOGIN")
}
