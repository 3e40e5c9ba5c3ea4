// Package pgtest gives tests a real PostgreSQL. Each test process has one private server,
// which starts when a test first needs it. Each test gets its own empty database on it.
//
// If TEST_DATABASE_URL is set, the databases are created on that server instead.
//
// The package is only for tests, therefore it may import pgx.
package pgtest

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"syncer/internal/embeddedpg"
)

// dirPrefix is followed by the PID of the process that uses the directory.
const dirPrefix = "syncer-pgtest-"

// patience is how long a server may take for one step: longer than the busiest machine
// needs.
const patience = 5 * time.Minute

// settings make a server fast for tests. They do not include settings that change its
// behaviour.
var settings = map[string]string{
	"checkpoint_timeout": "1h",
	"full_page_writes":   "off", // the operating system outlives the server
	"wal_compression":    "off",
	"max_connections":    "200",
}

// shared is the server of this process.
var shared struct {
	once   sync.Once
	url    string
	err    error
	server *embeddedpg.Server
	dir    string

	mu  sync.Mutex
	end []func(context.Context) error // runs at the end
}

func atEnd(do func(context.Context) error) {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	shared.end = append(shared.end, do)
}

// Run runs the tests, ends the server and removes its directory. It returns the exit code,
// for a TestMain. If a package has no TestMain, the next test process removes the
// directory.
//
// SYNCER_TEST_CHECKS is the number of random histories for each property test. The default
// is small; with SYNCER_TEST_ALL it is 40. A flag -rapid.checks takes precedence.
//
// Tests wait for servers and processes about half of their time. So twice as many tests as
// there are processors run at a time, unless a flag -parallel says otherwise.
func Run(m *testing.M) int {
	checks := cmp.Or(os.Getenv("SYNCER_TEST_CHECKS"), "4")
	if All() && os.Getenv("SYNCER_TEST_CHECKS") == "" {
		checks = "40"
	}
	defaults := map[string]string{"test.parallel": strconv.Itoa(2 * runtime.GOMAXPROCS(0)), "rapid.checks": checks}
	for name, value := range defaults { // before the flags are parsed, which take precedence
		if flag.Lookup(name) == nil { // not all packages use rapid
			continue
		}
		if err := flag.Set(name, value); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
			return 2
		}
	}
	flag.Parse()
	code := m.Run()
	if err := closeShared(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return max(code, 1)
	}
	return code
}

func closeShared() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if shared.server == nil { // another program's server must stay as it was
		var errs []error
		for _, do := range shared.end {
			errs = append(errs, do(ctx))
		}
		return errors.Join(errs...)
	}
	return errors.Join(shared.server.Stop(ctx), embeddedpg.Remove(ctx, shared.dir))
}

// URL returns the address of a new, empty database, which is dropped when the test ends.
func URL(t testing.TB) string {
	t.Helper()
	return newDatabase(t, "template1")
}

// A Template is a database that is filled once for each test process, and then copied for
// each test. A copy takes a tenth of a second; the migrations take one or two seconds.
type Template struct {
	// Fill fills an empty database, and closes its connections to it.
	Fill func(ctx context.Context, url string) error

	once sync.Once
	name string
	err  error
}

// URL returns the address of a copy of the template, which is dropped when the test ends.
func (p *Template) URL(t testing.TB) string {
	t.Helper()
	server := sharedURL(t)
	p.once.Do(func() {
		// This is not the test's context, because the test may end before others need the
		// template.
		ctx := context.WithoutCancel(t.Context())
		p.name = newName()
		if p.err = execute(ctx, server, "CREATE DATABASE "+p.name); p.err == nil {
			atEnd(func(ctx context.Context) error { return drop(ctx, server, p.name) })
			p.err = p.Fill(ctx, addressOf(t, server, p.name))
		}
	})
	if p.err != nil {
		t.Fatalf("fill the template: %v", p.err)
	}
	return newDatabase(t, p.name)
}

func newDatabase(t testing.TB, template string) string {
	t.Helper()
	server, name := sharedURL(t), newName()
	if err := execute(t.Context(), server, "CREATE DATABASE "+name+" TEMPLATE "+template); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := drop(context.WithoutCancel(t.Context()), server, name); err != nil { // the test's context has ended
			t.Error(err)
		}
	})
	return addressOf(t, server, name)
}

func newName() string { return "test_" + strings.ToLower(rand.Text()[:12]) }

// drop drops a database. FORCE ends connections that a test left open.
func drop(ctx context.Context, server, name string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return execute(ctx, server, "DROP DATABASE "+name+" WITH (FORCE)")
}

func addressOf(t testing.TB, server, database string) string {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal("TEST_DATABASE_URL is not a URL") // the error would contain the URL with its password
	}
	u.Path = "/" + database
	return u.String()
}

// sharedURL returns the address of this process's server.
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
			_ = embeddedpg.Remove(context.Background(), shared.dir)
			return
		}
		shared.url = shared.server.URL()
	})
	if shared.err != nil {
		unavailable(t, shared.err)
	}
	return shared.url
}

// unavailable fails the test, because a skipped suite would look like a passed one. Only
// with -short, by which a person asks for less, does it skip.
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

// removeLeftovers removes the directories of test processes that were killed. Others use
// the temporary directory, too; their files are not touched.
func removeLeftovers() {
	dirs, _ := filepath.Glob(filepath.Join(os.TempDir(), dirPrefix+"*")) // only a bad pattern is an error
	for _, dir := range dirs {
		pid, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), dirPrefix), "-")
		n, err := strconv.Atoi(pid)
		info, err1 := os.Lstat(dir)
		if errors.Join(err, err1) != nil || !info.IsDir() || int(info.Sys().(*syscall.Stat_t).Uid) != os.Geteuid() {
			continue
		}
		if errors.Is(syscall.Kill(n, 0), syscall.ESRCH) {
			_ = embeddedpg.Remove(context.Background(), dir) // best effort
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
