package fetch

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/tidwall/gjson"
)

// maxNesting is how deep JSON may be nested, as for encoding/json.
const maxNesting = 10_000

// isJSON reports whether a text is JSON. gjson's check is several times as fast as
// encoding/json's, but has no bound of depth: what could be nested too deeply for the
// stack is left to the latter.
func isJSON(s string) bool {
	if strings.Count(s, "[")+strings.Count(s, "{") > maxNesting {
		return json.Valid([]byte(s))
	}
	return gjson.Valid(s)
}

// wholePairs replaces a lone half of a surrogate pair by U+FFFD where another \u follows.
// gjson would take both for one character, and lose what follows. The text is valid JSON.
func wholePairs(s string) string {
	if !strings.Contains(s, `\ud`) && !strings.Contains(s, `\uD`) {
		return s
	}
	var b strings.Builder
	from := 0 // of what is not in b yet
	for i := 0; ; {
		next := strings.IndexByte(s[i:], '\\')
		if next < 0 {
			break
		}
		i += next
		if s[i+1] != 'u' {
			i += len(`\n`)
			continue
		}
		half := codeUnit(s[i:])
		i += len(`\u0000`)
		if !utf16.IsSurrogate(half) || !strings.HasPrefix(s[i:], `\u`) {
			continue
		}
		if utf16.DecodeRune(half, codeUnit(s[i:])) != unicode.ReplacementChar {
			i += len(`\u0000`)
			continue
		}
		b.WriteString(s[from : i-len(`\u0000`)])
		b.WriteString(`\ufffd`)
		from = i
	}
	if from == 0 {
		return s
	}
	b.WriteString(s[from:])
	return b.String()
}

// codeUnit is the number of an escape that a text begins with, such as \u00fc.
func codeUnit(s string) rune {
	n, _ := strconv.ParseUint(s[len(`\u`):len(`\u0000`)], 16, 16)
	return rune(n)
}

// A reply is a JSON object from the cloud.
type reply struct {
	text      string
	fields    []field
	requestID string // as the answer's header tells it
	release   func() // gives back the room that it takes, see memory
}

// A field is one of an object.
type field struct {
	name  string
	value gjson.Result
}

// parseReply reports false where a text is no JSON object.
func parseReply(s string) (reply, bool) {
	r := reply{text: s}
	if !isJSON(s) {
		return r, false
	}
	r.text = wholePairs(s)
	object := gjson.Parse(r.text)
	if !object.IsObject() {
		return r, false
	}
	r.fields = fieldsOf(object)
	return r, true
}

// fieldsOf are an object's; nil: it is none.
func fieldsOf(object gjson.Result) (fields []field) {
	if object.IsObject() {
		object.ForEach(func(name, value gjson.Result) bool {
			fields = append(fields, field{name.Str, value})
			return true
		})
	}
	return fields
}

// get is the value at a dotted path. Of fields of one name, the first counts.
func (r reply) get(path string) gjson.Result {
	name, rest, nested := strings.Cut(path, ".")
	for _, f := range r.fields {
		switch {
		case f.name != name:
		case !nested:
			return f.value
		case f.value.IsObject():
			if value := f.value.Get(rest); value.Exists() {
				return value
			}
		}
	}
	return gjson.Result{}
}
