package store

import (
	"context"
	"fmt"
	"strings"
)

// The most and the fewest changed rows whose fields are compared.
const (
	churnMost  = 1000
	churnLeast = 3
)

// churn finds the fields of extra that are the only change in most of the new versions.
// It compares the stage with the standing rows, so it must run before any version ends.
func (m *merge) churn(ctx context.Context) error {
	if !m.found.stage.exists() {
		return nil
	}
	fields, err := collect[string](ctx, m.tx, m.t.churn(), m.part.AccountID, m.part.RegionID)
	if len(fields) > 0 {
		m.result.Churn = fields
	}
	return err
}

func (t *table) churn() string {
	var old, now []string
	for _, i := range t.Tracked() {
		old, now = append(old, "t."+t.columns[i]), append(now, "s."+t.columns[i])
	}
	return fill("churn.sql", verbs{
		"old": strings.Join(old, ", "), "new": strings.Join(now, ", "), "table": t.name, "standing": t.where, "same": t.sameKey("t", "s"),
		"most": fmt.Sprint(churnMost), "least": fmt.Sprint(churnLeast),
	})
}
