//go:build unix

package embeddedpg

import (
	"fmt"
	"os/exec"
	"strconv"
	"syscall"
)

// watch is for systems whose kernel does not signal a child when its parent ends. It starts
// a shell, as the same user, that reads from a pipe. The kernel closes our end of the pipe
// when we end; then the shell signals the process. release ends the shell.
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
		// This comes before the pipe is closed, so that no other process gets the signal.
		_ = shell.Process.Kill()
		_ = shell.Wait()
		_ = pipe.Close()
	}, nil
}
