// Package deploy holds what syncer is installed with. Its tests read that as those
// programs would.
package deploy

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"syncer/internal/config"
	"syncer/source"
)

type object = map[string]any

// documents are the YAML documents of a text, by kind.
func documents(t *testing.T, text []byte) map[string]object {
	t.Helper()
	all := map[string]object{}
	for d := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var o object
		err := d.Decode(&o)
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		if o != nil {
			kind, _ := o["kind"].(string)
			require.NotContains(t, all, kind)
			all[kind] = o
		}
	}
}

func load(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	return text
}

// at follows keys into an object.
func at(t *testing.T, o any, keys ...string) any {
	t.Helper()
	for _, k := range keys {
		m, ok := o.(object)
		require.True(t, ok, "%s of %v", k, keys)
		o = m[k]
	}
	return o
}

func manifests(t *testing.T) map[string]object {
	t.Helper()
	var kustomization struct{ Resources []string }
	require.NoError(t, yaml.Unmarshal(load(t, "kubernetes/kustomization.yaml"), &kustomization))
	all := map[string]object{}
	for _, name := range kustomization.Resources {
		for kind, o := range documents(t, load(t, filepath.Join("kubernetes", name))) {
			all[kind] = o
		}
	}
	return all
}

// TestManifests: an upgrade is an apply. A Job could not be changed.
func TestManifests(t *testing.T) {
	t.Parallel()
	all := manifests(t)
	assert.NotContains(t, all, "Job")
	pods := at(t, all["Deployment"], "spec", "template", "metadata", "labels")
	assert.Equal(t, pods, at(t, all["NetworkPolicy"], "spec", "podSelector", "matchLabels"))
}

// TestChart: with and without everything that can be chosen, Helm makes what
// deploy/kubernetes has.
func TestChart(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Chart.yaml", "values.yaml"} {
		require.Len(t, documents(t, load(t, filepath.Join("helm/syncer", name))), 1)
	}
	helm, err := exec.LookPath("helm")
	if err != nil {
		t.Skip("helm is not there: go install helm.sh/helm/v3/cmd/helm@v3.22.0")
	}
	template := func(args ...string) map[string]object {
		cmd := exec.CommandContext(t.Context(), helm, append([]string{"template", "syncer", "helm/syncer"}, args...)...)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		text, err := cmd.Output()
		require.NoError(t, err, "%s", stderr.String())
		return documents(t, text)
	}
	spec := []string{"spec", "template", "spec"}
	one := func(o any, key string) any { return at(t, o, append(spec, key)...).([]any)[0] }

	all := template("--set", "serviceMonitor.enabled=true")
	for kind, o := range manifests(t) {
		if kind == "Namespace" {
			continue
		}
		require.Contains(t, all, kind)
		if kind == "NetworkPolicy" {
			for _, direction := range []string{"ingress", "egress"} {
				assert.Equal(t, at(t, o, "spec", direction), at(t, all[kind], "spec", direction))
			}
		}
	}
	assert.Contains(t, all, "ServiceMonitor")
	ours, theirs := manifests(t)["Deployment"], all["Deployment"]
	for _, key := range []string{"securityContext", "automountServiceAccountToken", "terminationGracePeriodSeconds"} {
		assert.Equal(t, at(t, ours, append(spec, key)...), at(t, theirs, append(spec, key)...), key)
	}
	for _, list := range []string{"containers", "initContainers"} {
		for _, key := range []string{"args", "securityContext", "resources", "livenessProbe", "readinessProbe", "ports", "volumeMounts", "workingDir"} {
			assert.Equal(t, at(t, one(ours, list), key), at(t, one(theirs, list), key), "%s: %s", list, key)
		}
	}
	schedule, ok := at(t, all["ConfigMap"], "data", "schedule.yaml").(string)
	require.True(t, ok)
	file := filepath.Join(t.TempDir(), "schedule.yaml")
	require.NoError(t, os.WriteFile(file, []byte(schedule), 0o600))
	c, err := config.Load(file, source.All, func(name string) string {
		return map[string]string{"SYNCER_LISTEN": "127.0.0.1:8080"}[name]
	})
	require.NoError(t, err)
	require.NoError(t, c.Validate())

	few := template("--set", "secret.existing=mine,database.existingSecret=db,database.key=uri,migrate=false,replicas=1,networkPolicy.enabled=false,image.digest=sha256:abc")
	for _, kind := range []string{"Secret", "PodDisruptionBudget", "NetworkPolicy", "ServiceMonitor"} {
		assert.NotContains(t, few, kind)
	}
	assert.Nil(t, at(t, few["Deployment"], append(spec, "initContainers")...))
	pod := one(few["Deployment"], "containers")
	assert.Equal(t, "registry.example.com/syncer@sha256:abc", at(t, pod, "image"))
	assert.Equal(t, object{"name": "db", "key": "uri"}, at(t, at(t, pod, "env").([]any)[0], "valueFrom", "secretKeyRef"))
	assert.Equal(t, object{"name": "mine"}, at(t, at(t, pod, "envFrom").([]any)[0], "secretRef"))
}

// TestPackages: schedule.yaml is nobody's business but the service's.
func TestPackages(t *testing.T) {
	t.Parallel()
	var release struct {
		Nfpms []struct {
			Scripts  map[string]string
			Contents []struct {
				Src, Dst string
				FileInfo struct {
					Mode  int
					Group string
				} `yaml:"file_info"`
			}
		}
	}
	require.NoError(t, yaml.Unmarshal(load(t, "../.goreleaser.yaml"), &release))
	unit := string(load(t, "systemd/syncer.service"))
	for _, p := range release.Nfpms {
		for _, script := range p.Scripts {
			text := string(load(t, filepath.Join("..", script)))
			assert.Contains(t, text, "syncer-config")
		}
		for _, c := range p.Contents {
			if c.Dst == "/etc/syncer/schedule.yaml" {
				assert.Equal(t, 0o640, c.FileInfo.Mode)
				assert.Contains(t, unit, "SupplementaryGroups="+c.FileInfo.Group+"\n")
			}
		}
	}
	assert.Contains(t, unit, "ExecReload=/bin/kill -HUP $MAINPID\n")
	assert.Contains(t, unit, "MemoryMax=")
}

// TestImageHasTheSource: what the program is made of reaches the build of the image.
func TestImageHasTheSource(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{if .Main}}{{$.ImportPath}}{{end}}{{end}}", "../cmd/syncer").Output()
	require.NoError(t, err)
	ignore := strings.Fields(string(load(t, "../.dockerignore")))
	for _, pkg := range strings.Fields(string(out)) {
		top, _, _ := strings.Cut(strings.TrimPrefix(pkg, "syncer/"), "/")
		assert.Contains(t, ignore, "!"+top)
	}
}
