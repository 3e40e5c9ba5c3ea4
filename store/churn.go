package store

import (
	"context"
	"fmt"
	"strings"
)

// Of how many changed rows the fields are compared, and of how many at least.
const (
	churnMost  = 1000
	churnLeast = 3
)

// churn finds the fields of extra for which alone most of the new versions are made. It
// compares the stage with what stands, so it comes before any version ends.
func (m *merge) churn(ctx context.Context) error {
	if !m.found.stage.exists() {
		return nil
	}
	var old, now []string
	for _, i := range m.t.Tracked() {
		old, now = append(old, "t."+m.t.columns[i]), append(now, "s."+m.t.columns[i])
	}
	fields, err := collect[string](ctx, m.tx, fill("churn.sql", verbs{
		"old": strings.Join(old, ", "), "new": strings.Join(now, ", "), "table": m.t.name, "standing": m.t.where, "same": m.t.sameKey("t", "s"),
		"most": fmt.Sprint(churnMost), "least": fmt.Sprint(churnLeast),
	}), m.part.AccountID, m.part.RegionID)
	if len(fields) > 0 {
		m.result.Churn = fields
	}
	return err
}
