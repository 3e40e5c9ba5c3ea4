// Package notify sends messages to people through webhooks: DingTalk, Feishu (Lark),
// Slack, or any that takes JSON. It imports the standard library only.
//
// The libraries for it were left aside: nikoksr/notify has no release since January
// 2025 and brings the clients of thirty services, containrrr/shoutrrr none since 2023;
// its living fork nicholas-fedor/shoutrrr knows no DingTalk; and what matters here,
// that an answer of HTTP 200 with an error in it counts as one and that no error
// quotes the address, which is a secret, would be left to do around all of them.
package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
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

// maxAnswer is how much of an answer is read: they are a line of JSON.
const maxAnswer = 16 << 10

// client follows no redirection: the address that a message is for is the one given.
var client = &http.Client{
	Timeout:       timeout,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// Send delivers a message. An error says why the target did not take it.
func (t *Target) Send(ctx context.Context, m Message) error {
	if err := t.send(ctx, m, time.Now()); err != nil {
		return fmt.Errorf("notify %s: %s", t.Name, t.scrub(err))
	}
	return nil
}

func (t *Target) send(ctx context.Context, m Message, now time.Time) error {
	address, err := url.Parse(t.URL)
	if err != nil {
		return errors.New("its url cannot be read")
	}
	k, ok := kinds[t.Type]
	if !ok {
		return fmt.Errorf("there is no type %s", t.Type)
	}
	content, header := k.body(t, m, now, address)
	body, err := json.Marshal(content)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address.String(), bytes.NewReader(body))
	if err != nil {
		return errors.New("its url cannot be used")
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("User-Agent", "syncer")
	for name, value := range header(body) {
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
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return fmt.Errorf("it answers HTTP %d: %s", response.StatusCode, short(answer))
	}
	return k.accepted(answer)
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
func (t *Target) scrub(err error) string {
	text := err.Error()
	secrets := []string{t.URL, t.Secret}
	if u, err := url.Parse(t.URL); err == nil {
		secrets = append(secrets, u.RequestURI(), u.EscapedPath(), u.RawQuery)
		for _, values := range u.Query() {
			secrets = append(secrets, values...)
		}
		for part := range strings.SplitSeq(u.Path, "/") {
			if len(part) > 7 { // services and versions are named by less
				secrets = append(secrets, part)
			}
		}
		if u.User != nil {
			password, _ := u.User.Password()
			secrets = append(secrets, u.User.Username(), password)
		}
	}
	for _, s := range secrets {
		if len(s) > 1 {
			text = strings.ReplaceAll(text, s, "***")
		}
	}
	return text
}

// short is a foreign text on one short line.
func short(text []byte) string {
	const most = 200
	line := strings.Join(strings.Fields(strings.ToValidUTF8(string(text), "\uFFFD")), " ")
	if r := []rune(line); len(r) > most {
		line = string(r[:most]) + "…"
	}
	return line
}
