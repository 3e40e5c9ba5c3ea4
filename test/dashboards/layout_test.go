package dashboards

import (
	"cmp"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// TestDashboardsAreWhole: nothing is missing that a reader of a dashboard needs.
func TestDashboardsAreWhole(t *testing.T) {
	t.Parallel()
	all := load(t)
	titles := map[string]bool{}
	for name, d := range all {
		assert.Equal(t, "syncer-"+name, d.UID)
		assert.Nil(t, d.ID, "%s: Grafana gives the id", d.file)
		assert.False(t, titles[d.Title], "two dashboards are called %s", d.Title)
		titles[d.Title] = true
		assert.NotEmpty(t, d.Description, d.file)
		assert.Contains(t, d.Tags, "syncer", d.file)
		assert.GreaterOrEqual(t, d.SchemaVersion, 42, "%s: that of Grafana 12", d.file)
		assert.Equal(t, "now-30d", d.Time.From, d.file)
		for _, r := range d.Timepicker.QuickRanges {
			assert.Equal(t, d.Time.To, r.To, "%s: range from %s", d.file, r.From)
		}
		var names []string
		for _, v := range d.Templating.List {
			names = append(names, v.Name)
			assert.True(t, v.Multi && v.IncludeAll && v.Type == "query", "%s: variable %s lets many be chosen", d.file, v.Name)
			assert.Equal(t, []string{"$__all"}, v.Current.Value, "%s: variable %s", d.file, v.Name)
			assert.Equal(t, v.Definition, v.Query, "%s: variable %s", d.file, v.Name)
			assert.NotEmpty(t, v.Label, "%s: variable %s", d.file, v.Name)
			assert.NotEmpty(t, v.Description, "%s: variable %s", d.file, v.Name)
		}
		assert.Equal(t, []string{"account", "region"}, names, d.file)

		ids, panelTitles, kinds := map[int]bool{}, map[string]bool{}, map[string]bool{}
		for _, p := range d.Panels {
			where := d.file + ": " + p.Title
			assert.Positive(t, p.ID, where)
			assert.False(t, ids[p.ID], "%s: id %d is there twice", where, p.ID)
			assert.False(t, panelTitles[p.Title], "%s: the title is there twice", where)
			ids[p.ID], panelTitles[p.Title], kinds[p.Type] = true, true, true
			assert.NotEmpty(t, p.Title, d.file)
			assert.Regexp(t, `[.?]$`, p.Description, where)
			assert.NotEmpty(t, p.FieldConfig.Defaults.Unit, where)
			assert.Len(t, p.Targets, 1, where)
		}
		assert.GreaterOrEqual(t, len(kinds), 4, "%s: panels of one kind tire", d.file)
	}
}

// TestPanelsFillTheGrid: 24 columns, no two panels in one place, and no gaps.
func TestPanelsFillTheGrid(t *testing.T) {
	t.Parallel()
	const columns = 24
	for _, d := range load(t) {
		panels := slices.Clone(d.Panels)
		slices.SortFunc(panels, func(a, b panel) int {
			return cmp.Or(cmp.Compare(a.GridPos.Y, b.GridPos.Y), cmp.Compare(a.GridPos.X, b.GridPos.X))
		})
		x, y, height := 0, 0, 0
		for _, p := range panels {
			g := p.GridPos
			if x == columns {
				x, y, height = 0, y+height, 0
			}
			if x == 0 {
				height = g.H
			}
			assert.Equal(t, [3]int{x, y, height}, [3]int{g.X, g.Y, g.H}, "%s: x, y and height of %s", d.file, p.Title)
			assert.Positive(t, g.W, p.Title)
			x += g.W
		}
		assert.Equal(t, columns, x, "%s: the last row is full", d.file)
	}
}

// TestLinksResolve: each dashboard leads to all the others, with account and time.
// Regions stay behind: Security Center's are not those of OOS.
func TestLinksResolve(t *testing.T) {
	t.Parallel()
	all := load(t)
	pattern := regexp.MustCompile(`^/d/syncer-(\w+)\?\$\{account:queryparam\}(&\$\{__url_time_range\})?$`)
	target := func(where string, l link) string {
		m := pattern.FindStringSubmatch(l.URL)
		if !assert.NotNil(t, m, "%s: link to %s", where, l.URL) {
			return ""
		}
		assert.Contains(t, all, m[1], "%s: link to %s", where, l.URL)
		assert.Equal(t, all[m[1]].Title, l.Title, where)
		assert.False(t, l.IncludeVars, where)
		assert.True(t, l.KeepTime || m[2] != "", "%s: link to %s keeps the time", where, l.URL)
		return m[1]
	}
	for name, d := range all {
		linked := []string{name}
		for _, l := range d.Links {
			linked = append(linked, target(d.file, l))
		}
		for _, p := range d.Panels {
			for _, l := range p.Links {
				target(d.file+": "+p.Title, l)
			}
		}
		slices.Sort(linked)
		assert.Equal(t, []string{"agents", "findings", "fleet", "patches", "scans", "sync"}, linked, d.file)
	}
}

// TestProvisioningFits: Grafana in docker-compose.yml finds the dashboards, and they
// their data source.
func TestProvisioningFits(t *testing.T) {
	t.Parallel()
	var sources struct{ Datasources []datasource }
	readYAML(t, "provisioning/datasources/syncer.yaml", &sources)
	require.Len(t, sources.Datasources, 1)
	for _, d := range load(t) {
		for _, v := range d.Templating.List {
			assert.Equal(t, sources.Datasources[0], v.Datasource, "%s: variable %s", d.file, v.Name)
		}
		for _, p := range d.Panels {
			assert.Equal(t, sources.Datasources[0], p.Datasource, "%s: %s", d.file, p.Title)
			for _, q := range p.Targets {
				assert.Equal(t, sources.Datasources[0], q.Datasource, "%s: %s", d.file, p.Title)
			}
		}
	}

	var providers struct {
		Providers []struct{ Options struct{ Path string } }
	}
	readYAML(t, "provisioning/dashboards/syncer.yaml", &providers)
	var compose struct {
		Services map[string]struct {
			Environment yaml.Node
			Volumes     []string
		}
	}
	readYAML(t, "../docker-compose.yml", &compose)
	grafana := compose.Services["grafana"]
	var environment map[string]string
	require.NoError(t, grafana.Environment.Decode(&environment))
	inside := providers.Providers[0].Options.Path
	assert.Contains(t, grafana.Volumes, "./dashboards:"+inside+":ro")
	home, ok := strings.CutPrefix(environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"], inside+"/")
	require.True(t, ok)
	assert.FileExists(t, filepath.Join(folder, home))
	// Of what else lies there, Grafana's provider must take nothing for a dashboard.
	_ = filepath.WalkDir(folder, func(path string, _ os.DirEntry, err error) error {
		require.NoError(t, err)
		if filepath.Ext(path) == ".json" {
			assert.Equal(t, filepath.Clean(folder), filepath.Dir(path), "%s is no dashboard", path)
		}
		return nil
	})
}

func readYAML(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, name))
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, into), name)
}
