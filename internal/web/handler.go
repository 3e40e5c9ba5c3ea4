package web

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"syncer/source"
	"syncer/store"
	"syncer/store/report"
	"syncer/text"
	"syncer/worker"
)

// Options say what the pages show and who may see it.
type Options struct {
	Syncer   *worker.Syncer
	Sources  []*source.Source
	Location *time.Location // for the times on the page
	Token    string         // empty: no token, and only for this machine
	Version  string
	Note     string       // shown at the top of the page; empty: nothing
	Metrics  http.Handler // /metrics
	Queue    http.Handler // River's pages, below QueuePrefix; nil: no pages
	Manage   bool         // whether the queue's pages may cancel, retry, delete and pause
	Sessions *Sessions    // nil: new sessions
	Logger   *slog.Logger
}

// QueuePrefix is the path of River's pages.
const QueuePrefix = "/river"

// Handler answers all requests to syncer.
func Handler(o Options) http.Handler {
	if o.Sessions == nil {
		o.Sessions = &Sessions{Logger: o.Logger}
	}
	g := &guard{token: o.Token, sessions: o.Sessions, now: time.Now}
	p := &pages{Options: o, counts: counts{reader: report.Of(o.Syncer.Store), known: map[string]*count{}}, slots: make(chan struct{}, pagesAtOnce)}
	ready := &readiness{syncer: o.Syncer, log: o.Logger}

	inside := http.NewServeMux()
	inside.HandleFunc("GET /{$}", p.status)
	inside.Handle("GET /metrics", o.Metrics)
	if o.Queue != nil {
		inside.Handle(QueuePrefix+"/", forQueue(o.Queue, o.Manage))
		inside.Handle("GET "+QueuePrefix, http.RedirectHandler(QueuePrefix+"/", http.StatusMovedPermanently))
	}
	mux := http.NewServeMux()
	// Orchestrators ask these without a token.
	mux.HandleFunc("GET /healthz", alive)
	mux.Handle("GET /readyz", ready)
	if o.Token != "" {
		origin := http.NewCrossOriginProtection()
		mux.Handle("POST /login", origin.Handler(http.HandlerFunc(g.login)))
		mux.Handle("POST /logout", origin.Handler(http.HandlerFunc(g.logout)))
		mux.HandleFunc("GET /login", g.login)
	}
	mux.Handle("/", g.protect(inside))
	return secured(mux)
}

// alive says that the program runs.
func alive(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, "alive\n") // the client may be gone
}

// readiness says whether syncs are possible: the database answers and has the schema of
// this program. It also mentions a paused queue. A paused queue is still ready, because
// somebody wanted it, and the page must stay reachable.
type readiness struct {
	syncer *worker.Syncer
	log    *slog.Logger

	mu      sync.Mutex
	askedAt time.Time
	ready   bool
	text    string
}

// askAgain is how long an answer is reused, because reading the schema's version needs some
// round trips.
const askAgain = 5 * time.Second

func (y *readiness) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	y.mu.Lock()
	if time.Since(y.askedAt) >= askAgain {
		y.ask(r.Context())
	}
	ready, text := y.ready, y.text
	y.mu.Unlock()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if !ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_, _ = io.WriteString(w, text) // the client may be gone
}

// ask logs the reason. The answer says only what is wrong, because anybody can read it.
func (y *readiness) ask(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	err := y.syncer.Store.Writable(ctx)
	database, schema, queue := "ok", "ok", "not known"
	if err != nil {
		database, schema = "unreachable, or read-only: see the log", "not known"
	} else if err = y.syncer.Store.Current(ctx); errors.Is(err, store.ErrSchema) {
		schema = "not current: run syncer migrate up"
	} else if err != nil {
		schema = "not this program's: see the log"
	}
	if health, err := y.syncer.QueueHealth(ctx); err == nil {
		queue = cmp.Or(health.Problem(), "ok")
	}
	if err != nil {
		y.log.WarnContext(ctx, "not ready", "error", err)
	}
	y.askedAt, y.ready = time.Now(), err == nil
	y.text = fmt.Sprintf("database: %s\nschema: %s\nqueue: %s\n", database, schema, queue)
}

//go:embed pages
var files embed.FS

var (
	style = func() string {
		text, err := files.ReadFile("pages/style.css")
		if err != nil {
			panic(err) // it is embedded
		}
		return strings.TrimSpace(string(text))
	}()
	// policy allows the page's one style and forms to this host, and nothing else.
	policy = func() string {
		sum := sha256.Sum256([]byte(style))
		return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; img-src data:; " +
			"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	}()
	templates = template.Must(template.New("").Funcs(functions).ParseFS(files, "pages/*.html"))
)

// render sends a whole page or an error, never half a page.
func render(w http.ResponseWriter, status int, name string, data any) {
	b, err := made(name, data)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	send(w, status, b)
}

func made(name string, data any) (b bytes.Buffer, err error) {
	if err := templates.ExecuteTemplate(&b, name, data); err != nil {
		return b, errors.New("the page could not be made: " + text.Line(text.Scrub(err.Error())))
	}
	return b, nil
}

func send(w http.ResponseWriter, status int, b bytes.Buffer) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text.HTML(b.String())) // the client may be gone
}
