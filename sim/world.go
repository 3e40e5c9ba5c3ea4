package sim

import (
	"encoding/json"
	"errors"
	"net/url"
	"time"
)

// A World is the source of the data: [Fleet], [Tables], or one that a test defines.
type World interface {
	// List answers a query that the gateway has checked: the caller is known and has the
	// permission, the action and region exist, and all required parameters are present and
	// valid. An error of type *[Error] is sent as it is. After [ErrUnknown] the gateway
	// answers from a recorded page. Any other error becomes a 500 InternalError.
	List(Query) (Listing, error)
}

// ErrUnknown is the error of a World that has no data for an action.
var ErrUnknown = errors.New("the world does not know this action")

// A Query is one listing that a client requests.
type Query struct {
	AccountID string     // 16 digits
	Region    string     // of the endpoint; for Security Center, one of its two centres
	Action    string     // ListAgentlessTask
	Params    url.Values // as the client sent them, common parameters included
	Now       time.Time  // the time that the answer describes
	// Call numbers the gateway's calls. Only data that differs between two calls at the
	// same time may depend on it: the signature of a link, the last login.
	Call int64
}

// A Listing is the complete list, before paging. The gateway takes pages from it, so an
// item is made only when it is sent.
type Listing interface {
	Len() int
	// Append appends item i as a JSON object to dst.
	Append(dst []byte, i int) []byte
}

// Items is a Listing of JSON objects.
type Items []json.RawMessage

// Len is the number of items.
func (l Items) Len() int { return len(l) }

// Append appends item i.
func (l Items) Append(dst []byte, i int) []byte { return append(dst, l[i]...) }

// generated is a Listing whose items are made on demand.
type generated struct {
	len  int
	item func(dst []byte, i int) []byte
}

func (l generated) Len() int                        { return l.len }
func (l generated) Append(dst []byte, i int) []byte { return l.item(dst, i) }
