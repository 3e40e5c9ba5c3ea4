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

// Sessions are the sessions of people who have signed in. They are only in memory, so a
// restart signs everybody out.
type Sessions struct {
	Logger *slog.Logger
	// Pause is how long the answer to a wrong token waits; 0: a second.
	Pause time.Duration

	mu       sync.Mutex
	until    map[[sha256.Size]byte]time.Time
	wrong    int // tokens since the last log line about them
	loggedAt time.Time
	waiting  chan struct{} // one place for each waiting answer
}

const (
	sessionFor = 12 * time.Hour
	// sessionsAtMost limits the memory. A further session replaces the one that would end
	// first.
	sessionsAtMost = 1000
	// wrongAtOnce is how many answers to wrong tokens wait at a time. So at most this many
	// tokens can be tried per pause, by everybody together.
	wrongAtOnce   = 8
	logWrongEvery = time.Minute
)

// begin starts a session and returns the value of its cookie. The cookie is valid only with
// this token.
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

// refuse delays the answer to a wrong token, and logs wrong tokens at most once a minute.
// Requests with the right token do not wait.
func (s *Sessions) refuse(r *http.Request) {
	s.mu.Lock()
	if s.waiting == nil {
		s.waiting = make(chan struct{}, wrongAtOnce)
	}
	waiting := s.waiting
	s.wrong++
	wrong, due := s.wrong, time.Since(s.loggedAt) >= logWrongEvery
	if due {
		s.wrong, s.loggedAt = 0, time.Now()
	}
	s.mu.Unlock()
	if due {
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
