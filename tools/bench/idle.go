package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"syncer/internal/embeddedpg"
)

// declared is how many sources of one's own there are in the second measurement of idle, as
// well as in that of how long it takes to read them.
const declared = 200

// idle measures the CPU time of `syncer run` when nothing is due, including its private
// database: with the sources that it brings, and with many of one's own beside them.
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
	used, err := idleCPU(ctx, p, config)
	if err != nil {
		return err
	}
	report(figure{Name: "idle_cpu", Value: used, Unit: "s a minute", Limit: 0.5})

	own, err := ownSources(ctx, p)
	if err != nil {
		return err
	}
	if config, err = p.configure(accounts, "cn-hangzhou", yearly+own); err != nil {
		return err
	}
	var quickest time.Duration
	for range 3 {
		u, err := p.run(ctx, "", "sources", "--config", config)
		if err != nil {
			return err
		}
		if quickest == 0 || u.took < quickest {
			quickest = u.took
		}
	}
	report(figure{Name: "catalogue_read_s", Value: quickest.Seconds(), Unit: "s", Limit: 1})
	if used, err = idleCPU(ctx, p, config); err != nil {
		return err
	}
	report(figure{Name: "catalogue_idle_cpu", Value: used, Unit: "s a minute", Limit: 0.5})
	return nil
}

// ownSources writes declarations, and returns what schedule.yaml says of them: each is one
// that syncer brings, under another name.
func ownSources(ctx context.Context, p *program) (yaml string, err error) {
	known, err := p.run(ctx, "", "sources", "show", "agent_versions")
	if err != nil {
		return "", err
	}
	dir := filepath.Join(p.dir, "sources")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", err
	}
	for i := range declared {
		name := fmt.Sprintf("own_%d", i)
		text := bytes.ReplaceAll(known.stdout, []byte("agent_versions"), []byte(name))
		if err := os.WriteFile(filepath.Join(dir, name+".yaml"), text, 0o600); err != nil {
			return "", err
		}
		yaml += "  " + name + ": {schedule: \"@yearly\"}\n"
	}
	return yaml + "catalogue: " + dir + "\n", nil
}

// idleCPU returns the seconds of CPU that `syncer run` uses in a minute.
func idleCPU(ctx context.Context, p *program, config string) (seconds float64, err error) {
	data, err := os.MkdirTemp("", "syncer-bench")
	if err != nil {
		return 0, err
	}
	defer func() { _ = embeddedpg.Remove(context.WithoutCancel(ctx), data) }()
	if err := os.Chmod(data, 0o755); err != nil {
		return 0, err
	}
	cmd := exec.CommandContext(ctx, p.path, "run", "--migrate", "--config", config)
	cmd.Env = append(os.Environ(), "SYNCER_DATA_DIR="+data, "DATABASE_URL=")
	cmd.Stderr = new(bytes.Buffer)
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	defer func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	}()
	time.Sleep(75 * time.Second) // the first syncs, and autovacuum after them
	before, err := cpuSeconds(cmd.Process.Pid)
	if err != nil {
		return 0, err
	}
	const lasting = time.Minute
	time.Sleep(lasting)
	after, err := cpuSeconds(cmd.Process.Pid)
	if err != nil {
		return 0, fmt.Errorf("%w\n%s", err, cmd.Stderr)
	}
	return (after - before) / lasting.Minutes(), nil
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
