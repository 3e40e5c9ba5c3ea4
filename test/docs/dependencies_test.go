package docs_test

import (
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDependencies: docs/dependencies.md tells of every module that go.mod requires
// directly: by its path, that of the module that it is a part of, or host/owner/*.
func TestDependencies(t *testing.T) {
	t.Parallel()
	mod, err := os.ReadFile("../../go.mod")
	require.NoError(t, err)
	page, err := os.ReadFile("../../docs/dependencies.md")
	require.NoError(t, err)
	required := regexp.MustCompile(`(?m)^\t(\S+) v\S+$`).FindAllStringSubmatch(string(mod), -1)
	require.NotEmpty(t, required)
	for _, m := range required {
		told := false
		for at := m[1]; strings.Contains(at, "/"); at = path.Dir(at) {
			told = told || strings.Contains(string(page), "`"+at+"`") || strings.Contains(string(page), "`"+at+"/*`")
		}
		if name, ok := strings.CutPrefix(m[1], "golang.org/x"); ok {
			told = told || strings.Contains(string(page), "`"+name+"`")
		}
		require.True(t, told, m[1])
	}
}
