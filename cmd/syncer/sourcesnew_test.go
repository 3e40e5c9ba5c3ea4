package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"syncer/source"
)

// TestSourcesNew: what new prints is a declaration that the catalogue takes as it is.
func TestSourcesNew(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	config := filepath.Join(dir, "schedule.yaml")
	require.NoError(t, os.WriteFile(config, []byte("catalogue: ./sources\naccounts: [{name: production}]\n"), 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "sources"), 0o755))
	file := filepath.Join(dir, "sources", "vulnerabilities.yaml")
	require.NoError(t, os.WriteFile(file, nil, 0o600)) // the shell has made it
	const testdata = "../../source/draft/testdata/"
	run := func(want int, args ...string) (stdout, stderr string) {
		t.Helper()
		code, stdout, stderr := call(t, t.Context(), nil, append([]string{"sources", "new", "--config", config}, args...)...)
		require.Equal(t, want, code, stderr)
		return stdout, stderr
	}
	text, stderr := run(exitOK, "sas", "DescribeVulList", "--metadata", testdata+"sas-DescribeVulList.json")
	require.Empty(t, stderr)
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	code, shown, _ := call(t, t.Context(), nil, "sources", "show", "vulnerabilities", "--config", config)
	require.Equal(t, exitOK, code)
	require.Equal(t, text, shown)

	// The name is taken now.
	text, _ = run(exitOK, "Sas", "DescribeVulList", "--metadata", testdata+"sas-DescribeVulList.json")
	require.Contains(t, text, "name: cloud_vulnerabilities\n")
	text, _ = run(exitOK, "Sas", "DescribeVulList", "--metadata", testdata+"sas-DescribeVulList.json", "--name", "holes")
	sources, err := source.Read([]source.File{{Path: "holes.yaml", Text: text}}, source.All)
	require.NoError(t, err)
	require.Equal(t, "holes", sources[0].Name)

	// As the service answers it, the file does not say what it is of.
	text, _ = run(exitOK, "ecs", "DescribeInstances", "--metadata", testdata+"ecs-DescribeInstances.json", "--version", "2014-05-26")
	require.Contains(t, text, "product: ecs\n")

	for want, args := range map[string][]string{
		"add --version":                      {"ecs", "DescribeInstances", "--metadata", testdata + "ecs-DescribeInstances.json"},
		"is the metadata of DescribeVulList": {"sas", "DescribeVuls", "--metadata", testdata + "sas-DescribeVulList.json"},
		"is the metadata of product Sas":     {"ecs", "DescribeVulList", "--metadata", testdata + "sas-DescribeVulList.json"},
		"it cannot be declared":              {"oos", "ListInventoryEntries", "--metadata", testdata + "oos-ListInventoryEntries.json"},
		"no metadata of an operation":        {"sas", "DescribeVulList", "--metadata", config},
		"nothing.json: no such file":         {"sas", "DescribeVulList", "--metadata", "nothing.json"},
		"--name select is a reserved word":   {"sas", "DescribeVulList", "--metadata", testdata + "sas-DescribeVulList.json", "--name", "select"},
		"vulnerabilities: there is such":     {"sas", "DescribeVulList", "--metadata", testdata + "sas-DescribeVulList.json", "--name", "vulnerabilities"},
		"accepts 2 arg(s), received 1":       {"sas"},
	} {
		_, stderr := run(exitUsage, args...)
		require.Contains(t, stderr, want)
	}
}
