package embeddedpg

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if role := os.Getenv("EMBEDDEDPG_TEST_VICTIM"); role != "" {
		beVictim(role)
	}
	goleak.VerifyTestMain(m)
}

// dataDir is not under t.TempDir, which another user may not enter.
func dataDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "embeddedpg-")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, Remove(context.Background(), dir)) })
	return dir
}

func startServer(t *testing.T, opts Options) *Server {
	t.Helper()
	opts.NoSync = true
	s, err := Start(t.Context(), opts)
	require.NoError(t, err)
	t.Cleanup(func() { stopServer(t, s) })
	return s
}

func stopServer(t *testing.T, s *Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	require.NoError(t, s.Stop(ctx))
}

// query runs a statement and returns its one value as text.
func query(t *testing.T, url, statement string) (value string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { _ = conn.Close(t.Context()) }()
	rows, err := conn.Query(t.Context(), statement, pgx.QueryExecModeSimpleProtocol)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		require.NoError(t, rows.Scan(&value))
	}
	require.NoError(t, rows.Err())
	return value
}

func TestDataSurvivesARestart(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	opts := Options{DataDir: dir, Settings: map[string]string{"work_mem": "7MB", "application_name": `it's \ odd`}}
	s := startServer(t, opts)
	assert.Equal(t, "syncer", query(t, s.URL(), "SELECT current_database()"))
	assert.Equal(t, "UTF8", query(t, s.URL(), "SHOW server_encoding"))
	assert.Equal(t, "UTC", query(t, s.URL(), "SHOW timezone"))
	assert.Equal(t, "7MB", query(t, s.URL(), "SHOW work_mem"))
	assert.Equal(t, "scram-sha-256", query(t, s.URL(), "SELECT DISTINCT auth_method FROM pg_hba_file_rules"))
	query(t, s.URL(), "CREATE TABLE kept AS SELECT 42 AS i")
	query(t, s.URL(), "ALTER SYSTEM SET work_mem = '9MB'")
	stopServer(t, s)
	require.NoError(t, s.Err())

	again := startServer(t, opts)
	assert.Equal(t, s.URL(), again.URL(), "port and password are kept")
	assert.Equal(t, "42", query(t, again.URL(), "SELECT i::text FROM kept"))
	assert.Equal(t, "9MB", query(t, again.URL(), "SHOW work_mem"), "what a user has set wins")
}

func TestSecondProgramIsToldOfTheFirst(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	s := startServer(t, Options{DataDir: dir})
	_, err := Start(t.Context(), Options{DataDir: dir})
	var inUse *InUseError
	require.ErrorAs(t, err, &inUse)
	assert.Equal(t, InUseError{DataDir: dir, PID: os.Getpid(), URL: s.URL()}, *inUse)
	assert.Contains(t, err.Error(), "in use by process "+strconv.Itoa(os.Getpid()))
	assert.Contains(t, err.Error(), "postgres://syncer@127.0.0.1:")
	password, err := os.ReadFile(filepath.Join(dir, passwordFile))
	require.NoError(t, err)
	assert.NotContains(t, inUse.Error(), strings.TrimSpace(string(password)))
}

func TestUnfinishedClusterIsMadeAgain(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	draft := filepath.Join(dir, clusterDir+".new")
	require.NoError(t, os.Mkdir(draft, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(draft, "PG_VERSION"), []byte("15\n"), 0o600))
	startServer(t, Options{DataDir: dir})
	assert.NoDirExists(t, draft)
}

func TestLostPasswordIsReplaced(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	s := startServer(t, Options{DataDir: dir})
	stopServer(t, s)
	require.NoError(t, os.Remove(filepath.Join(dir, passwordFile)))
	again := startServer(t, Options{DataDir: dir})
	assert.NotEqual(t, s.URL(), again.URL())
	assert.Equal(t, "1", query(t, again.URL(), "SELECT '1'"))
}

// In a restarted container the PID of the old postmaster is soon another program's.
func TestStalePIDFile(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	s := startServer(t, Options{DataDir: dir})
	stopServer(t, s)
	h, err := openHome(Options{DataDir: dir})
	require.NoError(t, err)
	plant(t, h, h.pidFilePath(), strconv.Itoa(os.Getppid())+"\n")
	startServer(t, Options{DataDir: dir})
}

func TestServerThatEndsByItself(t *testing.T) {
	t.Parallel()
	s := startServer(t, Options{DataDir: dataDir(t)})
	require.NoError(t, s.Err())
	require.NoError(t, syscall.Kill(s.PID(), syscall.SIGINT))
	<-s.Done()
	require.ErrorContains(t, s.Err(), "the server ended by itself: exit status 0")
	require.ErrorContains(t, s.Err(), "database system is shut down")
	stopServer(t, s)
	require.Error(t, s.Err())
}

