package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"syncer/source"
)

// TestSourcesShow: a declaration is printed as it stands in its file.
func TestSourcesShow(t *testing.T) {
	t.Parallel()
	for _, s := range source.All {
		want, err := os.ReadFile("../../source/catalogue/" + s.Name + ".yaml")
		require.NoError(t, err)
		code, stdout, stderr := call(t, t.Context(), nil, "sources", "show", s.Name)
		require.Zero(t, code, stderr)
		require.Equal(t, string(want), stdout)
	}
	code, stdout, stderr := call(t, t.Context(), nil, "sources", "show", "nothing")
	require.Equal(t, 2, code)
	require.Empty(t, stdout)
	require.Contains(t, stderr, "there is no source nothing: expected one of agent_versions")
	code, _, _ = call(t, t.Context(), nil, "sources", "show")
	require.Equal(t, 2, code)
}
