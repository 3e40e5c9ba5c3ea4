// Package web is the HTTP part of syncer: the status page, the metrics, the pages of the
// job queue, and the health checks. The status page is made on the server, works without
// JavaScript, and loads nothing from other hosts.
//
// It reads through the packages store and worker, and has no SQL.
package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/net/netutil"
)

// A Server answers from the moment it listens. At first it says only that the program is
// alive; Serve gives it the rest.
type Server struct {
	listener net.Listener
	server   *http.Server
	handler  atomic.Pointer[http.Handler]
	ended    chan struct{}
	open     atomic.Int64 // connections
}

// connectionsAtMost keeps file descriptors free for the syncs. Further connections wait
// until one ends. Idle connections end within seconds.
const connectionsAtMost = 100

// Listen starts a server at an address. Its error says what to do.
func Listen(ctx context.Context, address string, log *slog.Logger) (*Server, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%w: %s is taken, perhaps by another syncer: give server.listen another port, or off", ErrInUse, address)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("no right to listen on %s: give server.listen a port from 1024 up", address)
	case err != nil:
		return nil, fmt.Errorf("server.listen: %w", err)
	}
	s := &Server{listener: netutil.LimitListener(listener, connectionsAtMost), ended: make(chan struct{})}
	s.Serve(starting())
	s.server = &http.Server{
		Handler:           http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*s.handler.Load()).ServeHTTP(w, r) }),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      time.Minute,
		IdleTimeout:       15 * time.Second,
		MaxHeaderBytes:    1 << 16,
		ConnState:         s.count,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	go func() {
		defer close(s.ended)
		if err := s.server.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("the status page is gone; syncing goes on", "error", err)
		}
	}()
	return s, nil
}

func (s *Server) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.open.Add(1)
	case http.StateClosed, http.StateHijacked:
		s.open.Add(-1)
	}
}

// Connections returns how many connections are open.
func (s *Server) Connections() int { return int(s.open.Load()) }

// ErrInUse: another program listens at the address.
var ErrInUse = errors.New("address in use")

// Address returns host:port, with the port that the system chose.
func (s *Server) Address() string { return s.listener.Addr().String() }

// Serve makes h answer all later requests.
func (s *Server) Serve(h http.Handler) { s.handler.Store(&h) }

// Close waits for running requests, for at most a few seconds. It may be called twice.
func (s *Server) Close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	if s.server.Shutdown(ctx) != nil {
		_ = s.server.Close() // the program ends: cut off the rest
	}
	<-s.ended
}

// starting answers until Serve is called, such as while the program waits for its database.
func starting() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", alive)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Retry-After", "5")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, "starting\n") // the client may be gone
	})
	return secured(mux)
}
