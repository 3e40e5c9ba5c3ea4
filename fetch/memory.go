package fetch

import (
	"bytes"
	"context"
	"io"
	"time"

	"golang.org/x/sync/semaphore"
)

const (
	// maxHeld bounds the large answers that a process holds at once, in bytes.
	maxHeld = 256 << 20
	// smallAnswer is the size up to which an answer is not counted: there are no more of
	// them than calls under way.
	smallAnswer = 256 << 10
)

// A memory bounds the bytes of the answers that are held at once: from being read until
// their rows are taken. Each sweep reads ahead, and a process makes many.
//
// Nobody who waits for room holds any of it: an answer asks once, for the largest that
// it may become, and gives back what it did not need. Whoever holds an answer needs no
// more room to be done with it. So nobody waits for ever.
type memory struct {
	size int64
	free *semaphore.Weighted
}

// processMemory is shared by all clients.
var processMemory = newMemory(maxHeld)

func newMemory(size int64) *memory { return &memory{size: size, free: semaphore.NewWeighted(size)} }

// read reads an answer of at most so many bytes, and one more to tell that there are. The
// room that it takes is the caller's to release. The time that it waits for room is not
// the other side's: until then the timer is stopped.
func (m *memory) read(ctx context.Context, to *bytes.Buffer, body io.Reader, most int64, timer *time.Timer, timeout time.Duration) (n int64, release func(), err error) {
	release = func() {}
	n, err = to.ReadFrom(io.LimitReader(body, min(most, smallAnswer)+1))
	if err != nil || n <= smallAnswer || n > most {
		return n, release, err
	}
	room := min(most, m.size)
	if !m.free.TryAcquire(room) {
		timer.Stop()
		if err := m.free.Acquire(ctx, room); err != nil {
			return n, release, err
		}
		timer.Reset(timeout)
	}
	more, err := to.ReadFrom(io.LimitReader(body, most+1-n))
	n += more
	used := min(n, room)
	m.free.Release(room - used)
	return n, func() { m.free.Release(used) }, err
}
