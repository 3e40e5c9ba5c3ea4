package store

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
)

// inherited are the settings that any user may change and that syncer leaves as
// they are, each with the reason. A setting that nobody has decided about fails the
// test, also one of a later PostgreSQL.
var inherited = map[string]string{
	"default_transaction_read_only":    "a safety of the operator's, or of a hosted database whose disk is full: told by check, refused by what writes",
	"transaction_":                     "of the transaction that is under way: each begins with its default",
	"default_tablespace":               "where tables are is the operator's to say, and changes none of them",
	"temp_tablespaces":                 "as default_tablespace",
	"default_toast_compression":        "as default_tablespace",
	"synchronous_commit":               "how much of the last moments a crash may cost is the operator's to say: what is left fits together",
	"default_text_search_config":       "no text search is made",
	"lc_":                              "nothing is written by a locale's rules",
	"password_encryption":              "no password is given",
	"scram_iterations":                 "no password is given",
	"md5_password_warnings":            "no password is given",
	"escape_string_warning":            "a warning",
	"log_":                             "the server's log",
	"debug_":                           "the server's log",
	"trace_":                           "the server's log",
	"synchronize_seqscans":             "an order is always asked for where one is needed",
	"stats_fetch_consistency":          "of the statistics' views",
	"local_preload_libraries":          "only from a directory of the administrator's",
	"createrole_self_grant":            "syncer_reader is nobody's to log in with",
	"event_triggers":                   "the administrator's",
	"icu_validation_level":             "of collations that are made",
	"allow_alter_system":               "no system setting is changed",
	"client_connection_check_interval": "only ends what nobody timeouts for",

	// How fast, and with how much memory: the operator's to tune.
	"work_mem": "", "hash_mem_multiplier": "", "maintenance_work_mem": "", "logical_decoding_work_mem": "", "temp_buffers": "",
	"effective_": "", "maintenance_io_concurrency": "", "io_": "", "backend_flush_after": "", "commit_siblings": "", "vacuum_": "", "wal_": "",
	"cpu_": "", "cursor_tuple_fraction": "", "random_page_cost": "", "seq_page_cost": "", "recursive_worktable_factor": "", "default_statistics_target": "",
	"geqo": "", "from_collapse_limit": "", "join_collapse_limit": "", "jit_": "", "max_parallel_": "", "min_parallel_": "", "parallel_": "", "force_parallel_mode": "",
	"gin_pending_list_limit": "", "enable_": "later servers' ways of planning, which all have others",
	"file_copy_method": "",
}

// TestEverySettingIsDecidedAbout goes through what the server's users may set.
func TestEverySettingIsDecidedAbout(t *testing.T) {
	t.Parallel()
	s, err := Open(context.Background(), pgtest.URL(t), Options{})
	require.NoError(t, err)
	defer s.Close()
	names, err := collect[string](t.Context(), s.pool, "SELECT lower(name) FROM pg_settings WHERE context = 'user' AND name NOT LIKE '%.%'")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	decided := slices.Concat(slices.Collect(maps.Keys(fixed)), slices.Collect(maps.Keys(timeouts)), []string{"application_name"})
	for _, name := range names {
		left := slices.ContainsFunc(slices.Collect(maps.Keys(inherited)), func(prefix string) bool { return strings.HasPrefix(name, prefix) })
		require.True(t, slices.Contains(decided, name) || left, "nobody has decided about the setting %s", name)
	}
	for name := range timeouts {
		require.Contains(t, names, name, "not every server knows it, or not every user may set it")
	}
}
