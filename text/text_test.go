package text

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestLine(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"all is well":                   "all is well",
		"服务器 é 👩‍💻":                     "服务器 é 👩‍💻",
		" one\r\ntwo\tthree\u2028four ": "one two three four",
		"\x1b[31mred\x1b]0;title\a":     `\x1b[31mred\x1b]0;title\x07`,
		"\u009b31m":                     `\x9b31m`,
		"a\u202egnp.exe":                `a\u202egnp.exe`,
		"\U000e0041\ufeff\u00ad":        `\U000e0041\ufeff\xad`,
		"\xff\xfe\x00":                  "\uFFFD\uFFFD\\x00",
		"\xed\xa0\x80":                  "\uFFFD\uFFFD\uFFFD", // a lone surrogate
	} {
		require.Equal(t, want, Line(in), "%q", in)
	}
	require.Equal(t, "a\n\tb\\x0d", Printable("a\n\tb\r"))
}

func TestCut(t *testing.T) {
	t.Parallel()
	require.Equal(t, "abc", Cut("abc", 3))
	require.Equal(t, "ab…", Cut("abcd", 3))
	require.Equal(t, "服务器", Cut("服务器", 3))
	require.Equal(t, "服务…", Cut("服务器名", 3))
	require.Equal(t, "…", Cut("服务器", 1))
	require.Equal(t, "abcdef", CutBytes("abcdef", 6))
	require.Equal(t, "abc…", CutBytes("abcdefg", 6))
	require.Equal(t, "服…", CutBytes("服务器", 8))
	long := strings.Repeat("服", 100)
	require.NotEqual(t, Fit(long+"a", 100), Fit(long+"b", 100))
	require.LessOrEqual(t, len(Fit(long, 100)), 100)
	require.Equal(t, long, Fit(long, 300))
}

// FuzzHarmless: whatever a text holds, nothing of it acts where people read it, all
// of it can be stored, and JSON stays the same JSON.
func FuzzHarmless(f *testing.F) {
	for _, s := range []string{"", "plain", "\x1b[2J", "\u202e\x00\xff", "\xed\xa0\x80", "\U000e0041", "a\r\nb", strings.Repeat("é", 50)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		line := Line(s)
		require.True(t, utf8.ValidString(line))
		require.Equal(t, -1, strings.IndexFunc(line, acts))
		require.Equal(t, line, Line(line))
		clean := Clean(s)
		require.True(t, utf8.ValidString(clean) && !strings.Contains(clean, "\x00"))
		require.LessOrEqual(t, utf8.RuneCountInString(Cut(s, 5)), max(5, 0))
		require.LessOrEqual(t, len(CutBytes(s, 5)), 5)
		require.LessOrEqual(t, len(Fit(s, 40)), 40)

		encoded, err := json.Marshal(s)
		require.NoError(t, err)
		escaped := JSON(string(encoded))
		require.Equal(t, -1, strings.IndexFunc(escaped, acts))
		var before, after string
		require.NoError(t, json.Unmarshal(encoded, &before))
		require.NoError(t, json.Unmarshal([]byte(escaped), &after))
		require.Equal(t, before, after)
	})
}
