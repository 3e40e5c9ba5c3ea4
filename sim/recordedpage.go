package sim

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"syncer/source"
)

// A recordedPage is the pager of a recording. An answer is the recorded page with other
// items, and with its own total, token and RequestId.
type recordedPage struct {
	source *source.Source
	body   json.RawMessage
}

// read returns the page's items.
func (r recordedPage) read() (items []item, err error) {
	at := r.body
	for _, name := range path(r.source.Items) {
		var object map[string]json.RawMessage
		if err := json.Unmarshal(at, &object); err != nil {
			return nil, err
		}
		at = object[name]
	}
	if at == nil {
		return nil, nil
	}
	if _, object := r.source.Pager.(source.Object); !object {
		return items, json.Unmarshal(at, &items)
	}
	items = make([]item, 1)
	if err := json.Unmarshal(at, &items[0]); err != nil {
		return nil, err
	}
	delete(items[0], "RequestId") // it stands beside the fields if the row is the answer itself
	return items, nil
}

func (r recordedPage) shape(c *Cloud, req *request, id string, list Listing) ([]byte, error) {
	from, to := 0, list.Len()
	body := r.body
	put := func(at string, value json.RawMessage) { body = set(body, path(at), value) }
	switch p := r.source.Pager.(type) {
	case source.PageNumber:
		number, size := req.int(p.Page, 1), min(req.int(p.Size, sasPageSize), c.opt.MaxPageSize)
		from = min((number-1)*size, list.Len())
		to = min(from+size, list.Len())
		beside := p.Total[:strings.LastIndexByte(p.Total, '.')+1] // what describes the page
		put(beside+p.Page, digits(number))
		put(beside+p.Size, digits(size))
		put(beside+"Count", digits(to-from))
		put(p.Total, digits(list.Len()))
	case source.NextToken:
		at, err := c.readCursor(req, p.Token)
		if err != nil {
			return nil, err
		}
		from = min(at.offset, list.Len())
		to = min(from+min(req.int(p.Size, oosPageSize), c.opt.MaxPageSize), list.Len())
		next := ""
		if to < list.Len() {
			next = c.writeCursor(req, cursor{offset: to})
		}
		put(p.Next, quote(nil, next))
	case source.List:
		if p.Total != "" {
			put(p.Total, digits(list.Len()))
		}
	case source.Object:
		switch {
		case to > 0:
			put(r.source.Items, list.Append(nil, 0))
		case r.source.Items == "":
			body = json.RawMessage("{}")
		default:
			put(r.source.Items, nil)
		}
	}
	if _, object := r.source.Pager.(source.Object); !object {
		items := json.RawMessage{'['}
		for i := from; i < to; i++ {
			if i > from {
				items = append(items, ',')
			}
			items = list.Append(items, i)
		}
		put(r.source.Items, append(items, ']'))
	}
	put("RequestId", quote(nil, id))
	return body, nil
}

func digits(n int) json.RawMessage { return strconv.AppendInt(nil, int64(n), 10) }

// path splits a declared path. The empty path is the answer itself.
func path(s string) []string {
	return slices.DeleteFunc(strings.Split(s, "."), func(name string) bool { return name == "" })
}

// set returns a JSON object with another value at a path. A nil value removes what is there.
func set(object json.RawMessage, at []string, value json.RawMessage) json.RawMessage {
	if len(at) == 0 {
		return value
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(object, &members) != nil || members == nil {
		members = map[string]json.RawMessage{} // there is none yet, or a null
	}
	members[at[0]] = set(members[at[0]], at[1:], value)
	if members[at[0]] == nil {
		delete(members, at[0])
	}
	raw, err := json.Marshal(members)
	if err != nil {
		panic(err) // the values were read from JSON
	}
	return raw
}
