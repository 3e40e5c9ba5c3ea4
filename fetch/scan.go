package fetch

import (
	"math"
	"math/bits"
	"strings"

	"github.com/tidwall/gjson"
)

// The functions of this file take JSON and where something starts in it, and
// return where it ends: none, if it is not what JSON allows there. They accept
// what encoding/json accepts, and read every byte once.

// none lies behind the end of any text, so that whatever goes on there fails, too.
const none = math.MaxInt / 2

// maxNesting is how deep JSON may be nested, as for encoding/json.
const maxNesting = 10_000

// at is a byte of a text; 0, which JSON never holds, behind its end.
func at(s string, i int) byte {
	if uint(i) < uint(len(s)) { // saves the compiler's own check
		return s[i]
	}
	return 0
}

func scanSpace(s string, i int) int {
	for c := at(s, i); c <= ' ' && (c == ' ' || c == '\n' || c == '\r' || c == '\t'); c = at(s, i) {
		i++
	}
	return i
}

// scanValue takes a value that lies in so many others.
func scanValue(s string, i, depth int) int {
	switch at(s, i) {
	case '"':
		i, _ = scanString(s, i)
		return i
	case '{', '[':
		return scanInside(s, i, depth+1, nil)
	case 't':
		return scanWord(s, i, "true")
	case 'f':
		return scanWord(s, i, "false")
	case 'n':
		return scanWord(s, i, "null")
	}
	return scanNumber(s, i)
}

// scanInside takes an object or a list: each field or element by take, if that
// is not nil.
func scanInside(s string, i, depth int, take func(s string, i int) int) int {
	if depth > maxNesting {
		return none
	}
	isObject := s[i] == '{'
	end := s[i] + 2 // ] or }
	if i = scanSpace(s, i+1); at(s, i) == end {
		return i + 1
	}
	for {
		switch {
		case take != nil:
			i = take(s, i)
		case isObject:
			i, _ = scanString(s, i)
			i = scanValue(s, scanColon(s, i), depth)
		default:
			i = scanValue(s, i, depth)
		}
		i = scanSpace(s, i)
		switch at(s, i) {
		case end:
			return i + 1
		case ',':
			i = scanSpace(s, i+1)
		default:
			return none
		}
	}
}

// scanColon takes what stands between a name and its value.
func scanColon(s string, i int) int {
	if i = scanSpace(s, i); at(s, i) != ':' {
		return none
	}
	return scanSpace(s, i+1)
}

// scanString reports, too, whether a string is plain: each byte stands for itself.
func scanString(s string, i int) (end int, isPlain bool) {
	if at(s, i) != '"' {
		return none, false
	}
	isPlain = true
	for i++; ; {
		for i <= len(s)-8 {
			if found := stops(eight(s[i : i+8])); found != 0 {
				i += bits.TrailingZeros64(found) / 8
				break
			}
			i += 8
		}
		switch c := at(s, i); {
		case c == '"':
			return i + 1, isPlain
		case c == '\\':
			n := escaped(s[i:])
			if n == 0 {
				return none, false
			}
			i += n
			isPlain = false
		case c < ' ':
			return none, false
		default:
			i++
		}
	}
}

// escaped is how long the escape is that a text begins with; 0: it is none.
func escaped(s string) int {
	switch c := at(s, 1); {
	case c != 0 && strings.IndexByte(`"\/bfnrt`, c) >= 0:
		return len(`\n`)
	case c == 'u' && isHex(at(s, 2)) && isHex(at(s, 3)) && isHex(at(s, 4)) && isHex(at(s, 5)):
		return len(`\u0000`)
	}
	return 0
}

// eight is the first eight bytes of a text, the first one lowest.
func eight(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// stops has a bit in the lowest of eight bytes that does not stand for itself in
// a string: a quote, a backslash or what is below the space. Bits above that
// one say nothing; 0: all eight do.
func stops(x uint64) uint64 {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	// A byte b is below n if b-n borrows, and b has no high bit itself. Turning
	// bit 1 puts the quote beside what is below the space: at the space's place.
	turned, backslash := x^ones*2, x^ones*'\\'
	return ((turned-ones*(' '+1))&^turned | (backslash-ones)&^backslash) & high
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func scanNumber(s string, i int) int {
	if at(s, i) == '-' {
		i++
	}
	if at(s, i) == '0' {
		i++
	} else {
		i = scanDigits(s, i)
	}
	if at(s, i) == '.' {
		i = scanDigits(s, i+1)
	}
	if c := at(s, i); c == 'e' || c == 'E' {
		i++
		if c := at(s, i); c == '+' || c == '-' {
			i++
		}
		i = scanDigits(s, i)
	}
	return i
}

func scanDigits(s string, i int) int {
	start := i
	for c := at(s, i); '0' <= c && c <= '9'; c = at(s, i) {
		i++
	}
	if i == start {
		return none
	}
	return i
}

func scanWord(s string, i int, word string) int {
	if !strings.HasPrefix(s[i:], word) {
		return none
	}
	return i + len(word)
}

// isJSON reports whether a text is JSON. No text makes it overflow the stack.
func isJSON(s string) bool {
	return scanSpace(s, scanValue(s, scanSpace(s, 0), 0)) == len(s)
}

// parsed is a JSON value that was scanned.
func parsed(value string) gjson.Result {
	if text, ok := plainString(value); ok {
		return gjson.Result{Type: gjson.String, Raw: value, Str: text}
	}
	return gjson.Parse(value)
}

// plainString is the text of a string that was scanned and needs no unescaping.
func plainString(value string) (text string, ok bool) {
	if value[0] != '"' || strings.IndexByte(value, '\\') >= 0 {
		return "", false
	}
	return value[1 : len(value)-1], true
}

// A reply is a JSON object from the cloud.
type reply struct {
	text      string
	fields    []field
	requestID string // as the answer's header tells it
	release   func() // gives back the room that it takes, see memory
}

// A field is one of an object, its value as it is written.
type field struct{ name, value string }

// parseReply reports false where a text is no JSON object.
func parseReply(s string) (reply, bool) {
	r := reply{text: s}
	start := scanSpace(s, 0)
	if at(s, start) != '{' {
		return r, false
	}
	end := scanInside(s, start, 1, func(s string, name int) int {
		end, _ := scanString(s, name)
		value := scanColon(s, end)
		i := scanValue(s, value, 1)
		if i != none {
			r.fields = append(r.fields, field{parsed(s[name:end]).Str, s[value:i]})
		}
		return i
	})
	return r, scanSpace(s, end) == len(s)
}

// get is the value at a dotted path. Of fields of one name, the first counts.
func (r reply) get(path string) gjson.Result {
	name, rest, nested := strings.Cut(path, ".")
	for _, f := range r.fields {
		switch {
		case f.name != name:
		case !nested:
			return parsed(f.value)
		case f.value[0] == '{':
			if value := gjson.Get(f.value, rest); value.Exists() {
				return value
			}
		}
	}
	return gjson.Result{}
}
