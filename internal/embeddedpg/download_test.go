package embeddedpg

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/ulikunitz/xz"
)

// makeJar packs entries as the archive's jars are packed.
func makeJar(t *testing.T, entries []tar.Header, content string) []byte {
	t.Helper()
	var packed bytes.Buffer
	x, err := xz.NewWriter(&packed)
	require.NoError(t, err)
	w := tar.NewWriter(x)
	for _, e := range entries {
		if e.Typeflag == tar.TypeReg {
			e.Size = int64(len(content))
		}
		require.NoError(t, w.WriteHeader(&e))
		if e.Typeflag == tar.TypeReg {
			_, err := w.Write([]byte(content))
			require.NoError(t, err)
		}
	}
	require.NoError(t, w.Close())
	require.NoError(t, x.Close())

	var jar bytes.Buffer
	z := zip.NewWriter(&jar)
	_, err = z.Create("META-INF/MANIFEST.MF")
	require.NoError(t, err)
	f, err := z.Create("postgres-test.txz")
	require.NoError(t, err)
	_, err = f.Write(packed.Bytes())
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return jar.Bytes()
}

// serve answers with files by the end of their address.
func serve(t *testing.T, h *home, files map[string][]byte) {
	t.Helper()
	platform, err := platform(runtime.GOOS, runtime.GOARCH)
	require.NoError(t, err)
	jar := fmt.Sprintf("/mirror/io/zonky/test/postgres/embedded-postgres-binaries-%s/18.3.0/embedded-postgres-binaries-%s-18.3.0.jar",
		platform, platform)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for suffix, body := range files {
			if r.URL.Path == jar+suffix {
				_, _ = w.Write(body)
				return
			}
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(server.Close)
	t.Setenv("SYNCER_PG_DOWNLOAD", server.URL+"/mirror/")
}

func sum256(b []byte) []byte { return fmt.Appendf(nil, "%x", sha256.Sum256(b)) }

// The tree holds scripts that run this machine's programs, so that what was
// downloaded is really started.
func TestDownloadedServerStarts(t *testing.T) {
	probe, err := openHome(Options{DataDir: dataDir(t)})
	require.NoError(t, err)
	real, err := probe.findBinaries(t.Context())
	require.NoError(t, err)

	h := homeWith(t)
	h.noSync = true
	jar := makeJar(t, []tar.Header{
		{Name: "./", Typeflag: tar.TypeDir, Mode: 0o700},
		{Name: "./bin/run", Typeflag: tar.TypeReg, Mode: 0o700},
		{Name: "./bin/postgres", Typeflag: tar.TypeSymlink, Linkname: "run"},
		{Name: "./bin/initdb", Typeflag: tar.TypeSymlink, Linkname: "run"},
	}, "#!/bin/sh\nexec "+real.dir+"/${0##*/} \"$@\"\n")
	// As root the server's user runs these, whose umask we do not know.
	serve(t, h, map[string][]byte{"": jar, ".sha256": append(sum256(jar), "  name.jar\n"...)})
	s, err := h.start(t.Context(), Options{NoSync: true})
	require.NoError(t, err)
	defer stopServer(t, s)
	assert.Equal(t, "1", query(t, s.URL(), "SELECT '1'"))

	info, err := os.Stat(filepath.Join(h.path(binDir), "18.3.0", "bin", "run"))
	require.NoError(t, err)
	assert.Equal(t, fs.FileMode(0o755), info.Mode().Perm(), "everybody may run it")
	require.NoDirExists(t, filepath.Join(h.path(binDir), "18.3.0.new"))
}

func TestDownloadsThatAreRefused(t *testing.T) {
	good := []tar.Header{{Name: "bin/postgres", Typeflag: tar.TypeReg, Mode: 0o755}}
	jar := makeJar(t, good, "")
	escape := makeJar(t, []tar.Header{{Name: "../out", Typeflag: tar.TypeReg}}, "")
	link := makeJar(t, []tar.Header{
		{Name: "bin", Typeflag: tar.TypeSymlink, Linkname: "/tmp"},
		{Name: "bin/out", Typeflag: tar.TypeReg},
	}, "")
	device := makeJar(t, []tar.Header{{Name: "dev", Typeflag: tar.TypeChar}}, "")
	tests := map[string]struct {
		files map[string][]byte
		want  string
	}{
		"absent":      {nil, "404"},
		"damaged":     {map[string][]byte{"": jar, ".sha256": sum256(escape)}, "is damaged: its checksum is"},
		"damaged too": {map[string][]byte{"": jar, ".sha1": []byte("00")}, "is damaged: its checksum is"},
		"no checksum": {map[string][]byte{"": jar}, "cannot be verified"},
		"no archive":  {map[string][]byte{"": []byte("<html>"), ".sha256": sum256([]byte("<html>"))}, "not a valid zip file"},
		"escaping":    {map[string][]byte{"": escape, ".sha256": sum256(escape)}, "leads out of the archive"},
		"linking out": {map[string][]byte{"": link, ".sha256": sum256(link)}, "escapes"},
		"device":      {map[string][]byte{"": device, ".sha256": sum256(device)}, "neither a file"},
		"incomplete": {
			map[string][]byte{"": jar, ".sha1": fmt.Appendf(nil, "%x", sha1.Sum(jar))},
			"initdb: no such file or directory",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h := homeWith(t)
			serve(t, h, tt.files)
			_, err := h.findBinaries(t.Context())
			require.ErrorContains(t, err, tt.want)
			require.ErrorContains(t, err, "download PostgreSQL 18.3.0: ")
		})
	}
}

func TestPlatform(t *testing.T) {
	t.Parallel()
	name, err := platform("darwin", "arm64")
	require.NoError(t, err)
	assert.Equal(t, "darwin-arm64v8", name)
	_, err = platform("plan9", "386")
	require.EqualError(t, err, "there is no download of PostgreSQL for plan9/386")
}
