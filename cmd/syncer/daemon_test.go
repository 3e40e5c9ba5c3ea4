package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"syncer/internal/embeddedpg"
	"syncer/internal/testing/pgtest"
	"syncer/sim"
	"syncer/source"
)

// TestDaemon runs the daemon with a database of its own, through a stop, a
// violent death and the starts after them.
func TestDaemon(t *testing.T) {
	t.Parallel()
	account := simAccounts(1)[0]
	var hangs atomic.Bool
	cloud := httptest.NewServer(sim.New(sim.Options{
		Accounts: []sim.Account{account}, World: sim.NewFleet(sim.FleetOptions{Servers: 50, Keep: 10 * 24 * time.Hour}),
		Fault: func(sim.Call) (f sim.Fault) {
			if hangs.Load() {
				f = sim.Hang(time.Minute)
			}
			return f
		},
	}))
	t.Cleanup(cloud.Close)
	var sources strings.Builder
	for _, s := range source.All {
		fmt.Fprintf(&sources, "  %s: {schedule: '@every 1s', calls_per_second: 10000}\n", s.Name)
	}
	d := daemon{dir: dataDir(t)}
	d.config = configFile(t, "server: {listen: off}\naccounts:%ssources:\n%s", accountYAML(account, cloud.URL), sources.String())

	d.start(t)
	d.syncs(t)
	status := startProcess(t, d.env(), "status", "--config", d.config)
	require.Zero(t, status.wait(t), status.output())
	d.stop(t)
	d.query(t, func(db *pgx.Conn) {
		require.Zero(t, one[int](t, db, "SELECT count(*) FROM river.river_job WHERE state = 'running'"), "jobs left running")
	})

	d.start(t)
	d.syncs(t)
	hangs.Store(true) // so that all its syncs are under way when it dies
	d.query(t, func(db *pgx.Conn) {
		pgtest.Await(t, func() bool {
			return one[int](t, db, "SELECT count(DISTINCT args->>'source') FROM river.river_job WHERE state = 'running'") == len(source.All)
		})
	})
	// On the data directory another daemon waits; on the database it takes part.
	waits := startProcess(t, d.env(), "run", "--config", d.config)
	waits.says(t, "waiting for the other syncer")
	waits.signal(t, syscall.SIGTERM)
	waits.wait(t)
	var url string
	d.query(t, func(db *pgx.Conn) { url = db.Config().ConnString() })
	other := startProcess(t, map[string]string{"DATABASE_URL": url}, "run", "--config", d.config)
	other.says(t, "the partition's last sync is still running in")
	other.signal(t, syscall.SIGTERM)
	require.Zero(t, other.wait(t), other.output())
	d.signal(t, syscall.SIGKILL)
	d.gone(t)
	hangs.Store(false)

	d.start(t)
	d.syncs(t)
	d.stop(t)
}

// A daemon is `syncer run` on an embedded database.
type daemon struct {
	*process
	dir, config string
	servers     []int // process IDs of its PostgreSQL
}

func (d *daemon) env() map[string]string { return map[string]string{"SYNCER_DATA_DIR": d.dir} }

