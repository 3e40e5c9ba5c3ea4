package archive_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"syncer/archive"
	"syncer/internal/testing/pgtest"
	"syncer/source"
)

// s3Version is that of npm's s3rver, which .ci/run installs.
const s3Version = "3.7.1"

// startS3 starts an S3 server with a bucket named kept, or skips the test where it is not
// installed.
func startS3(t *testing.T) (address *url.URL) {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		pgtest.Lacks(t, "node is not installed")
	}
	home, err := os.UserHomeDir()
	require.NoError(t, err)
	dir := filepath.Join(home, ".cache", "syncer-ci", "s3rver-"+s3Version)
	if _, err := os.Stat(dir); err != nil {
		pgtest.Lacks(t, "npm's s3rver is not installed: npm install --prefix "+dir+" s3rver@"+s3Version)
	}
	cmd := exec.CommandContext(t.Context(), node, "-e", `
const S3rver = require('s3rver');
new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory: process.argv[1], configureBuckets: [{ name: 'kept' }] })
  .run().then((a) => console.log(a.port));`, t.TempDir())
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	port, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	return &url.URL{Scheme: "http", Host: "127.0.0.1:" + strings.TrimSpace(port)}
}

// An unreliable server stands before another one.
type unreliable struct {
	*httptest.Server

	calls atomic.Int64
	full  atomic.Bool // it takes no object any more
}

// newUnreliable spoils each seventh call in one of several ways.
func newUnreliable(t *testing.T, target *url.URL) *unreliable {
	u := &unreliable{}
	proxy := httputil.NewSingleHostReverseProxy(target)
	transport := &http.Transport{}
	proxy.Transport = transport
	proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	u.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if u.full.Load() && r.Method == http.MethodPut {
			w.Header().Set("Content-Type", "application/xml")
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, "<Error><Code>QuotaExceeded</Code><Message>The bucket is full.</Message></Error>")
			return
		}
		switch n := u.calls.Add(1); {
		case n%7 != 0:
			proxy.ServeHTTP(w, r)
		case n%4 == 0:
			w.WriteHeader(http.StatusServiceUnavailable)
		case n%4 == 1: // the connection breaks
			panic(http.ErrAbortHandler)
		case n%4 == 2: // the answer is lost, though the call was carried out
			proxy.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		default: // slow
			time.Sleep(50 * time.Millisecond)
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(func() {
		u.Close()
		transport.CloseIdleConnections()
	})
	return u
}

func open(t *testing.T, server, prefix, id string) *archive.Archive {
	t.Helper()
	a, err := archive.Open("s3://kept/"+prefix+"?region=us-east-1&endpoint="+server, archive.Options{Program: "v1", Key: func(context.Context) (archive.Key, error) {
		return archive.Key{ID: id, Secret: "S3RVER"}, nil
	}})
	require.NoError(t, err)
	return a
}

// TestBucket: an S3 server that fails now and then gets the same files as a directory. What
// a server that is full has taken is whole, and the rest follows once there is room.
func TestBucket(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	server := startS3(t)
	w := newWorld(t)
	src := &source.InstancePatchStates
	sources := []*source.Source{src}
	fill(t, w, src)
	dir, err := archive.Open(t.TempDir(), archive.Options{Program: "v1"})
	require.NoError(t, err)
	want, err := dir.Write(ctx, w.Store, sources)
	require.NoError(t, err)

	u := newUnreliable(t, server)
	a := open(t, u.URL, "fleet/one", "S3RVER")
	require.Equal(t, "s3://kept/fleet/one", a.URL())
	u.full.Store(true)
	_, err = a.Write(ctx, w.Store, sources)
	require.ErrorContains(t, err, "The bucket is full.")
	sound := open(t, server.String(), "fleet/one", "S3RVER")
	months, err := sound.Months(ctx, src.Name)
	require.NoError(t, err)
	require.Empty(t, months)
	u.full.Store(false)

	got, err := a.Write(ctx, w.Store, sources)
	require.NoError(t, err)
	require.Equal(t, want, got)
	again, err := a.Write(ctx, w.Store, sources)
	require.NoError(t, err)
	require.Empty(t, again)
	for _, m := range want {
		month, err := time.Parse("2006-01", m.Month)
		require.NoError(t, err)
		for _, a := range []*archive.Archive{a, sound} {
			compared, err := a.Verify(ctx, w.Store, sources, m.Name, month)
			require.NoError(t, err)
			require.True(t, compared)
		}
	}
	w.set(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC))
	_, err = a.Write(ctx, w.Store, sources)
	require.NoError(t, err)
	p, err := w.PruneArchived(ctx, sources, 90*24*time.Hour, time.Minute, a.Has(w.Store, sources))
	require.NoError(t, err)
	require.NotEmpty(t, p.Months)

	_, err = open(t, server.String(), "fleet/two", "nobody").Write(ctx, w.Store, sources)
	require.ErrorContains(t, err, "the bucket refuses the key (InvalidAccessKeyId)")
}

// TestAddress: what is no address of an archive is told.
func TestAddress(t *testing.T) {
	t.Parallel()
	key := func(context.Context) (archive.Key, error) { return archive.Key{}, nil }
	for address, want := range map[string]string{
		"":                                     "has no address",
		"ftp://host/dir":                       "scheme ftp are not known",
		"s3://bucket/prefix":                   "s3://bucket/prefix?endpoint=host",
		"s3://user:word@bucket/?endpoint=host": "s3://bucket/prefix?endpoint=host",
	} {
		_, err := archive.Open(address, archive.Options{Key: key})
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "word")
	}
}
