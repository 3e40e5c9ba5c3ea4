package web

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"strings"
	"time"
)

// A guard lets a request in if it has the token. If no token is configured, it lets in
// requests from this machine that name this machine.
type guard struct {
	token    string
	sessions *Sessions
	now      func() time.Time
}

const (
	cookieName = "syncer_session"
	maxToken   = 1 << 12
)

// protect guards h. Without a token, the Host header must name this machine. Otherwise another
// site could let its name point to this address, and its page could read this one.
func (g *guard) protect(h http.Handler) http.Handler {
	// Requests that change something must come from these pages.
	h = http.NewCrossOriginProtection().Handler(h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		known, wrong := g.knows(r)
		if wrong {
			g.sessions.refuse(r)
		}
		switch {
		case g.token == "" && !g.isOwn(r.Host):
			http.Error(w, "this page answers to localhost only; to reach it by another name, configure server.token", http.StatusForbidden)
		case g.token == "" || known:
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

// knows reports whether the request has the token, or a session's cookie; and whether it
// has a wrong token. An expired cookie is not a wrong token.
func (g *guard) knows(r *http.Request) (known, wrong bool) {
	if g.token == "" {
		return false, false
	}
	if scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.EqualFold(scheme, "Bearer") {
		known = g.isToken(strings.TrimSpace(given))
		return known, !known
	}
	cookie, err := r.Cookie(cookieName)
	return err == nil && g.sessions.holds(g.token, cookie.Value, g.now()), false
}

// isToken compares hashes in constant time, so the time does not even show the length.
func (g *guard) isToken(given string) bool {
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(g.token))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

type loginPage struct{ Wrong bool }

// login takes the token from the form, or from the link that the program prints if it
// generated the token, and sets a session's cookie.
func (g *guard) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxToken)
	given := r.PostFormValue("token")
	if r.Method == http.MethodGet {
		if given = r.URL.Query().Get("token"); given == "" {
			http.Redirect(w, r, "/", http.StatusSeeOther)
			return
		}
	}
	if !g.isToken(strings.TrimSpace(given)) {
		g.sessions.refuse(r)
		render(w, http.StatusUnauthorized, "login.html", loginPage{Wrong: true})
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: cookieName, Value: g.sessions.begin(g.token, g.now()), Path: "/", MaxAge: int(sessionFor.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https",
	})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// logout ends the session, also for copies of its cookie.
func (g *guard) logout(w http.ResponseWriter, r *http.Request) {
	if cookie, err := r.Cookie(cookieName); err == nil {
		g.sessions.end(g.token, cookie.Value)
	}
	http.SetCookie(w, &http.Cookie{Name: cookieName, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteStrictMode})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// secured sets headers that restrict what a browser does with the pages.
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

// forQueue relaxes the content security policy for River's pages, which are JavaScript from
// this host. Without manage, only requests that read are allowed: not everybody who may
// look at the queue should be able to cancel, delete and pause.
func forQueue(h http.Handler, manage bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !manage && r.Method != http.MethodGet && r.Method != http.MethodHead {
			http.Error(w, "the queue is shown to be read: to cancel, retry, delete or pause here, configure server.queue: manage", http.StatusForbidden)
			return
		}
		w.Header().Set("Content-Security-Policy", "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "+
			"base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'")
		if !strings.Contains(r.Header.Get("Accept"), "text/html") {
			h.ServeHTTP(w, r)
			return
		}
		r = r.Clone(r.Context())
		r.Header.Del("Accept-Encoding") // a compressed answer could not be changed here
		page := &wayBack{ResponseWriter: w}
		h.ServeHTTP(page, r)
		page.flush()
	})
}

// wayBack buffers a page and adds a link to the status page.
type wayBack struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

const backLink = `<a href="/" style="position:fixed;right:12px;bottom:12px;z-index:99;padding:6px 12px;border-radius:6px;background:#1b2330;color:#fff;font:14px system-ui,sans-serif;text-decoration:none">← syncer</a>`

func (p *wayBack) WriteHeader(status int) { p.status = status }

func (p *wayBack) Write(b []byte) (int, error) { return p.body.Write(b) }

func (p *wayBack) flush() {
	body := p.body.Bytes()
	if strings.HasPrefix(p.Header().Get("Content-Type"), "text/html") {
		body = bytes.Replace(body, []byte("</body>"), []byte(backLink+"</body>"), 1)
		p.Header().Del("Content-Length")
	}
	if p.status != 0 {
		p.ResponseWriter.WriteHeader(p.status)
	}
	_, _ = p.ResponseWriter.Write(body) // the client may be gone
}
