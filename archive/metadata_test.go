package archive_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"syncer/archive"
	"syncer/source"
)

// TestMetadata: what DuckDB is told of a file besides its rows: types, descriptions, and of
// each row group the least and the greatest value, by which readers skip it.
func TestMetadata(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d := startDuck(t)
	w := newWorld(t)
	src := &source.AgentlessTasks
	fill(t, w, src)
	dir := t.TempDir()
	a, err := archive.Open(dir, archive.Options{Program: "v1"})
	require.NoError(t, err)
	_, err = a.Write(ctx, w.Store, []*source.Source{src})
	require.NoError(t, err)
	file := filepath.Join(dir, "sources", src.Name, "ended", "month=2025-12", "data.parquet")
	ask := func(sql string) (list []string) {
		rows, err := d.ask(fmt.Sprintf(sql, file))
		require.NoError(t, err)
		for _, row := range rows {
			list = append(list, *row[0])
		}
		return list
	}

	var columns, types []string
	for _, row := range w.ask(t, "SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'alicloud.agentless_tasks_history'::regclass AND attnum > 0 ORDER BY attnum") {
		columns = append(columns, *row[0])
		types = append(types, map[string]string{
			"text": "VARCHAR", "bigint": "BIGINT", "double precision": "DOUBLE", "boolean": "BOOLEAN", "timestamp with time zone": "TIMESTAMP WITH TIME ZONE", "jsonb": "JSON",
		}[*row[1]])
	}
	require.Equal(t, columns, ask("SELECT column_name FROM (DESCRIBE SELECT * FROM read_parquet('%s', hive_partitioning = false))"))
	require.Equal(t, types, ask("SELECT column_type FROM (DESCRIBE SELECT * FROM read_parquet('%s', hive_partitioning = false))"))

	require.Empty(t, ask("SELECT path_in_schema FROM parquet_metadata('%s') WHERE stats_null_count < num_values AND (stats_min_value IS NULL OR stats_max_value IS NULL)"))
	require.Equal(t, []string{"ZSTD"}, ask("SELECT DISTINCT compression FROM parquet_metadata('%s')"))
	require.Equal(t, []string{"Since when this version stands: the moment of the sync that found it."},
		ask("SELECT decode(value) FROM parquet_kv_metadata('%s') WHERE decode(key) = 'comment:valid_from'"))
	require.Len(t, ask("SELECT decode(key) FROM parquet_kv_metadata('%s') WHERE decode(key) LIKE 'comment:%%' AND decode(value) <> ''"), len(columns))
}
