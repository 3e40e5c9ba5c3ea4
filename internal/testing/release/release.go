// Package release knows what a released schema must keep: for each release there is
// a database that it wrote, what its views showed of it, and the pages of the
// cloud that led to its last sync. tools/releasedump makes them, and a test of
// store brings every one of them forward.
package release

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"syncer/sim"
)

// Zone is the time zone in which a release's trends cut the days.
const Zone = "Asia/Shanghai"

// Reader is a login that a user made for a BI tool. Logins belong to the server, so
// no dump holds it.
const Reader = "syncer_release_reader"

// MakeReader makes it, if need be.
const MakeReader = `DO $$
BEGIN
    CREATE ROLE ` + Reader + ` LOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$`

// Golden is what a release's database showed.
type Golden struct {
	Schema  int64       `json:"schema"`  // version
	At      time.Time   `json:"at"`      // of the last sync
	Moments []time.Time `json:"moments"` // of all syncs
	Answers []Answer    `json:"answers"`
}

// An Answer is that of a query: how many rows, and a digest of their values in any order.
type Answer struct {
	Query  string `json:"query"`
	Rows   int    `json:"rows"`
	Digest string `json:"digest"`
}

// Digest is the query that answers a query's rows and digest.
func Digest(query string) string {
	return fmt.Sprintf(`SELECT count(*), coalesce(md5(string_agg(row, '' ORDER BY row COLLATE "C")), '')
FROM (SELECT md5(to_jsonb(q)::text) AS row FROM (%s) AS q, (SELECT set_config('timezone', 'UTC', true) OFFSET 0) AS zone) AS rows`, query)
}

// Pages are the cloud's answers, by what was asked.
type Pages map[string]string

// Recorder keeps what a cloud answers.
type Recorder struct {
	Cloud http.Handler

	mu    sync.Mutex
	pages Pages // nil: it does not record
}

// Record keeps all answers from now on.
func (r *Recorder) Record() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pages = Pages{}
}

// Pages are the answers that it kept.
func (r *Recorder) Pages() Pages {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pages
}

func (r *Recorder) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	_ = q.ParseForm() // what cannot be read, the cloud refuses
	answer := httptest.NewRecorder()
	q.Body = io.NopCloser(strings.NewReader(q.PostForm.Encode()))
	r.Cloud.ServeHTTP(answer, q)
	body := answer.Body.String()
	if answer.Header().Get("Content-Encoding") == "gzip" {
		if z, err := gzip.NewReader(strings.NewReader(body)); err == nil {
			text, _ := io.ReadAll(z)
			body = string(text)
		}
		answer.Header().Del("Content-Encoding")
		answer.Header().Del("Content-Length")
	}
	r.mu.Lock()
	if r.pages != nil {
		r.pages[asked(q)] = body
	}
	r.mu.Unlock()
	for k, v := range answer.Header() {
		w.Header()[k] = v
	}
	w.WriteHeader(answer.Code)
	_, _ = io.WriteString(w, body)
}

// ServeHTTP answers as was recorded.
func (p Pages) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	_ = q.ParseForm()
	body, ok := p[asked(q)]
	if !ok { // as of a parameter that came later: no word of the page size, which would be halved
		w.WriteHeader(http.StatusNotFound)
		body = fmt.Sprintf(`{"Code": "NotRecorded", "Message": "%s was not asked so"}`, q.Form.Get("Action"))
	}
	_, _ = io.WriteString(w, body)
}

// asked is a request without what differs from call to call, with the region that
// its endpoint tells.
func asked(q *http.Request) string {
	kept := url.Values{"RegionId": {cmp.Or(sim.EndpointOf(q), "cn-hangzhou")}}
	for k, v := range q.Form {
		switch k {
		case "Signature", "SignatureNonce", "SignatureMethod", "SignatureVersion", "SignatureType", "Timestamp":
		default:
			kept[k] = v
		}
	}
	return kept.Encode()
}

// The files of a release, in its directory.
const (
	dumpFile   = "dump.sql.gz"
	goldenFile = "golden.json"
	pagesFile  = "pages.json.gz"
)

// A Release is what is kept of one.
type Release struct {
	Golden Golden
	Dump   string // SQL
	Pages  Pages
}

// Read reads a release's directory.
func Read(dir string) (r Release, err error) {
	read := func(name string) ([]byte, error) {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !strings.HasSuffix(name, ".gz") {
			return text, err
		}
		z, err := gzip.NewReader(bytes.NewReader(text))
		if err != nil {
			return nil, err
		}
		return io.ReadAll(z)
	}
	text, err := read(goldenFile)
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(text, &r.Golden); err != nil {
		return r, err
	}
	if text, err = read(pagesFile); err != nil {
		return r, err
	}
	if err := json.Unmarshal(text, &r.Pages); err != nil {
		return r, err
	}
	text, err = read(dumpFile)
	r.Dump = string(text)
	return r, err
}

// Write writes a release's directory.
func (r Release) Write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	golden, err := json.MarshalIndent(r.Golden, "", " ")
	if err != nil {
		return err
	}
	pages, err := json.Marshal(r.Pages)
	if err != nil {
		return err
	}
	for name, text := range map[string][]byte{goldenFile: golden, pagesFile: pages, dumpFile: []byte(r.Dump)} {
		var b bytes.Buffer
		b.Write(text)
		if strings.HasSuffix(name, ".gz") {
			b.Reset()
			z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
			if err != nil {
				return err
			}
			if _, err := z.Write(text); err != nil {
				return err
			}
			if err := z.Close(); err != nil {
				return err
			}
		}
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}
