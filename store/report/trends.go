package report

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"syncer/text"
)

// A Trend is a daily view, summed up over what a filter leaves.
type Trend struct {
	Name  string // of the view
	Title string
	Unit  string // of the values: servers, tasks, %

	sql string
}

// A Point is one value of a trend.
type Point struct {
	Day    time.Time
	Series string // label of what is counted
	Value  float64
}

// Trends are what the status page draws. Each query gives day, series and value.
var Trends = []Trend{
	{"patch_compliance_daily", "Patch compliance", "%", `SELECT d.day, coalesce(a.name, d.account_id), 100 * sum(d.compliant)::float8 / nullif(sum(d.instances), 0)
FROM alicloud.patch_compliance_daily AS d
LEFT JOIN alicloud.accounts AS a USING (account_id)
WHERE d.day >= $3::date AND ($1 = '' OR d.account_id = $1) AND ($2 = '' OR d.region_id = $2)
GROUP BY 1, 2
HAVING sum(d.instances) > 0
ORDER BY 1, 2`},
	{"fleet_daily", "Servers, by their agent's status", "servers", `SELECT day, client_status_label, sum(servers)::float8
FROM alicloud.fleet_daily
WHERE day >= $3::date AND ($1 = '' OR account_id = $1) AND ($2 = '' OR region_id = $2)
GROUP BY 1, 2
ORDER BY 1, 2`},
	{"agent_install_daily", "Agent installations, by result", "servers", `SELECT day, result_label, sum(servers)::float8
FROM alicloud.agent_install_daily
WHERE day >= $3::date AND ($1 = '' OR account_id = $1) AND ($2 = '' OR region_id = $2)
GROUP BY 1, 2
ORDER BY 1, 2`},
	{"agentless_tasks_daily", "Agentless scans, by status", "tasks", `SELECT day, status_label, sum(tasks)::float8
FROM alicloud.agentless_tasks_daily
WHERE day >= $3::date AND ($1 = '' OR account_id = $1) AND ($2 = '' OR region_id = $2)
GROUP BY 1, 2
ORDER BY 1, 2`},
	{"operation_processes_daily", "Configuration checks, by status", "runs", `SELECT day, status_code_label, sum(processes)::float8
FROM alicloud.operation_processes_daily
WHERE day >= $3::date AND ($1 = '' OR account_id = $1) AND ($2 = '' OR region_id = $2)
GROUP BY 1, 2
ORDER BY 1, 2`},
	{"publish_progress_daily", "Servers upgraded, by agent release", "servers", `SELECT day, version, sum(upgraded_servers)::float8
FROM alicloud.publish_progress_daily
WHERE day >= $3::date AND ($1 = '' OR account_id = $1) AND ($2 = '' OR region_id = $2)
GROUP BY 1, 2
ORDER BY 1, 2`},
}

// maxLabel is how many characters name a series: it stands in a legend.
const maxLabel = 60

// Points reads a trend since a day.
func (r Reader) Points(ctx context.Context, t Trend, f Filter, since time.Time) (list []Point, err error) {
	defer wrap(&err, "read alicloud.%s", t.Name)
	err = r.look(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, t.sql, f.AccountID, f.RegionID, since)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (p Point, err error) {
			var label *string
			err = row.Scan(&p.Day, &label, &p.Value)
			p.Series = "unknown"
			if label != nil && *label != "" {
				p.Series = text.Cut(text.Line(*label), maxLabel)
			}
			return p, err
		})
		return err
	})
	return list, err
}
