package worker_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest/migrated"
	"syncer/source"
	"syncer/store"
)

// TestFurtherSources: what the catalogue has besides the seven is synced from its recorded
// pages, with nothing left over and no value refused.
func TestFurtherSources(t *testing.T) {
	t.Parallel()
	s, err := store.Open(t.Context(), migrated.URL(t), store.Options{Sources: source.Catalogue, Connections: 10})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	_, err = s.Migrate(t.Context())
	require.NoError(t, err)
	cloud := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		action := r.Form.Get("Action")
		if action == "GetCallerIdentity" {
			_, _ = fmt.Fprintf(w, `{"AccountId":%q,"Arn":"acs:ram::1:user/x"}`, accountID)
			return
		}
		for _, src := range source.Catalogue {
			if src.API.Action != action {
				continue
			}
			// A recorded page has one kind of vulnerability, and one alert that is open.
			if kind := r.Form.Get("Type"); kind != "" && kind != "cve" || r.Form.Get("Dealed") == "Y" {
				_, _ = fmt.Fprintf(w, `{"VulRecords":[],"GroupedVulItems":[],"SuspEvents":[],"TotalCount":0}`)
				return
			}
			_, _ = w.Write(source.Page(src.Name))
			return
		}
		w.WriteHeader(http.StatusNotFound)
	})
	for _, src := range source.Catalogue {
		if !src.Off {
			continue
		}
		t.Run(src.Name, func(t *testing.T) {
			syncer := newSyncer(t, s, cloud, source.WithDependencies(source.Catalogue, func(o *source.Source) bool { return o == src })...)
			for _, job := range syncer.Jobs() {
				r, err := syncer.Sync(t.Context(), job)
				require.NoError(t, err, r.Message)
				require.Equal(t, store.StatusOK, r.Status, r.Message)
				if job.Source == src {
					require.Empty(t, r.Run.Refused)
					require.Empty(t, r.Run.Unknown)
				}
			}
			var rows int
			require.NoError(t, s.Pool().QueryRow(t.Context(), "SELECT count(*) FROM alicloud."+src.Name).Scan(&rows))
			require.Positive(t, rows)
		})
	}
}
