package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// What a session is like is for syncer to say, on each connection: its own pool's,
// from which the job queue and the migrations take theirs. A role, a database,
// PGOPTIONS and a service file can change the defaults of every session, and with
// them what is written, how it is read, and which function a name means.

// fixed are the settings that syncer works with, and with no others, as far as the
// server knows them. They are set first thing on each connection.
var fixed = map[string]string{
	// No name is looked up in a schema that others can write to.
	"search_path": "pg_catalog, pg_temp",

	// How texts, times and numbers are written and read.
	"client_encoding":             "UTF8",
	"datestyle":                   "ISO, MDY",
	"intervalstyle":               "postgres",
	"timezone":                    "UTC",
	"timezone_abbreviations":      "Default",
	"bytea_output":                "hex",
	"extra_float_digits":          "1",
	"standard_conforming_strings": "on",
	"backslash_quote":             "safe_encoding",
	"array_nulls":                 "on",
	"quote_all_identifiers":       "off",
	"xmlbinary":                   "base64",
	"xmloption":                   "content",

	// What a statement means, and sees.
	"default_transaction_isolation":  "read committed", // a merge must see what was committed while it waited
	"default_transaction_deferrable": "off",
	"row_security":                   "on",
	"transform_null_equals":          "off",
	"gin_fuzzy_search_limit":         "0",
	"default_table_access_method":    "heap",
	"check_function_bodies":          "on",
	"exit_on_error":                  "off",
	"client_min_messages":            "notice",

	// How statements are planned: a merge that takes a second takes hours without
	// an index or a hash.
	"jit":                            "off", // merges join large tables: compiling their expressions never pays
	"plan_cache_mode":                "auto",
	"constraint_exclusion":           "partition",
	"enable_async_append":            "on",
	"enable_bitmapscan":              "on",
	"enable_gathermerge":             "on",
	"enable_hashagg":                 "on",
	"enable_hashjoin":                "on",
	"enable_incremental_sort":        "on",
	"enable_indexonlyscan":           "on",
	"enable_indexscan":               "on",
	"enable_material":                "on",
	"enable_memoize":                 "on",
	"enable_mergejoin":               "on",
	"enable_nestloop":                "on",
	"enable_parallel_append":         "on",
	"enable_parallel_hash":           "on",
	"enable_partition_pruning":       "on",
	"enable_partitionwise_aggregate": "off",
	"enable_partitionwise_join":      "off",
	"enable_seqscan":                 "on",
	"enable_sort":                    "on",
	"enable_tidscan":                 "on",

	// Later servers'.
	"restrict_nonsystem_relation_kind": "",
	"transaction_timeout":              "0",
}

// startupSettings are those of the fixed settings that go with the connection's first message
// already: how anything is written.
var startupSettings = []string{"client_encoding", "datestyle", "timezone", "standard_conforming_strings"}

// timeouts are how long the server waits, unless the URL says otherwise. A process that
// was paused, or a machine that has gone, holds up no other for more than a minute:
// neither in the middle of a merge, whose lock others wait for, nor by sessions that
// are only thought to live.
var timeouts = map[string]string{
	"statement_timeout":                   "0",
	"lock_timeout":                        "0",
	"idle_session_timeout":                "0",
	"idle_in_transaction_session_timeout": "60s",
	"tcp_keepalives_idle":                 "30",
	"tcp_keepalives_interval":             "10",
	"tcp_keepalives_count":                "3",
	"tcp_user_timeout":                    "0",
}

// ofEnvironment are fixed settings that the environment may name for other programs
// (PGTZ), or an address that was copied from them: there they count for nothing.
var ofEnvironment = []string{"timezone", "jit"}

