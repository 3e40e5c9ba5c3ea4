package main

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
)

// TestShortLife is a few days of what the command does for months, a month's end
// among them.
func TestShortLife(t *testing.T) {
	t.Parallel()
	if !pgtest.All() {
		t.Skip("it takes minutes: SYNCER_TEST_ALL=1 runs it")
	}
	now := time.Now().UTC()
	month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	r, err := soak(t.Context(), options{
		start: month.AddDate(0, 0, -3), days: 6, step: 4 * time.Hour, retention: 24 * time.Hour,
		servers: 20, seed: uint64(now.UnixNano()),
	})
	require.NoError(t, err)
	r.print(os.Stdout)
	require.Empty(t, r.broken)
	require.NotZero(t, r.pruned)
}
