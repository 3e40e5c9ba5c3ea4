package embeddedpg

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

// If syncer was started as root, two users share a data directory: the directory and its
// files belong to root, the cluster in it belongs to the server's user. Somebody who
// controls the server must not become root through it. Therefore root does not write,
// remove or give away anything below a directory of another user; a process of that user
// does. Root reads a file there only if the open file is proven to belong to that user.

// maxSmallFile is how much is read of files that contain a number or a password.
const maxSmallFile = 4 << 10

// SecureDir resolves the links in the path of a data directory, and checks that only root
// can change where the path leads. It is for programs that run as root.
func SecureDir(dir string) (string, error) {
	there, missing := dir, ""
	for _, err := os.Lstat(there); err != nil && there != filepath.Dir(there); _, err = os.Lstat(there) {
		there, missing = filepath.Dir(there), filepath.Join(filepath.Base(there), missing)
	}
	there, err := filepath.EvalSymlinks(there)
	if err != nil {
		return "", err
	}
	// From the root down: if nobody else can write to a directory, what was found in it
	// stays.
	for _, d := range parents(there) {
		info, err := os.Lstat(d)
		if err != nil {
			return "", err
		}
		owner, group := ownerOf(info)
		others := fs.FileMode(0o022)
		if group == 0 {
			others = 0o002
		}
		shared := info.Mode()&others != 0
		// In a directory like /tmp everybody may create files, but only the owner of a file
		// may replace it.
		if info.Mode()&fs.ModeSticky != 0 && (missing != "" || d != there) {
			shared = false
		}
		const advice = "started as root, the data directory and all above it must be root's alone, " +
			"or another user could lead root astray; start as that user, or set SYNCER_DATA_DIR to a directory elsewhere"
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			return "", fmt.Errorf("%s has just become a link: %s", d, advice)
		case owner != 0:
			return "", fmt.Errorf("%s belongs to the user %s: %s", d, userName(owner), advice)
		case shared:
			return "", fmt.Errorf("%s can be written to by other users: %s; or run: chmod go-w %s", d, advice, d)
		}
	}
	return filepath.Join(there, missing), nil
}

// open opens a file of the data directory or of the cluster. As root it checks that nobody
// put a link or a pipe in its place.
func (h *home) open(path string, flag int, perm fs.FileMode) (*os.File, error) {
	if h.runAs == nil {
		return os.OpenFile(path, flag, perm) // #nosec G304 -- in the data directory
	}
	owner := 0
	if filepath.Dir(path) == h.cluster() {
		owner = h.runAs.uid
	}
	return openOwned(path, flag, perm, owner)
}

// read reads a small file of the data directory or the cluster.
func (h *home) read(path string) ([]byte, error) {
	f, err := h.open(path, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, maxSmallFile))
}

// WriteFile replaces a file of the data directory in one step, with exactly this mode.
func WriteFile(path string, data []byte, mode fs.FileMode) error {
	next := path + ".new"
	if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(next, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode) // #nosec G304 -- in the data directory
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(mode), f.Close()) // the umask may have removed bits
	if err != nil {
		return err
	}
	return os.Rename(next, path)
}

// mkdir creates a directory in the data directory, which belongs only to the server's user.
func (h *home) mkdir(path string) error {
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if info, err := os.Lstat(path); err != nil || !info.IsDir() {
		return cmp.Or(err, fmt.Errorf("%s is no directory: move it away", path))
	}
	return h.giveAway(path)
}

// giveAway gives a file or a directory to the server's user.
func (h *home) giveAway(path string) error {
	if h.runAs == nil {
		return nil
	}
	return os.Lchown(path, h.runAs.uid, h.runAs.gid)
}

// script prepares a shell script to run as the server's user.
func (h *home) script(ctx context.Context, line string, args ...string) *exec.Cmd {
	cmd := h.command(ctx, "/bin/sh", append([]string{"-c", line, "sh"}, args...)...)
	cmd.Dir = "/"
	cmd.Env = append(cmd.Env, "PATH="+os.Getenv("PATH")+":/usr/bin:/bin")
	return cmd
}

// RemoveUnused removes a data directory that no program uses. If one does, the error is an
// *InUseError, and nothing is removed.
func RemoveUnused(ctx context.Context, dataDir string) (err error) {
	h, err := openHome(Options{DataDir: dataDir})
	if err != nil {
		return err
	}
	lock, err := h.lock()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if err := h.endOrphan(ctx); err != nil {
		return err
	}
	return Remove(ctx, h.dir)
}

// Remove removes a data directory whose server has ended.
func Remove(ctx context.Context, dataDir string) error {
	entries, err := os.ReadDir(dataDir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		if e.IsDir() {
			err = errors.Join(err, removeDir(ctx, filepath.Join(dataDir, e.Name())))
		}
	}
	return errors.Join(err, os.RemoveAll(dataDir))
}

// removeDir removes a directory in the data directory. If it belongs to another user, a
// process of that user empties it.
func removeDir(ctx context.Context, dir string) error {
	info, err := os.Lstat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	owner, group := ownerOf(info)
	if os.Geteuid() != 0 || owner == 0 || !info.IsDir() {
		return os.RemoveAll(dir)
	}
	h := &home{dir: filepath.Dir(dir), runAs: &account{name: userName(owner), uid: owner, gid: group}}
	// This process always ends with an error, because that user may not remove the
	// directory itself.
	out, _ := h.script(ctx, `exec rm -rf -- "$1"`, dir).CombinedOutput()
	if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w%s", err, lastLines(out))
	}
	return nil
}
