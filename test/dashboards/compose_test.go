package dashboards

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
	"syncer/store"
)

// compose is what these tests read of docker-compose.yml.
type compose struct {
	Services map[string]struct {
		Image               string
		Command, Entrypoint any
		Environment         map[string]*string
		Volumes, Tmpfs      []string
		MemLimit            string `yaml:"mem_limit"`
	}
	Volumes map[string]any
}

// TestComposeFits: what is mounted is there, versions are pinned, memory is bounded.
func TestComposeFits(t *testing.T) {
	t.Parallel()
	var file compose
	readYAML(t, "../docker-compose.yml", &file)
	for name, s := range file.Services {
		assert.NotEmpty(t, s.MemLimit, name)
		if s.Image != "syncer" {
			assert.Regexp(t, `:v?\d+\.\d+`, s.Image, name)
		}
		for _, v := range s.Volumes {
			source, _, _ := strings.Cut(v, ":/")
			if source == "${SCHEDULE:-./schedule.yaml}" {
				continue
			}
			if strings.HasPrefix(source, ".") {
				_, err := os.Stat(filepath.Join(folder, "..", source))
				assert.NoError(t, err, name)
			} else {
				assert.Contains(t, file.Volumes, source, name)
			}
		}
		for _, m := range s.Tmpfs {
			assert.Contains(t, m, ":size=", name)
		}
	}
	assert.Equal(t, file.Services["postgres"].Image, file.Services["roles"].Image)
	assert.Contains(t, file.Services["prometheus"].Volumes, "./dashboards/"+rules+":/etc/prometheus/"+rules+":ro")

	var prometheus struct {
		RuleFiles     []string `yaml:"rule_files"`
		ScrapeConfigs []struct {
			JobName       string                       `yaml:"job_name"`
			StaticConfigs []struct{ Targets []string } `yaml:"static_configs"`
		} `yaml:"scrape_configs"`
	}
	readYAML(t, "../deploy/compose/prometheus.yaml", &prometheus)
	assert.Equal(t, []string{"/etc/prometheus/" + rules}, prometheus.RuleFiles)
	assert.Equal(t, "syncer", prometheus.ScrapeConfigs[0].JobName, "as the rules have it")
	assert.Equal(t, []string{"syncer:8080"}, prometheus.ScrapeConfigs[0].StaticConfigs[0].Targets)

	// What the documents and the example show a schedule.yaml to take from the
	// environment is passed on.
	for _, doc := range []string{"../docs/notifications.md", "../schedule.yaml"} {
		for _, m := range regexp.MustCompile(`\$\{([A-Z_]{4,})\}`).FindAllStringSubmatch(read(t, doc), -1) {
			assert.Contains(t, file.Services["syncer"].Environment, m[1], doc)
		}
	}
}

// TestComposeRoles: what the roles of docker-compose.yml may do is enough for syncer and
// for Grafana, and no more; and the server, told to log all, has seen no password.
func TestComposeRoles(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("psql"); err != nil {
		pgtest.Lacks(t, "psql is not there")
	}
	var file compose
	readYAML(t, "../docker-compose.yml", &file)
	script, ok := file.Services["roles"].Command.([]any)
	require.True(t, ok)
	require.Len(t, script, 3)
	here, err := filepath.Abs(filepath.Join(folder, ".."))
	require.NoError(t, err)
	// The private server's own superuser is called syncer: here the role is "trial".
	roles := filepath.Join(t.TempDir(), "roles.sql")
	renamed := regexp.MustCompile(`\bsyncer\b`).ReplaceAllString(read(t, "../deploy/compose/roles.sql"), "trial")
	require.NoError(t, os.WriteFile(roles, []byte(renamed), 0o600))
	line := strings.NewReplacer(
		"$$", "$", // of Compose
		"/roles.sql", roles,
		"/login.sql", filepath.Join(here, "dashboards/provisioning/login.sql"),
	).Replace(script[2].(string))

	dir := pgtest.Dir(t)
	server := pgtest.ServerIn(t, dir)
	admin, err := store.Open(t.Context(), server.URL(), store.Options{})
	require.NoError(t, err)
	defer admin.Close()
	_, err = admin.Pool().Exec(t.Context(), "ALTER ROLE syncer SET log_statement = 'all'")
	require.NoError(t, err)
	u, err := url.Parse(server.URL())
	require.NoError(t, err)
	password, _ := u.User.Password()
	for range 2 { // the second time there is nothing to make
		cmd := exec.CommandContext(t.Context(), "sh", "-ec", line)
		cmd.Env = append(os.Environ(), "PGHOST="+u.Hostname(), "PGPORT="+u.Port(), "PGUSER=syncer", "PGPASSWORD="+password,
			"PGDATABASE=postgres", "SYNCER_DB_PASSWORD=it's secret1", "GRAFANA_DB_PASSWORD=secret2")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	log, err := os.ReadFile(filepath.Join(dir, "postgres.log"))
	require.NoError(t, err)
	assert.Contains(t, string(log), "SCRAM-SHA-256$")
	assert.NotContains(t, string(log), "secret1")
	assert.NotContains(t, string(log), "secret2")

	u.Path, u.User = "/trial", url.UserPassword("trial", "it's secret1")
	trial, err := store.Open(t.Context(), u.String(), store.Options{})
	require.NoError(t, err)
	defer trial.Close()
	_, err = trial.Migrate(t.Context())
	require.NoError(t, err)
	require.NoError(t, trial.Current(t.Context()))
	var mighty bool
	require.NoError(t, trial.Pool().QueryRow(t.Context(), `SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls
FROM pg_roles
WHERE rolname = current_user`).Scan(&mighty))
	assert.False(t, mighty)

	u.User = url.UserPassword("grafana", "secret2")
	grafana, err := pgx.Connect(t.Context(), u.String())
	require.NoError(t, err)
	defer func() { _ = grafana.Close(t.Context()) }()
	_, err = grafana.Exec(t.Context(), "SELECT FROM alicloud.sync_freshness")
	require.NoError(t, err)
	_, err = grafana.Exec(t.Context(), "CREATE TEMP TABLE mine (i int)")
	require.ErrorContains(t, err, "permission denied")
}
