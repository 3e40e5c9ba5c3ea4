// Package release has what an upgrade from a release must keep. For each release there are
// a database that it wrote, what its views showed, and the cloud's pages that led to its
// last sync. tools/releasedump makes them, and a test of store upgrades each of them.
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

// Zone is the time zone of the days in a release's trends.
const Zone = "Asia/Shanghai"

// Reader is a login that a user created for a BI tool. Logins belong to the server, so a
// dump does not contain them.
const Reader = "syncer_release_reader"

// MakeReader creates it, if it does not exist.
const MakeReader = `DO $$
BEGIN
    CREATE ROLE ` + Reader + ` LOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$`

// Golden is what a release's database showed.
type Golden struct {
	Schema int64 `json:"schema"` // version
	// Revision is that of the declarations, and Derived the hash of what was derived from
	// each; 0 and nil: of the first release.
	Revision int64             `json:"revision,omitempty"`
	Derived  map[string]string `json:"derived,omitempty"`
	At       time.Time         `json:"at"`      // of the last sync
	Moments  []time.Time       `json:"moments"` // of all syncs
	Answers  []Answer          `json:"answers"`
}

// An Answer is the result of a query: the number of rows, and a digest of their values in
// any order.
type Answer struct {
	Query  string `json:"query"`
	Rows   int    `json:"rows"`
	Digest string `json:"digest"`
}

// Digest returns a query for the number and the digest of another query's rows.
func Digest(query string) string {
	return fmt.Sprintf(`SELECT count(*), coalesce(md5(string_agg(row, '' ORDER BY row COLLATE "C")), '')
FROM (SELECT md5(to_jsonb(q)::text) AS row FROM (%s) AS q, (SELECT set_config('timezone', 'UTC', true) OFFSET 0) AS zone) AS rows`, query)
}

// Pages are the cloud's answers, by request.
type Pages map[string]string

// A Recorder keeps a cloud's answers.
type Recorder struct {
	Cloud http.Handler

	mu    sync.Mutex
	pages Pages // nil: it does not record
}

// Record keeps all later answers.
func (r *Recorder) Record() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pages = Pages{}
}

// Pages returns the answers that were kept.
func (r *Recorder) Pages() Pages {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pages
}

func (r *Recorder) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	_ = q.ParseForm() // the cloud refuses what cannot be parsed
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

// ServeHTTP gives the recorded answers.
func (p Pages) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	_ = q.ParseForm()
	body, ok := p[asked(q)]
	if !ok { // as for a parameter that was added later; the message must not mention the page size, or syncer would halve it
		w.WriteHeader(http.StatusNotFound)
		body = fmt.Sprintf(`{"Code": "NotRecorded", "Message": "%s was not asked so"}`, q.Form.Get("Action"))
	}
	_, _ = io.WriteString(w, body)
}

// asked returns a request without what differs between calls, and with the region of its
// endpoint.
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

// A Release is what is kept of a release.
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
