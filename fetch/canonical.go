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
		return appendString(dst, clean(strings.TrimSpace(v.Raw)))
	}
	if v.IsObject() {
		var members []member
		v.ForEach(func(name, value gjson.Result) bool {
			members = append(members, member{clean(name.Str), value})
			return true
		})
		return appendMembers(dst, members, depth)
	}
	dst = append(dst, '[')
	first := true
	v.ForEach(func(_, value gjson.Result) bool {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = appendCanonical(dst, value, depth+1)
		return true
	})
	return append(dst, ']')
}

// appendMembers appends an object; it sorts the members. Their names are clean.
func appendMembers(dst []byte, members []member, depth int) []byte {
	slices.SortStableFunc(members, func(a, b member) int { return strings.Compare(a.name, b.name) })
	dst = append(dst, '{')
	first := true
	for i := range members {
		if i+1 < len(members) && members[i+1].name == members[i].name {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = appendString(dst, members[i].name)
		dst = append(dst, ':')
		dst = appendCanonical(dst, members[i].value, depth+1)
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
