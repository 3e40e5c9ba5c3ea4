package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"syncer/source"
)

// TestCodesWithoutLabel: what no label is known for shows as itself, in every view.
func TestCodesWithoutLabel(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, src := range source.All {
		row := make(source.Row, len(src.Columns)+1)
		for i, c := range src.Columns {
			switch {
			case len(c.Labels) > 0 && c.Type == source.BigInt:
				row[i] = source.IntValue(4242)
			case c.Type == source.Text:
				row[i] = source.TextValue("unheard-of")
			case c.Type == source.BigInt:
				row[i] = source.IntValue(1)
			}
		}
		c := syncAll(t, s, partition(src), []source.Row{row})
		views := []string{src.Name, src.Name + "_history", fmt.Sprintf("%s_as_of('%s')", src.Name, c.At.Format(time.RFC3339Nano))}
		check := func(view, column string) {
			t.Helper()
			var n, itself int
			require.NoError(t, s.Pool().QueryRow(t.Context(), fmt.Sprintf(
				"SELECT count(*), count(*) FILTER (WHERE %[1]s_label = %[1]s::text) FROM alicloud.%[2]s", column, view)).Scan(&n, &itself))
			require.NotZero(t, n, view)
			require.Equal(t, n, itself, "%s.%s_label", view, column)
		}
		for _, c := range src.Columns {
			if len(c.Labels) == 0 || c.Type == source.Bool {
				continue
			}
			for _, view := range views {
				check(view, c.Name)
			}
		}
		for _, tr := range src.Trends {
			for _, by := range tr.By {
				if c, _ := src.Column(by); len(c.Labels) > 0 {
					check(tr.Name, by)
				}
			}
		}
	}
}