func TestStopInAHurry(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	s := startServer(t, Options{DataDir: dir})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorContains(t, s.Stop(ctx), "it was ended at once")
	<-s.Done()
	require.NoError(t, s.Err())
	startServer(t, Options{DataDir: dir})
}

func TestErrorsQuoteTheServer(t *testing.T) {
	t.Parallel()
	_, err := Start(t.Context(), Options{DataDir: dataDir(t), NoSync: true, Settings: map[string]string{"max_connections": "many"}})
	require.ErrorContains(t, err, "start the embedded PostgreSQL: the server ended by itself: exit status 1")
	require.ErrorContains(t, err, `invalid value for parameter "max_connections": "many"`)
	require.ErrorContains(t, err, logFile)
}

func TestPorts(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	taken := l.Addr().(*net.TCPAddr).Port

	dir := dataDir(t)
	_, err = Start(t.Context(), Options{DataDir: dir, NoSync: true, Port: taken})
	require.ErrorContains(t, err, "is another program listening there?")

	require.NoError(t, os.WriteFile(filepath.Join(dir, portFile), []byte(strconv.Itoa(taken)), 0o600))
	s := startServer(t, Options{DataDir: dir})
	assert.NotContains(t, s.URL(), strconv.Itoa(taken))
}

func TestCancelledStart(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Start(ctx, Options{DataDir: dataDir(t), NoSync: true})
	require.ErrorIs(t, err, context.Canceled)
}

func TestParentThatCannotBeEntered(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("the server runs as another user for root only")
	}
	closed := filepath.Join(dataDir(t), "closed")
	require.NoError(t, os.Mkdir(closed, 0o700))
	require.NoError(t, os.Chmod(filepath.Dir(closed), 0o755))
	_, err := Start(t.Context(), Options{DataDir: filepath.Join(closed, "data"), NoSync: true})
	require.ErrorContains(t, err, "directory "+closed+" cannot be entered by the user")
	require.ErrorContains(t, err, "chmod o+x "+closed)
}

// A cluster of "nobody" is served on when "postgres" exists later.
func TestClusterKeepsItsOwner(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("the server runs as another user for root only")
	}
	dir := dataDir(t)
	stopServer(t, startServer(t, Options{DataDir: dir}))
	h, err := openHome(Options{DataDir: dir})
	require.NoError(t, err)
	const other = 54321
	require.NotEqual(t, other, h.runAs.uid)
	require.NoError(t, filepath.WalkDir(h.cluster(), func(path string, _ os.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(path, other, other))
	}))
	s := startServer(t, Options{DataDir: dir})
	assert.Equal(t, "1", query(t, s.URL(), "SELECT '1'"))
}

func TestUnwritableDirectory(t *testing.T) {
	t.Parallel()
	file := filepath.Join(dataDir(t), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := Start(t.Context(), Options{DataDir: filepath.Join(file, "data")})
	require.ErrorContains(t, err, "make the data directory: ")
	require.ErrorContains(t, err, "set SYNCER_DATA_DIR")
}

func TestLongPathsGoWithoutASocket(t *testing.T) {
	t.Parallel()
	parent := dataDir(t)
	require.NoError(t, os.Chmod(parent, 0o755))
	s := startServer(t, Options{DataDir: filepath.Join(parent, strings.Repeat("long", 30))})
	assert.Empty(t, query(t, s.URL(), "SHOW unix_socket_directories"))
}

func TestLogIsRotated(t *testing.T) {
	t.Parallel()
	h, err := openHome(Options{DataDir: dataDir(t)})
	require.NoError(t, err)
	path := h.path(logFile)
	require.NoError(t, os.WriteFile(path, make([]byte, maxLogSize+1), 0o600))
	log, err := h.openLog()
	require.NoError(t, err)
	defer func() { require.NoError(t, log.file.Close()) }()
	assert.Zero(t, log.start)
	assert.FileExists(t, path+".1")
}

func TestDefaultDataDir(t *testing.T) {
	t.Setenv("SYNCER_DATA_DIR", "/somewhere")
	dir, err := DefaultDataDir()
	require.NoError(t, err)
	assert.Equal(t, "/somewhere", dir)

	t.Setenv("SYNCER_DATA_DIR", "")
	t.Setenv("XDG_DATA_HOME", "/xdg")
	dir, err = DefaultDataDir()
	require.NoError(t, err)
	if os.Geteuid() == 0 {
		assert.Equal(t, "/var/lib/syncer", dir)
	} else {
		assert.Equal(t, "/xdg/syncer", dir)
	}
}
