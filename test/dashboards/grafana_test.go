// Package dashboards tests what is in the folder dashboards: that Grafana can show
// every panel of the dashboards, and Prometheus judge every alert rule, by what a
// syncer really writes and exports.
package dashboards

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// folder holds the dashboards.
const folder = "../../dashboards"

// A dashboard is the part of Grafana's JSON that the tests look at.
type dashboard struct {
	file string

	ID            *int
	UID           string
	Title         string
	Description   string
	Tags          []string
	SchemaVersion int
	Timezone      string
	Time          struct{ From, To string }
	Timepicker    struct {
		QuickRanges []struct{ From, To string } `json:"quick_ranges"`
	}
	Links      []link
	Templating struct{ List []variable }
	Panels     []panel
}

type link struct {
	Type, Title, URL      string
	IncludeVars, KeepTime bool
}

type variable struct {
	Name, Label, Description, Type, Query, Definition string

	Datasource        datasource
	Multi, IncludeAll bool
	Current           struct{ Value []string }
}

type panel struct {
	ID          int
	Type        string
	Title       string
	Description string
	Datasource  datasource
	GridPos     struct{ X, Y, W, H int }
	Links       []link
	Targets     []struct {
		Datasource     datasource
		Format, RawSQL string
		RawQuery       bool
	}
	FieldConfig struct {
		Defaults  struct{ Unit string }
		Overrides []struct {
			Matcher struct{ ID, Options string }
		}
	}
	Options struct{ XField string }
}

type datasource struct{ Type, UID string }

// load reads the dashboards, by the names of their files.
func load(t *testing.T) map[string]dashboard {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	require.NoError(t, err)
	all := map[string]dashboard{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		d := dashboard{file: filepath.Base(file)}
		require.NoError(t, json.Unmarshal(text, &d), file)
		all[strings.TrimSuffix(d.file, ".json")] = d
	}
	require.Len(t, all, 6)
	return all
}
