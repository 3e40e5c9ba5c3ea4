package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"syncer/internal/web"
)

const (
	asPage = "Accept: text/html"
	form   = "Content-Type: application/x-www-form-urlencoded"
)

func TestWithoutATokenOnlyThisMachineIsAnswered(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "", "production")
	for host, want := range map[string]int{
		"localhost:8080": 200, "127.0.0.1": 200, "[::1]:8080": 200, "LOCALHOST": 200, "127.9.9.9:1": 200,
		"evil.example": 403, "localhost.evil.example": 403, "192.168.1.2:8080": 403, "127.0.0.1.evil.example:8080": 403, "[::2]": 403,
	} {
		for _, path := range []string{"/", "/metrics", "/river/"} {
			assert.Equal(t, want, h.ask(t, "GET", path, "", "Host: "+host, asPage).StatusCode, "%s of %s", path, host)
		}
	}
	// What changes something must come from these pages.
	const cancel = "/river/api/jobs/cancel"
	assert.Equal(t, 403, h.ask(t, "POST", cancel, `{"ids":["1"]}`, "Origin: http://evil.example").StatusCode)
	assert.Equal(t, 403, h.ask(t, "POST", cancel, `{"ids":["1"]}`, "Sec-Fetch-Site: cross-site").StatusCode)
	looking := h.ask(t, "POST", cancel, `{"ids":["1"]}`, "Sec-Fetch-Site: same-origin")
	assert.Equal(t, 403, looking.StatusCode)
	has(t, looking.text, "server.queue: manage")
	assert.Equal(t, 404, h.ask(t, "GET", "/nothing", "").StatusCode)
	assert.Equal(t, 404, h.ask(t, "GET", "/login", "").StatusCode, "there is nothing to sign in to")
}

func TestWithATokenItIsAlwaysAskedFor(t *testing.T) {
	t.Parallel()
	h := newHouse(t, token, "production")
	for _, path := range []string{"/", "/metrics", "/river/", "/river/api/states", "/nothing"} {
		for _, wrong := range []string{"X: y", "Authorization: Bearer " + token + "x", "Authorization: Bearer", "Authorization: Basic " + token, "Cookie: syncer_session=" + token} {
			a := h.ask(t, "GET", path, "", wrong)
			assert.Equal(t, 401, a.StatusCode, "%s with %s", path, wrong)
			assert.Contains(t, a.Header.Get("WWW-Authenticate"), "Bearer")
			hasNot(t, a.text, "production")
		}
		assert.NotEqual(t, 401, h.ask(t, "GET", path, "", "Authorization: Bearer "+token, asPage).StatusCode, path)
	}
	assert.Equal(t, 401, h.ask(t, "GET", "/?token="+token, "").StatusCode, "no token in an address")
	assert.Equal(t, 200, h.ask(t, "GET", "/", "", "Host: syncer.example.com", "Authorization: bearer "+token).StatusCode)

	login := h.ask(t, "GET", "/", "", asPage)
	assert.Equal(t, 401, login.StatusCode)
	has(t, login.text, `type="password"`)
	wrong := h.ask(t, "POST", "/login", "token=wrong", form)
	assert.Equal(t, 401, wrong.StatusCode)
	has(t, wrong.text, "That is not the token")
	assert.Empty(t, wrong.Cookies())
	assert.Equal(t, 401, h.ask(t, "POST", "/login", "token="+strings.Repeat("x", 1<<20), form).StatusCode)
	assert.Equal(t, 403, h.ask(t, "POST", "/login", "token="+token, form, "Origin: http://evil.example").StatusCode)

	right := h.ask(t, "POST", "/login", "token="+token, form)
	require.Equal(t, http.StatusSeeOther, right.StatusCode)
	require.Len(t, right.Cookies(), 1)
	cookie := right.Cookies()[0]
	assert.True(t, cookie.HttpOnly)
	assert.Equal(t, http.SameSiteStrictMode, cookie.SameSite)
	assert.False(t, cookie.Secure)
	assert.NotContains(t, cookie.Value, token)
	signedIn := "Cookie: " + cookie.Name + "=" + cookie.Value
	assert.Equal(t, 200, h.ask(t, "GET", "/", "", signedIn).StatusCode)
	assert.Equal(t, 200, h.ask(t, "GET", "/river/", "", signedIn, asPage).StatusCode)
	for i := range cookie.Value { // no letter of it may be another
		other := byte('A')
		if cookie.Value[i] == other {
			other = 'B'
		}
		forged := cookie.Value[:i] + string(other) + cookie.Value[i+1:]
		require.Equal(t, 401, h.ask(t, "GET", "/nothing", "", "Cookie: "+cookie.Name+"="+forged).StatusCode, "letter %d", i)
	}
	another := newHouse(t, token+"2", "production")
	assert.Equal(t, 401, another.ask(t, "GET", "/", "", signedIn).StatusCode, "a cookie is worth nothing under another token")
	assert.True(t, h.ask(t, "POST", "/login", "token="+token, form, "X-Forwarded-Proto: https").Cookies()[0].Secure)

	out := h.ask(t, "POST", "/logout", "", signedIn)
	require.Len(t, out.Cookies(), 1)
	assert.Negative(t, out.Cookies()[0].MaxAge)
	assert.Equal(t, 401, h.ask(t, "GET", "/", "", signedIn).StatusCode, "a copy of the cookie is worth nothing any more")

	linked := h.ask(t, "GET", "/login?token="+token, "")
	assert.Equal(t, http.StatusSeeOther, linked.StatusCode)
	assert.Equal(t, "/", linked.Header.Get("Location"), "the token does not stay in the address")
	require.Len(t, linked.Cookies(), 1)
	assert.Equal(t, 401, h.ask(t, "GET", "/login?token="+token+"x", "").StatusCode)
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "", "production")
	for _, path := range []string{"/", "/healthz", "/readyz", "/metrics", "/nothing", "/river/"} {
		header := h.ask(t, "GET", path, "", asPage).Header
		assert.Contains(t, header.Get("Content-Security-Policy"), "frame-ancestors 'none'", path)
		assert.Equal(t, "nosniff", header.Get("X-Content-Type-Options"), path)
		assert.Equal(t, "no-referrer", header.Get("Referrer-Policy"), path)
		assert.Empty(t, header.Get("Access-Control-Allow-Origin"), path)
	}
	page := h.ask(t, "GET", "/", "")
	assert.NotContains(t, page.Header.Get("Content-Security-Policy"), "unsafe")
	hasNot(t, page.text, "<script")
	hasNot(t, page.text, "style=")
	hasNot(t, page.text, "ZgotmplZ")
	hasNot(t, strings.ReplaceAll(page.text, "http://www.w3.org/", ""), "http://")
	hasNot(t, page.text, "https://")
}

func TestAPortThatIsTaken(t *testing.T) {
	t.Parallel()
	first, err := web.Listen(t.Context(), "127.0.0.1:0", discard)
	require.NoError(t, err)
	defer first.Close(t.Context())
	_, err = web.Listen(t.Context(), first.Address(), discard)
	require.ErrorIs(t, err, web.ErrInUse)
	require.NotContains(t, err.Error(), "\n")
	require.ErrorContains(t, err, "give server.listen another port, or off")

	// It answers before it is given anything to show.
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 503, "/": 503, "/metrics": 503} {
		response, err := http.Get("http://" + first.Address() + path)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		assert.Equal(t, want, response.StatusCode, path)
	}
}
