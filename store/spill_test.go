package store

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSpill: whatever goes in comes out sorted, the last of each key, without what
// was dropped, whether it fits in memory or takes many runs of a file.
func TestSpill(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 100, 60_000} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(1, uint64(n)))
			var s spill
			defer s.close()
			want := map[string]string{}
			for seq := 1; seq <= n; seq++ {
				key := fmt.Sprintf("i-%d", random.IntN(n))
				tuple := strings.Repeat("x", random.IntN(200)) + fmt.Sprint(seq)
				listing := uint32(1 + seq*2/n)
				require.NoError(t, s.add(uint64(seq), listing, []byte(key), []byte(tuple)))
				if seq > n/3 {
					want[key] = tuple
				}
				if seq == n/3 {
					s.drop(listing, uint64(seq))
				}
			}
			require.Equal(t, n == 0, s.empty())
			require.Equal(t, n > 1000, len(s.runs) > 2, "runs")
			for range 2 { // it can be read again
				var keys []string
				require.NoError(t, s.visit(func(e entry) error {
					keys = append(keys, string(e.key()))
					require.Equal(t, want[string(e.key())], string(e.tuple()))
					return nil
				}))
				require.Equal(t, slices.Sorted(maps.Keys(want)), append([]string(nil), keys...))
			}
		})
	}
}
