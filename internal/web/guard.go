package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"net"
	"net/http"
	"strings"
	"time"
)

// A guard lets in who has the token, or, where there is none, who is on this
// machine and means to speak to it.
type guard struct {
	token string
	now   func() time.Time
}

const (
	cookieName = "syncer_session"
	sessionFor = 7 * 24 * time.Hour
	maxToken   = 1 << 12
)

// protect guards h. Without a token, the Host header must name this machine: else
// a page of another site whose name is made to point here could read this one.
func (g *guard) protect(h http.Handler) http.Handler {
	// Whatever changes something must come from these pages themselves.
	h = http.NewCrossOriginProtection().Handler(h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case g.token == "" && !g.isOwn(r.Host):
			http.Error(w, "this page answers to localhost only; to reach it by another name, configure server.token", http.StatusForbidden)
		case g.token == "" || g.knows(r):
			h.ServeHTTP(w, r)
		case r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/html"):
			render(w, http.StatusUnauthorized, "login.html", loginPage{})
		default:
			w.Header().Set("WWW-Authenticate", `Bearer realm="syncer"`)
			http.Error(w, "the token of server.token is needed: Authorization: Bearer …", http.StatusUnauthorized)
		}
	})
}

func (g *guard) isOwn(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.Trim(hostport, "[]")
	}
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback()
	}
	return strings.EqualFold(strings.TrimSuffix(host, "."), "localhost")
}

// knows reports whether the request has the token, or the cookie that it bought.
func (g *guard) knows(r *http.Request) bool {
	if scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.EqualFold(scheme, "Bearer") && g.isToken(strings.TrimSpace(given)) {
		return true
	}
	cookie, err := r.Cookie(cookieName)
	return err == nil && g.isSession(cookie.Value)
}

// isToken compares hashes, in a time that tells nothing, not even the length.
func (g *guard) isToken(given string) bool {
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(g.token))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// session is the moment until which a cookie is good, and its signature by the
// token: it needs no memory, and another token makes it worthless.
func (g *guard) session() string {
	until := binary.BigEndian.AppendUint64(nil, uint64(g.now().Add(sessionFor).Unix()))
	return base64.RawURLEncoding.EncodeToString(append(until, g.sign(until)...))
}

func (g *guard) sign(until []byte) []byte {
	mac := hmac.New(sha256.New, []byte(g.token))
	_, _ = mac.Write([]byte("syncer session\n")) // it never errs
	_, _ = mac.Write(until)
	return mac.Sum(nil)
}

func (g *guard) isSession(value string) bool {
	b, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil || len(b) != 8+sha256.Size {
		return false
	}
	return hmac.Equal(b[8:], g.sign(b[:8])) && g.now().Unix() < int64(binary.BigEndian.Uint64(b[:8]))
}

type loginPage struct{ Wrong bool }

// login takes the token from the form, and gives a cookie for it.
func (g *guard) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxToken)
	if g.token == "" || !g.isToken(strings.TrimSpace(r.PostFormValue("token"))) {
		render(w, http.StatusUnauthorized, "login.html", loginPage{Wrong: true})
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: cookieName, Value: g.session(), Path: "/", MaxAge: int(sessionFor.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https",
	})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// logout forgets the cookie.
func (g *guard) logout(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, &http.Cookie{Name: cookieName, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteStrictMode})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// secured sets the headers that keep a browser from doing more than it should.
func secured(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", policy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("X-Frame-Options", "DENY")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		header.Set("Cache-Control", "no-store")
		h.ServeHTTP(w, r)
	})
}

// forQueue loosens the policy for River's pages, which are a program of their own
// from this host.
func forQueue(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "+
			"base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'")
		h.ServeHTTP(w, r)
	})
}
