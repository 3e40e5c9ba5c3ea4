package main

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestShortLife is a few days of what the command does for months.
func TestShortLife(t *testing.T) {
	t.Parallel()
	r, err := soak(t.Context(), options{days: 4, step: 2 * time.Hour, servers: 20, seed: uint64(time.Now().UnixNano())})
	require.NoError(t, err)
	r.print(os.Stdout)
	require.Empty(t, r.broken)
}