func (d *daemon) start(t *testing.T) {
	t.Helper()
	d.process = startProcess(t, d.env(), "run", "--config", d.config)
	d.says(t, "msg=started")
	d.query(t, func(db *pgx.Conn) {
		rows, err := db.Query(t.Context(), "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
		require.NoError(t, err)
		d.servers, err = pgx.CollectRows(rows, pgx.RowTo[int])
		require.NoError(t, err)
	})
	file, err := os.ReadFile(filepath.Join(d.dir, "postgres", "postmaster.pid"))
	require.NoError(t, err)
	var postmaster int
	_, err = fmt.Sscan(string(file), &postmaster)
	require.NoError(t, err)
	d.servers = append(d.servers, postmaster)
}

// syncs wants every source to be synced from now on.
func (d *daemon) syncs(t *testing.T) {
	t.Helper()
	d.query(t, func(db *pgx.Conn) {
		since := one[time.Time](t, db, "SELECT now()").Format(time.RFC3339Nano)
		pgtest.Await(t, func() bool {
			return one[int](t, db, "SELECT count(DISTINCT source) FROM alicloud.sync_runs WHERE status = 'ok' AND started_at > '"+since+"'") == len(source.All)
		})
	})
}

// stop asks the daemon to end, which it does in time, with its server.
func (d *daemon) stop(t *testing.T) {
	t.Helper()
	d.signal(t, syscall.SIGTERM)
	require.Zero(t, d.wait(t), d.output())
	d.gone(t)
	password, err := os.ReadFile(filepath.Join(d.dir, "password"))
	require.NoError(t, err)
	require.NotContains(t, d.output(), strings.TrimSpace(string(password)))
}

// gone wants no process of its server to be left in a while.
func (d *daemon) gone(t *testing.T) {
	t.Helper()
	for _, pid := range d.servers {
		pgtest.Await(t, func() bool {
			state, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
			return err != nil || strings.HasPrefix(string(state), "Z") // a zombie, which no init reaps in a container
		}, "process %d of PostgreSQL is left", pid)
	}
}

// query connects to the daemon's server, or to one of its own while none runs.
func (d *daemon) query(t *testing.T, f func(*pgx.Conn)) {
	t.Helper()
	server, err := embeddedpg.Start(t.Context(), embeddedpg.Options{DataDir: d.dir})
	var url string
	if used, ok := errors.AsType[*embeddedpg.InUseError](err); ok {
		url = used.URL
	} else {
		require.NoError(t, err)
		url = server.URL()
		defer func() { require.NoError(t, server.Stop(t.Context())) }()
	}
	db, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { _ = db.Close(t.Context()) }()
	f(db)
}

// asProgram in its environment makes this test binary the program itself, so that
// a test can do to a process what it cannot do to a function: kill it.
const asProgram = "SYNCER_TEST_AS_PROGRAM"

// A process is one call of the program.
type process struct {
	cmd            *exec.Cmd
	stdout, stderr output
	ended          chan struct{}
}

// An output can be read while a process writes to it.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// startProcess starts the program with an environment of its own.
func startProcess(t *testing.T, env map[string]string, args ...string) *process {
	t.Helper()
	p := newProcess(env, args...)
	p.start(t)
	return p
}

func newProcess(env map[string]string, args ...string) *process {
	p := &process{cmd: exec.Command(os.Args[0], args...), ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	p.cmd.Env = []string{
		asProgram + "=1", "PATH=" + os.Getenv("PATH"), "TMPDIR=" + os.TempDir(), "SYNCER_PG_BIN=" + os.Getenv("SYNCER_PG_BIN"),
		"GORACE=atexit_sleep_ms=0", // else the race detector idles for a second at the end
	}
	for name, value := range env {
		p.cmd.Env = append(p.cmd.Env, name+"="+value)
	}
	return p
}

func (p *process) start(t *testing.T) {
	t.Helper()
	require.NoError(t, p.cmd.Start())
	go func() {
		_ = p.cmd.Wait() // the exit code tells
		close(p.ended)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.ended
	})
}

// says waits until the process has logged something.
func (p *process) says(t *testing.T, what string) {
	t.Helper()
	pgtest.Await(t, func() bool { return strings.Contains(p.stderr.String(), what) }, "not said: %s", what)
}

func (p *process) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	require.NoError(t, p.cmd.Process.Signal(s))
}

func (p *process) output() string { return p.stdout.String() + p.stderr.String() }

// wait returns the exit code, -1 for a process that was killed.
func (p *process) wait(t *testing.T) int {
	t.Helper()
	pgtest.Await(t, func() bool {
		select {
		case <-p.ended:
			return true
		default:
			return false
		}
	}, "syncer %s does not end", strings.Join(p.cmd.Args[1:], " "))
	require.NotContains(t, p.stderr.String(), "DATA RACE")
	require.NotContains(t, p.stderr.String(), "panic:")
	return p.cmd.ProcessState.ExitCode()
}

// accountYAML is an account of the simulated cloud at url, in one region.
func accountYAML(a sim.Account, url string) string {
	return fmt.Sprintf(`
  - name: %s
    credentials: {type: access_key, access_key_id: %s, access_key_secret: %s}
    endpoints: {sas: "%[4]s", oos: "%[4]s", sts: "%[4]s"}
    security_center_regions: [cn-hangzhou]
    oos_regions: [cn-hangzhou]
`, a.Name, a.AccessKeyID, a.AccessKeySecret, url)
}

// configFile writes a schedule.yaml and returns its path.
// ownCatalogue makes a directory of declarations as a user may have written them: those of
// known sources, under other names. It returns its path, and all sources that there are then.
func ownCatalogue(t *testing.T, names map[string]string) (dir string, all []*source.Source) {
	t.Helper()
	dir = t.TempDir()
	var files []source.File
	for known, own := range names {
		text, err := os.ReadFile(filepath.Join("../../source/catalogue", known+".yaml"))
		require.NoError(t, err)
		renamed := strings.NewReplacer(known, own, "enabled: false\n", "").Replace(string(text))
		require.NoError(t, os.WriteFile(filepath.Join(dir, own+".yaml"), []byte(renamed), 0o600))
		files = append(files, source.File{Path: own + ".yaml", Text: renamed})
	}
	list, err := source.Read(files, source.All)
	require.NoError(t, err)
	return dir, slices.Concat(source.All, list)
}

func configFile(t *testing.T, format string, args ...any) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "schedule.yaml")
	require.NoError(t, os.WriteFile(path, fmt.Appendf(nil, format, args...), 0o600))
	return path
}
