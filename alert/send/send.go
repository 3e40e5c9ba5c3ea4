// Package send sends messages to people through webhooks: DingTalk, Feishu (Lark),
// Slack, or any that takes JSON. It imports the standard library and text only.
//
// The libraries for it were left aside: nikoksr/notify has no release since January
// 2025 and brings the clients of thirty services, containrrr/shoutrrr none since 2023;
// its living fork nicholas-fedor/shoutrrr knows no DingTalk; and what matters here,
// that an answer of HTTP 200 with an error in it counts as one and that no error
// quotes the address, which is a secret, would be left to do around all of them.
package send

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	"syncer/text"
)

// A Message tells one event to a person.
type Message struct {
	Event string    `json:"event"` // late, failing, held, permission, rule or test
	Title string    `json:"title"`
	Lines []string  `json:"lines"`         // of text, without markup
	URL   string    `json:"url,omitempty"` // where to look; empty: nowhere
	At    time.Time `json:"at"`
	// Resolved: the trouble that the event names is over.
	Resolved bool `json:"resolved,omitempty"`
}

// A Target is a webhook. Its URL and secret are in no error.
type Target struct {
	Name   string
	Type   string // dingtalk, feishu, slack or webhook
	URL    string
	Secret string // to sign with; empty: not signed
}

// timeout is that of one message.
const timeout = 10 * time.Second

// mostError is how many characters of an error are told.
const mostError = 300

// maxAnswer is how much of an answer is read: they are a line of JSON.
const maxAnswer = 16 << 10

// client follows no redirection: the address that a message is for is the one given.
var client = &http.Client{
	Timeout:       timeout,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// Send delivers a message. An error says why the target did not take it.
func (t *Target) Send(ctx context.Context, m Message) error {
	p := post{Target: t, message: m, at: time.Now()}
	if err := p.send(ctx); err != nil {
		// What is secret goes first: a part of it would not be known again.
		what := fmt.Sprintf("notify %s: %s", t.Name, text.Cut(text.Line(p.scrub(err.Error())), mostError))
		return &sendError{what, errors.Is(err, ErrRefused)}
	}
	return nil
}

// ErrRefused: the target does not take this message, and will not take it again. What
// is said of the target itself (that nobody is there, or that a key is missing) can be
// mended.
var ErrRefused = errors.New("refused for good")

// A sendError has a text without what is secret, and nothing of the error behind it.
type sendError struct {
	what    string
	refused bool
}

func (e *sendError) Error() string        { return e.what }
func (e *sendError) Is(target error) bool { return e.refused && target == ErrRefused }

// refusals are the statuses of HTTP that are about the message.
var refusals = []int{http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity}

// A post is a message on its way to a target.
type post struct {
	*Target
	message    Message
	at         time.Time
	address    *url.URL // as it is used: with a signature, where it takes one
	signatures []string
}

func (p *post) send(ctx context.Context) (err error) {
	if p.address, err = url.Parse(p.URL); err != nil {
		return errors.New("its url cannot be read")
	}
	k, ok := kinds[p.Type]
	if !ok {
		return fmt.Errorf("there is no type %s", p.Type)
	}
	body, header, err := p.body(k)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.address.String(), bytes.NewReader(body))
	if err != nil {
		return errors.New("its url cannot be used")
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("User-Agent", "syncer")
	for name, value := range header {
		r.Header.Set(name, value)
	}
	response, err := client.Do(r)
	if err != nil {
		return withoutURL(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("its answer was cut off: %w", withoutURL(err))
	}
	if slices.Contains(refusals, response.StatusCode) {
		return fmt.Errorf("it answers HTTP %d: %s (%w)", response.StatusCode, answer, ErrRefused)
	}
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return fmt.Errorf("it answers HTTP %d: %s", response.StatusCode, answer)
	}
	return k.accepted(answer)
}

// mostBody is how many bytes are posted: DingTalk and Feishu refuse more than 20,000,
// Slack cuts at 40,000.
const mostBody = 18_000

// body is the message as the service takes it, shortened until it fits.
func (p *post) body(k kind) (body []byte, header map[string]string, err error) {
	for most := mostLine; ; most /= 2 {
		p.message = p.message.folded(most)
		content, headerOf := k.body(p)
		if body, err = json.Marshal(content); err != nil {
			return nil, nil, err
		}
		if len(body) <= mostBody || most < mostLines {
			return body, headerOf(body), nil
		}
	}
}

const (
	mostTitle = 200 // characters
	mostLine  = 600 // characters of a line
	mostLines = 50
)

// Folded is a message whose title and lines are one line each, of bounded length: a
// name in it can neither write lines of its own nor make a service refuse the message
// for its size.
func (m Message) Folded() Message { return m.folded(mostLine) }

// folded has lines of at most so many characters.
func (m Message) folded(most int) Message {
	m.Title = text.Cut(text.Line(text.Scrub(m.Title)), min(most, mostTitle))
	lines := make([]string, 0, min(len(m.Lines), mostLines))
	for i, line := range m.Lines {
		if more := len(m.Lines) - i; i == mostLines-1 && more > 1 {
			lines = append(lines, fmt.Sprintf("and %d more lines", more))
			break
		}
		lines = append(lines, text.Cut(text.Line(text.Scrub(line)), most))
	}
	m.Lines = lines
	return m
}

// sign is an HMAC-SHA256, which no error may quote.
func (p *post) sign(key, signed string, encode func([]byte) string) string {
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte(signed))
	signature := encode(h.Sum(nil))
	p.signatures = append(p.signatures, signature)
	return signature
}

// Reach tries whether the target's host can be connected to, and tells it nothing.
func (t *Target) Reach(ctx context.Context) (host string, err error) {
	address, err := url.Parse(t.URL)
	if err != nil || address.Hostname() == "" {
		return "", errors.New("its url cannot be read")
	}
	port := address.Port()
	if port == "" {
		port = address.Scheme // net knows both
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(address.Hostname(), port))
	if err != nil {
		return address.Hostname(), err
	}
	return address.Hostname(), conn.Close()
}

// withoutURL is the cause of a *url.Error, whose own text holds the URL.
func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// scrub takes what is secret out of what others said.
func (p *post) scrub(said string) string {
	secrets := append(text.URLSecrets(p.URL), p.Secret)
	if p.address != nil {
		secrets = append(secrets, text.URLSecrets(p.address.String())...)
	}
	var known text.Secrets
	known.Hide(p.Name, append(secrets, p.signatures...)...)
	return text.Scrub(known.Scrub(said))
}
