package fetch

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// maxDepth is how deep JSON columns and extra are nested; what lies deeper is
// kept as the text it is. PostgreSQL's own limit depends on its stack.
const maxDepth = 200

// appendCanonical appends JSON in the one form that equal values have: compact,
// the keys of objects sorted by their bytes, of equal keys the last one only,
// numbers as they came. It is made so that jsonb takes it: valid UTF-8, no NUL,
// no absurd numbers, not too deep.
func appendCanonical(dst []byte, v gjson.Result, depth int) []byte {
	switch v.Type {
	case gjson.Null:
		return append(dst, "null"...)
	case gjson.True:
		return append(dst, "true"...)
	case gjson.False:
		return append(dst, "false"...)
	case gjson.Number:
		return appendNumber(dst, v.Raw)
	case gjson.String:
		return appendString(dst, clean(v.Str))
	}
	if depth > maxDepth {
		return appendString(dst, clean(v.Raw))
	}
	if v.IsArray() {
		dst = append(dst, '[')
		start := len(dst)
		v.ForEach(func(_, element gjson.Result) bool {
			if len(dst) > start {
				dst = append(dst, ',')
			}
			dst = appendCanonical(dst, element, depth+1)
			return true
		})
		return append(dst, ']')
	}
	o := jsonObject{start: len(dst)}
	dst = append(dst, '{')
	v.ForEach(func(name, value gjson.Result) bool {
		dst = appendCanonical(o.open(dst, clean(name.Str)), value, depth+1)
		return true
	})
	return o.close(dst)
}

// appendMembers appends an object. The names of its members are clean.
func appendMembers(dst []byte, members []member, depth int) []byte {
	o := jsonObject{start: len(dst)}
	dst = append(dst, '{')
	for _, m := range members {
		dst = appendCanonical(o.open(dst, m.name), m.value, depth+1)
	}
	return o.close(dst)
}

// A jsonObject is one that is being appended, from start on: its members as they come, which
// are sorted in the end.
type jsonObject struct {
	start   int
	members []piece
	sorted  bool
}

// A piece is a member where it stands, its name and its value.
type piece struct {
	name     string
	from, to int
}

// open appends a member's name; its value comes next.
func (o *jsonObject) open(dst []byte, name string) []byte {
	if n := len(o.members); n > 0 {
		last := &o.members[n-1]
		last.to = len(dst)
		o.sorted = o.sorted && last.name < name
		dst = append(dst, ',')
	} else {
		o.sorted = true
	}
	o.members = append(o.members, piece{name: name, from: len(dst)})
	return append(appendString(dst, name), ':')
}

// close ends the object: sorted, and of members of one name with the last one only.
func (o *jsonObject) close(dst []byte) []byte {
	n := len(o.members)
	if n == 0 || o.sorted {
		return append(dst, '}')
	}
	o.members[n-1].to = len(dst)
	as := string(dst[o.start:])
	slices.SortStableFunc(o.members, func(a, b piece) int { return strings.Compare(a.name, b.name) })
	dst = dst[:o.start+1]
	for i, p := range o.members {
		if i+1 < n && o.members[i+1].name == p.name {
			continue
		}
		if len(dst) > o.start+1 {
			dst = append(dst, ',')
		}
		dst = append(dst, as[p.from-o.start:p.to-o.start]...)
	}
	return append(dst, '}')
}

// PostgreSQL's numeric has up to 131072 digits before the point and 16383
// after it. A number beyond these bounds, far within, is kept as a string.
const (
	maxDigits = 1000
	maxPower  = 1000 // largest exponent, either way
)

func appendNumber(dst []byte, number string) []byte {
	ok := len(number) <= maxDigits
	if i := strings.IndexAny(number, "eE"); ok && i >= 0 {
		exponent, err := strconv.Atoi(number[i+1:])
		ok = err == nil && -maxPower <= exponent && exponent <= maxPower
	}
	if !ok {
		return appendString(dst, number)
	}
	return append(dst, number...)
}

// appendString appends a JSON string. The text is valid UTF-8.
func appendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for i := range len(s) {
		switch b := s[i]; {
		case b == '"' || b == '\\':
			dst = append(dst, '\\', b)
		case b == '\n':
			dst = append(dst, '\\', 'n')
		case b == '\r':
			dst = append(dst, '\\', 'r')
		case b == '\t':
			dst = append(dst, '\\', 't')
		case b < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hex[b>>4], hex[b&15])
		default:
			dst = append(dst, b)
		}
	}
	return append(dst, '"')
}
