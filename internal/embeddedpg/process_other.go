//go:build !unix

package embeddedpg

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"syscall"
)

var errUnsupported = errors.New("the embedded PostgreSQL runs on Linux and macOS only; set DATABASE_URL")

// On other systems nothing is started: serverAccount is called first and fails.

const (
	fastShutdown      = syscall.SIGINT
	immediateShutdown = syscall.SIGQUIT
)

func serverAccount(string) (*account, error)                    { return nil, errUnsupported }
func isolate(*exec.Cmd, *account)                               {}
func tryLock(*os.File) (taken bool, err error)                  { return false, errUnsupported }
func unlock(*os.File) error                                     { return errUnsupported }
func alive(int) bool                                            { return false }
func ownerOf(fs.FileInfo) (uid, gid int)                        { return -1, -1 }
func userName(int) string                                       { return "" }
func openOwned(string, int, fs.FileMode, int) (*os.File, error) { return nil, errUnsupported }
func isPostmaster(context.Context, int, string) bool            { return false }
func endWithUs(*exec.Cmd, bool) (release func(), err error)     { return nil, errUnsupported }
