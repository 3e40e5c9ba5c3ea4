// Package fetch goes from a declared source to a stream of decoded pages.
//
// A [Client] calls Alibaba Cloud for one account: it signs, paces, sends and
// retries. [Client.Sweep] makes one listing by it: pages through it, decodes
// its items to rows, hands these to a [Sink] and judges whether the listing
// was complete.
//
// It is the only importer of Alibaba Cloud's SDK, and of this project it
// imports package source alone.
package fetch

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Options tune a [Client]. The zero value of each means its default.
type Options struct {
	// UserAgent goes with every call. Default: syncer.
	UserAgent string
	// Transport sends the requests. Default: one of the client's own, which
	// takes proxies from the environment.
	Transport http.RoundTripper
	// Timeout is that of one attempt of a call, its answer included. Default: 30 s.
	Timeout time.Duration
	// MaxBody is the largest answer taken, in bytes, unpacked. Default: 32 MiB.
	MaxBody int64
	// MaxAttempts is how often a call is sent at most. Default: 6.
	MaxAttempts int
	// BaseWait and MaxWait bound the wait between attempts, a random part of
	// BaseWait, then of twice as much, up to MaxWait. Default: 500 ms and 30 s.
	BaseWait, MaxWait time.Duration
	// CallsPerSecond is the pace of each action in each region. Default: 10.
	CallsPerSecond float64
	// Logger gets one line per retry and per page, both at Debug. Default: none.
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	o.UserAgent = cmp.Or(o.UserAgent, "syncer")
	o.Timeout = cmp.Or(o.Timeout, 30*time.Second)
	o.MaxBody = cmp.Or(o.MaxBody, 32<<20)
	o.MaxAttempts = cmp.Or(o.MaxAttempts, 6)
	o.BaseWait = cmp.Or(o.BaseWait, 500*time.Millisecond)
	o.MaxWait = cmp.Or(o.MaxWait, 30*time.Second)
	o.CallsPerSecond = cmp.Or(o.CallsPerSecond, 10)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

func (o Options) validate() error {
	if o.Timeout < 0 || o.MaxBody < 0 || o.MaxAttempts < 0 || o.BaseWait < 0 || o.MaxWait < 0 || o.CallsPerSecond < 0 {
		return errors.New("an option is negative")
	}
	return nil
}

// A Client calls Alibaba Cloud for one account. It is safe for concurrent use,
// and its callers share the pace of each action.
type Client struct {
	account   string
	options   Options
	logger    *slog.Logger
	endpoints map[string]string // given ones, see Account
	http      *http.Client
	sign      signer
	who       identity
	bodies    sync.Pool    // of *bytes.Buffer
	behind    atomic.Int64 // what this machine's clock is behind the cloud's, in ns, where it is wrong
	memory    *memory

	mu        sync.Mutex
	paces     map[string]*pace // by region and action
	pageSizes map[string]int   // that the cloud took, by source, where it refused a larger one
	accountID string
}

// NewClient makes a client. It makes no call, but tells what is wrong with the
// account or the options.
func NewClient(a Account, o Options) (*Client, error) {
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("account %q: %w", a.Name, err)
	}
	o = o.withDefaults()
	c := newClient(a.Name, o)
	c.endpoints = make(map[string]string)
	c.http = &http.Client{Transport: o.Transport, CheckRedirect: noRedirect}
	if o.Transport == nil {
		c.http.Transport = newTransport(o.Timeout / 3)
	}
	for product, given := range a.Endpoints {
		if given == "" {
			continue
		}
		if _, err := parseEndpoint(given, "cn-hangzhou"); err != nil {
			return nil, fmt.Errorf("account %q: endpoint of %s: %w", a.Name, product, err)
		}
		c.endpoints[strings.ToLower(product)] = given
	}
	var err error
	if c.sign, err = newSigner(a.Signature); err != nil {
		return nil, fmt.Errorf("account %q: %w", a.Name, err)
	}
	if c.who, err = newIdentity(c, a); err != nil {
		return nil, fmt.Errorf("account %q: %w", a.Name, err)
	}
	return c, nil
}

