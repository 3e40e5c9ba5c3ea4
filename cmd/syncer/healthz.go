package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// healthzCommand is for containers without a shell: it asks the daemon beside it.
func (p *program) healthzCommand() *cobra.Command {
	var address, path, output string
	cmd := &cobra.Command{
		Use:   "healthz",
		Short: "Ask the daemon on this machine whether it is ready (exit 1: no)",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := textOrJSON(output); err != nil {
				return err
			}
			if address == "" {
				address = p.daemonAddress()
			}
			told, err := p.healthz(cmd.Context(), address, path)
			if _, usage := errors.AsType[usageError](err); usage {
				return err
			}
			return p.printHealth(told, err, output)
		},
	}
	f := cmd.Flags()
	f.StringVar(&address, "address", "", "host:port of the daemon (default: SYNCER_LISTEN, else server.listen of schedule.yaml, else 127.0.0.1:8080)")
	f.StringVar(&output, "output", "text", "text or json")
	f.StringVar(&path, "path", "/readyz", "/readyz (the database is reachable, the schema current) or /healthz (the program lives)")
	return cmd
}

// daemonAddress is where the daemon on this machine listens; empty: it is not known. One
// that is running goes on when its file is spoiled, and so must whoever asks for it.
func (p *program) daemonAddress() string {
	if address := p.getenv("SYNCER_LISTEN"); address != "" {
		return address
	}
	c, err := p.loadConfig()
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			fmt.Fprintf(p.stderr, "syncer: %s cannot be read: asking at the default address\n", p.configFile)
		}
		return ""
	}
	return c.Server.Listen
}

func (p *program) healthz(ctx context.Context, address, path string) (told string, err error) {
	if address == "" {
		address = "127.0.0.1:8080"
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", usageError{fmt.Errorf("--address %s: expected host:port", address)}
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, 4*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+path, http.NoBody)
	if err != nil {
		return "", usageError{err}
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", fmt.Errorf("no answer: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 4<<10))
	if err != nil {
		return "", fmt.Errorf("no answer: %w", err)
	}
	told = strings.TrimSpace(string(body))
	if answer.StatusCode != http.StatusOK {
		return "", errors.New(told)
	}
	return told, nil
}

// printHealth prints what the daemon answered, or why it is not ready.
func (p *program) printHealth(told string, problem error, output string) error {
	if output == "json" {
		report := struct {
			Ready bool   `json:"ready"`
			Told  string `json:"told,omitempty"`
			Error string `json:"error,omitempty"`
		}{Ready: problem == nil, Told: told}
		if problem != nil {
			report.Error = problem.Error()
		}
		if err := printJSON(p.stdout, report); err != nil {
			return err
		}
		if problem != nil {
			return errFailed
		}
		return nil
	}
	if told != "" {
		fmt.Fprintln(p.stdout, told)
	}
	return problem
}
