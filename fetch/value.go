package fetch

import (
	"math/big"
	"strconv"
	"strings"
	"time"

	"syncer/source"
	"syncer/text"

	"github.com/tidwall/gjson"
)

// decode makes a column's value of a JSON value. It reports false where the
// column's type refuses it; null, the column's NullText and, but for text, the
// empty string are NULL.
func (d *decoder) decode(c *source.Column, r gjson.Result) (source.Value, bool) {
	if r.Type == gjson.Null {
		return source.Value{}, true
	}
	if c.Type == source.JSON {
		if r.Type == gjson.String && saysNull(c, r.Str) {
			return source.Value{}, true
		}
		return d.decodeJSON(r)
	}
	text, ok := scalar(r)
	if !ok {
		return source.Value{}, false
	}
	if r.Type == gjson.String && saysNull(c, text) {
		return source.Value{}, true
	}
	return decodeText(c, text)
}

func saysNull(c *source.Column, text string) bool {
	return c.NullText != "" && cutLine(text) == c.NullText
}

// decodeText makes a column's value, but not JSON, of a scalar's text.
func decodeText(c *source.Column, text string) (source.Value, bool) {
	switch c.Type {
	case source.Text:
		return source.TextValue(cutLine(clean(text))), true
	case source.URL:
		return source.TextValue(bareURL(cutLine(clean(text)))), true
	}
	if text == "" {
		return source.Value{}, true
	}
	switch c.Type {
	case source.BigInt:
		n, ok := whole(text)
		return orNull(source.IntValue(n), ok)
	case source.Double:
		if len(text) > maxDigits || !isNumber(text) {
			return source.Value{}, false
		}
		f, err := strconv.ParseFloat(text, 64)
		return orNull(source.DoubleValue(f), err == nil)
	case source.Bool:
		return decodeBool(text)
	case source.Millis:
		return decodeMillis(text)
	case source.ISOTime:
		return decodeISO(text)
	case source.LocalTime:
		return decodeLocal(text, c.Zone)
	}
	return source.Value{}, false
}

func orNull(v source.Value, ok bool) (source.Value, bool) {
	if !ok {
		return source.Value{}, false
	}
	return v, true
}

// scalar is the text of a string, number or boolean, numbers as they are written.
func scalar(r gjson.Result) (string, bool) {
	switch r.Type {
	case gjson.String:
		return r.Str, true
	case gjson.Number, gjson.True, gjson.False:
		return r.Raw, true
	}
	return "", false
}

// clean is a text that PostgreSQL takes, and that lets nobody in: without the
// credentials of links, which are in messages and names, too, and in fields that no
// column holds. Signed links change at each call besides.
func clean(s string) string { return text.Stored(s) }

// cutLine cuts the line breaks that some APIs end texts with.
func cutLine(s string) string {
	for s != "" && (s[len(s)-1] == '\n' || s[len(s)-1] == '\r') {
		s = s[:len(s)-1]
	}
	return s
}

// bareURL is a URL without user, query string and fragment. It works on any
// text, since a URL that does not parse may hold a signature, too.
func bareURL(s string) string {
	if i := strings.IndexAny(s, "?#"); i >= 0 {
		s = s[:i]
	}
	start := 0 // of the authority
	if i := strings.Index(s, "//"); i >= 0 {
		start = i + len("//")
	}
	end := len(s)
	if i := strings.IndexByte(s[start:], '/'); i >= 0 {
		end = start + i
	}
	if i := strings.LastIndexByte(s[start:end], '@'); i >= 0 {
		s = s[:start] + s[start+i+1:]
	}
	return s
}

// isNumber reports whether a text is a number as JSON writes it: no plus sign,
// no leading zero, no hexadecimals, no infinity.
func isNumber(s string) bool {
	digit := func(c byte) bool { return '0' <= c && c <= '9' }
	return s != "" && (s[0] == '-' || digit(s[0])) && digit(s[len(s)-1]) && gjson.Valid(s)
}

// A bigint has 19 digits. These bound what is computed exactly, whose time grows
// with the square of the digits: a number of millions of them takes minutes.
const (
	maxWhole    = 100 // bytes
	maxExponent = 30
)

// whole is a number without a fraction: 12, 12.0 or 1.2e1.
func whole(s string) (int64, bool) {
	if len(s) > maxWhole || !isNumber(s) {
		return 0, false
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, true
	}
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		if exponent, err := strconv.Atoi(s[i+1:]); err != nil || exponent < -maxExponent || exponent > maxExponent {
			return 0, false
		}
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok || !r.IsInt() || !r.Num().IsInt64() {
		return 0, false
	}
	return r.Num().Int64(), true
}

func decodeBool(text string) (source.Value, bool) {
	switch {
	case text == "1", strings.EqualFold(text, "true"):
		return source.BoolValue(true), true
	case text == "0", strings.EqualFold(text, "false"):
		return source.BoolValue(false), true
	}
	return source.Value{}, false
}

// What an API tells of lies between these, in microseconds since 1970. What does not
// is no moment: -1 for never, year 1, an epoch in seconds where milliseconds are due.
var (
	firstMoment = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	endOfTime   = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
)

func decodeMillis(text string) (source.Value, bool) {
	n, ok := whole(text)
	if ok && n == 0 { // none, by the APIs' own pages
		return source.Value{}, true
	}
	ok = ok && n >= firstMoment/1000 && n < endOfTime/1000 // before n*1000 may overflow
	return orNull(source.IntValue(n*1000), ok)
}

// isoLayouts are the forms of ISO 8601 that are taken; a fraction of a second
// may follow the seconds.
var isoLayouts = []string{
	time.RFC3339,
	"2006-01-02T15:04Z07:00",
	"2006-01-02T15:04:05Z0700",
	"2006-01-02T15:04Z0700",
}

// maxISO is how long a moment may be written, in bytes: with a fraction of nanoseconds
// and a time zone it takes 35.
const maxISO = 64

func decodeISO(text string) (source.Value, bool) {
	if len(text) > maxISO {
		return source.Value{}, false
	}
	for _, layout := range isoLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			v := source.TimeValue(t)
			return orNull(v, v.Int >= firstMoment && v.Int < endOfTime)
		}
	}
	return source.Value{}, false
}

// decodeLocal takes 2006-01-02 15:04:05 as the time of a zone.
func decodeLocal(text string, zone *time.Location) (source.Value, bool) {
	if len(text) > maxISO {
		return source.Value{}, false
	}
	t, err := time.ParseInLocation(source.LocalForm, text, zone)
	v := source.TimeValue(t)
	return orNull(v, err == nil && v.Int >= firstMoment && v.Int < endOfTime)
}

// wrappings is how many times JSON may be wrapped in a string.
const wrappings = 3

// unwrapped is the JSON that a string holds. A string that holds none stays a string.
func unwrapped(r gjson.Result) gjson.Result {
	for range wrappings {
		if r.Type != gjson.String || !isJSON(r.Str) {
			break
		}
		r = gjson.Parse(wholePairs(r.Str))
	}
	return r
}

func (d *decoder) decodeJSON(r gjson.Result) (source.Value, bool) {
	r = unwrapped(r)
	if r.Type == gjson.Null || r.Type == gjson.String && r.Str == "" {
		return source.Value{}, true
	}
	d.scratch = appendCanonical(d.scratch[:0], r, 1)
	return source.TextValue(string(d.scratch)), true
}
