// Package sim is a simulated Alibaba Cloud. A [Cloud] is the RPC gateway, and the [World]
// behind it has the data. The demo, the tests and the benchmarks use it; Alibaba's own SDKs
// and CLI can use it, too.
//
// It is built from Alibaba's API pages, not from the requests that this project's client
// sends. An API that the World does not know is answered from a recorded page, as its
// declaration says. Of this project it imports packages source and text only.
package sim

import (
	"crypto/rand"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

// Options say what a Cloud serves and how. Accounts and World are required. The zero value
// of everything else means a cloud without limits and faults.
type Options struct {
	Accounts []Account
	World    World

	// Recorded are the APIs that are answered from a recorded page, if the World does not
	// know their action. Default: the sources of the catalogue.
	Recorded []Recording

	// Clock is the time that answers describe. Default: time.Now.
	Clock func() time.Time
	// Wall is the clock for requests' timestamps, the end of tokens, and rates. It is the
	// caller's clock. Default: time.Now.
	Wall func() time.Time

	// Rate is how many calls a second each account may make of each API in each region. 0:
	// no limit.
	Rate int
	// ThrottleStatus is the HTTP status of a throttled answer. Alibaba's pages do not say
	// which; 400, 403, 429 and 503 have all been reported. Default: 400.
	ThrottleStatus int
	// RetryAfter makes a throttled answer say how long to wait, in the headers
	// x-acs-retry-after and x-ratelimit-user-api.
	RetryAfter bool

	// Unknown are parameters that this gateway ignores because it does not know them yet.
	// TaskIdList of ListAgentlessTask was added in October 2026.
	Unknown []string

	// MaxPageSize is the largest page, in items. A client that asks for more gets this
	// many; PageSize or MaxResults of the answer says so. Default: 100.
	MaxPageSize int
	// FullPages turns off the short and empty pages that ListInstancePatchStates may send
	// in the middle of a list.
	FullPages bool

	// Latency is the shortest time that an answer takes.
	Latency time.Duration
	// Fault can make a call fail. It is called for each call that passed the gateway's
	// checks, before the world is asked, from many goroutines. It may also change the world
	// between two pages of a list.
	Fault func(Call) Fault
}

// An Account is an Alibaba Cloud account with one access key. Any of its roles
// can be assumed by the other accounts of the Cloud.
type Account struct {
	ID              string // 16 digits
	Name            string // of the RAM user that the access key belongs to
	AccessKeyID     string
	AccessKeySecret string
	// Deny lists what the account may not call: an action (ListAgentlessTask)
	// or a RAM action (yundun-sas:ListAgentlessTask).
	Deny []string
	// Manages says that the account is the management account of the resource directory, to
	// which all accounts of the Cloud belong. It may list them.
	Manages bool
	// Roles are the roles that can be assumed in the account. Nil: all.
	Roles []string
}

// A Cloud answers RPC calls of Security Center (Sas), CloudOps Orchestration Service (OOS)
// and Security Token Service (Sts). The endpoint decides which region a call is about: see
// [Serve] and [Endpoint]. Its methods may be called from many goroutines.
type Cloud struct {
	opt Options
	// operations by action
	operations map[string]*operation
	mu         sync.Mutex
	byKey      map[string]*Account // by access key ID
	byID       map[string]*Account
	seal       [32]byte // signs temporary tokens
	nonces     nonces
	rates      rates
	calls      atomic.Int64
}

// New returns a Cloud.
func New(o Options) *Cloud {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Wall == nil {
		o.Wall = time.Now
	}
	if o.ThrottleStatus == 0 {
		o.ThrottleStatus = http.StatusBadRequest
	}
	if o.MaxPageSize == 0 {
		o.MaxPageSize = 100
	}
	if o.Recorded == nil {
		o.Recorded = catalogue()
	}
	c := &Cloud{opt: o, operations: maps.Clone(operations), byKey: map[string]*Account{}, byID: map[string]*Account{}}
	for _, r := range o.Recorded {
		if c.operations[r.Source.API.Action] == nil {
			c.operations[r.Source.API.Action] = r.operation()
		}
	}
	c.Join(o.Accounts...)
	_, _ = rand.Read(c.seal[:]) // never fails
	return c
}

// Join adds accounts to the Cloud and to its resource directory. If several have the same
// ID, each adds its key.
func (c *Cloud) Join(accounts ...Account) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range accounts {
		c.byID[a.ID] = &a
		if a.AccessKeyID != "" { // without a key, it can only be used by its roles
			c.byKey[a.AccessKeyID] = &a
		}
	}
}

