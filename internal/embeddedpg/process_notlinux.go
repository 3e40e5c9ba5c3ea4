//go:build unix && !linux

package embeddedpg

import (
	"bytes"
	"context"
	"os/exec"
	"strconv"
)

// endWithUs starts the postmaster, and a shell that shuts it down when this process ends.
func endWithUs(cmd *exec.Cmd, atOnce bool) (release func(), err error) {
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	release, err = watch(cmd, atOnce)
	if err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return nil, err
	}
	return release, nil
}

// isPostmaster reports whether a process is the postmaster of a cluster.
func isPostmaster(ctx context.Context, pid int, cluster string) bool {
	out, err := exec.CommandContext(ctx, "ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && bytes.Contains(out, []byte(" "+cluster+" "))
}
