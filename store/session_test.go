package store_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
	"syncer/source"
	"syncer/store"
)

// hostile are defaults under which a sync would go wrong, wait or be slow. They are
// settings that any user may be given.
var hostile = map[string]string{
	"search_path":                    "public, pg_catalog",
	"client_encoding":                "LATIN1",
	"DateStyle":                      "German, DMY",
	"IntervalStyle":                  "sql_standard",
	"TimeZone":                       "Pacific/Chatham",
	"bytea_output":                   "escape",
	"extra_float_digits":             "-15",
	"standard_conforming_strings":    "off",
	"array_nulls":                    "off",
	"quote_all_identifiers":          "on",
	"default_transaction_isolation":  "serializable",
	"default_transaction_deferrable": "on",
	"row_security":                   "off",
	"transform_null_equals":          "on",
	"gin_fuzzy_search_limit":         "1",
	"exit_on_error":                  "on",
	"client_min_messages":            "debug5",
	"plan_cache_mode":                "force_generic_plan",
	"enable_partition_pruning":       "off",
	"enable_indexscan":               "off",
	"statement_timeout":              "1",
	"lock_timeout":                   "1",
	"idle_session_timeout":           "1",
	"jit":                            "on",
}

// TestAHostileRole: whatever a role, a database and the address make of a session, a
// migration and a sync are as they are elsewhere.
func TestAHostileRole(t *testing.T) {
	for name, inherit := range map[string]func(t *testing.T, set func(string, ...any), u *url.URL, role string){
		"role": func(_ *testing.T, set func(string, ...any), _ *url.URL, role string) {
			for name, value := range hostile {
				set("ALTER ROLE %s SET %s = %s", role, name, setting(name, value))
			}
		},
		"database": func(_ *testing.T, set func(string, ...any), u *url.URL, _ string) {
			for name, value := range hostile {
				set("ALTER DATABASE %s SET %s = %s", strings.TrimPrefix(u.Path, "/"), name, setting(name, value))
			}
		},
		"PGOPTIONS": func(t *testing.T, _ func(string, ...any), _ *url.URL, _ string) { t.Setenv("PGOPTIONS", options()) },
		"options": func(_ *testing.T, _ func(string, ...any), u *url.URL, _ string) {
			u.RawQuery += "&options=" + strings.ReplaceAll(url.QueryEscape(options()), "+", "%20")
		},
	} {
		t.Run(name, func(t *testing.T) {
			address, role, admin := ownDatabase(t)
			inherit(t, func(format string, args ...any) { do(t, admin, fmt.Sprintf(format, args...)) }, address, role)
			s := openURL(t, address.String())

			p := partition(&source.InstancePatchStates)
			row := patchRow("i-1", 7)
			row[p.Source.Index("owner_information")] = source.TextValue("Zürich – 上海 🛡")
			syncAll(t, s, p, []source.Row{row, patchRow("i-2", 3)})
			syncAll(t, s, p, []source.Row{patchRow("i-2", 4)})
			_, err := s.SetTimezone(t.Context(), "Asia/Shanghai")
			require.NoError(t, err)

			var text string
			require.NoError(t, admin.QueryRow(t.Context(), "SELECT owner_information FROM alicloud.instance_patch_states_history WHERE instance_id = 'i-1' AND valid_to IS NOT NULL").Scan(&text))
			require.Equal(t, "Zürich – 上海 🛡", text)
			var compliant string
			require.NoError(t, admin.QueryRow(t.Context(), "SELECT string_agg(missing_count::text, ',') FROM alicloud.instance_patch_states").Scan(&compliant))
			require.Equal(t, "4", compliant)
		})
	}
}

func setting(name, value string) string {
	if name == "search_path" || name == "DateStyle" { // lists
		return value
	}
	return "'" + value + "'"
}

func options() string {
	var list []string
	for name, value := range hostile {
		list = append(list, "-c "+name+"="+strings.ReplaceAll(value, " ", `\ `))
	}
	return strings.Join(list, " ")
}

// ownDatabase is a database, the role that owns it, and a session of the
// administrator's in it.
func ownDatabase(t *testing.T) (address *url.URL, role string, admin *pgx.Conn) {
	t.Helper()
	database := pgtest.URL(t)
	admin, err := pgx.Connect(t.Context(), database)
	require.NoError(t, err)
	address, err = url.Parse(database)
	require.NoError(t, err)
	name := strings.TrimPrefix(address.Path, "/")
	role = "owner_" + strings.ToLower(rand.Text()[:12])
	do(t, admin, "CREATE ROLE "+role+" LOGIN PASSWORD 'p'", "ALTER DATABASE "+name+" OWNER TO "+role)
	t.Cleanup(func() {
		do(t, admin, "ALTER DATABASE "+name+" OWNER TO CURRENT_USER", "DROP OWNED BY "+role+" CASCADE", "DROP ROLE "+role)
		_ = admin.Close(context.Background())
	})
	address.User = url.UserPassword(role, "p")
	return address, role, admin
}

