package text

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestScrubEverySpelling(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{"LTAI5tPlantedSecret", `p@ss/w"or<d> +é%`, "c2VjcmV0/aGVhZGVy+eA=="} {
		var s Secrets
		s.Hide("account", secret)
		quoted, err := json.Marshal(secret)
		require.NoError(t, err)
		forms := map[string]string{
			"raw": secret, "query": url.QueryEscape(secret), "path": url.PathEscape(secret), "twice": url.QueryEscape(url.QueryEscape(secret)),
			"lower query": strings.ToLower(url.QueryEscape("@/+ ")) + lowerHex(url.QueryEscape(secret)), "json": string(quoted), "html": html.EscapeString(secret),
			"quoted": fmt.Sprintf("%q", secret), "hex": hex.EncodeToString([]byte(secret)),
		}
		for _, before := range []string{"", "u", "us", "use", "user:", "some user:"} {
			for _, after := range []string{"", "x", "xy", "xyz"} {
				basic := base64.StdEncoding.EncodeToString([]byte(before + secret + after))
				forms["basic of "+before+" "+after] = basic
				forms["url basic of "+before+" "+after] = base64.RawURLEncoding.EncodeToString([]byte(before + secret + after))
				forms["basic in a URL of "+before+" "+after] = url.QueryEscape(basic)
				forms["basic in JSON of "+before+" "+after] = strings.ReplaceAll(basic, "/", `\/`)
			}
		}
		for what, form := range forms {
			got := s.Scrub("told: " + form + " was not accepted")
			require.Contains(t, got, "***", what)
			left := strings.TrimSuffix(strings.TrimPrefix(got, "told: "), " was not accepted")
			// Of base64, what is around the secret stays, and a character on each side that both decide.
			require.NotContains(t, left, secret, what)
			if strings.Contains(what, "basic") {
				for i := range 3 {
					clear := base64.RawStdEncoding.EncodeToString([]byte("xxx"[:i] + secret))
					require.NotContains(t, left, clear[i+2:len(clear)-2], what)
				}
			} else {
				require.Equal(t, "***", strings.Trim(left, `"% +024bf`), what)
			}
		}
		require.Equal(t, "nothing to hide", s.Scrub("nothing to hide"))
	}
}

// TestWordsStay: a password that is a word would be taken out of every sentence.
func TestWordsStay(t *testing.T) {
	t.Parallel()
	Hide("test of words", "postgres", "syncer", "", "12345678", "open-apis")
	require.Equal(t, "postgres refuses syncer 12345678 open-apis", Scrub("postgres refuses syncer 12345678 open-apis"))
}

// TestRenewedSecretsAreForgotten: of an owner, those before the last go.
func TestRenewedSecretsAreForgotten(t *testing.T) {
	t.Parallel()
	var s Secrets
	s.Hide("other", "other-secret-1")
	for _, token := range []string{"renewed-token-1", "renewed-token-2", "renewed-token-2", "renewed-token-3"} {
		s.Hide("role", token)
		require.Equal(t, "*** ***", s.Scrub(token+" other-secret-1"))
	}
	require.Equal(t, "renewed-token-1 *** ***", s.Scrub("renewed-token-1 renewed-token-2 renewed-token-3"))
}

func TestWriter(t *testing.T) {
	t.Parallel()
	Hide("test writer", "Planted-for-the-writer")
	var b bytes.Buffer
	n, err := Writer(&b).Write([]byte("it says Planted-for-the-writer\n"))
	require.NoError(t, err)
	require.Equal(t, 31, n)
	require.Equal(t, "it says ***\n", b.String())
}

func TestURLSecrets(t *testing.T) {
	t.Parallel()
	secrets := URLSecrets("https://user:pass-word-1@hooks.example.com/services/T00000001/key?access_token=abcdefgh12")
	for _, secret := range []string{"pass-word-1", "user:pass-word-1", "T00000001", "abcdefgh12"} {
		require.Contains(t, secrets, secret)
	}
	require.NotContains(t, secrets, "hooks.example.com")
}
