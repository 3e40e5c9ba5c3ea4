package embeddedpg

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Names in a data directory.
const (
	clusterDir   = "postgres"
	logFile      = "postgres.log"
	passwordFile = "password"
	portFile     = "port"
	socketDir    = "socket"
	binDir       = "bin"
	lockFile     = "lock"
)

// A home is a data directory and the user as whom its server runs.
type home struct {
	dir      string
	runAs    *account        // nil: the present user
	places   []string        // patterns of directories with binaries
	releases map[int]release // to download
	noSync   bool
	logger   *slog.Logger
}

// An account is the operating system's user for the server. It is not root, because
// PostgreSQL refuses to run as root.
type account struct {
	name     string
	uid, gid int
}

func openHome(opts Options) (*home, error) {
	if opts.DataDir == "" {
		return nil, errors.New("no data directory")
	}
	dir, err := filepath.Abs(opts.DataDir)
	if err != nil {
		return nil, err
	}
	if os.Geteuid() == 0 {
		if dir, err = SecureDir(dir); err != nil {
			return nil, err
		}
	}
	h := &home{
		dir:      dir,
		places:   usualPlaces,
		releases: releases,
		noSync:   opts.NoSync,
		logger:   cmp.Or(opts.Logger, slog.New(slog.DiscardHandler)),
	}
	if h.runAs, err = serverAccount(h.cluster()); err != nil {
		return nil, err
	}
	mode := fs.FileMode(0o700)
	if h.runAs != nil {
		mode = 0o711 // the server's user must pass through to the cluster
	}
	if err := os.MkdirAll(dir, mode); err != nil {
		return nil, fmt.Errorf("make the data directory: %w; set SYNCER_DATA_DIR to a directory that can be written", err)
	}
	if h.runAs != nil {
		if err := addMode(dir, 0o011); err != nil {
			return nil, err
		}
	}
	return h, nil
}

func (h *home) path(name string) string { return filepath.Join(h.dir, name) }

func (h *home) cluster() string { return h.path(clusterDir) }

// major returns the PostgreSQL version that created the cluster; 0: there is none.
func (h *home) major() (int, error) {
	file := filepath.Join(h.cluster(), "PG_VERSION")
	text, err := h.read(file)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("read the cluster's version in %s: %w", file, err)
	}
	return major, nil
}

// command prepares a program of PostgreSQL to run as the server's user.
//
// The environment is not passed on. It may contain cloud credentials, which no session of
// the database should be able to read, and PG* or LC_* variables, which would change what
// the server does.
func (h *home) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...) // #nosec G204 -- as the server's user, and without a shell
	cmd.Dir = h.dir
	cmd.Env = []string{"LC_ALL=C"}
	for _, name := range []string{"PATH", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"} {
		if value, ok := os.LookupEnv(name); ok {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	isolate(cmd, h.runAs)
	return cmd
}

// checkAccess tests whether the server's user, if it is another one, may enter every
// directory above the cluster. It tries, because mode bits do not show ACLs.
func (h *home) checkAccess(ctx context.Context, bin binaries) error {
	if h.runAs == nil {
		return nil
	}
	for _, dir := range parents(h.dir) {
		cmd := h.command(ctx, bin.postgres(), "--version")
		cmd.Dir = dir
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("directory %s cannot be entered by the user %q (as root, PostgreSQL runs as that user): %w; "+
				"set SYNCER_DATA_DIR to a directory elsewhere, such as /var/lib/syncer, or run: chmod o+x %s",
				dir, h.runAs.name, err, dir)
		}
	}
	return nil
}

// parents returns a directory and all directories above it, from the root down.
func parents(dir string) []string {
	dirs := []string{dir}
	for up := filepath.Dir(dir); up != dir; dir, up = up, filepath.Dir(up) {
		dirs = append(dirs, up)
	}
	slices.Reverse(dirs)
	return dirs
}

func addMode(path string, bits fs.FileMode) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&bits == bits {
		return nil
	}
	return os.Chmod(path, info.Mode().Perm()|bits)
}
