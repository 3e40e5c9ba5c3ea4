package web

import (
	"net/http/httptest"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

// TestHostileText: whatever the page shows is text; nothing in it becomes markup or a control
// character.
func TestHostileText(t *testing.T) {
	t.Parallel()
	const hostile = "<script>alert(1)</script>\x1b[2J\x00\xff fdp.\u202etxt \u009b31m"
	w := httptest.NewRecorder()
	render(w, 200, "status.html", statusPage{
		Account: hostile, Accounts: []string{hostile}, Ignored: []string{hostile}, Note: hostile, Headline: headline{Text: hostile, Detail: hostile},
		Partitions: []partitionRow{{Source: hostile, Account: hostile, What: hostile, Todo: hostile}},
		Causes:     []cause{{partitionRow: partitionRow{Account: hostile, What: hostile}, Also: []string{hostile}}},
	})
	body := w.Body.String()
	require.Equal(t, 200, w.Code)
	require.Contains(t, body, `fdp.\u202etxt`)
	require.NotContains(t, body, "<script")
	require.Equal(t, -1, strings.IndexFunc(body, func(r rune) bool {
		return r != '\n' && r != '\t' && unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Bidi_Control, r)
	}))
}
