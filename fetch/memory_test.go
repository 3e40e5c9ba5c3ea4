package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"syncer/source"
)

// largePages answers pages of one row each, of a megabyte.
func largePages(pages int) func(w http.ResponseWriter, q url.Values, _ int) {
	return func(w http.ResponseWriter, q url.Values, _ int) {
		page, _ := strconv.Atoi(q.Get("CurrentPage"))
		write(w, object{
			"List":     []object{{"Id": fmt.Sprint(page), "Text": strings.Repeat("x", 1<<20)}},
			"PageInfo": object{"TotalCount": pages},
		})
	}
}

// A holder is a sink that looks, at each page, at what room there is.
type holder struct {
	recorder
	look func() error
}

func (h *holder) Page(ctx context.Context, rows []source.Row) (int, error) {
	n, err := h.recorder.Page(ctx, rows)
	return n, errors.Join(err, h.look())
}

// TestLargeAnswersShareTheMemory: many sweeps at once read ahead no more large answers
// than there is room for, and all of them end. Whatever becomes of a sweep, its room is
// free again.
func TestLargeAnswersShareTheMemory(t *testing.T) {
	t.Parallel()
	c := newCloud(t, largePages(6))
	shared := newMemory(3 << 20) // of which one answer of unknown size takes two
	sweep := func(ctx context.Context, look func() error) error {
		client := c.client(func(_ *Account, o *Options) { o.MaxBody = 2 << 20 })
		client.memory = shared
		s, one := listing(byNumber)
		outcome, err := client.Sweep(ctx, Request{Source: s, Sweep: one, Region: "cn-hangzhou"}, &holder{look: look})
		if err == nil && !outcome.Complete {
			err = errors.New(outcome.Reason)
		}
		return err
	}
	free := func() bool {
		if !shared.free.TryAcquire(shared.size) {
			return false
		}
		shared.free.Release(shared.size)
		return true
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			err := sweep(t.Context(), func() error {
				if free() {
					return errors.New("an answer is held, and takes no room")
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.True(t, free())

	full := errors.New("disk full")
	require.ErrorIs(t, sweep(t.Context(), func() error { return full }), full)
	require.True(t, free())

	ctx, cancel := context.WithCancel(t.Context())
	require.ErrorIs(t, sweep(ctx, func() error { cancel(); return nil }), context.Canceled)
	require.True(t, free())

	c = newCloud(t, func(w http.ResponseWriter, _ url.Values, _ int) {
		fmt.Fprintf(w, `{"Code":"NoPermission","Message":%q}`, strings.Repeat("x", 1<<20))
	})
	require.ErrorIs(t, sweep(t.Context(), nil), ErrRefused)
	require.True(t, free())
}

// TestNoRoom: who waits for room waits no longer than its context lasts, and the wait is
// not the timeout's.
func TestNoRoom(t *testing.T) {
	t.Parallel()
	var tooLong context.CancelFunc
	c := newCloud(t, func(w http.ResponseWriter, q url.Values, n int) {
		if n == 2 {
			defer tooLong()
		}
		largePages(1)(w, q, n)
	})
	client := c.client()
	client.memory = newMemory(1 << 20)
	require.True(t, client.memory.free.TryAcquire(1))
	call := aCall
	call.Params = map[string]string{"CurrentPage": "1"}
	done := make(chan error)
	go func() {
		_, err := client.Call(t.Context(), call)
		done <- err
	}()
	client.memory.free.Release(1)
	require.NoError(t, <-done)

	require.True(t, client.memory.free.TryAcquire(1))
	ctx, cancel := context.WithCancel(t.Context())
	tooLong = cancel
	_, err := client.Call(ctx, call)
	require.ErrorIs(t, err, context.Canceled)
}
