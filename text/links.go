package text

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Stored returns a text from outside as it is stored: with [Clean] and
// [WithoutCredentials]. Most texts have only plain characters, which one pass shows.
func Stored(s string) string {
	for i := range len(s) {
		if !plain[s[i]] {
			return WithoutCredentials(Clean(s))
		}
	}
	return s
}

// plain are the characters that need no change: ASCII without NUL and without the marks of
// WithoutCredentials.
var plain = func() (is [256]bool) {
	for c := 1; c < utf8.RuneSelf; c++ {
		is[c] = strings.IndexByte(marks, byte(c)) < 0
	}
	return is
}()

// marks: a text with credentials in a link has at least one of these. @ follows users, =
// follows parameters, and % and \ encode them.
const marks = "@=%\\"

// WithoutCredentials removes the credentials from every link in a text. User and password
// are removed. A query string or a fragment with a signature, a token or a key is removed
// as a whole, because such a link differs at each call. Everything else is kept. Links are
// also recognised in JSON inside a text, or encoded for a URL. A text without any of the
// marks costs almost nothing.
func WithoutCredentials(s string) string {
	if strings.IndexByte(s, '@') >= 0 || strings.IndexByte(s, '%') >= 0 {
		s = userInfo.ReplaceAllStringFunc(s, withoutUser)
	}
	if !strings.ContainsAny(s, marks[1:]) {
		return s
	}
	var b strings.Builder
	for {
		start := queryStart.FindStringIndex(s)
		if start == nil {
			break
		}
		end := start[1] + linkEnd(s[start[1]:])
		if holdsCredential(s[start[0]:end]) {
			b.WriteString(s[:start[0]])
		} else {
			b.WriteString(s[:end])
		}
		s = s[end:]
	}
	if b.Len() == 0 {
		return s
	}
	b.WriteString(s)
	return b.String()
}

var (
	// userInfo matches the beginning of a link, up to the last @ before its path.
	userInfo = regexp.MustCompile(`(?i)(^|[a-z0-9+.-](:|%3a))(//|\\/\\/|%2f%2f)[^\s/?#"'<>\\]*(@|%40)`)
	pathOf   = regexp.MustCompile(`(?i)%2f|%3f|%23`)
	slashes  = regexp.MustCompile(`(?i)//|\\/\\/|%2f%2f`)
	// queryStart matches the beginning of a query string, a fragment or a parameter.
	queryStart = regexp.MustCompile(`(?i)[?#&]|%(25)*(3f|23|26)|\\u00(3f|23|26)`)
	// credential matches a parameter that gives access to whoever has the link.
	credential = regexp.MustCompile(`(?i)[?#&;](amp;)*([a-z0-9_.-]*(signature|token|secret|passw(or)?d|credential|access[_-]?key|api[_-]?key|auth[_-]?key)[a-z0-9_.-]*|sig|sign|auth|authorization|pwd|key|jwt)=[^&]`)
	// escapes match the JSON escapes that matter here.
	escapes = regexp.MustCompile(`(?i)\\+u00(3f|23|26|3d)`)
)

// withoutUser removes user and password from a match of userInfo.
func withoutUser(s string) string {
	host := slashes.FindStringIndex(s)[1]
	if pathOf.MatchString(s[host:]) { // the @ is in the path
		return s
	}
	return s[:host]
}

// linkEnd returns where a link ends: before a blank, a quote, a bracket of markup, or
// Chinese punctuation, which has no blank before it.
func linkEnd(s string) int {
	end := len(s)
	if i := strings.IndexFunc(s, func(r rune) bool {
		return r <= ' ' || strings.ContainsRune("\"'`<>|", r) || r >= utf8.RuneSelf && (unicode.IsSpace(r) ||
			0x3000 <= r && r <= 0x303F || 0xFF00 <= r && r <= 0xFFEF)
	}); i >= 0 {
		end = i
	}
	for end > 0 && s[end-1] == '\\' { // it escapes the quote behind it
		end--
	}
	return end
}

// encodings is how many times a link may be encoded inside another one.
const encodings = 3

func holdsCredential(query string) bool {
	for range encodings + 1 {
		query = escapes.ReplaceAllStringFunc(query, func(s string) string { return "%" + s[len(s)-2:] })
		if credential.MatchString(query) {
			return true
		}
		decoded := unescape(query)
		if decoded == query {
			break
		}
		query = decoded
	}
	return false
}

// unescape decodes what it can, because a text may be cut in the middle of an escape.
func unescape(s string) string {
	return percent.ReplaceAllStringFunc(s, func(s string) string {
		if decoded, err := url.PathUnescape(s); err == nil {
			return decoded
		}
		return s
	})
}

var percent = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)
