package worker_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"syncer/source"
	"syncer/store"
)

// recorded answers each action with its recorded page, byte for byte, and what
// comes after it with an empty one. Alibaba's examples promise more items than
// they show, so that these sweeps are incomplete: what was seen is merged.
func recorded(sources []*source.Source) http.Handler {
	pages, after := map[string][]byte{}, map[string][]byte{}
	for _, s := range sources {
		pages[s.API.Action], after[s.API.Action] = source.Page(s.Name), emptyPage(s)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		action := r.FormValue("Action")
		first := (r.FormValue("CurrentPage") == "" || r.FormValue("CurrentPage") == "1") && r.FormValue("NextToken") == ""
		switch {
		case action == "GetCallerIdentity":
			fmt.Fprintf(w, `{"AccountId": "%s", "RequestId": "A"}`, accountID)
		case r.FormValue("RootTask") == "false":
			fmt.Fprint(w, `{"PageInfo": {"CurrentPage": 1, "PageSize": 20, "TotalCount": 0}, "List": []}`)
		case first:
			_, _ = w.Write(pages[action])
		default:
			_, _ = w.Write(after[action])
		}
	})
}

// emptyPage is a source's recorded page without items and without a next one.
func emptyPage(s *source.Source) []byte {
	var page map[string]json.RawMessage
	_ = json.Unmarshal(source.Page(s.Name), &page) // without a page, all of it is made here
	if p, tokens := s.Pager.(source.NextToken); tokens {
		object, _, nested := strings.Cut(p.Next, ".")
		page = map[string]json.RawMessage{}
		if nested {
			page[object] = json.RawMessage("{}")
		}
	}
	page[s.Items] = json.RawMessage("[]")
	text, _ := json.Marshal(page) // it was read from JSON
	return text
}

// TestAlibabaExamples: the success examples of Alibaba's own reference pages land
// as exactly the right rows.
func TestAlibabaExamples(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	syncNow(t, newSyncer(t, s, recorded(source.All), source.All...), store.StatusOK, store.StatusIncomplete)

	for _, expected := range []string{
		`SELECT count(*) = 1 FROM alicloud.agentless_tasks`,
		`SELECT measure_space_mb = 154.11 AND started_at = '2023-01-03 10:27:37.897+00' FROM alicloud.agentless_tasks`,
		`SELECT progress_by_project->>'scaVul' = '100' FROM alicloud.agentless_tasks`,
		`SELECT is_root AND root_task_id IS NULL AND task_id = '1538****' AND status_label = 'in progress' FROM alicloud.agentless_tasks`,
		`SELECT report_download_url = 'http://newsas-oss-bucket.oss-cn-hangzhou.aliyuncs.com/agent_less_single_report****' FROM alicloud.agentless_tasks`,
		`SELECT result = 'True' AND target_type = 2 AND progress = 60 AND extra IS NULL FROM alicloud.agentless_tasks`,

		`SELECT count(*) = 1 FROM alicloud.instance_patch_states`,
		`SELECT missing_count = 0 AND pg_typeof(missing_count) = 'bigint'::regtype FROM alicloud.instance_patch_states`,
		`SELECT patch_group IS NULL AND owner_information = '“”' FROM alicloud.instance_patch_states`,
		`SELECT operation_started_at = '2021-09-10 11:42:22+00' AND baseline_id = 'pb-f9393021b7a049e1b34e' FROM alicloud.instance_patch_states`,
		`SELECT instance_id = 'i-bp1jaxa2bs4bps7*****' AND extra IS NULL FROM alicloud.instance_patch_states`,

		`SELECT count(*) > 0 AND bool_and(message = 'Installed') FROM alicloud.agent_install_statuses`,
		`SELECT result = 0 AND result_code = 1 AND result_label = 'installing' AND extra IS NULL FROM alicloud.agent_install_statuses`,

		`SELECT count(*) = 1 FROM alicloud.operation_processes`,
		`SELECT task_id = '3d7a1b68-599f-4e16-9b45-e920a183b***' FROM alicloud.operation_processes`,
		`SELECT total_count = 337 AND finish_count = 197 AND status_code_label = 'running' FROM alicloud.operation_processes`,
		`SELECT created_at = to_timestamp(1674388824) AND detail_task_ready_count = 5 AND extra IS NULL FROM alicloud.operation_processes`,

		`SELECT count(*) = 1 FROM alicloud.publish_batches`,
		`SELECT batch_no = 2147483647 AND batch_interval_hours = 12 AND batch_process = 12 FROM alicloud.publish_batches`,
		`SELECT version = '0.0.9' AND batch_id = 1371 AND status_label = 'publishing' AND extra IS NULL FROM alicloud.publish_batches`,

		`SELECT count(*) = 1 AND bool_and(upgrade_version = '0.0.9') FROM alicloud.agent_versions`,
		`SELECT count(*) = 2 AND bool_and(extra IS NULL) FROM alicloud.cloud_center_instances`,
		`SELECT last_login_at = to_timestamp(1637592907) AND risk_count ? 'baselineNum' FROM alicloud.cloud_center_instances LIMIT 1`,
	} {
		var holds *bool
		require.NoError(t, s.Pool().QueryRow(t.Context(), expected).Scan(&holds), expected)
		require.True(t, holds != nil && *holds, expected)
	}
}
