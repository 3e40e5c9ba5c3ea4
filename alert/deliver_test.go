package alert

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"syncer/alert/send"
	"syncer/internal/testing/pgtest"
	"syncer/store"
)

// An inbox is a webhook that counts what arrives, by title.
type inbox struct {
	mu     sync.Mutex
	titles map[string]int
	order  []string
	last   send.Message
	refuse func() bool
	server *httptest.Server
}

func newInbox(t *testing.T) *inbox {
	t.Helper()
	b := &inbox{titles: map[string]int{}}
	b.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.refuse != nil && b.refuse() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		var m send.Message
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		b.titles[m.Title]++
		b.order = append(b.order, m.Title)
		b.last = m
	}))
	t.Cleanup(b.server.Close)
	return b
}

func (b *inbox) count() (messages, different int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, n := range b.titles {
		messages += n
	}
	return messages, len(b.titles)
}

func (b *inbox) notifier(s *store.Store) *Notifier {
	return &Notifier{
		DB:         s.Pool(),
		Partitions: func(context.Context) ([]Partition, error) { return nil, nil },
		Targets:    []Target{{Target: &send.Target{Name: "ops", Type: "webhook", URL: b.server.URL + "/hunter2-hunter2"}}},
		Location:   time.UTC, Logger: slog.New(slog.DiscardHandler),
		Every: 20 * time.Millisecond, Poll: 5 * time.Millisecond, Retry: 200 * time.Millisecond,
	}
}

// putMessages puts so many messages into the outbox.
func putMessages(t *testing.T, s *store.Store, n int) {
	t.Helper()
	for done := false; !done; { // while a notifier makes a round, nobody else can
		require.NoError(t, inRound(t.Context(), s.Pool(), 0, func(r *round) error {
			done = true
			for i := range n {
				for range 2 { // the same key puts it there once
					if err := r.put(t.Context(), []string{"ops", "gone"}, fmt.Sprint("event ", i), send.Message{Title: fmt.Sprint("message ", i)}); err != nil {
						return err
					}
				}
			}
			return nil
		}))
	}
}

// TestDeliveredByOne: two processes deliver each message once, though the target
// refuses some at first.
func TestDeliveredByOne(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	const n = 60
	putMessages(t, s, n)
	b := newInbox(t)
	refusals := 0
	b.refuse = func() bool {
		refused := refusals < 20 && rand.IntN(3) == 0
		if refused {
			refusals++
		}
		return refused
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 2 {
		other := openStore(t, s.Pool().Config().ConnString())
		notifier := b.notifier(other)
		notifier.Retry = 10 * time.Second / 1000
		wg.Go(func() { notifier.Run(ctx) })
	}
	pgtest.Await(t, func() bool { return waiting(t, s) == 0 })
	cancel()
	wg.Wait()
	messages, different := b.count()
	require.Equal(t, n, different)
	require.Equal(t, n, messages)
	for i, title := range b.order {
		require.Equal(t, fmt.Sprint("message ", i), title, "in the order in which they were made")
	}
}

// TestNotifyInOrder: a target that fails for a while and then answers gets its messages
// in the order in which they were made, as soon as there is a new one; no target waits
// for another.
func TestNotifyInOrder(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	down, up := newInbox(t), newInbox(t)
	refusals := 0
	var answers atomic.Bool
	down.refuse = func() bool {
		if !answers.Load() {
			refusals++
		}
		return !answers.Load()
	}
	notifier := down.notifier(s)
	notifier.Retry = time.Hour // so that nothing but a new message makes it try again
	notifier.Targets = append(notifier.Targets, Target{Target: &send.Target{Name: "gone", Type: "webhook", URL: up.server.URL}})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); notifier.Run(ctx) }()
	defer func() { cancel(); <-done }()
	failed := func(attempts int) func() bool {
		return func() bool {
			var yes bool
			err := s.Pool().QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM alicloud.notifications WHERE target = 'ops' AND title = 'message 0' AND attempts = $1 AND last_error IS NOT NULL)", attempts).Scan(&yes)
			return err == nil && yes
		}
	}
	const n = 5
	for i := range n - 1 {
		putMessages(t, s, i+1) // those before are there already
		pgtest.Await(t, failed(i+1), "a new message makes it try again")
	}
	answers.Store(true)
	putMessages(t, s, n)
	pgtest.Await(t, func() bool { messages, _ := down.count(); return messages == n })
	pgtest.Await(t, func() bool { messages, _ := up.count(); return messages == n })
	for _, b := range []*inbox{down, up} {
		b.mu.Lock()
		require.Equal(t, []string{"message 0", "message 1", "message 2", "message 3", "message 4"}, b.order)
		b.mu.Unlock()
	}
	require.Equal(t, n-1, refusals, "only the oldest was tried, once for each message")
}

// waiting counts the messages that are not delivered yet.
func waiting(t *testing.T, s *store.Store) (n int) {
	t.Helper()
	require.NoError(t, s.Pool().QueryRow(t.Context(), "SELECT count(*) FROM alicloud.notifications WHERE target = 'ops' AND state = 'waiting'").Scan(&n))
	return n
}

// TestDeliveredAtLeastOnce: whoever delivers is killed at random moments, with its
// connections, and each message arrives all the same.
func TestDeliveredAtLeastOnce(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	const n = 40
	putMessages(t, s, n)
	b := newInbox(t)
	for kills := 0; waiting(t, s) > 0; kills++ {
		require.Less(t, kills, 1000)
		other := openStore(t, s.Pool().Config().ConnString())
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			notifier := b.notifier(other)
			notifier.Lease = 200 * time.Millisecond
			notifier.Run(ctx)
		}()
		time.Sleep(time.Duration(rand.IntN(60)) * time.Millisecond)
		// Its sessions go first, so that it cannot note what it has done.
		_, err := s.Pool().Exec(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
		require.NoError(t, err)
		cancel()
		<-done
		other.Close()
	}
	messages, different := b.count()
	require.Equal(t, n, different)
	require.GreaterOrEqual(t, messages, n)
}

// TestRefusedForGood: a message that its target does not take blocks no other for
// long, and the next one names it.
func TestRefusedForGood(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	putMessages(t, s, 3)
	var mu sync.Mutex
	var got []send.Message
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var m send.Message
		if json.NewDecoder(r.Body).Decode(&m) != nil || m.Title == "message 1" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		got = append(got, m)
	}))
	t.Cleanup(server.Close)
	n := newInbox(t).notifier(s)
	n.Targets[0].URL, n.Retry, n.Every = server.URL, time.Millisecond, time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { n.Run(ctx) })
	pgtest.Await(t, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(got) == 2
	})
	cancel()
	wg.Wait()
	require.Equal(t, "message 0", got[0].Title)
	require.Equal(t, "message 2", got[1].Title)
	require.Equal(t, []string{"Not delivered before this, since it was refused: message 1"}, got[1].Lines)
	var state string
	var attempts int
	require.NoError(t, s.Pool().QueryRow(t.Context(), "SELECT state, attempts FROM alicloud.notifications WHERE target = 'ops' AND title = 'message 1'").Scan(&state, &attempts))
	require.Equal(t, "given up", state)
	require.Equal(t, 4, attempts)
}
