package fetch

import (
	"bytes"
	"context"
	"io"
	"time"

	"golang.org/x/sync/semaphore"
)

const (
	// maxHeld is the size of all large answers that a process may hold at a time, in bytes.
	maxHeld = 256 << 20
	// smallAnswer is the size up to which an answer is not counted. There are no more of
	// them than running calls.
	smallAnswer = 256 << 10
)

// A memory limits the bytes of the answers that are in memory at a time, from reading them
// until their rows are passed on. Each listing reads ahead, and a process makes many.
//
// There is no deadlock: an answer asks once, for its largest possible size, and gives back
// what it did not need. So who waits holds nothing, and who holds an answer needs no more
// to finish.
type memory struct {
	size int64
	free *semaphore.Weighted
}

// processMemory is shared by all clients.
var processMemory = newMemory(maxHeld)

func newMemory(size int64) *memory { return &memory{size: size, free: semaphore.NewWeighted(size)} }

// read reads an answer of at most most bytes, and one more to notice longer ones. The
// caller must release the memory. The call's timer is stopped while read waits for memory,
// because that is not the server's fault.
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
