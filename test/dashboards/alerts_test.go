package dashboards

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
	"syncer/store"
	"syncer/worker"
)

const (
	rules      = "alerts.yaml"
	rulesTests = "alerts_test.yaml"
)

// TestAlertRules has Prometheus's own promtool judge the rules, and run their tests.
func TestAlertRules(t *testing.T) {
	t.Parallel()
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		pgtest.Lacks(t, "promtool is not there: it is in Debian's package prometheus")
	}
	for _, args := range [][]string{{"check", "rules", "--lint=all", "--lint-fatal", rules}, {"test", "rules", rulesTests}} {
		cmd := exec.CommandContext(t.Context(), promtool, args...)
		cmd.Dir = folder
		output, err := cmd.CombinedOutput()
		assert.NoError(t, err, "%s: %s", cmd, output)
	}
}

// TestAlertRulesAreWhole: each has what an operator needs, and a test in which it fires.
func TestAlertRulesAreWhole(t *testing.T) {
	t.Parallel()
	var file struct {
		Groups []struct {
			Rules []struct {
				Alert               string
				Labels, Annotations map[string]string
			}
		}
	}
	readYAML(t, rules, &file)
	tests, page := read(t, rulesTests), read(t, "../docs/dashboards.md")
	require.Len(t, file.Groups, 1)
	for _, r := range file.Groups[0].Rules {
		assert.Contains(t, []string{"critical", "warning"}, r.Labels["severity"], r.Alert)
		assert.NotEmpty(t, r.Annotations["summary"], r.Alert)
		assert.Regexp(t, `[.]$`, r.Annotations["description"], r.Alert)
		assert.Contains(t, tests, `alertname="`+r.Alert+`", alertstate="firing"`)
		assert.Contains(t, page, "| "+r.Alert+" | "+r.Labels["severity"]+" |")
		for _, page := range regexp.MustCompile(`docs/\w+[.]md`).FindAllString(r.Annotations["description"], -1) {
			assert.FileExists(t, filepath.Join(folder, "..", page), r.Alert)
		}
	}
}

// TestMetricsOfTheRulesAreExported compares the metrics that the rules name, and the
// series that their tests assume, with a scrape.
func TestMetricsOfTheRulesAreExported(t *testing.T) {
	t.Parallel()
	exported := series(newHouse(t).scrape(t))
	require.NotEmpty(t, exported)
	names := regexp.MustCompile(`\bsyncer_\w+`).FindAllString(read(t, rules), -1)
	require.NotEmpty(t, names)
	for _, name := range names {
		assert.Contains(t, exported, name, "the rules name a metric that is not exported")
	}
	for name, labels := range series(read(t, rulesTests)) {
		labels = slices.DeleteFunc(labels, func(l string) bool { return l == "job" || l == "instance" })
		assert.Equal(t, exported[name], labels, "labels of %s", name)
	}
}

// TestHeldIsExported: of the partitions that failed, it is those that wait for a person.
func TestHeldIsExported(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	jobs := slices.DeleteFunc(h.syncer.Jobs(), func(j worker.Job) bool { return j.Source.Name != "agent_versions" })
	h.syncer.SyncAll(t.Context(), jobs, 4, func(r worker.Result) { require.Equal(t, store.StatusOK, r.Status, r.Message) })
	for status, account := range map[string]string{store.StatusHeld: "production", store.StatusFailed: "staging"} {
		_, err := h.store.Pool().Exec(t.Context(), "UPDATE syncer.sync_runs SET status = $1 WHERE account_name = $2 AND region_id = $3", status, account, region)
		require.NoError(t, err)
	}
	scrape := h.scrape(t)
	for account, want := range map[string][2]int{"production": {1, 1}, "staging": {1, 0}, "laboratory": {0, 0}} {
		for i, name := range []string{"syncer_failing", "syncer_held"} {
			assert.Contains(t, scrape, fmt.Sprintf("%s{account=%q,region=%q,source=\"agent_versions\"} %d\n", name, account, region, want[i]))
		}
	}
}

var (
	seriesPattern = regexp.MustCompile(`(?m)(?:^|series: ')(syncer_\w+)(?:\{([^}]*)\})?[ ']`)
	labelPattern  = regexp.MustCompile(`(\w+)="`)
)

// series are the metrics of a scrape, or of the tests of rules, with their labels.
func series(text string) map[string][]string {
	found := map[string][]string{}
	for _, m := range seriesPattern.FindAllStringSubmatch(text, -1) {
		labels := []string{}
		for _, l := range labelPattern.FindAllStringSubmatch(m[2], -1) {
			labels = append(labels, l[1])
		}
		slices.Sort(labels)
		found[m[1]] = labels
	}
	return found
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, name))
	require.NoError(t, err)
	return string(text)
}