func do(t *testing.T, conn *pgx.Conn, statements ...string) {
	t.Helper()
	for _, sql := range statements {
		_, err := conn.Exec(context.Background(), sql)
		require.NoError(t, err, sql)
	}
}

// TestWhatTheAddressMaySay: waits are the operator's own to set; what syncer cannot
// work with is refused before it connects.
func TestWhatTheAddressMaySay(t *testing.T) {
	t.Parallel()
	database := pgtest.URL(t)
	for query, refusal := range map[string]string{
		"statement_timeout=5min&lock_timeout=5s&work_mem=64MB": "",
		"client_encoding=utf-8&TimeZone=Asia/Shanghai":         "",
		"default_query_exec_mode=cache_statement":              "",
		"application_name=mine":                                "",
		"default_query_exec_mode=exec":                         "asks for default_query_exec_mode=exec",
		"default_query_exec_mode=simple_protocol":              "asks for default_query_exec_mode=simple_protocol",
		"default_query_exec_mode=cache_describe":               "asks for default_query_exec_mode=cache_describe",
		"default_query_exec_mode=describe_exec":                "asks for default_query_exec_mode=describe_exec",
		"statement_cache_capacity=0":                           "asks for statement_cache_capacity=0",
		"client_encoding=LATIN1":                               "sets client_encoding",
		"CLIENT_ENCODING=GBK":                                  "sets client_encoding",
		"search_path=public":                                   "sets search_path",
		"default_transaction_isolation=serializable":           "sets default_transaction_isolation",
		"replication=database":                                 "sets replication",
	} {
		s, err := store.Open(context.Background(), database+"&"+query, store.Options{Name: "me"})
		if refusal != "" {
			require.ErrorContains(t, err, refusal, query)
			what, remedy := store.Advice(err)
			require.Contains(t, what, refusal, query)
			require.Contains(t, remedy, "take it out of the database URL", query)
			continue
		}
		require.NoError(t, err, query)
		var zone, path, name, timeout string
		require.NoError(t, s.Pool().QueryRow(t.Context(), "SELECT current_setting('timezone'), current_setting('search_path'), current_setting('application_name'), current_setting('statement_timeout')").Scan(&zone, &path, &name, &timeout))
		require.Equal(t, []string{"UTC", "pg_catalog, pg_temp", "syncer me"}, []string{zone, path, name})
		require.Equal(t, strings.Contains(query, "statement_timeout"), timeout == "5min", query)
		s.Close()
	}
}

// TestADatabaseOfAnotherEncoding is refused before anything is written to it.
func TestADatabaseOfAnotherEncoding(t *testing.T) {
	t.Parallel()
	address, _, admin := ownDatabase(t)
	for _, encoding := range []string{"LATIN1", "SQL_ASCII", "EUC_CN"} {
		name := "test_" + strings.ToLower(rand.Text()[:12])
		do(t, admin, "CREATE DATABASE "+name+" ENCODING '"+encoding+"' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
		t.Cleanup(func() { do(t, admin, "DROP DATABASE "+name+" WITH (FORCE)") })
		u := *address
		u.Path = "/" + name
		_, err := store.Open(context.Background(), u.String(), store.Options{})
		require.ErrorContains(t, err, "the database's encoding is "+encoding)
		_, remedy := store.Advice(err)
		require.Contains(t, remedy, "ENCODING 'UTF8'")
	}
}

// TestFunctionsLookNowhereElse: a function of syncer's has a path of its own, or it
// is inlined and says of each name where it is from.
func TestFunctionsLookNowhereElse(t *testing.T) {
	t.Parallel()
	s := open(t)
	rows, err := s.Pool().Query(t.Context(), `SELECT oid::regprocedure::text, prosrc
FROM pg_proc
WHERE pronamespace IN ('alicloud'::regnamespace, 'syncer'::regnamespace)
    AND 'search_path=pg_catalog, pg_temp' <> ALL (coalesce(proconfig, '{}'))`)
	require.NoError(t, err)
	var name, body string
	_, err = pgx.ForEachRow(rows, []any{&name, &body}, func() error {
		require.Contains(t, name, "_as_of(", "it has no search_path of its own")
		require.NotRegexp(t, `[^.<>=](=|<|>|<=|>=|<>)[^.<>=)]`, body, name)
		require.NotRegexp(t, `(FROM|JOIN) \w+ `, body, name)
		require.NotRegexp(t, `[^.\w]\w+\(`, strings.ReplaceAll(body, "OPERATOR(", "("), name)
		return nil
	})
	require.NoError(t, err)
}
