package sim

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// An Error is an error answer, in the words of the API's error pages.
type Error struct {
	Status     int // HTTP
	Code       string
	Message    string
	RetryAfter time.Duration // sent in x-acs-retry-after; 0: not sent
	limit      int           // the rate that was exceeded; 0: none
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

func badRequest(code, format string, args ...any) *Error {
	return &Error{Status: http.StatusBadRequest, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Every Security Center page has this message.
var errNoPermission = &Error{Status: http.StatusForbidden, Code: "NoPermission", Message: "caller has no permission"}

// An exchange is one request and the answer to it.
type exchange struct {
	w    http.ResponseWriter
	r    *http.Request
	id   string // RequestId
	good func() ([]byte, error)
}

// succeed sends a successful answer. A fault may turn it into an error.
func (x *exchange) succeed() {
	body, err := x.good()
	if err != nil {
		x.fail(err)
		return
	}
	x.send(http.StatusOK, body)
}

// fail sends err as JSON, as the gateway does.
func (x *exchange) fail(err error) {
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{Status: http.StatusInternalServerError, Code: "InternalError", Message: err.Error()}
	}
	if e.RetryAfter > 0 {
		ms := strconv.FormatInt(e.RetryAfter.Milliseconds(), 10)
		x.w.Header().Set("x-acs-retry-after", ms)
		if e.limit > 0 {
			x.w.Header().Set("x-ratelimit-user-api", fmt.Sprintf("Limit:%d,Remain:0,TimeLeft:%s", e.limit, ms))
		}
	}
	x.send(e.Status, open(nil).
		text("RequestId", x.id).text("HostId", x.r.Host).text("Code", e.Code).text("Message", e.Message).
		text("Recommend", "https://api.aliyun.com/troubleshoot?q="+url.QueryEscape(e.Code)+"&requestId="+x.id).
		close())
}

// send sends a JSON body, compressed if the client accepts that.
func (x *exchange) send(status int, body []byte) {
	h := x.w.Header()
	h.Set("Content-Type", "application/json;charset=utf-8")
	h.Set("x-acs-request-id", x.id)
	if len(body) < 1024 || !strings.Contains(x.r.Header.Get("Accept-Encoding"), "gzip") {
		x.write(status, body)
		return
	}
	h.Set("Content-Encoding", "gzip")
	h.Set("Vary", "Accept-Encoding")
	x.w.WriteHeader(status)
	z := zippers.Get().(*gzip.Writer)
	defer zippers.Put(z)
	z.Reset(x.w)
	_, _ = z.Write(body) // the client may have left
	_ = z.Close()
}

// write sends a body with its length, unchanged.
func (x *exchange) write(status int, body []byte) {
	x.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	x.w.WriteHeader(status)
	_, _ = x.w.Write(body) // the client may have left
}

var zippers = sync.Pool{New: func() any {
	z, _ := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed)
	return z
}}

// maxForm is the largest body of a request, in bytes.
const maxForm = 1 << 20

// readParams joins the query and the form of a request. If both have a parameter, the
// form's counts, as in the client's signature. If the request is signed by headers,
// parameters in headers are added.
func readParams(r *http.Request) (params url.Values, body []byte, err error) {
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		return nil, nil, badRequest("UnsupportedHTTPMethod", "This http method is not supported.")
	}
	params, err = url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, nil, badRequest("InvalidParameter", "The query string is malformed.")
	}
	// Reading the body to its end also lets the server notice when a client disconnects.
	body, err = io.ReadAll(io.LimitReader(r.Body, maxForm+1))
	if err != nil || len(body) > maxForm {
		return nil, nil, badRequest("InvalidParameter", "The body is too large or broken.")
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, nil, badRequest("InvalidParameter", "The form is malformed.")
		}
		for name, values := range form {
			params[name] = values
		}
	}
	if isACS3(r) {
		params.Set("Action", r.Header.Get("x-acs-action"))
		params.Set("Version", r.Header.Get("x-acs-version"))
		params.Set("Format", "JSON") // whatever it accepts
	}
	return params, body, nil
}

// requestID returns a new upper-case UUID, with the version digit that RequestIds have.
func requestID() string {
	return strings.ToUpper(uuid(rand.Uint64(), rand.Uint64(), 5))
}

// sleep waits for d, and reports whether it waited to the end.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
