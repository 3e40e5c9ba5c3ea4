// Package text makes text from outside harmless. What the cloud, the configuration or
// another program says is data: it is cleaned before it is stored, printed or sent, it
// contains no credentials then, and it is cut to the size that is allowed.
//
// It imports the standard library only, so that every package may use it.
package text

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean returns a text that PostgreSQL accepts: valid UTF-8 without NUL. Other bytes become
// U+FFFD.
func Clean(s string) string {
	i := 0
	for i < len(s) && 0 < s[i] && s[i] < utf8.RuneSelf {
		i++
	}
	if i == len(s) {
		return s // ASCII, like most texts
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "\uFFFD")
	}
	return s
}

// Line returns a text on one line, for people. White space is folded. Characters that act
// instead of being shown (control, escape and bidirectional characters) are written as \x1b
// or \u202e.
func Line(s string) string {
	return escape(strings.Join(strings.Fields(s), " "), acts, written)
}

// Printable is like [Line], but keeps line breaks and tabs.
func Printable(s string) string {
	return escape(s, func(r rune) bool { return r != '\n' && r != '\t' && acts(r) }, written)
}

// JSON makes JSON printable: in its strings, characters that act in a terminal are written
// as \u202e. encoding/json itself escapes only characters below U+0020.
func JSON(s string) string {
	return escape(s, func(r rune) bool { return r >= 0x7f && acts(r) }, func(r rune) string {
		if r > 0xffff {
			high, low := 0xd800+(r-0x10000)>>10, 0xdc00+(r-0x10000)&0x3ff
			return fmt.Sprintf(`\u%04x\u%04x`, high, low)
		}
		return fmt.Sprintf(`\u%04x`, r)
	})
}

// HTML makes a page printable: characters that act are written out.
func HTML(s string) string {
	return escape(s, func(r rune) bool { return r != '\n' && r != '\t' && r != '\r' && acts(r) }, written)
}

// escape writes the chosen characters with write, and broken encoding as U+FFFD.
func escape(s string, chosen func(rune) bool, write func(rune) string) string {
	harmless := utf8.ValidString(s) && strings.IndexFunc(s, chosen) < 0
	if harmless {
		return s
	}
	var b strings.Builder
	for _, r := range s { // broken encoding is read as U+FFFD
		if chosen(r) {
			b.WriteString(write(r))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// acts reports whether a character changes how others are shown, or what a terminal does.
// Joiners are allowed, because scripts and emoji need them.
func acts(r rune) bool {
	switch r {
	case '\u200c', '\u200d':
		return false
	case '\u2028', '\u2029':
		return true
	}
	return unicode.In(r, unicode.Cc, unicode.Cf)
}

func written(r rune) string {
	switch {
	case r <= 0xff:
		return fmt.Sprintf(`\x%02x`, r)
	case r <= 0xffff:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}

// Cut shortens a text to at most most characters.
func Cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	n := 0
	for i := range s {
		if n++; n == most {
			if _, size := utf8.DecodeRuneInString(s[i:]); i+size < len(s) {
				return s[:i] + "…"
			}
		}
	}
	return s
}

// CutBytes shortens a text to at most most bytes; most is 3 or more.
func CutBytes(s string, most int) string {
	if len(s) <= most {
		return s
	}
	end := most - len("…")
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}

// Fit shortens a name to at most most bytes; most is 40 or more. A name that is too long is
// cut and gets its hash at the end, so two different names stay different.
func Fit(s string, most int) string {
	if len(s) <= most {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	hash := hex.EncodeToString(sum[:16])
	return CutBytes(s, most-len(hash)) + hash
}

// Thousands writes 12,345.
func Thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
