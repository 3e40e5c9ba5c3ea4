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
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
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
	p := post{Target: t, message: m, at: time.Now()}
	if err := p.send(ctx); err != nil {
		return fmt.Errorf("notify %s: %s", t.Name, short(p.scrub(err.Error())))
	}
	return nil
}

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
	content, header := k.body(p)
	body, err := json.Marshal(content)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.address.String(), bytes.NewReader(body))
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
		return fmt.Errorf("it answers HTTP %d: %s", response.StatusCode, answer)
	}
	return k.accepted(answer)
}

// sign is an HMAC-SHA256, which no error may quote.
func (p *post) sign(key, text string, encode func([]byte) string) string {
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte(text))
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
func (p *post) scrub(text string) string {
	secrets := append(secretsIn(p.URL), p.Secret)
	secrets = append(secrets, p.signatures...)
	if p.address != nil {
		secrets = append(secrets, secretsIn(p.address.String())...)
	}
	for _, s := range secrets { // and as it stands in addresses, in pages and in JSON
		quoted, _ := json.Marshal(s) // a text always can be
		secrets = append(secrets, url.QueryEscape(s), url.PathEscape(s), html.EscapeString(s),
			strings.Trim(string(quoted), `"`), strings.ReplaceAll(s, "/", `\/`))
	}
	// The longest first: a part must not go before the whole.
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	for _, s := range secrets {
		if len(s) > 1 {
			text = strings.ReplaceAll(text, s, "***")
		}
	}
	return text
}

// secretsIn is what is secret in an address: all of it but the host and what services
// and versions are named by.
func secretsIn(address string) []string {
	secrets := []string{address}
	u, err := url.Parse(address)
	if err != nil {
		return secrets
	}
	secrets = append(secrets, u.RequestURI(), u.EscapedPath(), u.RawQuery)
	for _, values := range u.Query() {
		secrets = append(secrets, values...)
	}
	for part := range strings.SplitSeq(u.Path, "/") {
		if len(part) > 7 {
			secrets = append(secrets, part)
		}
	}
	if u.User != nil {
		password, _ := u.User.Password()
		secrets = append(secrets, u.User.Username(), password)
	}
	return secrets
}

// short is a text on one short line. What is secret has gone before: a part of it
// would not be known again.
func short(text string) string {
	const most = 300
	line := strings.Join(strings.Fields(strings.ToValidUTF8(text, "\uFFFD")), " ")
	if r := []rune(line); len(r) > most {
		line = string(r[:most]) + "…"
	}
	return line
}
