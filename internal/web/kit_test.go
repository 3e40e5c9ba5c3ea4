package web_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/robfig/cron/v3"
	"github.com/stretchr/testify/require"

	"syncer/fetch"
	"syncer/internal/metrics"
	"syncer/internal/testing/pgtest"
	"syncer/internal/testing/pgtest/migrated"
	"syncer/internal/web"
	"syncer/sim"
	"syncer/source"
	"syncer/store"
	"syncer/worker"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

const (
	token    = "a-token-of-enough-characters"
	hangzhou = "cn-hangzhou"
)

// A house is a syncer of a simulated cloud, and what it serves.
type house struct {
	url    string // of its database
	store  *store.Store
	syncer *worker.Syncer
	server *httptest.Server

	options web.Options            // of the pages
	refused atomic.Pointer[string] // action that the cloud refuses
}

// newHouse syncs nothing yet.
func newHouse(t *testing.T, token string, accounts ...string) *house {
	t.Helper()
	return houseOn(t, migrated.URL(t), token, accounts...)
}

func houseOn(t *testing.T, url, token string, accounts ...string) *house {
	t.Helper()
	s, err := store.Open(t.Context(), url, store.Options{})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	h := &house{url: url, store: s}
	log := slog.New(slog.DiscardHandler)
	h.syncer = &worker.Syncer{Store: s, Worker: t.Name(), Logger: log}
	var known []sim.Account
	for _, name := range accounts {
		known = append(known, sim.Account{ID: "id-of-" + name[:4], Name: name, AccessKeyID: "key-" + name, AccessKeySecret: "secret"})
	}
	cloud := httptest.NewServer(sim.New(sim.Options{
		Accounts: known, World: sim.NewFleet(sim.FleetOptions{Servers: 30, Keep: 48 * time.Hour}),
		Fault: func(c sim.Call) sim.Fault {
			if refused := h.refused.Load(); refused != nil && *refused == c.Action {
				return sim.Refuse(http.StatusForbidden, "NoPermission", "not allowed")
			}
			return sim.Fault{}
		},
	}))
	t.Cleanup(cloud.Close)
	var c worker.Config
	for _, name := range accounts {
		client, err := fetch.NewClient(fetch.Account{
			Name:        name,
			Credentials: fetch.Credentials{Type: "access_key", AccessKeyID: "key-" + name, AccessKeySecret: "secret"},
			Endpoints:   map[string]string{"sas": cloud.URL, "oos": cloud.URL, "sts": cloud.URL},
		}, fetch.Options{CallsPerSecond: 1e6, BaseWait: time.Millisecond, MaxWait: time.Millisecond})
		require.NoError(t, err)
		t.Cleanup(client.Close)
		c.Accounts = append(c.Accounts, &worker.Account{
			Name: name, Client: client, SecurityCenterRegions: []string{hangzhou}, OOSRegions: []string{hangzhou},
		})
	}
	schedule, err := cron.ParseStandard("@every 10m")
	require.NoError(t, err)
	for _, src := range source.All {
		c.Sources = append(c.Sources, &worker.Settings{Source: src, Schedule: schedule})
	}
	h.syncer.Configure(c)
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	require.NoError(t, err)
	m := metrics.New("v0", h.syncer.Config)
	h.syncer.Observe = m.Observe
	m.AddDatabase(h.syncer, log)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	t.Cleanup(cancel)
	queue, err := worker.QueueUI(ctx, s.Pool(), web.QueuePrefix, log)
	require.NoError(t, err)
	h.options = web.Options{
		Syncer: h.syncer, Sources: source.All, Location: shanghai, Token: token, Version: "v0",
		Metrics: m.Handler(), Queue: queue, Logger: log, Sessions: &web.Sessions{Logger: log, Pause: time.Millisecond},
	}
	h.serve(t)
	return h
}

// serve answers by the options, as they are now, at an address of its own.
func (h *house) serve(t *testing.T) {
	t.Helper()
	h.server = httptest.NewServer(web.Handler(h.options))
	t.Cleanup(h.server.Close)
}

// sync makes one pass over everything.
func (h *house) sync(t *testing.T) {
	t.Helper()
	h.syncer.SyncAll(t.Context(), h.syncer.Jobs(), 4, func(r worker.Result) {
		require.Equal(t, store.StatusOK, r.Status, r.Message)
	})
}

// exec runs a statement in the database.
func (h *house) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	_, err := h.store.Pool().Exec(t.Context(), sql, args...)
	require.NoError(t, err)
}

// An answer is a response with its body read.
type answer struct {
	*http.Response
	text string
}

// ask sends a request; each of headers is "Name: value".
func (h *house) ask(t *testing.T, method, path, body string, headers ...string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, h.server.URL+path, strings.NewReader(body))
	require.NoError(t, err)
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		if name == "Host" {
			r.Host = value
		}
		r.Header.Set(name, value)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(r)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return answer{response, string(text)}
}

func number(t *testing.T, s string) float64 {
	t.Helper()
	n, err := strconv.ParseFloat(s, 64)
	require.NoError(t, err)
	return n
}
