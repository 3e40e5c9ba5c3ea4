package worker_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"syncer/migrations"
	"syncer/source"
	"syncer/store"
)

// eighth is a source that fetch, store and worker have never heard of.
var eighth = source.Source{
	Name: "vul_whitelists",
	Doc:  "One row per whitelisted vulnerability.",
	API: source.API{
		Product: "Sas", Version: "2018-12-03", Action: "DescribeVulWhitelist",
		RAMAction: "yundun-sas:DescribeVulWhitelist", Page: "https://www.alibabacloud.com/help/en/security-center/developer-reference/api-sas-2018-12-03-describevulwhitelist",
	},
	Regions: source.SecurityCenter, Schedule: "@daily",
	Pager: source.PageNumber{Page: "CurrentPage", Size: "PageSize", Info: "PageInfo", Default: 2},
	Items: "VulWhitelists",
	Key:   []string{"id"},
	Columns: []source.Column{
		{Name: "id", Field: "Id", Type: source.Text, Doc: "ID of the whitelist."},
		{Name: "type", Field: "Type", Type: source.Text, Doc: "Kind of vulnerability.", Labels: []source.Label{{Code: "cve", Text: "Linux software"}}},
		{Name: "reason", Field: "Reason", Type: source.Text, Doc: "Why it is whitelisted."},
	},
	Sweeps: []source.Sweep{{Name: "whitelists", Absent: source.Ends}},
}

// TestEighthSource: a declaration, a line in a list and a migration are all that
// a new API takes.
func TestEighthSource(t *testing.T) {
	t.Parallel()
	all := append(append([]*source.Source{}, source.All...), &eighth)
	require.NoError(t, source.Validate(all))
	s := newStore(t)
	up, _, _ := strings.Cut(migrations.ForSource(&eighth), "-- +goose Down")
	_, err := s.Pool().Exec(t.Context(), up)
	require.NoError(t, err)

	items := []map[string]any{{"Id": "1", "Type": "cve", "Reason": "ok"}, {"Id": "2", "Type": "app"}, {"Id": "3", "Type": "cve"}}
	cloud := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("Action") == "GetCallerIdentity" {
			fmt.Fprintf(w, `{"AccountId": "%s"}`, accountID)
			return
		}
		var page, size int
		fmt.Sscan(r.FormValue("CurrentPage"), &page)
		fmt.Sscan(r.FormValue("PageSize"), &size)
		some := items[min(len(items), (page-1)*size):min(len(items), page*size)]
		_ = json.NewEncoder(w).Encode(map[string]any{"PageInfo": map[string]int{"TotalCount": len(items), "PageSize": size}, "VulWhitelists": some})
	})
	syncer := newSyncer(t, s, cloud, all[7])
	syncNow(t, syncer, store.StatusOK)
	items = items[1:]
	syncNow(t, syncer, store.StatusOK)

	var now, ended int
	var label string
	require.NoError(t, s.Pool().QueryRow(t.Context(), `SELECT
    (SELECT count(*) FROM alicloud.vul_whitelists),
    (SELECT count(*) FROM alicloud.vul_whitelists_history WHERE valid_to IS NOT NULL),
    (SELECT type_label FROM alicloud.vul_whitelists WHERE id = '3')`).Scan(&now, &ended, &label))
	require.Equal(t, []any{2, 1, "Linux software"}, []any{now, ended, label})
}
