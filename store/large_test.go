package store_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"syncer/source"
)

// TestAbsurdNumbersAreShown: a sum that no bigint holds leaves the view readable,
// shows as the largest that fits, and is exact again once the absurd number is gone.
func TestAbsurdNumbersAreShown(t *testing.T) {
	t.Parallel()
	s := open(t)
	p := partition(&source.InstancePatchStates)
	missing := func() (n int64) {
		require.NoError(t, s.Pool().QueryRow(t.Context(), "SELECT missing_patches FROM alicloud.patch_compliance_daily ORDER BY day DESC LIMIT 1").Scan(&n))
		return n
	}
	for _, c := range []struct {
		counts []int64
		want   int64
	}{
		{[]int64{math.MaxInt64, math.MaxInt64}, math.MaxInt64},
		{[]int64{math.MaxInt64, 1}, math.MaxInt64},
		{[]int64{math.MinInt64, math.MinInt64}, -math.MaxInt64},
		{[]int64{2, 3}, 5},
	} {
		syncAll(t, s, p, []source.Row{patchRow("i-1", c.counts[0]), patchRow("i-2", c.counts[1])})
		require.Equal(t, c.want, missing())
	}
}

// TestLongDimensions: a text of any length in a dimension of a trend fails no merge,
// and stays whole in the view; two that begin alike stay two.
func TestLongDimensions(t *testing.T) {
	t.Parallel()
	s := open(t)
	p := partition(&source.CloudCenterInstances)
	noise := func(seed string) string { // which no compression makes fit an index
		var b strings.Builder
		for i := range 700 {
			b.WriteString(strings.Repeat(seed, i%3+1) + string(rune('一'+i*7%5000)))
		}
		return b.String()
	}
	first, second := "linux "+noise("a")+"1", "linux "+noise("a")+"2"
	sync := func(all ...string) {
		var rows []source.Row
		for i, os := range all {
			row := make(source.Row, len(p.Source.Columns)+1)
			row[p.Source.Index("uuid")] = source.TextValue(string(rune('a' + i)))
			row[p.Source.Index("os")] = source.TextValue(os)
			rows = append(rows, row)
		}
		syncAll(t, s, p, rows)
	}
	servers := func(os string) (n int64) {
		require.NoError(t, s.Pool().QueryRow(t.Context(), "SELECT coalesce(sum(servers), 0)::bigint FROM alicloud.fleet_daily WHERE os = $1 AND day = (SELECT max(day) FROM alicloud.fleet_daily)", os).Scan(&n))
		return n
	}
	for range 2 {
		sync(first, second, second, "linux")
		require.Equal(t, []int64{1, 2, 1}, []int64{servers(first), servers(second), servers("linux")})
		sync(first, first, second, "linux")
		require.Equal(t, []int64{2, 1, 1}, []int64{servers(first), servers(second), servers("linux")})
		require.NoError(t, s.RebuildTrends(t.Context()))
		require.Equal(t, []int64{2, 1, 1}, []int64{servers(first), servers(second), servers("linux")})
	}
}
