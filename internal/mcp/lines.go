package mcp

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"sync"
)

// lines stand between the protocol's library and the streams. The library ends a session at
// a line that is no JSON, and at the end of the input also where calls have no answer yet.
// Here, such a line is answered with an error, and the end is told once all is answered.
type lines struct {
	in   *bufio.Scanner
	out  io.Writer
	rest []byte // of the line that is being read

	mu       sync.Mutex
	stopped  bool
	answered sync.Cond        // or called off
	open     map[any]struct{} // calls without an answer, by ID
}

func newLines(in io.Reader, out io.Writer) *lines {
	l := &lines{in: bufio.NewScanner(in), out: out, open: map[any]struct{}{}}
	l.in.Buffer(nil, maxRequest)
	l.answered.L = &l.mu
	return l
}

// A message is as much of a call, a notice or an answer as tells which it is.
type message struct {
	ID     any // a number or a text; nil: a notice
	Method string
	Params struct{ RequestID any }
}

// invalid is JSON-RPC's answer to what is no JSON.
const invalid = `{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"the line is no JSON: expected one message on each line"}}` + "\n"

func (l *lines) Read(p []byte) (int, error) {
	for len(l.rest) == 0 {
		if !l.in.Scan() {
			if err := l.in.Err(); err != nil {
				return 0, err
			}
			l.awaitAnswers()
			return 0, io.EOF
		}
		line := bytes.TrimSpace(l.in.Bytes())
		switch {
		case len(line) == 0:
			continue
		case !json.Valid(line):
			if _, err := l.Write([]byte(invalid)); err != nil {
				return 0, err
			}
			continue
		}
		l.note(line, true)
		l.rest = append(append(l.rest, line...), '\n')
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

// Write takes whole messages, as the library writes them.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	if l.stopped {
		l.mu.Unlock()
		return 0, io.ErrClosedPipe
	}
	n, err := l.out.Write(p)
	l.mu.Unlock()
	l.note(p, false)
	return n, err
}

// stop lets nothing more be written: the library may still be answering when it is told to
// end, and the output is somebody else's again.
func (l *lines) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopped = true
}

func (l *lines) Close() error { return nil }

// note keeps which calls have no answer. One that is called off gets none.
func (l *lines) note(line []byte, came bool) {
	var m message
	if json.Unmarshal(line, &m) != nil {
		return
	}
	for _, id := range []any{m.ID, m.Params.RequestID} {
		switch id.(type) {
		case nil, string, float64:
		default: // none that the protocol knows, nor a key of a map
			return
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case came && m.Method == "notifications/cancelled":
		delete(l.open, m.Params.RequestID)
	case came && m.Method != "" && m.ID != nil:
		l.open[m.ID] = struct{}{}
	case !came && m.Method == "":
		delete(l.open, m.ID)
	}
	l.answered.Broadcast()
}

func (l *lines) awaitAnswers() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.open) > 0 {
		l.answered.Wait()
	}
}
