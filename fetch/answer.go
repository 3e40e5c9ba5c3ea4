package fetch

import (
	"cmp"
	"encoding/xml"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"
)

// The words of an envelope, in any case.
var (
	codeNames      = []string{"Code", "ErrorCode", "ErrCode"}
	messageNames   = []string{"Message", "ErrorMessage", "ErrMsg", "Msg"}
	requestIDNames = []string{"RequestId", "Request-Id", "Request_Id"}
	otherNames     = []string{"Success", "HttpStatusCode", "HostId", "Recommend"}
)

// says is the text of an answer's field that has one of the names, in any case. Of
// several, that of the name that comes first counts.
func (r reply) says(names ...string) string {
	for _, name := range names {
		for _, f := range r.fields {
			if strings.EqualFold(f.name, name) {
				if f.value.Type != gjson.Null && f.value.String() != "" {
					return f.value.String()
				}
			}
		}
	}
	return ""
}

// isEnvelope tells the fields that every answer may have: they are about the call.
func isEnvelope(name string) bool {
	return slices.ContainsFunc(slices.Concat(codeNames, messageNames, requestIDNames, otherNames), func(known string) bool {
		return strings.EqualFold(known, name)
	})
}

// failure is what an answer says of itself, beside its HTTP status: whether it is
// none, by which code, and why. HTTP 200 may come with Success: false, or with the
// code of an error.
func (r reply) failure() (failed bool, code, message, requestID string) {
	if inner, ok := parseReply(r.says("Error")); ok && r.says(codeNames...) == "" {
		r.fields = append(inner.fields, r.fields...)
	}
	message, requestID = r.says(messageNames...), cmp.Or(r.says(requestIDNames...), r.requestID)
	code = r.says(codeNames...)
	switch status := r.says("HttpStatusCode"); {
	case r.says("Code") != "" && !saysSuccess(r.says("Code")):
		return true, code, message, requestID
	case status != "" && !strings.HasPrefix(status, "2"):
		return true, status, message, requestID
	case saysFailure(r.says("Success")):
		if saysSuccess(code) {
			code = ""
		}
		return true, code, cmp.Or(message, "the answer says that it is no success"), requestID
	}
	return false, code, message, requestID
}

// refusal is the Error that an answer amounts to; nil: it is a good one. An answer
// that lacks what was asked for is none either: nothing of it is to be believed.
func (c *Client) refusal(s shipment, k keys, response *http.Response, body reply) *Error {
	failed, code, message, requestID := body.failure()
	switch {
	case response.StatusCode/100 != 2:
		code = cmp.Or(code, http.StatusText(response.StatusCode))
	case failed:
	default:
		code, message = "", ""
		if s.lacks != nil {
			message = s.lacks(body)
		}
		if message == "" {
			return nil
		}
	}
	e := &Error{
		Account: c.account, Product: s.Product, Action: s.Action, Region: s.Region,
		Status: response.StatusCode,
		Code:   redact(code, k), Message: redact(message, k), RequestID: redact(requestID, k),
		RAMAction: s.ramAction,
		wait:      askedWait(response.Header, time.Now()),
	}
	if date, err := http.ParseTime(response.Header.Get("Date")); err == nil {
		e.Ahead = time.Since(date)
	}
	return e
}

// saysSuccess tells the codes that are no error's.
func saysSuccess(code string) bool {
	return strings.EqualFold(code, "200") || strings.EqualFold(code, "OK") || strings.EqualFold(code, "Success")
}

// saysFailure tells the spellings of false. A field that is missing, or null, says nothing.
func saysFailure(success string) bool {
	return slices.Contains([]string{"false", "0", "no", "fail", "failed", "failure"}, strings.ToLower(strings.TrimSpace(success)))
}

// maxXML bounds an error as XML, in bytes: they are short.
const maxXML = 64 << 10

// parseXML reads an error as XML, which the gateway answers to who did not make its
// wish for JSON clear, and says false where a text is none. Every element right
// within the outermost one becomes a field.
func parseXML(s string) (reply, bool) {
	var r reply
	if !strings.HasPrefix(strings.TrimSpace(s[:min(len(s), maxXML)]), "<") {
		return r, false
	}
	decoder := xml.NewDecoder(strings.NewReader(s[:min(len(s), maxXML)]))
	decoder.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil } // codes are ASCII
	depth, name, value := 0, "", ""
	for {
		token, err := decoder.RawToken()
		if err != nil { // its end, or what is not XML
			code := r.says(codeNames...)
			return r, code != "" && !saysSuccess(code)
		}
		switch token := token.(type) {
		case xml.StartElement:
			depth++
			name, value = token.Name.Local, ""
		case xml.CharData:
			value += string(token)
		case xml.EndElement:
			if depth--; depth == 1 && token.Name.Local == name {
				r.fields = append(r.fields, field{name, gjson.ParseBytes(appendString(nil, clean(strings.TrimSpace(value))))})
			}
		}
	}
}

// maxAskedWait is the longest wait that is obeyed.
const maxAskedWait = time.Hour

// askedWait returns how long the headers ask to wait before the next call; the longest, if
// several do; 0: none does.
func askedWait(h http.Header, now time.Time) time.Duration {
	ms, _ := strconv.ParseInt(h.Get("x-acs-retry-after"), 10, 64)
	for _, name := range []string{"x-ratelimit-user-api", "x-ratelimit-user"} {
		for pair := range strings.SplitSeq(h.Get(name), ",") { // Limit:100,Remain:0,TimeLeft:1200
			if left, ok := strings.CutPrefix(strings.TrimSpace(pair), "TimeLeft:"); ok {
				n, _ := strconv.ParseInt(strings.TrimSpace(left), 10, 64)
				ms = max(ms, n)
			}
		}
	}
	asked := time.Duration(min(max(ms, 0), maxAskedWait.Milliseconds())) * time.Millisecond
	after := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseInt(after, 10, 64); err == nil {
		asked = max(asked, time.Duration(min(max(seconds, 0), int64(maxAskedWait.Seconds())))*time.Second)
	} else if at, err := http.ParseTime(after); err == nil {
		if date, err := http.ParseTime(h.Get("Date")); err == nil { // both are of one clock
			now = date
		}
		asked = max(asked, min(at.Sub(now), maxAskedWait))
	}
	return asked
}
