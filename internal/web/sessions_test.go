package web_test

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"syncer/internal/metrics"
	"syncer/internal/web"

	"syncer/worker"
)

// TestWrongTokensAreSlowedAndLogged: answers to wrong tokens are delayed, the log mentions
// them once, and requests with the right token do not wait.
func TestWrongTokensAreSlowedAndLogged(t *testing.T) {
	t.Parallel()
	h := newHouse(t, token, "production")
	var log bytes.Buffer
	// It waits for ever: what comes back at all has not waited.
	h.options.Sessions = &web.Sessions{Logger: slog.New(slog.NewTextHandler(&log, nil)), Pause: time.Hour}
	h.serve(t)
	ended := make(chan struct{}, 20)
	for range 20 {
		go func() {
			request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, h.server.URL+"/", nil)
			request.Header.Set("Authorization", "Bearer wrong")
			if response, err := http.DefaultClient.Do(request); err == nil {
				_ = response.Body.Close()
			}
			ended <- struct{}{}
		}()
	}
	for range 20 {
		require.Equal(t, 200, h.ask(t, "GET", "/metrics", "", "Authorization: Bearer "+token).StatusCode)
	}
	require.Empty(t, ended, "a wrong token is answered at once")
	h.server.CloseClientConnections()
	for range 20 {
		<-ended
	}
	require.Equal(t, 1, strings.Count(log.String(), "wrong token"), log.String())
	require.NotContains(t, log.String(), token)
}

// TestASlowReaderKeepsNobodyOut: a page is made, and its place is free, before it is
// read.
func TestASlowReaderKeepsNobodyOut(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "", "production")
	for range 6 {
		conn, err := net.Dial("tcp", h.server.Listener.Addr().String())
		require.NoError(t, err)
		defer conn.Close() //nolint:errcheck // it never reads
		require.NoError(t, conn.(*net.TCPConn).SetReadBuffer(1024))
		_, err = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
		require.NoError(t, err)
	}
	for range 3 {
		assert.Equal(t, 200, h.ask(t, "GET", "/", "").StatusCode)
	}
}

// TestConnectionsAreCapped: however many connect, the process keeps descriptors for
// its work; those that say nothing make room.
func TestConnectionsAreCapped(t *testing.T) {
	t.Parallel()
	server, err := web.Listen(t.Context(), "127.0.0.1:0", discard)
	require.NoError(t, err)
	defer server.Close(t.Context())
	var open []net.Conn
	for range 300 {
		conn, err := net.Dial("tcp", server.Address())
		require.NoError(t, err)
		open = append(open, conn)
	}
	require.LessOrEqual(t, server.Connections(), 100)
	for _, conn := range open { // else it would be their silence that makes room, after seconds
		_ = conn.Close()
	}
	response, err := http.Get("http://" + server.Address() + "/healthz")
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, 200, response.StatusCode)
}

// TestWhatIsNotListed: the page and the metrics say that members could not be listed, and why.
func TestWhatIsNotListed(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "", "production")
	c := *h.syncer.Config()
	directory := *c.Accounts[0]
	directory.Members = &worker.Members{Role: "reader"}
	c.Accounts = []*worker.Account{&directory}
	h.syncer.Configure(c)
	_, err := h.syncer.Discover(t.Context())
	require.Error(t, err)
	has(t, h.ask(t, "GET", "/", "").text, "members of account production not listed")
	has(t, h.ask(t, "GET", "/metrics", "").text, `syncer_listing_failing{account="production",listing="members"} 1`)

	// Regions are listed again, and then nothing is said any more.
	scrape := func() string { // anew: what the database says is kept for a while
		m := metrics.New("v0", h.syncer.Config)
		m.AddDatabase(h.syncer, discard)
		h.options.Metrics = m.Handler()
		h.serve(t)
		return h.ask(t, "GET", "/metrics", "").text
	}
	everywhere := *c.Accounts[0]
	everywhere.Members, everywhere.AllOOSRegions = nil, true
	c.Accounts = []*worker.Account{&everywhere}
	h.syncer.Configure(c)
	h.syncer.Rediscover = time.Nanosecond // each time it is asked for
	refused := "DescribeRegions"
	h.refused.Store(&refused)
	_, err = h.syncer.Discover(t.Context())
	require.Error(t, err)
	has(t, h.ask(t, "GET", "/", "").text, "regions of OOS of account production not listed")
	has(t, scrape(), `syncer_listing_failing{account="production",listing="oos_regions"} 1`)
	h.refused.Store(nil)
	_, err = h.syncer.Discover(t.Context())
	require.NoError(t, err)
	require.NotContains(t, h.ask(t, "GET", "/", "").text, "not listed")
	has(t, scrape(), `syncer_listing_failing{account="production",listing="oos_regions"} 0`)
}

// TestTheQueueIsSaidToBePaused: on the page, whatever is fresh still.
func TestTheQueueIsSaidToBePaused(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "", "production")
	h.sync(t)
	has(t, h.ask(t, "GET", "/", "").text, "are fresh")
	h.exec(t, "INSERT INTO river.river_queue (name, created_at, updated_at, paused_at) VALUES ('default', now(), now(), now())")
	page := h.ask(t, "GET", "/", "").text
	has(t, page, "The queue is paused")
	has(t, page, "resume it on the queue")
	queue := h.ask(t, "GET", "/river/", "", asPage)
	require.Equal(t, 200, queue.StatusCode)
	has(t, queue.text, "← syncer")
}
