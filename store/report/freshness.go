package report

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Freshness is one row of alicloud.sync_freshness.
type Freshness struct {
	Source           string     `json:"source"`
	AccountID        string     `json:"account_id"`
	AccountName      *string    `json:"account_name"`
	RegionID         string     `json:"region_id"`
	LastSuccessAt    *time.Time `json:"last_success_at"`
	LastRunAt        *time.Time `json:"last_run_at"`
	LastStatus       *string    `json:"last_status"`
	LastErrorCode    *string    `json:"last_error_code"`
	LastErrorMessage *string    `json:"last_error_message"`
	LastRequestID    *string    `json:"last_error_request_id"`
	NextDueAt        *time.Time `json:"next_due_at"`
	Late             bool       `json:"late"`
}

// Freshness reads alicloud.sync_freshness, and with it which partitions there are.
func (r Reader) Freshness(ctx context.Context) (_ []Freshness, err error) {
	defer wrap(&err, "read alicloud.sync_freshness")
	rows, err := r.pool.Query(ctx, `SELECT source, account_id, account_name, region_id, last_success_at, last_run_at, last_status,
    last_error_code, last_error_message, last_error_request_id, next_due_at, late
FROM alicloud.sync_freshness
ORDER BY source, account_name, region_id`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Freshness])
}
