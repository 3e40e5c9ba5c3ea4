package fetch

import (
	"encoding/json"
	"strings"

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
	object := gjson.Parse(s)
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
