//go:build unix

package embeddedpg

import (
	"fmt"
	"os/exec"
	"strconv"
	"syscall"
)

// watch starts a shell, as the same user, that signals the process when we end,
// for systems whose kernel does not: it reads a pipe whose other end we hold and
// that the kernel closes with us. The shell ends when release is called.
func watch(cmd *exec.Cmd, atOnce bool) (release func(), err error) {
	sig := "INT"
	if atOnce {
		sig = "QUIT"
	}
	shell := exec.Command("/bin/sh", "-c", `read -r _; kill -"$1" "$2"`, "sh", sig, strconv.Itoa(cmd.Process.Pid)) // #nosec G204 -- numbers alone
	shell.Env = []string{}
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: cmd.SysProcAttr.Credential}
	pipe, err := shell.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := shell.Start(); err != nil {
		return nil, fmt.Errorf("start a shell that watches the server: %w", err)
	}
	return func() {
		// Before the pipe closes, so that no other process is signalled.
		_ = shell.Process.Kill()
		_ = shell.Wait()
		_ = pipe.Close()
	}, nil
}
