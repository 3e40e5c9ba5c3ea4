//go:build unix

package embeddedpg

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// plant writes a file as the server's user would.
func plant(t *testing.T, h *home, path, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	require.NoError(t, h.giveAway(path))
}

func needsRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("the server runs as another user for root only")
	}
}

// stoppedCluster is a data directory whose server has ended, and a file of root's
// that nobody may change.
func stoppedCluster(t *testing.T) (h *home, victim string) {
	t.Helper()
	dir := dataDir(t)
	stopServer(t, startServer(t, Options{DataDir: dir}))
	h, err := openHome(Options{DataDir: dir, NoSync: true})
	require.NoError(t, err)
	victim = filepath.Join(dataDir(t), "victim")
	require.NoError(t, os.WriteFile(victim, []byte("root's"), 0o600))
	return h, victim
}

func assertUntouched(t *testing.T, victim string) {
	t.Helper()
	text, err := os.ReadFile(victim)
	require.NoError(t, err)
	assert.Equal(t, "root's", string(text))
	info, err := os.Stat(victim)
	require.NoError(t, err)
	uid, _ := ownerOf(info)
	assert.Zero(t, uid)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

// tricks are what somebody may put in the place of a file.
var tricks = map[string]func(path, victim string) error{
	"symbolic link": func(path, victim string) error { return os.Symlink(victim, path) },
	"hard link":     func(path, victim string) error { return os.Link(victim, path) },
	"pipe":          func(path, _ string) error { return syscall.Mkfifo(path, 0o666) },
	"endless":       func(path, _ string) error { return os.Symlink("/dev/zero", path) },
}

// A start either goes well or says what is in its way: it never hangs, and never
// touches what a link leads to.
func TestPlantedFiles(t *testing.T) {
	t.Parallel()
	needsRoot(t)
	h, victim := stoppedCluster(t)
	start := func(names ...string) error {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		s, err := Start(ctx, Options{DataDir: h.dir, NoSync: true})
		if err == nil {
			stopServer(t, s)
		}
		assertUntouched(t, victim)
		for _, name := range names {
			require.NoError(t, os.RemoveAll(h.path(name)))
		}
		return err
	}
	for trick, do := range tricks {
		// What is written anew is replaced, what may be absent is ignored.
		harmless := []string{
			"postgres/syncer.conf", "postgres/syncer.conf.new", "postgres/postmaster.pid", // in the cluster: by its user
			"syncer.conf", "syncer.conf.new", "port", "port.new", "password.new", "postgres.log.1",
		}
		for _, name := range harmless {
			_ = os.Remove(h.path(name))
			require.NoError(t, do(h.path(name), victim), name)
		}
		require.NoError(t, start(harmless...), trick)

		for _, name := range []string{"lock", "password", "postgres.log", "postgres/PG_VERSION"} {
			path := h.path(name)
			require.NoError(t, os.Rename(path, path+".saved"))
			require.NoError(t, do(path, victim))
			err := start(name)
			// A password may have two names: it is only read.
			if trick != "hard link" || name != "password" {
				require.ErrorContains(t, err, path, "%s at %s", trick, name)
				assert.NotContains(t, err.Error(), "root's")
			}
			require.NoError(t, os.Rename(path+".saved", path))
		}
	}
	require.NoError(t, start())
}

func TestPlantedDirectories(t *testing.T) {
	t.Parallel()
	needsRoot(t)
	h, victim := stoppedCluster(t)
	// The unfinished cluster is the server's user's, who moved its own files away.
	draft := h.cluster() + ".new"
	require.NoError(t, h.mkdir(draft))
	require.NoError(t, os.Symlink(filepath.Dir(victim), filepath.Join(draft, "base")))
	require.NoError(t, removeDir(t.Context(), draft))
	assertUntouched(t, victim)
	require.NoDirExists(t, draft)

	require.NoError(t, h.mkdir(draft))
	require.NoError(t, os.MkdirAll(filepath.Join(draft, "kept"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(draft, "kept", "root"), nil, 0o600))
	require.ErrorContains(t, removeDir(t.Context(), draft), "not empty", "root's own file is not removed there")
	require.NoError(t, os.RemoveAll(draft))

	require.NoError(t, os.RemoveAll(h.path(socketDir)))
	require.NoError(t, os.Symlink(filepath.Dir(victim), h.path(socketDir)))
	_, err := Start(t.Context(), Options{DataDir: h.dir, NoSync: true})
	require.ErrorContains(t, err, "socket is no directory")
	assertUntouched(t, filepath.Join(filepath.Dir(victim), "victim"))
}

// The server's user writes into postmaster.pid whatever it likes: no process of
// another user is signalled for it, although its arguments name the cluster.
func TestPlantedPID(t *testing.T) {
	t.Parallel()
	needsRoot(t)
	h, _ := stoppedCluster(t)
	bystander := exec.CommandContext(t.Context(), "sh", "-c", "sleep 1000; :", h.cluster(), "more")
	require.NoError(t, bystander.Start())
	ended := make(chan error, 1)
	go func() { ended <- bystander.Wait() }()
	for _, pid := range []string{strconv.Itoa(bystander.Process.Pid), "0", "-1", "1", "99999999999999999999", "x", ""} {
		plant(t, h, h.pidFilePath(), pid+"\n")
		require.NoError(t, h.endOrphan(t.Context()))
		require.NoFileExists(t, h.pidFilePath())
	}
	select {
	case err := <-ended:
		t.Errorf("ended: %v", err)
	default:
	}
	require.NoError(t, bystander.Process.Kill())
	<-ended
}

// In a directory that another user can change, root starts nothing.
func TestDataDirectoryOfOthers(t *testing.T) {
	t.Parallel()
	needsRoot(t)
	const other = 54321
	theirs := dataDir(t)
	require.NoError(t, os.Chmod(theirs, 0o755))
	require.NoError(t, os.Chown(theirs, other, other))
	open := dataDir(t)
	require.NoError(t, os.Chmod(open, 0o777))
	sticky := dataDir(t)
	require.NoError(t, os.Chmod(sticky, 0o777|os.ModeSticky))
	link := filepath.Join(dataDir(t), "link")
	require.NoError(t, os.Symlink(theirs, link))
	for dir, want := range map[string]string{
		theirs:                          theirs + " belongs to the user 54321",
		filepath.Join(theirs, "a", "b"): theirs + " belongs to the user 54321",
		link:                            theirs + " belongs to the user 54321",
		filepath.Join(link, "data"):     theirs + " belongs to the user 54321",
		open:                            open + " can be written to by other users",
		filepath.Join(open, "data"):     "or run: chmod go-w " + open,
		sticky:                          sticky + " can be written to by other users",
	} {
		_, err := Start(t.Context(), Options{DataDir: dir, NoSync: true})
		require.ErrorContains(t, err, want)
		entries, err := os.ReadDir(theirs)
		require.NoError(t, err)
		assert.Empty(t, entries)
	}
	h, err := openHome(Options{DataDir: filepath.Join(sticky, "data")})
	require.NoError(t, err)
	assert.DirExists(t, h.dir)
}

// ALTER SYSTEM wins over ours, ours over the cluster's own file, wherever an
// earlier version wrote them.
func TestSettingsOfAnEarlierVersion(t *testing.T) {
	t.Parallel()
	h, _ := stoppedCluster(t)
	plant(t, h, filepath.Join(h.cluster(), confFile), "work_mem = '6MB'\nmax_wal_size = '1GB'\n")
	conf := filepath.Join(h.cluster(), "postgresql.conf")
	text, err := os.ReadFile(conf)
	require.NoError(t, err)
	plant(t, h, conf, string(text)+"\ninclude = '"+confFile+"'\n")
	s := startServer(t, Options{DataDir: h.dir})
	assert.Equal(t, "6MB", query(t, s.URL(), "SHOW work_mem"))
	assert.Equal(t, "4GB", query(t, s.URL(), "SHOW max_wal_size"))
	assert.True(t, strings.HasSuffix(query(t, s.URL(), "SHOW hba_file"), "/postgres/pg_hba.conf"))
}
