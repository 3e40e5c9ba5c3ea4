package metrics

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"syncer/worker"
)

// TestTextFormat: names of accounts are the operator's, and may hold anything.
func TestTextFormat(t *testing.T) {
	f := newFamily("counter", "syncer_things_total", "Things.", "source", "account")
	f.counter("s", `a"b\c`+"\nd é").AddInt64(3)
	f.counter("s", "plain").Inc()
	var got strings.Builder
	f.write(&got)
	require.Equal(t, `# HELP syncer_things_total Things.
# TYPE syncer_things_total counter
syncer_things_total{account="a\"b\\c\nd é",source="s"} 3
syncer_things_total{account="plain",source="s"} 1
`, got.String())

	h := newFamily("histogram", "syncer_seconds", "Seconds.", "source")
	h.histogram("s").Update(2.5)
	got.Reset()
	h.write(&got)
	require.Contains(t, got.String(), `syncer_seconds_bucket{source="s",le="1"} 0
syncer_seconds_bucket{source="s",le="2.5"} 1
`)
	require.Contains(t, got.String(), `syncer_seconds_bucket{source="s",le="+Inf"} 1
syncer_seconds_sum{source="s"} 2.5
syncer_seconds_count{source="s"} 1
`)

	g := newFamily("gauge", "syncer_moment", "A moment.")
	got.Reset()
	writeSamples(&got, []sample{{g, 1790000000.123, nil}}, up, g)
	require.Equal(t, "# HELP syncer_moment A moment.\n# TYPE syncer_moment gauge\nsyncer_moment 1.790000000123e+09\n", got.String())
}

// TestScrape: with and without compression, and as promtool reads it where there is one.
func TestScrape(t *testing.T) {
	m := New("v1", func() *worker.Config { return &worker.Config{} })
	plain := httptest.NewRecorder()
	m.Handler().ServeHTTP(plain, httptest.NewRequest("GET", "/metrics", nil))
	packed := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/metrics", nil)
	r.Header.Set("Accept-Encoding", "gzip, deflate")
	m.Handler().ServeHTTP(packed, r)
	require.Equal(t, "gzip", packed.Header().Get("Content-Encoding"))
	unpacked, err := gzip.NewReader(packed.Body)
	require.NoError(t, err)
	text, err := io.ReadAll(unpacked)
	require.NoError(t, err)
	for _, got := range []string{plain.Body.String(), string(text)} {
		require.Contains(t, got, `version="v1"} 1`)
		require.Contains(t, got, "\ngo_goroutines ")
		require.Contains(t, got, "\nprocess_resident_memory_bytes ")
	}
	if promtool, err := exec.LookPath("promtool"); err == nil {
		check := exec.CommandContext(t.Context(), promtool, "check", "metrics")
		check.Stdin = bytes.NewReader(text)
		out, err := check.CombinedOutput()
		require.NotContains(t, string(out), "error while linting", err)
	}
}