// newClient makes what each client has of its own. It lacks what clients may share: where
// and through what connections they ask, how they sign, and who they are.
func newClient(account string, o Options) *Client {
	return &Client{
		account:   account,
		options:   o,
		logger:    o.Logger,
		bodies:    sync.Pool{New: func() any { return new(bytes.Buffer) }},
		memory:    processMemory,
		paces:     make(map[string]*pace),
		pageSizes: make(map[string]int),
	}
}

// idleConnections are kept per host: as many as calls are commonly under way.
const idleConnections = 32

// newTransport gives up a connection that is not there in time: whoever can be
// reached answers long before.
func newTransport(connect time.Duration) http.RoundTripper {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = idleConnections
	t.DialContext = (&net.Dialer{Timeout: connect, KeepAlive: 30 * time.Second}).DialContext
	return t
}

// noRedirect has a redirect end as the answer that it is: a signed request is
// for the host that it was made for.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Close closes the connections that are not in use.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// A Call is one call of an operation.
type Call struct {
	Product, Version, Action string // as in [source.API]
	Region                   string // the one asked
	Params                   map[string]string
}

// region is the RegionId that goes with the call. To Security Center it would be a
// filter, on the region that an asset is in: whoever sends one misses all others.
// Which of its two centres is meant the endpoint tells.
func (c Call) region() string {
	if given := c.Params["RegionId"]; given != "" {
		return given
	}
	if strings.EqualFold(c.Product, "sas") {
		return ""
	}
	return c.Region
}

// Call makes a call and returns the answer, a JSON object. It waits for the
// call's turn, and sends it again while that can help; each time it is signed
// anew. What the cloud answers to a call that it does not serve is an [*Error].
func (c *Client) Call(ctx context.Context, call Call) ([]byte, error) {
	body, err := c.send(ctx, c.who, shipment{Call: call})
	if err != nil {
		return nil, err
	}
	defer body.release()
	return []byte(body.text), nil
}

// A shipment is a call and what goes with it inside this package.
type shipment struct {
	Call
	host           string  // a template, see [source.API]; empty: the product's
	ramAction      string  // for errors; empty: not known
	callsPerSecond float64 // 0: as it is
	stats          *Stats  // nil: not counted
	// lacks says what an answer must hold and does not; empty: nothing. nil: anything goes.
	lacks func(reply) string
}

// send makes a call in the name of an identity.
func (c *Client) send(ctx context.Context, who identity, s shipment) (_ reply, err error) {
	ctx, end := trace(ctx, c.account, s)
	defer func() { end(err) }()
	at := subject(c.account, s.Action, s.Region)
	pace := c.pace(s)
	waits := backoff{base: c.options.BaseWait, most: c.options.MaxWait}
	if s.stats == nil {
		s.stats = new(Stats)
	}
	renewed, redated := false, false
	for attempt := 1; ; attempt++ {
		if err := pace.wait(ctx); err != nil {
			return reply{}, fmt.Errorf("%s: %w", at, err)
		}
		k, err := who.keys(ctx)
		if err != nil {
			return reply{}, fmt.Errorf("%s: %w", at, err)
		}
		s.stats.Calls.Add(1)
		behind := c.behind.Load()
		body, err := c.attempt(ctx, s, k)
		if err == nil {
			pace.served()
			return body, nil
		}
		if ctx.Err() != nil {
			return reply{}, fmt.Errorf("%s: %w", at, context.Cause(ctx))
		}
		var answer *Error
		if errors.As(err, &answer) && answer.kind() == expired && !renewed {
			renewed = true // once, and beside the attempts
			if err := who.renew(ctx, k); err != nil {
				return reply{}, fmt.Errorf("%s: %w", at, err)
			}
			s.stats.Retries.Add(1)
			attempt--
			continue
		}
		if answer != nil && answer.kind() == skewed && !redated && c.behind.Load() != behind {
			redated = true // once, and beside the attempts: the cloud has told its time
			s.stats.Retries.Add(1)
			attempt--
			continue
		}
		if errors.Is(err, ErrThrottled) {
			s.stats.Throttled.Add(1)
			pace.throttled()
		}
		if !Retryable(err) {
			return reply{}, err
		}
		if attempt >= c.options.MaxAttempts {
			return reply{}, fmt.Errorf("%w (attempt %d of %d)", err, attempt, c.options.MaxAttempts)
		}
		wait := waits.after(attempt, waitOf(err))
		c.logger.DebugContext(ctx, "call again", "attempt", attempt, "wait", wait, "error", err)
		if err := sleep(ctx, wait); err != nil {
			return reply{}, fmt.Errorf("%s: %w", at, err)
		}
		s.stats.Retries.Add(1)
	}
}

