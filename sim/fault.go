package sim

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// A Call is one call, as Options.Fault sees it.
type Call struct {
	AccountID, Region, Action string
	KeyID                     string // access key that signed it
	Params                    url.Values
	Header                    http.Header
	N                         int64 // number of this call since the start, from 1
}

// A Fault says how one call fails. With the zero Fault, the call succeeds.
type Fault struct{ act func(*exchange) }

// Refuse answers with an error: 500 InternalError, 503 ServiceUnavailable, 403
// NoPermission, 403 InvalidSecurityToken.Expired…
func Refuse(status int, code, message string) Fault {
	return Fault{func(x *exchange) { x.fail(&Error{Status: status, Code: code, Message: message}) }}
}

// Throttle answers with code (Throttling, Throttling.User, Throttling.Api). Unless retryAfter is
// 0, x-acs-retry-after says how long to wait.
func Throttle(status int, code string, retryAfter time.Duration) Fault {
	return Fault{func(x *exchange) {
		x.fail(&Error{Status: status, Code: code, Message: "Request was denied due to user flow control.", RetryAfter: retryAfter})
	}}
}

// HTML answers with an HTML page, as load balancers and captive portals do.
func HTML(status int) Fault {
	return Fault{func(x *exchange) {
		x.w.Header().Set("Content-Type", "text/html")
		x.write(status, fmt.Appendf(nil, "<html><head><title>%[1]d %[2]s</title></head><body><h1>%[1]d %[2]s</h1></body></html>\n",
			status, http.StatusText(status)))
	}}
}

// Answer answers with the given body. The gateway's headers contain the RequestId.
func Answer(status int, mediaType, body string) Fault {
	return Fault{func(x *exchange) {
		x.w.Header().Set("Content-Type", mediaType)
		x.w.Header().Set("x-acs-request-id", x.id)
		x.write(status, []byte(body))
	}}
}

// Empty answers with {}.
func Empty() Fault {
	return Fault{func(x *exchange) { x.send(http.StatusOK, []byte("{}")) }}
}

// Truncate sends only the first part (0 to 1) of the body, with the Content-Length of that
// part.
func Truncate(part float64) Fault {
	return Rewrite(func(body []byte) []byte { return body[:int(part*float64(len(body)))] })
}

// CutOff announces the whole body, sends only the first part (0 to 1) of it, and closes the
// connection.
func CutOff(part float64) Fault {
	return Fault{func(x *exchange) {
		body, err := x.good()
		if err != nil {
			x.fail(err)
			return
		}
		x.w.Header().Set("Content-Type", "application/json;charset=utf-8")
		x.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		x.w.WriteHeader(http.StatusOK)
		_, _ = x.w.Write(body[:min(int(part*float64(len(body))), len(body)-1)])
		// The handler returns before it has sent the announced length, so the server closes
		// the connection.
	}}
}

// Rewrite changes the body with f.
func Rewrite(f func(body []byte) []byte) Fault {
	return Fault{func(x *exchange) {
		body, err := x.good()
		if err != nil {
			x.fail(err)
			return
		}
		x.send(http.StatusOK, f(body))
	}}
}

// Reset closes the connection without an answer.
func Reset() Fault {
	return Fault{func(x *exchange) {
		hijacker, ok := x.w.(http.Hijacker)
		if !ok {
			panic(http.ErrAbortHandler) // HTTP/2: resets the stream
		}
		conn, _, err := hijacker.Hijack()
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // RST instead of FIN
		}
		_ = conn.Close()
	}}
}

// Hang sends nothing until the client disconnects, or closes the connection after limit.
func Hang(limit time.Duration) Fault {
	return Fault{func(x *exchange) {
		sleep(x.r.Context(), limit)
		panic(http.ErrAbortHandler)
	}}
}

// Delay answers late.
func Delay(by time.Duration) Fault {
	return Fault{func(x *exchange) {
		if sleep(x.r.Context(), by) {
			x.succeed()
		}
	}}
}

// Flood answers with size bytes of spaces.
func Flood(size int64) Fault {
	return Fault{func(x *exchange) {
		x.w.Header().Set("Content-Type", "application/json;charset=utf-8")
		x.w.WriteHeader(http.StatusOK)
		_ = spaces(x.r.Context(), x.w, size) // the client may have left
	}}
}

func spaces(ctx context.Context, w http.ResponseWriter, size int64) error {
	block := make([]byte, 32<<10)
	for i := range block {
		block[i] = ' '
	}
	for size > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := w.Write(block[:min(size, int64(len(block)))])
		if err != nil {
			return err
		}
		size -= int64(n)
	}
	return nil
}
