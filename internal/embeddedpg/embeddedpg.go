// Package embeddedpg runs a private PostgreSQL for a program that was given no
// other: it finds the server's binaries (or downloads them), makes a cluster in
// a data directory, and keeps the server running exactly as long as the program
// lives, however the program ends.
//
// It speaks to PostgreSQL through its command line and its files only, so it
// needs no driver. It imports nothing of the project.
//
// A data directory holds:
//
//	postgres/      the cluster (PGDATA)
//	syncer.conf    the server's settings
//	postgres.log   what the server says, restarted above 10 MB
//	password       of the superuser "syncer"
//	port           the port of the last start, used again where it is free
//	socket/        the server's Unix socket
//	bin/           downloaded binaries, one directory a version
//	lock           held while a program uses the directory; holds its PID
//
// Started as root, postgres/ and socket/ belong to another user, whom the server
// runs as, and all else to root: see trust.go.
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
	// DataDir holds everything: see the package's comment. It is made if need be.
	DataDir string
	// Logger is told of steps that a person waits for. Nil: nobody is.
	Logger *slog.Logger
	// Settings are server parameters that replace or add to the defaults.
	// Whatever a user has set by ALTER SYSTEM wins over both.
	Settings map[string]string
	// Port to listen on at 127.0.0.1. 0: the port of the last start, or one
	// that is free.
	Port int
	// NoSync trades the safety of the data for speed: for tests.
	NoSync bool
}

// A Server is a running PostgreSQL.
type Server struct {
	url        string
	postmaster *postmaster
}

// Start starts the server, making its cluster first where there is none, and
// returns when it takes connections. The context bounds the start, not the
// server's life: that ends with Stop, or with the process.
//
// Where another program uses the data directory the error is an *InUseError.
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

// URL is the address of the database "syncer", password included.
func (s *Server) URL() string { return s.url }

// PID is the process ID of the postmaster.
func (s *Server) PID() int { return s.postmaster.cmd.Process.Pid }

// Done is closed when the server has ended, by Stop or by itself.
func (s *Server) Done() <-chan struct{} { return s.postmaster.done }

// Err says why the server ended by itself. It is nil while the server runs and
// after Stop.
func (s *Server) Err() error { return s.postmaster.failure() }

// Stop shuts the server down: it ends sessions, writes a checkpoint and waits.
// When the context ends first the server is ended at once, which loses nothing
// that was committed but makes the next start recover. Stopping twice is fine.
func (s *Server) Stop(ctx context.Context) error {
	if err := s.postmaster.stop(ctx); err != nil {
		return fmt.Errorf("stop the embedded PostgreSQL: %w", err)
	}
	return nil
}

// DefaultDataDir is $SYNCER_DATA_DIR; else, for root, /var/lib/syncer, because
// PostgreSQL then runs as another user, who may not enter root's home; else
// syncer under $XDG_DATA_HOME or ~/.local/share.
func DefaultDataDir() (string, error) {
	if dir := os.Getenv("SYNCER_DATA_DIR"); dir != "" {
		return dir, nil
	}
	if os.Geteuid() == 0 {
		return "/var/lib/syncer", nil
	}
	// The XDG specification has relative values ignored.
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
	PID     int    // of that program; 0 where it is not known
	URL     string // of its database, password included; empty while it starts
}

// Error leaves out the password.
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