// Leave removes accounts from the Cloud and from its resource directory.
func (c *Cloud) Leave(ids ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range ids {
		delete(c.byID, id)
		maps.DeleteFunc(c.byKey, func(_ string, a *Account) bool { return a.ID == id })
	}
}

// account finds an account by its ID.
func (c *Cloud) account(id string) (*Account, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a, ok := c.byID[id]
	return a, ok
}

// accountOf finds an account by its access key.
func (c *Cloud) accountOf(key string) (*Account, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a, ok := c.byKey[key]
	return a, ok
}

// Calls is the number of calls since the start that passed the gateway's checks, so that
// Options.Fault was asked.
func (c *Cloud) Calls() int64 { return c.calls.Load() }

// A request is one call while the gateway handles it.
type request struct {
	params url.Values // query and form
	header http.Header
	op     *operation
	region string
	caller identity
	number int64 // of the call, from 1
}

// ServeHTTP answers one call. The checks come in the gateway's order: the action, the
// identity, the permission, the rate, and then the data.
func (c *Cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{w: w, r: r, id: requestID()}
	req, err := c.admit(r)
	if c.opt.Latency > 0 && !sleep(r.Context(), c.opt.Latency) {
		return
	}
	if err != nil {
		x.fail(err)
		return
	}
	x.good = func() ([]byte, error) { return c.answer(req, x.id) }
	if c.opt.Fault != nil {
		call := Call{
			AccountID: req.caller.account.ID, KeyID: req.caller.keyID, Region: req.region, Action: req.op.action,
			Params: req.params, Header: req.header, N: req.number,
		}
		if f := c.opt.Fault(call); f.act != nil {
			f.act(x)
			return
		}
	}
	x.succeed()
}

// admit makes all checks that do not need the world.
func (c *Cloud) admit(r *http.Request) (*request, error) {
	params, body, err := readParams(r)
	if err != nil {
		return nil, err
	}
	req := &request{params: params, header: r.Header}
	if req.op, err = c.findOperation(params); err != nil {
		return nil, err
	}
	shown, err := prove(r, params, body)
	if err != nil {
		return nil, err
	}
	if req.caller, err = c.authenticate(shown); err != nil {
		return nil, err
	}
	for _, name := range c.opt.Unknown {
		delete(params, name)
	}
	if req.region, err = req.op.checkRegion(EndpointOf(r), params.Get("RegionId")); err != nil {
		return nil, err
	}
	if err := req.op.checkParams(params); err != nil {
		return nil, err
	}
	if req.op.deniedTo(req.caller.account) {
		return nil, errNoPermission
	}
	if c.opt.Rate > 0 {
		wait := c.rates.take(rateKey{req.caller.account.ID, req.region, req.op.action}, c.opt.Wall(), c.opt.Rate)
		if wait > 0 {
			return nil, c.throttled(wait)
		}
	}
	req.number = c.calls.Add(1)
	return req, nil
}

// answer returns the body of a successful answer.
func (c *Cloud) answer(req *request, id string) ([]byte, error) {
	if req.op.own != nil {
		return req.op.own(c, req, id)
	}
	account := req.caller.account
	if member := req.params.Get("ResourceDirectoryAccountId"); member != "" && req.op.takes("ResourceDirectoryAccountId") {
		var ok bool
		if account, ok = c.byID[member]; !ok {
			return nil, &Error{Status: http.StatusForbidden, Code: "RdCheckNoPermission", Message: "The account is no member of the resource directory."}
		}
	}
	list, err := c.opt.World.List(Query{
		AccountID: account.ID,
		Region:    req.region,
		Action:    req.op.action,
		Params:    req.params,
		Now:       c.opt.Clock(),
		Call:      req.number,
	})
	if errors.Is(err, ErrUnknown) && req.op.recorded != nil {
		list, err = req.op.recorded(req.params), nil
	}
	if err != nil {
		if told := (*Error)(nil); errors.As(err, &told) {
			return nil, told
		}
		return nil, &Error{
			Status: http.StatusInternalServerError, Code: "InternalError",
			Message: "The request processing has failed due to some unknown error.",
		}
	}
	return req.op.shape(c, req, id, list)
}
