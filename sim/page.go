package sim

import (
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"slices"
	"strconv"
)

// A pager writes an operation's answer with one page of its listing.
type pager interface {
	shape(c *Cloud, req *request, id string, list Listing) ([]byte, error)
}

// byNumber pages with CurrentPage and PageSize.
type byNumber struct {
	items   string
	count   bool // PageInfo has Count, the number of items on the page
	success bool // the answer begins with Success
}

const sasPageSize = 20 // items, if the client does not say how many

func (p byNumber) shape(c *Cloud, req *request, id string, list Listing) ([]byte, error) {
	number, size := req.int("CurrentPage", 1), min(req.int("PageSize", sasPageSize), c.opt.MaxPageSize)
	from := min((number-1)*size, list.Len())
	to := min(from+size, list.Len())
	o := p.open(id)
	o = o.object("PageInfo").int("CurrentPage", int64(number)).int("PageSize", int64(size)).int("TotalCount", int64(list.Len()))
	if p.count {
		o = o.int("Count", int64(to-from))
	}
	o = o.close()
	return o.items(p.items, list, from, to).close(), nil
}

func (p byNumber) open(id string) object {
	o := open(nil).text("RequestId", id)
	if p.success {
		o = o.bool("Success", true)
	}
	return o
}

// byEither pages like byNumber. With UseNextToken=true it pages with tokens, and then the
// answer has no total.
type byEither struct{ byNumber }

func (p byEither) shape(c *Cloud, req *request, id string, list Listing) ([]byte, error) {
	if req.params.Get("UseNextToken") != "true" {
		return p.byNumber.shape(c, req, id, list)
	}
	at, err := c.readCursor(req, "NextToken")
	if err != nil {
		return nil, err
	}
	size := min(req.int("PageSize", sasPageSize), c.opt.MaxPageSize)
	from := min(at.offset, list.Len())
	to := min(from+size, list.Len())
	o := p.open(id)
	o = o.object("PageInfo").int("Count", int64(to-from)).int("PageSize", int64(size))
	if to < list.Len() {
		o = o.text("NextToken", c.writeCursor(req, cursor{offset: to}))
	}
	o = o.close()
	return o.items(p.items, list, from, to).close(), nil
}

// byToken pages with NextToken and MaxResults. Before the end, pages may be shorter than
// requested, or empty. Only an empty NextToken ends the list.
type byToken struct{ items string }

const oosPageSize = 50 // items, if the client does not say how many

func (p byToken) shape(c *Cloud, req *request, id string, list Listing) ([]byte, error) {
	at, err := c.readCursor(req, "NextToken")
	if err != nil {
		return nil, err
	}
	size := min(req.int("MaxResults", oosPageSize), c.opt.MaxPageSize)
	from := min(at.offset, list.Len())
	to, next := min(from+size, list.Len()), cursor{}
	if to < list.Len() && !c.opt.FullPages {
		switch luck := chanceOf(req.caller.account.ID).of(uint64(from)); {
		case luck.of(0).under(0.05) && from > 0 && !at.paused:
			to, next.paused = from, true // an empty page, once
		case luck.of(1).under(0.2):
			to = from + max(1, (to-from)*2/3)
		}
	}
	token := ""
	if to < list.Len() {
		next.offset = to
		token = c.writeCursor(req, next)
	}
	o := open(nil).text("NextToken", token).text("RequestId", id).int("MaxResults", int64(size))
	return o.items(p.items, list, from, to).close(), nil
}

// unpaged answers with the whole listing.
type unpaged struct{ items string }

func (p unpaged) shape(_ *Cloud, _ *request, id string, list Listing) ([]byte, error) {
	return open(nil).text("RequestId", id).items(p.items, list, 0, list.Len()).close(), nil
}

// single answers with the first item of the listing. If there is none, the answer has no
// item.
type single struct{ item string }

func (p single) shape(_ *Cloud, _ *request, id string, list Listing) ([]byte, error) {
	o := open(nil).text("RequestId", id)
	if list.Len() > 0 {
		o = list.Append(o.key(p.item), 0)
	}
	return o.close(), nil
}

func (op *operation) shape(c *Cloud, req *request, id string, list Listing) ([]byte, error) {
	return op.page.shape(c, req, id, list)
}

// items appends the items from ≤ i < to.
func (o object) items(name string, list Listing, from, to int) object {
	o = append(o.key(name), '[')
	start := len(o)
	for i := from; i < to; i++ {
		if i > from {
			o = append(o, ',')
		}
		o = list.Append(o, i)
		if i == from { // items have similar sizes, so allocate once
			o = slices.Grow(o, (to-from)*(len(o)-start)*9/8)
		}
	}
	return append(o, ']')
}

// int returns a parameter that was already checked to be a number.
func (req *request) int(name string, otherwise int) int {
	if n, err := strconv.Atoi(req.params.Get(name)); err == nil {
		return n
	}
	return otherwise
}

// A cursor is the position at which a listing continues. Clients get it as an opaque token,
// which is valid only for the account, region and action that it was made for.
type cursor struct {
	offset int
	paused bool // the last page was empty
}

func (c *Cloud) writeCursor(req *request, at cursor) string {
	b := binary.AppendUvarint(nil, uint64(at.offset))
	if at.paused {
		b = append(b, 1)
	} else {
		b = append(b, 0)
	}
	return base64.RawURLEncoding.EncodeToString(append(c.tokenMark(req, b), b...))
}

func (c *Cloud) readCursor(req *request, param string) (cursor, error) {
	asked := req.params.Get(param)
	if asked == "" {
		return cursor{}, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(asked)
	if err != nil || len(raw) < markSize+2 || string(raw[:markSize]) != string(c.tokenMark(req, raw[markSize:])) {
		return cursor{}, &Error{
			Status: http.StatusBadRequest, Code: "InvalidParameter." + param,
			Message: "The specified parameter " + param + " is not valid.",
		}
	}
	offset, n := binary.Uvarint(raw[markSize:])
	return cursor{offset: int(offset), paused: raw[markSize+n] == 1}, nil
}

const markSize = 6 // bytes

// tokenMark binds a token's content to the caller. A restarted Cloud with the same accounts
// accepts the tokens of the one before.
func (c *Cloud) tokenMark(req *request, content []byte) []byte {
	h := chanceOf(req.caller.account.ID + req.region + req.op.action + string(content))
	return binary.BigEndian.AppendUint64(nil, uint64(h))[:markSize]
}
