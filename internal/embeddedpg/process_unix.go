//go:build unix

package embeddedpg

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	osuser "os/user"
	"strconv"
	"syscall"
)

// Signals for the postmaster.
const (
	fastShutdown      = syscall.SIGINT  // ends sessions, writes a checkpoint
	immediateShutdown = syscall.SIGQUIT // ends at once, recovers at the next start
)

// serverAccount returns the user for the server if we are root, and nil otherwise. An
// existing cluster keeps its owner, because PostgreSQL accepts no other; and the user
// "postgres" may have been added later, by a package.
func serverAccount(cluster string) (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	if info, err := os.Stat(cluster); err == nil {
		if uid, gid := ownerOf(info); uid != 0 {
			return &account{name: userName(uid), uid: uid, gid: gid}, nil
		}
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := osuser.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if err := errors.Join(err1, err2); err != nil {
			return nil, fmt.Errorf("look up the user %q: %w", name, err)
		}
		return &account{name: name, uid: uid, gid: gid}, nil
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is no user \"postgres\" or \"nobody\" to run it as; " +
		"start as another user")
}

// isolate makes a command run as another user and in its own process group. So Ctrl-C in
// the terminal does not reach it, and we can end everything in the right order.
func isolate(cmd *exec.Cmd, as *account) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if as != nil {
		// macOS gives nobody the IDs -2.
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(as.uid), Gid: uint32(as.gid)}
	}
}

// tryLock locks a file until it is unlocked, or reports that another process has locked it.
func tryLock(f *os.File) (taken bool, err error) {
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return true, nil
	}
	return false, err
}

func unlock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }

// alive reports whether a process has this ID.
func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}

// openOwned opens a regular file of this owner. If it is opened for writing, it must have
// no other name, because a hard link could lead to any file. All checks are made on the
// open file, so nobody can replace it in between.
func openOwned(path string, flag int, perm fs.FileMode, owner int) (_ *os.File, err error) {
	// Without O_NONBLOCK, opening a pipe would wait for its other end.
	f, err := os.OpenFile(path, flag|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, perm) // #nosec G304 -- in the data directory
	if errors.Is(err, syscall.ELOOP) {
		return nil, fmt.Errorf("%s is a link: remove it", path)
	}
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	stat := info.Sys().(*syscall.Stat_t)
	switch {
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no regular file: remove it", path)
	case int(stat.Uid) != owner:
		return nil, fmt.Errorf("%s belongs to the user %s, not to %s: remove it, or give it to that user",
			path, userName(int(stat.Uid)), userName(owner))
	case stat.Nlink != 1 && flag&(os.O_WRONLY|os.O_RDWR) != 0:
		return nil, fmt.Errorf("%s has another name elsewhere, and would be changed there, too: remove it", path)
	}
	return f, nil
}

// ownerOf returns the owner of a file.
func ownerOf(info fs.FileInfo) (uid, gid int) {
	stat := info.Sys().(*syscall.Stat_t)
	return int(stat.Uid), int(stat.Gid)
}

// userName returns a user's name, or the number if there is no name.
func userName(uid int) string {
	if u, err := osuser.LookupId(strconv.Itoa(uid)); err == nil {
		return u.Username
	}
	return strconv.Itoa(uid)
}
