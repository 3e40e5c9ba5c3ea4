package pgtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// In the shared temporary directory, root removes what its own killed processes left, and
// nothing that others gave a similar name.
func TestLeftovers(t *testing.T) {
	temp := Dir(t)
	t.Setenv("TMPDIR", temp)
	gone := exec.CommandContext(t.Context(), "true")
	require.NoError(t, gone.Run())
	name := func(suffix string) string {
		return filepath.Join(temp, dirPrefix+strconv.Itoa(gone.Process.Pid)+suffix)
	}
	victim := filepath.Join(temp, "victim")
	for _, dir := range []string{victim, name("-ours"), name("-theirs")} {
		require.NoError(t, os.Mkdir(dir, 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o600))
	}
	require.NoError(t, os.Symlink(victim, name("-link")))
	require.NoError(t, os.Symlink(victim, filepath.Join(name("-ours"), "link")))
	kept := []string{victim, name("-link")}
	if os.Geteuid() == 0 {
		const other = 54321
		require.NoError(t, os.Lchown(name("-theirs"), other, other))
		t.Cleanup(func() { require.NoError(t, os.Lchown(name("-theirs"), 0, 0)) })
		kept = append(kept, name("-theirs"))
	}
	removeLeftovers()
	require.NoDirExists(t, name("-ours"))
	for _, dir := range kept {
		require.FileExists(t, filepath.Join(dir, "file"))
	}
}
