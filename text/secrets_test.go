package text

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
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

// TestScrubIsLeftmostLongest: whatever has been hidden and forgotten, what is taken out is
// every spelling of what is known, the longest where several begin; and nothing is kept of
// what is not.
func TestScrubIsLeftmostLongest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var s Secrets
		secret := rapid.OneOf(rapid.StringMatching(`[ab/]{2,5}`), rapid.StringMatching(`(ab|/c){2,8}`), rapid.StringMatching(`abcdefgh[ij+]{0,4}`))
		model := map[string][2][]string{}
		hidden := []string{"abcdefgh"}
		for range rapid.IntRange(1, 12).Draw(t, "hides") {
			owner, secrets := rapid.SampledFrom([]string{"x", "y", "z"}).Draw(t, "owner"), rapid.SliceOfN(secret, 1, 3).Draw(t, "secrets")
			s.Hide(owner, secrets...)
			if !slices.Equal(model[owner][0], secrets) {
				model[owner] = [2][]string{secrets, model[owner][0]}
			}
			hidden = append(hidden, secrets...)
		}
		known := map[string]bool{}
		for _, had := range model {
			for _, secret := range slices.Concat(had[0], had[1]) {
				known[secret] = true
			}
		}
		var all []string
		for secret := range known {
			all = append(all, spellings(secret)...)
		}
		slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
		var pairs []string
		for _, spelling := range all {
			pairs = append(pairs, spelling, "***")
		}
		var text strings.Builder
		for range rapid.IntRange(0, 8).Draw(t, "parts") {
			text.WriteString(rapid.SampledFrom(spellings(rapid.SampledFrom(hidden).Draw(t, "of"))).Draw(t, "spelling"))
			text.WriteString(rapid.StringMatching(`[ab/ ]{0,3}`).Draw(t, "between"))
		}
		require.Equal(t, strings.NewReplacer(pairs...).Replace(text.String()), s.Scrub(text.String()))
		kept := 0
		for begin, of := range s.index {
			require.NotEmpty(t, of, begin)
			kept += len(of)
		}
		require.Len(t, all, kept)
		require.Len(t, s.uses, len(known))
	})
}

// TestManyOwners: many goroutines write while the keys of many owners are renewed.
func TestManyOwners(t *testing.T) {
	t.Parallel()
	var s Secrets
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i := range 100 {
				token := fmt.Sprintf("token-%d-of-worker-%d", i, worker)
				s.Hide(fmt.Sprint("owner ", worker), token)
				if got := s.Scrub("told " + token); got != "told ***" {
					t.Error(got)
				}
			}
		})
	}
	wg.Wait()
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
