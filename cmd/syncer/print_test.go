package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"syncer/text"
)

// hostile are texts that act where they are shown as they are.
var hostile = []string{
	"\x1b[2J\x1b]0;owned\a", "\u009b31m", "one\r\nall is well", "fdp.\u202etxt", "\x00", "\xff\xed\xa0\x80", strings.Repeat("x", 10_000), "\u2028\u2029\x7f",
}

// requireHarmless: what was printed is text in lines, and none of them is one that a
// hostile text began.
func requireHarmless(t *testing.T, printed string) {
	t.Helper()
	require.True(t, utf8.ValidString(printed))
	require.Equal(t, -1, strings.IndexFunc(printed, func(r rune) bool {
		return r != '\n' && (unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029')
	}), "%q", printed)
	for line := range strings.Lines(printed) {
		require.False(t, strings.HasPrefix(line, "all is well"), "%q", printed)
	}
}

func TestHostileTextIsPrintedHarmlessly(t *testing.T) {
	t.Parallel()
	const secret = "Planted-in-what-is-printed"
	text.Hide("print test", secret)
	for _, s := range append(hostile, secret) {
		var out, errs bytes.Buffer
		p := &program{stdout: &out, stderr: &errs, getenv: func(string) string { return "" }}
		table := newTable("name", s)
		table.AppendRow([]any{s, p.colour(s, 0)})
		printTable(&out, table)
		printRows(&out, []string{"a", s}, [][]string{{"1", s}})
		p.printf("%s: %s %v\n", s, errors.New(s), 1)
		p.printChecks(checkReport{Checks: []finding{{Check: s, Account: s, Region: s, Result: resultFailed, Found: s, Remedy: s}}})
		require.NoError(t, printJSON(&out, map[string]string{"text": s}))
		for _, p.logFormat = range []string{"text", "json"} {
			require.NoError(t, p.setUpLog())
			p.log.Warn(s, "text", s, "error", errors.New(s))
		}
		require.Equal(t, exitUsage, p.run(t.Context(), []string{"sync", "--config", "/missing/" + s}))
		requireHarmless(t, out.String()+errs.String())
		require.NotContains(t, out.String()+errs.String(), secret)
		require.Less(t, utf8.RuneCountInString(strings.SplitN(out.String(), "\n", 2)[0]), 1000, "the width of a table")
	}
	var b bytes.Buffer
	require.NoError(t, printJSON(&b, hostile[:4]))
	var same []string
	require.NoError(t, json.Unmarshal(b.Bytes(), &same))
	require.Equal(t, hostile[:4], same)
}
