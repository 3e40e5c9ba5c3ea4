package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"syncer/internal/embeddedpg"
)

// idle measures the CPU time of `syncer run` when nothing is due, including its private
// database.
func idle(ctx context.Context, report func(figure)) error {
	p, clean, err := build(ctx)
	if err != nil {
		return err
	}
	defer clean()
	accounts, stop, err := p.cloud(ctx, "--accounts", "2", "--rate", "0", "--servers", "100")
	if err != nil {
		return err
	}
	defer stop()
	yearly := "sources:\n"
	for _, name := range []string{"agent_versions", "publish_batches", "cloud_center_instances", "agent_install_statuses", "instance_patch_states", "agentless_tasks", "operation_processes"} {
		yearly += "  " + name + ": {schedule: \"@yearly\"}\n"
	}
	config, err := p.configure(accounts, "cn-hangzhou", yearly)
	if err != nil {
		return err
	}
	data, err := os.MkdirTemp("", "syncer-bench")
	if err != nil {
		return err
	}
	defer func() { _ = embeddedpg.Remove(context.WithoutCancel(ctx), data) }()
	if err := os.Chmod(data, 0o755); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, p.path, "run", "--config", config)
	cmd.Env = append(os.Environ(), "SYNCER_DATA_DIR="+data, "DATABASE_URL=")
	cmd.Stderr = new(bytes.Buffer)
	if err := cmd.Start(); err != nil {
		return err
	}
	defer func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	}()
	time.Sleep(75 * time.Second) // the first syncs, and autovacuum after them
	before, err := cpuSeconds(cmd.Process.Pid)
	if err != nil {
		return err
	}
	const lasting = time.Minute
	time.Sleep(lasting)
	after, err := cpuSeconds(cmd.Process.Pid)
	if err != nil {
		return fmt.Errorf("%w\n%s", err, cmd.Stderr)
	}
	report(figure{Name: "idle_cpu", Value: (after - before) / lasting.Minutes(), Unit: "s a minute", Limit: 0.5})
	return nil
}

// cpuSeconds returns the CPU time of a process and its descendants, including those that
// have ended. Linux only.
func cpuSeconds(pid int) (total float64, err error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The name is in parentheses and may contain anything; fields 14 to 17 are the times.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	for _, f := range fields[11:15] {
		ticks, err := strconv.ParseFloat(f, 64)
		if err != nil {
			return 0, err
		}
		total += ticks / 100 // USER_HZ
	}
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return 0, err
	}
	for _, task := range tasks {
		children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pid, task.Name()))
		if err != nil {
			continue // the thread has ended
		}
		for child := range strings.FieldsSeq(string(children)) {
			n, err := strconv.Atoi(child)
			if err != nil {
				return 0, err
			}
			used, err := cpuSeconds(n)
			if err == nil { // otherwise it has ended, and its parent has its time
				total += used
			}
		}
	}
	return total, nil
}
