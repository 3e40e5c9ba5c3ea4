package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	code    = regexp.MustCompile("(?s)```.*?```")
)

// TestLinks follows every link between the project's pages, and wants every chapter
// in the table of contents.
func TestLinks(t *testing.T) {
	t.Parallel()
	contents, err := os.ReadFile("../../docs/README.md")
	require.NoError(t, err)
	err = filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != "../.." || d.Name() == "build" || d.Name() == "dist" || d.Name() == "node_modules"):
			return fs.SkipDir
		case filepath.Ext(path) != ".md":
			return nil
		}
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(string(text), ""), -1) {
			file, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(m[1], ":") {
				continue
			}
			target := path
			if file != "" {
				target = filepath.Join(filepath.Dir(path), file)
			}
			found, err := os.ReadFile(target)
			if anchor == "" {
				_, err = os.Stat(target)
			}
			require.NoError(t, err, "%s links to %s", path, m[1])
			if anchor != "" {
				require.Contains(t, anchors(string(found)), anchor, "%s links to %s", path, m[1])
			}
		}
		if filepath.Dir(path) == "../../docs" && filepath.Base(path) != "README.md" {
			require.Contains(t, string(contents), "("+filepath.Base(path)+")", "the table of contents")
		}
		return nil
	})
	require.NoError(t, err)
}

// anchors are those that GitHub gives to headings.
func anchors(text string) (list []string) {
	drop := regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	for _, m := range heading.FindAllStringSubmatch(code.ReplaceAllString(text, ""), -1) {
		list = append(list, strings.ReplaceAll(drop.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-"))
	}
	return list
}

// TestNamedTests: a page names a test only where there is one.
func TestNamedTests(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	require.NoError(t, filepath.WalkDir("../..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range declared.FindAllStringSubmatch(string(text), -1) {
			tests[m[1]] = true
		}
		return err
	}))
	pages, err := filepath.Glob("../../docs/*.md")
	require.NoError(t, err)
	for _, page := range pages {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, m := range regexp.MustCompile("`(Test[A-Z]\\w+)`").FindAllStringSubmatch(string(text), -1) {
			require.True(t, tests[m[1]], "%s names %s", page, m[1])
		}
	}
}

// TestNamedFunctions: a page that links code to a Go file names what is declared there.
func TestNamedFunctions(t *testing.T) {
	t.Parallel()
	named := regexp.MustCompile("\\[`([\\w.]+)`\\]\\(([^)\\s]+\\.go)\\)")
	pages, err := filepath.Glob("../../docs/*.md")
	require.NoError(t, err)
	for _, page := range append(pages, "../../CONTRIBUTING.md") {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, m := range named.FindAllStringSubmatch(string(text), -1) {
			if strings.HasSuffix(m[1], ".go") {
				continue
			}
			file, err := os.ReadFile(filepath.Join(filepath.Dir(page), m[2]))
			require.NoError(t, err)
			name := m[1][strings.LastIndex(m[1], ".")+1:]
			declared := regexp.MustCompile(`(?m)^(func (\([^)]*\) )?|type |var |const |\t)` + name + `\b`)
			require.Regexp(t, declared, string(file), "%s names %s", page, m[1])
		}
	}
}

// TestUpgradesNameEveryMigration: docs/upgrades.md mentions every migration.
func TestUpgradesNameEveryMigration(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/upgrades.md")
	require.NoError(t, err)
	files, err := filepath.Glob("../../migrations/0*.sql")
	require.NoError(t, err)
	for _, file := range files {
		number := strings.TrimLeft(filepath.Base(file)[:5], "0")
		if len(number) == 1 && number < "9" { // of the first release
			continue
		}
		require.Regexp(t, `\b`+number+`\b`, string(page))
	}
}
