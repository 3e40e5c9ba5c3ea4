package worker_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest/migrated"
	"syncer/source"
	"syncer/store"
	"syncer/store/report"
)

// TestEighthSource is "Add a source" of CONTRIBUTING.md, step by step: a
// declaration and a recorded page are all that a new API takes of fetch,
// store and worker, which have never heard of this one.
func TestEighthSource(t *testing.T) {
	t.Parallel()
	guide := contributing(t)
	declaration, err := os.ReadFile("testdata/state_configurations.yaml")
	require.NoError(t, err)
	require.Contains(t, guide, string(declaration), "the declaration")
	page, err := os.ReadFile("testdata/state_configurations.json")
	require.NoError(t, err)
	require.Contains(t, guide, string(page), "the recorded page")

	read, err := source.Read([]source.File{{Path: "state_configurations.yaml", Text: string(declaration)}}, source.All)
	require.NoError(t, err)
	eighth := read[0]
	s, err := store.Open(context.Background(), migrated.URL(t), store.Options{Sources: append(slices.Clone(source.All), eighth)})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	_, err = s.Migrate(t.Context())
	require.NoError(t, err)

	cloud := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("Action") == "GetCallerIdentity" {
			fmt.Fprintf(w, `{"AccountId": "%s"}`, accountID)
			return
		}
		require.Equal(t, "ListStateConfigurations", r.FormValue("Action"))
		_, _ = w.Write(page)
	})
	syncer := newSyncer(t, s, cloud, eighth)
	syncNow(t, syncer, store.StatusOK)
	page = []byte(strings.Replace(string(page), "ApplyAndMonitor", "ApplyAndAutoCorrect", 1))
	syncNow(t, syncer, store.StatusOK)

	for _, query := range []string{
		"SELECT template_name, configure_mode_label, parameters->'policy' AS policy, extra FROM alicloud.state_configurations;",
		"SELECT configure_mode, valid_to IS NULL AS stands FROM alicloud.state_configurations_history ORDER BY valid_from;",
		"SELECT key, kind, changed FROM alicloud.changes WHERE source = 'state_configurations' ORDER BY at;",
	} {
		require.Contains(t, guide, query+"\n"+asked(t, s, query), "what one sees")
	}
}

func contributing(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../CONTRIBUTING.md")
	require.NoError(t, err)
	return string(text)
}

// asked are a query's rows as text, the columns' names above them.
func asked(t *testing.T, s *store.Store, query string) string {
	t.Helper()
	columns, rows, err := report.Of(s).Show(t.Context(), query)
	require.NoError(t, err)
	lines := []string{strings.Join(columns, " | ")}
	for _, row := range rows {
		lines = append(lines, strings.TrimRight(strings.Join(row, " | "), " "))
	}
	return strings.Join(lines, "\n") + "\n"
}
