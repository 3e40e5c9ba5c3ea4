package worker_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"syncer/alert"
	"syncer/alert/send"
	"syncer/internal/testing/pgtest"
	"syncer/sim"
	"syncer/source"
	"syncer/store"
	"syncer/worker"
)

// TestNotifyFromTheCloudToTheInbox: a daemon's first sync sends nothing; what
// changes afterwards is sent, and so is a permission that is lost and regained; no
// address is in the database.
func TestNotifyFromTheCloudToTheInbox(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	var mu sync.Mutex
	at, lost := time.Unix(1_790_000_000, 0), false
	cloud := sim.New(sim.Options{
		Accounts: []sim.Account{simAccount}, World: sim.NewFleet(sim.FleetOptions{Servers: 100}),
		Clock: func() time.Time { mu.Lock(); defer mu.Unlock(); return at },
		Fault: func(sim.Call) sim.Fault {
			mu.Lock()
			defer mu.Unlock()
			if lost {
				return sim.Refuse(403, "NoPermission", "You are not authorized to do this operation.")
			}
			return sim.Fault{}
		},
	})
	syncer := newSyncer(t, s, cloud, &source.InstancePatchStates)
	var messages atomic.Int64
	var last send.Message
	inbox := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		messages.Add(1)
		last = send.Message{}
		if json.NewDecoder(r.Body).Decode(&last) != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	t.Cleanup(inbox.Close)
	notifier := &alert.Notifier{
		Targets: []alert.Target{{Target: &send.Target{Name: "ops", Type: "webhook", URL: inbox.URL + "/hunter2-hunter2"}}},
		Rules:   []alert.Rule{{Name: "instance_patch_states changed", Pattern: alert.Pattern{Source: &source.InstancePatchStates, Verb: "changed"}}},
		URL:     "https://syncer.example.com", Location: time.UTC, Logger: slog.New(slog.DiscardHandler),
		Every: 20 * time.Millisecond, Poll: 5 * time.Millisecond, Retry: 200 * time.Millisecond,
	}
	c := *syncer.Config()
	c.Notifier = notifier
	syncer.Configure(c)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		d := worker.Daemon{Syncer: syncer, Workers: 2, Logger: slog.New(slog.DiscardHandler)}
		ended <- d.Run(ctx)
	}()
	count := func(sql string) func() bool {
		return func() bool {
			var yes bool
			return s.Pool().QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM "+sql+")").Scan(&yes) == nil && yes
		}
	}
	pgtest.Await(t, count("alicloud.sync_runs WHERE status = 'ok' OFFSET 2"))
	require.Zero(t, messages.Load(), "of the first sync")

	mu.Lock()
	at = at.Add(5 * 24 * time.Hour)
	mu.Unlock()
	pgtest.Await(t, count("alicloud.notifications WHERE event = 'rule' AND state = 'delivered'"))
	mu.Lock()
	lost = true
	mu.Unlock()
	pgtest.Await(t, count("alicloud.notifications WHERE title LIKE '%in cn-hangzhou is refused' AND state = 'delivered'"))
	mu.Lock()
	lost = false
	mu.Unlock()
	pgtest.Await(t, count("alicloud.notifications WHERE title LIKE '%is permitted again' AND state = 'delivered'"))
	cancel()
	require.NoError(t, <-ended)
	require.True(t, last.Resolved)
	require.Equal(t, "https://syncer.example.com", last.URL)

	inbox.Close() // and what cannot be delivered says why, without the address
	_, err := s.Pool().Exec(t.Context(), `INSERT INTO syncer.notifications (target, event_key, message) VALUES ('ops', 'last', '{"title": "last"}')`)
	require.NoError(t, err)
	ctx, cancel = context.WithCancel(t.Context())
	done := make(chan struct{})
	notifier.DB, notifier.Partitions = s.Pool(), syncer.Alerts
	go func() { defer close(done); notifier.Run(ctx) }()
	pgtest.Await(t, count("alicloud.notifications WHERE last_error LIKE '%connection refused%'"))
	cancel()
	<-done
	t.Log("\n" + showMessages(t, s))
	var leaks int
	require.NoError(t, s.Pool().QueryRow(t.Context(), "SELECT count(*) FROM syncer.notifications AS n WHERE n::text LIKE '%hunter2%'").Scan(&leaks))
	require.Zero(t, leaks)
	require.False(t, strings.Contains(fmt.Sprint(last), "hunter2"))
}

// showMessages are the messages as a person reads them.
func showMessages(t *testing.T, s *store.Store) (text string) {
	t.Helper()
	rows, err := s.Pool().Query(t.Context(), "SELECT message FROM syncer.notifications ORDER BY notification_id")
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var m send.Message
		require.NoError(t, rows.Scan(&m))
		text += m.Title + "\n- " + strings.Join(m.Lines, "\n- ") + "\n" + m.URL + "\n\n"
	}
	require.NoError(t, rows.Err())
	return text
}
