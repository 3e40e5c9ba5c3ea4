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

// What the postmaster does on a signal.
const (
	fastShutdown      = syscall.SIGINT  // ends sessions, writes a checkpoint
	immediateShutdown = syscall.SIGQUIT // ends at once, recovers at the next start
)

// serverAccount is the user for the server where we are root, nil elsewhere. An
// existing cluster keeps its owner: PostgreSQL serves no other's, and packages
// that are installed later may bring the user "postgres" along.
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

// isolate lets a command run as another user, and in a process group of its own
// so that Ctrl-C in the terminal does not reach it: we end it, in our order.
func isolate(cmd *exec.Cmd, as *account) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if as != nil {
		// macOS writes nobody's IDs as -2.
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(as.uid), Gid: uint32(as.gid)}
	}
}

// tryLock locks a file until it is closed, or says that somebody else has.
func tryLock(f *os.File) (taken bool, err error) {
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return true, nil
	}
	return false, err
}

// alive says whether a process has this ID.
func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}

// openOwned opens a regular file of this owner. Where it is to be written to it
// has no other name: a hard link may lead to any file. All is asked of the open
// file, so that nothing can be put in its place in between.
func openOwned(path string, flag int, perm fs.FileMode, owner int) (_ *os.File, err error) {
	// Opening a pipe would wait for its other end.
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

// ownerOf tells whose a file is.
func ownerOf(info fs.FileInfo) (uid, gid int) {
	stat := info.Sys().(*syscall.Stat_t)
	return int(stat.Uid), int(stat.Gid)
}

// userName is a user's name where there is one, else the number.
func userName(uid int) string {
	if u, err := osuser.LookupId(strconv.Itoa(uid)); err == nil {
		return u.Username
	}
	return strconv.Itoa(uid)
}
