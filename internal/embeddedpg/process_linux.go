package embeddedpg

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
)

// endWithUs starts the postmaster. The kernel shuts it down when the calling thread ends,
// so this thread must live as long as the server.
func endWithUs(cmd *exec.Cmd, atOnce bool) (release func(), err error) {
	cmd.SysProcAttr.Pdeathsig = fastShutdown
	if atOnce {
		cmd.SysProcAttr.Pdeathsig = immediateShutdown
	}
	return func() {}, cmd.Start()
}

// isPostmaster reports whether a process is the postmaster of a cluster.
func isPostmaster(_ context.Context, pid int, cluster string) bool {
	args, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return err == nil && bytes.Contains(args, []byte("\x00"+cluster+"\x00"))
}