// sessionConfig is how the database of a URL is connected to.
func sessionConfig(url string, o Options) (*pgxpool.Config, error) {
	url = strings.TrimSpace(url) // files and secrets end in a line break
	config, err := pgxpool.ParseConfig(url)
	if err != nil || passwordInPath(url) || strings.Contains(config.ConnConfig.Host, "@") {
		// err, or what looks like the host's or the database's name, may hold the password.
		return nil, errors.New("the database URL cannot be read: expected postgres://user:password@host:5432/database, with / in the password written as %2F, and @ as %40")
	}
	c := config.ConnConfig
	if err := checkModes(c); err != nil {
		return nil, err
	}
	if c.RuntimeParams, err = parameters(c.RuntimeParams, o.Name); err != nil {
		return nil, err
	}
	needed := cmp.Or(o.Connections, 10)
	if asksForConnections(url) && config.MaxConns < needed && o.Logger != nil {
		o.Logger.Warn("pool_max_conns in the database URL is less than syncer needs, and is not kept to: let there be fewer workers", "pool_max_conns", config.MaxConns, "needed", needed)
	}
	if !asksForConnections(url) || config.MaxConns < needed {
		config.MaxConns = needed
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = connectTimeout
	}
	// Where the server's machine has gone, this side finds out as soon.
	c.DialFunc = (&net.Dialer{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: 30 * time.Second, Interval: 10 * time.Second, Count: 3,
	}}).DialContext
	config.AfterConnect = prepareSession
	return config, nil
}

// asksForConnections reports whether a URL has pool_max_conns, which the pool's
// configuration does not tell from its default.
func asksForConnections(url string) bool {
	c, err := pgx.ParseConfig(url)
	return err == nil && c.RuntimeParams["pool_max_conns"] != ""
}

// checkModes refuses the ways of speaking to the server that syncer cannot work in:
// without prepared statements, answers come as text, and keys are compared as bytes.
func checkModes(c *pgx.ConnConfig) error {
	var what string
	switch {
	case c.DefaultQueryExecMode != pgx.QueryExecModeCacheStatement:
		what = "default_query_exec_mode=" + strings.ReplaceAll(c.DefaultQueryExecMode.String(), " ", "_")
	case c.StatementCacheCapacity < 1:
		what = fmt.Sprintf("statement_cache_capacity=%d", c.StatementCacheCapacity)
	default:
		return nil
	}
	return &connectError{"the database URL asks for " + what + ", which syncer cannot work with", "take it out of the database URL, and " + noPooler, nil}
}

// parameters are what the connection's first message says, of which the URL (or the
// service file, or the environment) has given some. Names have no case to the
// server, and the last of two that are the same counts.
func parameters(given map[string]string, name string) (map[string]string, error) {
	all := maps.Clone(timeouts)
	for _, key := range slices.Sorted(maps.Keys(given)) {
		value, lower := given[key], strings.ToLower(key)
		want, isFixed := fixed[lower]
		if lower == "replication" || isFixed && !slices.Contains(ofEnvironment, lower) && normalized(value) != normalized(want) {
			return nil, &connectError{"the database URL sets " + lower + ", which syncer sets itself", "take it out of the database URL (or the service file)", nil}
		}
		all[lower] = value
	}
	for _, key := range slices.Sorted(maps.Keys(fixed)) {
		delete(all, key)
		if slices.Contains(startupSettings, key) {
			all[key] = fixed[key]
		}
	}
	all["application_name"] = strings.TrimSpace("syncer " + name[max(0, len(name)-MaxProcessName):])
	return all, nil
}

// MaxProcessName is how many bytes of a process's name its sessions have room for: 63, with
// "syncer " before it. What makes it unique is at the end.
const MaxProcessName = 63 - len("syncer ")

// normalized is a setting's value without what makes no difference: UTF-8 is UTF8.
func normalized(value string) string {
	return strings.ToLower(strings.NewReplacer("-", "", " ", "").Replace(value))
}

// prepareSession makes a new connection's session what syncer works with.
func prepareSession(ctx context.Context, conn *pgx.Conn) error {
	if encoding := conn.PgConn().ParameterStatus("server_encoding"); encoding != "UTF8" {
		return &connectError{
			"the database's encoding is " + encoding + ", in which not every text can be kept",
			"make one with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0, and name that in the database URL", nil,
		}
	}
	names := slices.Sorted(maps.Keys(fixed))
	values := make([]string, len(names))
	for i, name := range names {
		values[i] = fixed[name]
	}
	// Each name says where it is from: until this is done, it might be looked up elsewhere.
	_, err := conn.Exec(ctx, `SELECT pg_catalog.set_config(s.name, f.value, false)
FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[])) AS f (name, value)
JOIN pg_catalog.pg_settings AS s ON pg_catalog.lower(s.name) OPERATOR(pg_catalog.=) f.name`, names, values)
	return err
}

const noPooler = "connect to PostgreSQL itself, not to a pooler such as PgBouncer: syncer needs sessions of its own, and keeps few of them"
