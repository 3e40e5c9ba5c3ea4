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
	var address, path string
	cmd := &cobra.Command{
		Use:   "healthz",
		Short: "Ask the daemon on this machine whether it is ready (exit 1: no)",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if address == "" {
				address = p.daemonAddress()
			}
			return p.healthz(cmd.Context(), address, path)
		},
	}
	f := cmd.Flags()
	f.StringVar(&address, "address", "", "host:port of the daemon (default: SYNCER_LISTEN, else server.listen of schedule.yaml, else 127.0.0.1:8080)")
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

func (p *program) healthz(ctx context.Context, address, path string) error {
	if address == "" {
		address = "127.0.0.1:8080"
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return usageError{fmt.Errorf("--address %s: expected host:port", address)}
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, 4*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+path, http.NoBody)
	if err != nil {
		return usageError{err}
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("no answer: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 4<<10))
	if err != nil {
		return fmt.Errorf("no answer: %w", err)
	}
	if text := strings.TrimSpace(string(body)); answer.StatusCode != http.StatusOK {
		return errors.New(text)
	} else if text != "" {
		fmt.Fprintln(p.stdout, text)
	}
	return nil
}
