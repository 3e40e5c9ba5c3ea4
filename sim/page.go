package sim

import (
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"slices"
	"strconv"
)

// A pager shapes the answer of an operation around a part of its listing.
type pager interface {
	shape(c *Cloud, req *request, id string, list Listing) ([]byte, error)
}

// byNumber pages by CurrentPage and PageSize.
type byNumber struct {
	items   string
	count   bool // PageInfo tells Count, the items on the page
	success bool // the answer begins with Success
}

const sasPageSize = 20 // items, when the client does not say

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

// byEither pages as byNumber does, or with UseNextToken=true by tokens, and then
// tells no total.
type byEither struct{ byNumber }

func (p byEither) shape(c *Cloud, req *request, id string, list Listing) ([]byte, error) {
	if req.params.Get("UseNextToken") != "true" {
		return p.byNumber.shape(c, req, id, list)
	}
	at, err := c.readCursor(req)
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

// byToken pages by NextToken and MaxResults. Pages may be shorter than asked, and
// even empty, before the end: only an empty NextToken ends the list.
type byToken struct{ items string }

const oosPageSize = 50 // items, when the client does not say

func (p byToken) shape(c *Cloud, req *request, id string, list Listing) ([]byte, error) {
	at, err := c.readCursor(req)
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

// unpaged answers the whole listing.
type unpaged struct{ items string }

func (p unpaged) shape(_ *Cloud, _ *request, id string, list Listing) ([]byte, error) {
	return open(nil).text("RequestId", id).items(p.items, list, 0, list.Len()).close(), nil
}

// single answers the listing's first item; without one, an answer without it.
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
		if i == from { // items are much alike: take the memory for all at once
			o = slices.Grow(o, (to-from)*(len(o)-start)*9/8)
		}
	}
	return append(o, ']')
}

// int is a parameter that has been checked to be a number.
func (req *request) int(name string, otherwise int) int {
	if n, err := strconv.Atoi(req.params.Get(name)); err == nil {
		return n
	}
	return otherwise
}

// A cursor is where a listing goes on. Clients see it as an opaque token, which
// is good only for the account, region and action that it was given to.
type cursor struct {
	offset int
	paused bool // the page before was empty
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

func (c *Cloud) readCursor(req *request) (cursor, error) {
	asked := req.params.Get("NextToken")
	if asked == "" {
		return cursor{}, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(asked)
	if err != nil || len(raw) < markSize+2 || string(raw[:markSize]) != string(c.tokenMark(req, raw[markSize:])) {
		return cursor{}, &Error{
			Status: http.StatusBadRequest, Code: "InvalidParameter.NextToken",
			Message: "The specified parameter NextToken is not valid.",
		}
	}
	offset, n := binary.Uvarint(raw[markSize:])
	return cursor{offset: int(offset), paused: raw[markSize+n] == 1}, nil
}

const markSize = 6 // bytes

// tokenMark ties a token's content to whom it was given. A Cloud started anew
// with the same accounts still understands its predecessor's tokens.
func (c *Cloud) tokenMark(req *request, content []byte) []byte {
	h := chanceOf(req.caller.account.ID + req.region + req.op.action + string(content))
	return binary.BigEndian.AppendUint64(nil, uint64(h))[:markSize]
}
