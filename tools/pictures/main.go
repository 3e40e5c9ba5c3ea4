// Command pictures makes the pictures of README from the demo: docs/img/*.png.
//
//	go run ./tools/pictures
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"syscall"
	"time"

	"syncer/internal/embeddedpg"
	"syncer/internal/testing/browser"
)

const folder = "docs/img"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "pictures:", err)
		os.Exit(1) //nolint:gocritic // what stop undoes goes with the process
	}
}

func run(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "syncer-pictures-*")
	if err != nil {
		return err
	}
	defer func() {
		demos, _ := filepath.Glob(filepath.Join(dir, "demo-*")) // the pattern is right
		for _, demo := range demos {
			_ = embeddedpg.Remove(context.WithoutCancel(ctx), demo)
		}
		_ = os.RemoveAll(dir)
	}()
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // PostgreSQL's own user must get in
		return err
	}
	url, end, err := demo(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	page, err := browser.Start(ctx)
	if err != nil {
		return err
	}
	defer page.Close()
	for _, p := range []struct {
		name, css     string // empty: what fits on the screen
		width, height int64
		dark          bool
	}{
		{"status.png", "", 1280, 1215, false},
		{"status-dark.png", "", 1280, 1215, true},
		{"trend.png", "#patch-compliance-daily", 820, 900, false},
	} {
		if err := page.Screen(p.width, p.height, 1.5, p.dark); err != nil {
			return err
		}
		if err := page.Open(url); err != nil {
			return err
		}
		png, err := page.Picture(p.css)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		if err := os.WriteFile(filepath.Join(folder, p.name), png, 0o644); err != nil { //nolint:gosec // it is for everybody
			return err
		}
		fmt.Println(filepath.Join(folder, p.name))
	}
	return nil
}

// demo starts the demo in a data directory, and returns where its page is once its
// history is made.
func demo(ctx context.Context, dir string) (url string, end func() error, err error) {
	program := filepath.Join(dir, "syncer")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/syncer").CombinedOutput(); err != nil {
		return "", nil, fmt.Errorf("build: %w: %s", err, out)
	}
	cmd := exec.CommandContext(ctx, program, "demo")
	cmd.Env = append(os.Environ(), "SYNCER_DATA_DIR="+dir)
	cmd.Stderr = os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = time.Minute
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	end = func() error {
		_ = cmd.Cancel() // it may have ended
		return cmd.Wait()
	}
	address := regexp.MustCompile(`^\s+(http://\S+)$`)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if m := address.FindStringSubmatch(lines.Text()); m != nil {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return m[1], end, nil
		}
	}
	return "", nil, errors.Join(errors.New("the demo ended before it served its page"), end())
}
