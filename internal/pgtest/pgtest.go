// Package pgtest gives tests a real PostgreSQL: one private server for each
// test process, started when a test first asks, and on it an empty database for
// each test that asks.
//
// With TEST_DATABASE_URL set, the databases are made on that server instead.
//
// It is for tests only, which is why it may import pgx.
package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"syncer/internal/embeddedpg"
)

// dirPrefix is followed by the PID of the process that the directory is for.
const dirPrefix = "syncer-pgtest-"

// settings make a server quick for tests, and keep what changes its behaviour
// as it is.
var settings = map[string]string{
	"checkpoint_timeout": "1h",
	"max_connections":    "200",
}

// shared is the server of this process.
var shared struct {
	once   sync.Once
	url    string
	err    error
	server *embeddedpg.Server
	dir    string
}

// Run runs the tests, ends the server and removes its directory. It returns the
// exit code, for a TestMain; a package without one leaves the directory to the
// next test process.
//
// SYNCER_TEST_CHECKS in the environment is how many random histories a law is tried
// on, instead of rapid's 100: under the race detector each takes long.
func Run(m *testing.M) int {
	flag.Parse()
	if checks := os.Getenv("SYNCER_TEST_CHECKS"); checks != "" && flag.Lookup("rapid.checks") != nil {
		if err := flag.Set("rapid.checks", checks); err != nil {
			fmt.Fprintln(os.Stderr, "SYNCER_TEST_CHECKS:", err)
			return 2
		}
	}
	code := m.Run()
	if err := closeShared(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return max(code, 1)
	}
	return code
}

func closeShared() error {
	if shared.server == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	return errors.Join(shared.server.Stop(ctx), os.RemoveAll(shared.dir))
}

// URL is the address of a new, empty database, which is dropped when the test ends.
func URL(t testing.TB) string {
	t.Helper()
	server := sharedURL(t)
	name := "test_" + strings.ToLower(rand.Text()[:12])
	if err := execute(t.Context(), server, "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// The test's context has ended by now. FORCE ends what a test left open.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 30*time.Second)
		defer cancel()
		if err := execute(ctx, server, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal("TEST_DATABASE_URL is not a URL") // which the error would repeat, password and all
	}
	u.Path = "/" + name
	return u.String()
}

// sharedURL is the address of the server for everybody.
func sharedURL(t testing.TB) string {
	t.Helper()
	if server := os.Getenv("TEST_DATABASE_URL"); server != "" {
		return server
	}
	shared.once.Do(func() {
		removeLeftovers()
		if shared.dir, shared.err = tempDir(); shared.err != nil {
			return
		}
		shared.server, shared.err = start(context.Background(), shared.dir)
		if shared.err != nil {
			_ = os.RemoveAll(shared.dir)
			return
		}
		shared.url = shared.server.URL()
	})
	if shared.err != nil {
		unavailable(t, shared.err)
	}
	return shared.url
}

// unavailable fails the test: a suite that skips itself green is worse than a red
// one. Only -short, by which a person asks for less, skips.
func unavailable(t testing.TB, err error) {
	t.Helper()
	if testing.Short() {
		t.Skip(err)
	}
	t.Fatal(err)
}

func start(ctx context.Context, dir string) (*embeddedpg.Server, error) {
	return embeddedpg.Start(ctx, embeddedpg.Options{DataDir: dir, Settings: settings, NoSync: true})
}

func tempDir() (string, error) {
	return os.MkdirTemp("", dirPrefix+strconv.Itoa(os.Getpid())+"-")
}

// removeLeftovers removes the directories of test processes that were killed.
func removeLeftovers() {
	dirs, _ := filepath.Glob(filepath.Join(os.TempDir(), dirPrefix+"*")) // only a bad pattern is an error
	for _, dir := range dirs {
		pid, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), dirPrefix), "-")
		n, err := strconv.Atoi(pid)
		if err == nil && errors.Is(syscall.Kill(n, 0), syscall.ESRCH) {
			_ = os.RemoveAll(dir) // best effort: it may be another user's
		}
	}
}

func execute(ctx context.Context, server, statement string) error {
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}
