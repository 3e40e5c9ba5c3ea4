package store_test

import (
	"bytes"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
	"syncer/store"
)

// TestAddresses: what a database URL says is kept to, or told.
func TestAddresses(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	var log bytes.Buffer
	open := func(url string, o store.Options) *store.Store {
		o.Logger = slog.New(slog.NewTextHandler(&log, nil))
		s, err := store.Open(t.Context(), url, o)
		require.NoError(t, err)
		t.Cleanup(s.Close)
		return s
	}
	with := func(parameter string) string {
		if strings.Contains(url, "?") {
			return url + "&" + parameter
		}
		return url + "?" + parameter
	}
	s := open(url+"\n", store.Options{})
	require.EqualValues(t, 10, s.Pool().Config().MaxConns)
	require.EqualValues(t, 40, open(with("pool_max_conns=40"), store.Options{Connections: 20}).Pool().Config().MaxConns)
	require.Empty(t, log.String())
	require.EqualValues(t, 20, open(with("pool_max_conns=3"), store.Options{Connections: 20}).Pool().Config().MaxConns)
	require.Contains(t, log.String(), "pool_max_conns in the database URL is less than syncer needs")

	demo, err := s.IsDemo(t.Context())
	require.NoError(t, err)
	require.False(t, demo)
	require.NoError(t, s.MarkDemo(t.Context()))
	demo, err = s.IsDemo(t.Context())
	require.NoError(t, err)
	require.True(t, demo)
}

// TestEveryHostIsNamed that was tried.
func TestEveryHostIsNamed(t *testing.T) {
	t.Parallel()
	_, err := store.Open(t.Context(), "postgres://me:hunter2@127.0.0.1:1,127.0.0.1:2/db?sslmode=prefer", store.Options{})
	require.ErrorContains(t, err, "database 127.0.0.1:1,127.0.0.1:2/db as user me: ")
	require.NotContains(t, err.Error(), "hunter2")
}

// TestServerWithoutTLS is told by what to do about TLS.
func TestServerWithoutTLS(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = l.Close() }()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Read(make([]byte, 8)) // the request for TLS
			_, _ = c.Write([]byte("N"))
			_ = c.Close()
		}
	}()
	_, err = store.Open(t.Context(), "postgres://me@"+l.Addr().String()+"/db?sslmode=require", store.Options{})
	require.ErrorContains(t, err, "server refused TLS connection; let the server offer TLS")
}
