package text

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Stored is a text from outside as it is stored: [Clean], and [WithoutCredentials].
// Most texts are plain, which it finds in one pass.
func Stored(s string) string {
	for i := range len(s) {
		if !plain[s[i]] {
			return WithoutCredentials(Clean(s))
		}
	}
	return s
}

// plain are the characters of texts that stay as they are: ASCII, but for NUL and
// what WithoutCredentials looks for.
var plain = func() (is [256]bool) {
	for c := 1; c < utf8.RuneSelf; c++ {
		is[c] = strings.IndexByte(marks, byte(c)) < 0
	}
	return is
}()

// marks are the characters of which a text with credentials in a link has one: @ of
// users, = of parameters, and what each of these is encoded by.
const marks = "@=%\\"

// WithoutCredentials takes the credentials out of every link in a text: a query
// string or a fragment that holds a signature, a token or a key goes whole, since
// such a link changes at each call; of user and password nothing stays. All else is
// kept. Links are also known where they stand in JSON within a text, or encoded for
// a URL. A text without any of the characters that credentials follow costs next to
// nothing.
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
	// userInfo is where a link begins, up to the last @ before its path.
	userInfo = regexp.MustCompile(`(?i)(^|[a-z0-9+.-](:|%3a))(//|\\/\\/|%2f%2f)[^\s/?#"'<>\\]*(@|%40)`)
	pathOf   = regexp.MustCompile(`(?i)%2f|%3f|%23`)
	slashes  = regexp.MustCompile(`(?i)//|\\/\\/|%2f%2f`)
	// queryStart is what a query string, a fragment or a parameter begins with.
	queryStart = regexp.MustCompile(`(?i)[?#&]|%(25)*(3f|23|26)|\\u00(3f|23|26)`)
	// credential is a parameter that lets whoever has the link in.
	credential = regexp.MustCompile(`(?i)[?#&;](amp;)*([a-z0-9_.-]*(signature|token|secret|passw(or)?d|credential|access[_-]?key|api[_-]?key|auth[_-]?key)[a-z0-9_.-]*|sig|sign|auth|authorization|pwd|key|jwt)=[^&]`)
	// escapes are how JSON within a text writes what matters here.
	escapes = regexp.MustCompile(`(?i)\\+u00(3f|23|26|3d)`)
)

// withoutUser takes user and password out of a match of userInfo.
func withoutUser(s string) string {
	host := slashes.FindStringIndex(s)[1]
	if pathOf.MatchString(s[host:]) { // the @ stands in the path
		return s
	}
	return s[:host]
}

// linkEnd is where the rest of a link ends: before a blank, a quote, a bracket of
// markup or the punctuation of Chinese texts, which has no blank before it.
func linkEnd(s string) int {
	end := len(s)
	if i := strings.IndexFunc(s, func(r rune) bool {
		return r <= ' ' || strings.ContainsRune("\"'`<>|", r) || r >= utf8.RuneSelf && (unicode.IsSpace(r) ||
			0x3000 <= r && r <= 0x303F || 0xFF00 <= r && r <= 0xFFEF)
	}); i >= 0 {
		end = i
	}
	for end > 0 && s[end-1] == '\\' { // of the quote behind it
		end--
	}
	return end
}

// encodings is how many times a link may be encoded within another.
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

// unescape decodes what it can: a text may be cut in the middle of an escape.
func unescape(s string) string {
	return percent.ReplaceAllStringFunc(s, func(s string) string {
		if decoded, err := url.PathUnescape(s); err == nil {
			return decoded
		}
		return s
	})
}

var percent = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)
