package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// weight builds syncer with an empty cache, as a new user does: first the packages of
// the standard library that it needs, then the rest. Processor time is compared, which
// other programs disturb least. The limits are explained in docs/decisions/weight.md.
func weight(ctx context.Context, report func(figure)) error {
	dir, err := os.MkdirTemp("", "syncer-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // the system's temporary directory is cleaned anyway
	run := func(args ...string) (took time.Duration, stdout string, err error) {
		cmd := exec.CommandContext(ctx, "go", args...)
		cmd.Env = append(os.Environ(), "GOCACHE="+filepath.Join(dir, "cache"))
		var out, problems bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &problems
		if err := cmd.Run(); err != nil {
			return 0, "", fmt.Errorf("go %s: %w\n%s", args[0], err, problems.Bytes())
		}
		return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), out.String(), nil
	}
	_, standard, err := run("list", "-deps", "-f", "{{if .Standard}}{{.ImportPath}}{{end}}", "./cmd/syncer")
	if err != nil {
		return err
	}
	base, _, err := run(append([]string{"build"}, strings.Fields(standard)...)...)
	if err != nil {
		return err
	}
	binary := filepath.Join(dir, "syncer")
	rest, _, err := run("build", "-ldflags=-s -w", "-o", binary, "./cmd/syncer")
	if err != nil {
		return err
	}
	file, err := os.Stat(binary)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "weight: %s for the standard library, %s for all else\n", base, rest)
	report(figure{Name: "build_cpu_vs_std", Value: (base + rest).Seconds() / base.Seconds(), Unit: "standard library", Limit: 2.2})
	report(figure{Name: "binary_mb", Value: float64(file.Size()) / 1e6, Unit: "MB", Limit: 41})
	return nil
}
