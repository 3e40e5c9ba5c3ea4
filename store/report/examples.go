package report

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"
)

// An Example is a query worth running.
type Example struct{ Title, SQL string }

// Examples show what the tables are for: now, then, and what happened between.
var Examples = []Example{
	{"Which servers lack the most patches now?", `SELECT i.instance_name, i.os_name, p.missing_count, p.failed_count,
       p.operation_ended_at::timestamp(0) AS scanned_at
FROM alicloud.instance_patch_states AS p
JOIN alicloud.cloud_center_instances AS i USING (account_id, instance_id)
ORDER BY p.missing_count DESC, i.instance_name
LIMIT 5;`},
	{"How did patching go, week by week? Any moment can be asked for.", `SELECT day::date, count(*) AS servers,
       count(*) FILTER (WHERE missing_count > 0) AS lacking_patches,
       round(100.0 * count(*) FILTER (WHERE coalesce(greatest(missing_count, failed_count,
           installed_pending_reboot_count, installed_rejected_count), 0) = 0) / count(*), 1) AS compliant_pct
FROM generate_series(now() - interval '28 days', now(), '7 days') AS day,
     alicloud.instance_patch_states_as_of(day)
GROUP BY day
ORDER BY day;`},
	{"Which agents were offline this week, and until when?", `SELECT instance_name, instance_region_id, client_status_label AS agent,
       valid_from::timestamp(0) AS since, valid_to::timestamp(0) AS until
FROM alicloud.cloud_center_instances_history
WHERE client_status = 'offline' AND valid_from BETWEEN now() - interval '7 days' AND now() - interval '1 day'
ORDER BY valid_from DESC, instance_name
LIMIT 5;`},
}

// Show runs a query and returns its result as text.
func (r Reader) Show(ctx context.Context, sql string) (columns []string, rows [][]string, err error) {
	defer wrap(&err, "run the query")
	result, err := r.pool.Query(ctx, strings.TrimRight(sql, ";"), pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		return nil, nil, err
	}
	defer result.Close()
	for _, f := range result.FieldDescriptions() {
		columns = append(columns, f.Name)
	}
	for result.Next() {
		row := make([]string, len(columns))
		for i, v := range result.RawValues() { // the simple protocol answers text
			row[i] = string(v)
		}
		rows = append(rows, row)
	}
	return columns, rows, result.Err()
}
