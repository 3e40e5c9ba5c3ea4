// Package embeddedpg runs a private PostgreSQL for a program without a database. It finds
// the server's programs (or downloads them), creates a cluster in a data directory, and
// runs the server exactly as long as the program lives, however the program ends.
//
// It uses only PostgreSQL's command line and files, so it needs no driver. It imports
// nothing else of this project.
//
// A data directory contains:
//
//	postgres/      the cluster (PGDATA)
//	syncer.conf    the server's settings
//	postgres.log   the server's log, started anew above 10 MB
//	password       of the superuser "syncer"
//	port           the port of the last start, used again if it is free
//	socket/        the server's Unix socket
//	bin/           downloaded programs, one directory for each version
//	lock           held while a program uses the directory; contains its PID
//
// If started as root, postgres/ and socket/ belong to another user, as whom the server
// runs; everything else belongs to root: see trust.go.
package embeddedpg

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
)

// The superuser and the database of every cluster.
const (
	user     = "syncer"
	database = "syncer"
)

// Options say where and how the server runs.
type Options struct {
	// DataDir contains everything: see the package's comment. It is created if necessary.
	DataDir string
	// Logger gets messages about steps that take long. Nil: no messages.
	Logger *slog.Logger
	// Settings are server parameters that replace the defaults or add to them. What a user
	// sets with ALTER SYSTEM takes precedence over both.
	Settings map[string]string
	// Port to listen on at 127.0.0.1. 0: the port of the last start, or a free one.
	Port int
	// NoSync gives up the safety of the data for speed, for tests.
	NoSync bool
}

// A Server is a running PostgreSQL.
type Server struct {
	url        string
	postmaster *postmaster
}

// Start starts the server and returns when it accepts connections. If there is no cluster,
// it creates one. The context limits only the start. The server ends with Stop, or with the
// process.
//
// If another program uses the data directory, the error is an *InUseError.
func Start(ctx context.Context, opts Options) (*Server, error) {
	h, err := openHome(opts)
	if err == nil {
		var s *Server
		if s, err = h.start(ctx, opts); err == nil {
			return s, nil
		}
	}
	return nil, fmt.Errorf("start the embedded PostgreSQL: %w", err)
}

func (h *home) start(ctx context.Context, opts Options) (_ *Server, err error) {
	lock, err := h.lock()
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = lock.Close()
		}
	}()
	bin, err := h.findBinaries(ctx)
	if err != nil {
		return nil, err
	}
	if err := h.checkAccess(ctx, bin); err != nil {
		return nil, err
	}
	if err := h.endOrphan(ctx); err != nil {
		return nil, err
	}
	password, err := h.initCluster(ctx, bin)
	if err != nil {
		return nil, err
	}
	if err := h.configure(ctx, bin, opts); err != nil {
		return nil, err
	}
	pm, port, err := h.launch(ctx, bin, opts, lock)
	if err != nil {
		return nil, err
	}
	h.logger.Debug("embedded PostgreSQL is ready",
		"version", bin.version, "port", port, "data_dir", h.dir)
	return &Server{url: serverURL(password, port), postmaster: pm}, nil
}

// URL is the address of the database "syncer", with the password.
func (s *Server) URL() string { return s.url }

// PID is the process ID of the postmaster.
func (s *Server) PID() int { return s.postmaster.cmd.Process.Pid }

// Done is closed when the server has ended, by Stop or by itself.
func (s *Server) Done() <-chan struct{} { return s.postmaster.done }

// Err says why the server ended by itself. It is nil while the server runs and
// after Stop.
func (s *Server) Err() error { return s.postmaster.failure() }

// Stop shuts the server down: it ends sessions, writes a checkpoint and waits. If the
// context ends first, the server is ended at once. This loses nothing that was committed,
// but the next start must recover. Stop may be called twice.
func (s *Server) Stop(ctx context.Context) error {
	if err := s.postmaster.stop(ctx); err != nil {
		return fmt.Errorf("stop the embedded PostgreSQL: %w", err)
	}
	return nil
}

// DefaultDataDir returns $SYNCER_DATA_DIR. If it is not set: for root, /var/lib/syncer,
// because PostgreSQL then runs as another user, who may not enter root's home; for others,
// the directory syncer in $XDG_DATA_HOME or ~/.local/share.
func DefaultDataDir() (string, error) {
	if dir := os.Getenv("SYNCER_DATA_DIR"); dir != "" {
		return dir, nil
	}
	if os.Geteuid() == 0 {
		return "/var/lib/syncer", nil
	}
	// The XDG specification says that relative values are ignored.
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "syncer"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("find a directory for the embedded PostgreSQL: %w; set SYNCER_DATA_DIR", err)
	}
	return filepath.Join(home, ".local", "share", "syncer"), nil
}

// An InUseError says that another program runs the server of a data directory.
type InUseError struct {
	DataDir string
	PID     int    // of that program; 0: unknown
	URL     string // of its database, with the password; empty while it starts
}

// Error does not contain the password.
func (e *InUseError) Error() string {
	msg := fmt.Sprintf("data directory %s is in use", e.DataDir)
	if e.PID != 0 {
		msg += fmt.Sprintf(" by process %d", e.PID)
	}
	if u, err := url.Parse(e.URL); err == nil && e.URL != "" {
		u.User = url.User(u.User.Username())
		return fmt.Sprintf("%s, and its database runs at %s; stop that process, or use its database "+
			"by setting DATABASE_URL (the password is in %s)", msg, u, filepath.Join(e.DataDir, passwordFile))
	}
	return msg + "; stop that process, or set SYNCER_DATA_DIR to another directory"
}

func serverURL(password string, port int) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(user, password),
		Host:     net.JoinHostPort("127.0.0.1", strconv.Itoa(port)),
		Path:     database,
		RawQuery: "sslmode=disable",
	}
	return u.String()
}
