package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// Sessions are those who have signed in to the pages of this process. They are kept
// in memory alone: who signs out is out, and a restart signs everybody out.
type Sessions struct {
	Logger *slog.Logger
	// Pause is how long a wrong token waits for its answer; 0: a second.
	Pause time.Duration

	mu      sync.Mutex
	until   map[[sha256.Size]byte]time.Time
	wrong   int // tokens since they were last told of
	toldOf  time.Time
	waiting chan struct{} // a place for each wrong token that waits
}

const (
	sessionFor = 12 * time.Hour
	// sessionsAtMost bounds the memory: who signs in beyond it puts the one out that
	// would end first.
	sessionsAtMost = 1000
	// wrongAtOnce is how many wrong tokens wait for their answer at once. With their
	// pause, so many are tried a second at most, by all who try.
	wrongAtOnce = 8
	tellWrong   = time.Minute
)

// begin signs somebody in, and returns what their cookie holds. It is worth nothing
// under another token.
func (s *Sessions) begin(token string, now time.Time) string {
	id := rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.until == nil {
		s.until = map[[sha256.Size]byte]time.Time{}
	}
	var first [sha256.Size]byte
	for key, until := range s.until {
		if now.After(until) {
			delete(s.until, key)
		} else if at, ok := s.until[first]; !ok || until.Before(at) {
			first = key
		}
	}
	if len(s.until) >= sessionsAtMost {
		delete(s.until, first)
	}
	s.until[sessionKey(token, id)] = now.Add(sessionFor)
	return id
}

func (s *Sessions) holds(token, id string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	until, ok := s.until[sessionKey(token, id)]
	return ok && now.Before(until)
}

func (s *Sessions) end(token, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.until, sessionKey(token, id))
}

func sessionKey(token, id string) [sha256.Size]byte {
	return sha256.Sum256([]byte(token + "\x00" + id))
}

// refuse has a wrong token wait before it is answered, and tells the log of it, at
// most once a minute. Nobody who has the right one waits for that.
func (s *Sessions) refuse(r *http.Request) {
	s.mu.Lock()
	if s.waiting == nil {
		s.waiting = make(chan struct{}, wrongAtOnce)
	}
	waiting := s.waiting
	s.wrong++
	wrong, tell := s.wrong, time.Since(s.toldOf) >= tellWrong
	if tell {
		s.wrong, s.toldOf = 0, time.Now()
	}
	s.mu.Unlock()
	if tell {
		address, _, _ := net.SplitHostPort(r.RemoteAddr)
		s.Logger.WarnContext(r.Context(), "somebody gave a wrong token for the status page", "address", address, "tokens", wrong)
	}
	pause := s.Pause
	if pause == 0 {
		pause = time.Second
	}
	ctx, cancel := context.WithTimeout(r.Context(), 20*pause)
	defer cancel()
	select {
	case waiting <- struct{}{}:
		defer func() { <-waiting }()
	case <-ctx.Done():
		return
	}
	select {
	case <-time.After(pause):
	case <-ctx.Done():
	}
}
