package main

import (
	"io"
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// A wire is the way to a database, which can be cut.
type wire struct {
	listener net.Listener
	target   string

	mu     sync.Mutex
	moving *sync.Cond
	conns  map[net.Conn]bool
	cut    bool // connections are refused
	frozen bool // nothing arrives, and nobody is told
}

func newWire(t *testing.T, target string) *wire {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w := &wire{listener: listener, target: target, conns: map[net.Conn]bool{}}
	w.moving = sync.NewCond(&w.mu)
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			go w.join(near)
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		w.set(true, false)
	})
	return w
}

// url is a database's URL that goes through the wire.
func (w *wire) url(t *testing.T, database string) string {
	u, err := url.Parse(database)
	require.NoError(t, err)
	u.Host = w.listener.Addr().String()
	return u.String()
}

func (w *wire) join(near net.Conn) {
	defer func() { _ = near.Close() }()
	far, err := net.Dial("tcp", w.target)
	if err != nil {
		return
	}
	defer func() { _ = far.Close() }()
	w.mu.Lock()
	refused := w.cut
	w.conns[near], w.conns[far] = true, true
	w.mu.Unlock()
	if refused {
		return
	}
	ended := make(chan struct{}, 2)
	for _, ends := range [][2]net.Conn{{near, far}, {far, near}} {
		go func() {
			_, _ = io.Copy(slow{ends[0], w}, ends[1])
			ended <- struct{}{}
		}()
	}
	<-ended // the other ends as both are closed
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.conns, near)
	delete(w.conns, far)
}

// A slow connection waits while its wire is frozen.
type slow struct {
	net.Conn
	wire *wire
}

func (s slow) Write(b []byte) (int, error) {
	s.wire.mu.Lock()
	for s.wire.frozen {
		s.wire.moving.Wait()
	}
	s.wire.mu.Unlock()
	return s.Conn.Write(b)
}

// set changes the state of the wire. Where it is cut, and where it was frozen,
// connections break.
func (w *wire) set(cut, frozen bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if cut || w.frozen && !frozen {
		for c := range w.conns {
			_ = c.Close()
		}
	}
	w.cut, w.frozen = cut, frozen
	w.moving.Broadcast()
}
