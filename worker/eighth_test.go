package worker_test

import (
	"context"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest/migrated"
	"syncer/sim"
	"syncer/source"
	"syncer/store"
	"syncer/store/report"
)

// TestEighthSource is "Add a source" of CONTRIBUTING.md: a declaration and a recorded page
// are all that a new API takes of fetch, store, worker and the simulated cloud, which have
// never heard of this one.
func TestEighthSource(t *testing.T) {
	t.Parallel()
	declaration, err := os.ReadFile("../test/eighth/state_configurations.yaml")
	require.NoError(t, err)
	page, err := os.ReadFile("../test/eighth/state_configurations.json")
	require.NoError(t, err)
	others := slices.DeleteFunc(slices.Clone(source.All), func(s *source.Source) bool { return s.Name == "state_configurations" })
	read, err := source.Read([]source.File{{Path: "state_configurations.yaml", Text: string(declaration)}}, others)
	require.NoError(t, err)
	eighth := read[0]
	s, err := store.Open(context.Background(), migrated.URL(t), store.Options{Sources: append(others, eighth)})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	_, err = s.Migrate(t.Context())
	require.NoError(t, err)

	var cloud http.Handler
	syncer := newSyncer(t, s, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { cloud.ServeHTTP(w, r) }), eighth)
	for _, mode := range []string{"ApplyAndMonitor", "ApplyAndAutoCorrect"} {
		cloud = sim.New(sim.Options{
			Accounts: []sim.Account{simAccount}, World: &sim.Tables{},
			Recorded: []sim.Recording{{Source: eighth, Page: []byte(strings.Replace(string(page), "ApplyAndMonitor", mode, 1))}},
		})
		syncNow(t, syncer, store.StatusOK)
	}

	for query, want := range map[string]string{
		"SELECT template_name, configure_mode_label, parameters->'policy' AS policy, extra FROM alicloud.state_configurations": `ACS-ECS-InventoryDataCollection | set again and again | {"ACS:Application": {"Collection": "Enabled"}} |`,
		"SELECT configure_mode, valid_to IS NULL FROM alicloud.state_configurations_history ORDER BY valid_from":               "ApplyAndMonitor | f\nApplyAndAutoCorrect | t",
		"SELECT kind, changed FROM alicloud.changes WHERE source = 'state_configurations' ORDER BY at":                         "opened |\n" + `changed | {"configure_mode": {"new": "ApplyAndAutoCorrect", "old": "ApplyAndMonitor"}}`,
	} {
		_, rows, _ := strings.Cut(asked(t, s, query), "\n")
		require.Equal(t, want+"\n", rows, query)
	}
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