// pace is that of the call's action in its region.
func (c *Client) pace(s shipment) *pace {
	name := s.Region + " " + s.Product + " " + s.Action
	c.mu.Lock()
	defer c.mu.Unlock()
	p, ok := c.paces[name]
	if !ok {
		p = newPace(c.options.CallsPerSecond)
		c.paces[name] = p
	}
	if s.callsPerSecond > 0 {
		p.setCeiling(s.callsPerSecond)
	}
	return p
}

// signatureOf is the signature of a signed request, which an answer may quote.
func signatureOf(r *http.Request) string {
	if _, signature, ok := strings.Cut(r.Header.Get("Authorization"), "Signature="); ok {
		return signature
	}
	return r.URL.Query().Get("Signature")
}

// attempt sends a call once.
func (c *Client) attempt(ctx context.Context, s shipment, k keys) (_ reply, failed error) {
	at, err := c.endpoint(s.Product, s.Region, s.host)
	if err != nil {
		return reply{}, fmt.Errorf("%s: %w", subject(c.account, s.Action, s.Region), err)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := time.AfterFunc(c.options.Timeout, func() { cancel(fmt.Errorf("no answer within %s", c.options.Timeout)) })
	defer timer.Stop()
	request, err := c.sign(ctx, s.Call, at, k, c.now())
	if err != nil {
		return reply{}, fmt.Errorf("%s: %w", subject(c.account, s.Action, s.Region), err)
	}
	request.Header.Set("User-Agent", c.options.UserAgent)
	k.signature = signatureOf(request)

	var response *http.Response
	broken := func(err error) error {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		e := &transportError{subject: subject(c.account, s.Action, s.Region), err: withoutSecrets(err, k)}
		if response != nil {
			e.wait = askedWait(response.Header, time.Now())
		}
		return e
	}
	sent := time.Now()
	response, err = c.http.Do(request)
	if err != nil {
		return reply{}, broken(err)
	}
	received := time.Now()
	defer response.Body.Close() //nolint:errcheck // it has been read

	// Reading to the end lets the connection be used again.
	buffer := c.bodies.Get().(*bytes.Buffer)
	defer func() {
		if buffer.Cap() <= 4*smallAnswer {
			c.bodies.Put(buffer)
		}
	}()
	buffer.Reset()
	n, release, err := c.memory.read(ctx, buffer, response.Body, c.options.MaxBody, timer, c.options.Timeout)
	s.stats.Bytes.Add(n)
	defer func() {
		if failed != nil {
			release()
		}
	}()
	if err != nil {
		return reply{}, broken(fmt.Errorf("read the answer: %w", err))
	}
	if n > c.options.MaxBody {
		return reply{}, fmt.Errorf("%s: the answer is larger than %d bytes: ask for a smaller page_size",
			subject(c.account, s.Action, s.Region), c.options.MaxBody)
	}
	text := buffer.String()
	body, ok := parseReply(text)
	if !ok {
		body, ok = parseXML(text)
	}
	if !ok {
		media, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
		return reply{}, broken(fmt.Errorf("the answer is no JSON object (HTTP %d, %d bytes of %s)",
			response.StatusCode, n, cmp.Or(media, "unknown type")))
	}
	c.heard(ctx, response.Header, sent, received)
	body.requestID, body.release = response.Header.Get("x-acs-request-id"), release
	if e := c.refusal(s, k, response, body); e != nil {
		return reply{}, e
	}
	return body, nil
}
