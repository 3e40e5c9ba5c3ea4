package sim

import (
	"encoding/json"
	"net/url"
	"time"
)

// A World is where the data behind the gateway comes from: [Fleet], [Tables], or
// a test's own.
type World interface {
	// List answers a query that the gateway has checked: the caller is known and
	// allowed, the action and region exist, required parameters are there and
	// well-typed. An error of type *[Error] is sent as it is; any other becomes
	// a 500 InternalError.
	List(Query) (Listing, error)
}

// A Query is one listing that a client asks for.
type Query struct {
	AccountID string     // 16 digits
	Region    string     // whose endpoint was asked: of Security Center, one of its two centres
	Action    string     // ListAgentlessTask
	Params    url.Values // what the client sent, common parameters included
	Now       time.Time  // the moment that the answer describes
	// Call numbers the gateway's calls. Only what differs between two calls at
	// one moment may follow it: the signature of a link, the last login.
	Call int64
}

// A Listing is what stands in the answer's list, before paging. The gateway cuts
// pages out of it, so that an item is built only when it is sent.
type Listing interface {
	Len() int
	// Append appends item i as a JSON object to dst.
	Append(dst []byte, i int) []byte
}

// Items is a Listing of ready JSON objects.
type Items []json.RawMessage

// Len is the number of items.
func (l Items) Len() int { return len(l) }

// Append appends item i.
func (l Items) Append(dst []byte, i int) []byte { return append(dst, l[i]...) }

// generated is a Listing whose items are made when they are asked for.
type generated struct {
	len  int
	item func(dst []byte, i int) []byte
}

func (l generated) Len() int                        { return l.len }
func (l generated) Append(dst []byte, i int) []byte { return l.item(dst, i) }
