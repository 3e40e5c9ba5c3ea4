package text

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Secrets are texts that must not be written, in any spelling: as they are, in base64 (also
// inside a longer text), in hexadecimal, in a URL, in JSON, in HTML. The zero value has no
// secrets. It is safe for concurrent use.
type Secrets struct {
	mu      sync.RWMutex
	owners  map[string][2][]string // of each owner, the present secrets and those before
	uses    map[string]int         // how many owners have each secret
	index   map[string][]string    // spellings of all secrets, by their first bytes
	lengths [indexed + 1]int       // how many spellings have a key of each length in the index
}

// indexed is the length of the index's keys, in bytes. A shorter spelling is its own key.
const indexed = 8

// process has the secrets of this process.
var process Secrets

// Hide adds secrets for [Scrub]. An owner's present secrets and the ones before are known;
// older ones are forgotten, because keys that are renewed every hour must not be kept for
// years.
func Hide(owner string, secrets ...string) {
	process.Hide(owner, slices.DeleteFunc(slices.Clone(secrets), word)...)
}

// Scrub replaces every secret of this process by ***, and removes the credentials from
// links.
func Scrub(s string) string { return WithoutCredentials(process.Scrub(s)) }

// Hide is like the function [Hide], but also adds secrets that look like words.
func (s *Secrets) Hide(owner string, secrets ...string) {
	secrets = slices.DeleteFunc(slices.Clone(secrets), func(secret string) bool { return len(secret) < 2 })
	s.mu.Lock()
	defer s.mu.Unlock()
	had := s.owners[owner]
	if len(secrets) == 0 || slices.Equal(had[0], secrets) {
		return
	}
	if s.owners == nil {
		s.owners = map[string][2][]string{}
	}
	s.owners[owner] = [2][]string{secrets, had[0]}
	for _, secret := range secrets {
		s.know(secret)
	}
	for _, secret := range had[1] {
		s.forget(secret)
	}
}

// know adds the spellings of a secret to the index. Its cost does not depend on how many
// secrets are known: there may be many accounts, and the keys of each are renewed every
// hour.
func (s *Secrets) know(secret string) {
	if s.uses == nil {
		s.uses, s.index = map[string]int{}, map[string][]string{}
	}
	if s.uses[secret]++; s.uses[secret] > 1 {
		return
	}
	for _, spelling := range spellings(secret) {
		begin := spelling[:min(indexed, len(spelling))]
		s.index[begin] = append(s.index[begin], spelling)
		s.lengths[len(begin)]++
	}
}

// forget undoes know. Another secret may have the same spelling, so only one is removed.
func (s *Secrets) forget(secret string) {
	if s.uses[secret]--; s.uses[secret] > 0 {
		return
	}
	delete(s.uses, secret)
	for _, spelling := range spellings(secret) {
		begin := spelling[:min(indexed, len(spelling))]
		i := slices.Index(s.index[begin], spelling)
		s.index[begin] = slices.Delete(s.index[begin], i, i+1)
		if len(s.index[begin]) == 0 {
			delete(s.index, begin)
		}
		s.lengths[len(begin)]--
	}
}

const hidden = "***"

// Scrub replaces every secret by ***.
func (s *Secrets) Scrub(text string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var b strings.Builder
	done := 0
	for i := 0; i < len(text); {
		length := s.begins(text[i:])
		if length == 0 {
			i++
			continue
		}
		b.WriteString(text[done:i])
		b.WriteString(hidden)
		i += length
		done = i
	}
	if done == 0 {
		return text
	}
	b.WriteString(text[done:])
	return b.String()
}

// begins returns the length of the longest spelling with which a text begins; 0: none. The
// longest, because a secret may be a part of another one.
func (s *Secrets) begins(text string) (length int) {
	for n := min(indexed, len(text)); n > 0 && length == 0; n-- {
		if s.lengths[n] == 0 {
			continue
		}
		for _, spelling := range s.index[text[:n]] {
			if len(spelling) > length && strings.HasPrefix(text, spelling) {
				length = len(spelling)
			}
		}
	}
	return length
}

// word reports whether a text is too short or too plain to be hidden: "postgres" would be
// removed from every sentence that has it by chance.
func word(s string) bool {
	const short, plain = 8, 12
	return len(s) < short || len(s) < plain && (strings.Trim(s, "abcdefghijklmnopqrstuvwxyz/-_.") == "" || strings.Trim(s, "0123456789") == "")
}

// spellings returns the forms in which a secret may be written.
func spellings(secret string) []string {
	inner := append([]string{secret, hex.EncodeToString([]byte(secret)), strings.ToUpper(hex.EncodeToString([]byte(secret)))}, inBase64(secret)...)
	var all []string
	for _, s := range inner {
		query, path := url.QueryEscape(s), url.PathEscape(s)
		quoted, _ := json.Marshal(s) // a string can always be encoded
		all = append(all, s, query, path, lowerHex(query), lowerHex(path), url.QueryEscape(query), lowerHex(url.QueryEscape(query)),
			unquoted(string(quoted)), unquoted(plainJSON(s)), strings.ReplaceAll(s, "/", `\/`), unquoted(strconv.Quote(s)), html.EscapeString(s))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// inBase64 returns the parts of base64 that a secret alone decides, whatever is before and
// after it. Three bytes are four characters, so there are three possible positions.
func inBase64(secret string) (parts []string) {
	const fewest = 6 // a shorter part could be anywhere by chance
	for before := range 3 {
		text := append(make([]byte, before), secret...)
		from, to := (8*before+5)/6, 8*len(text)/6 // characters that only the secret decides
		if to-from < fewest {
			continue
		}
		parts = append(parts, base64.RawStdEncoding.EncodeToString(text)[from:to], base64.RawURLEncoding.EncodeToString(text)[from:to])
	}
	return parts
}

var escapedByte = regexp.MustCompile(`%[0-9A-F]{2}`)

func lowerHex(s string) string { return escapedByte.ReplaceAllStringFunc(s, strings.ToLower) }

func unquoted(s string) string { return s[1 : len(s)-1] }

// plainJSON encodes a JSON string without escaping <, > and &.
func plainJSON(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string can always be encoded
	return strings.TrimSuffix(b.String(), "\n")
}

// URLSecrets returns what is secret in an address with secret path and parameters, such as
// that of a webhook: everything except the scheme, the host, and short parts of the path,
// which are names of services and versions.
func URLSecrets(address string) []string {
	secrets := []string{address}
	u, err := url.Parse(address)
	if err != nil {
		return secrets
	}
	secrets = append(secrets, u.RequestURI(), u.EscapedPath(), u.RawQuery)
	for _, values := range u.Query() {
		secrets = append(secrets, values...)
	}
	for part := range strings.SplitSeq(u.Path, "/") {
		if len(part) > 7 {
			secrets = append(secrets, part)
		}
	}
	if password, ok := u.User.Password(); ok {
		secrets = append(secrets, password, u.User.Username()+":"+password)
	}
	return append(secrets, u.User.Username())
}

// Writer passes on log lines without the secrets of this process and without characters
// that act in a terminal. Each call of Write must contain whole lines, as those of loggers
// do.
func Writer(w io.Writer) io.Writer { return writer{w} }

type writer struct{ to io.Writer }

func (w writer) Write(line []byte) (int, error) {
	if _, err := io.WriteString(w.to, JSON(Scrub(string(line)))); err != nil {
		return 0, err
	}
	return len(line), nil
}
