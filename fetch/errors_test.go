package fetch

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Whatever fails, and however the other side quotes the request, no error
// text, nor that of any error within, holds a secret.
func TestNoSecretInErrors(t *testing.T) {
	t.Parallel()
	quoteAll := func(r *http.Request) string {
		return r.URL.String() + " " + url.QueryEscape(r.URL.RawQuery) + " " + r.Form.Encode() + " " +
			r.Form.Get("Signature") + " AccessKeySecret=" + testSecret + " " + testToken + fmt.Sprint(r.Header)
	}
	for name, fail := range map[string]func(w http.ResponseWriter, r *http.Request){
		"refused":   func(w http.ResponseWriter, r *http.Request) { refuse(w, 403, "NoPermission", quoteAll(r)) },
		"throttled": func(w http.ResponseWriter, r *http.Request) { refuse(w, 400, "Throttling", quoteAll(r)) },
		"string to sign": func(w http.ResponseWriter, r *http.Request) {
			refuse(w, 400, "SignatureDoesNotMatch", "server string to sign is:POST&%2F&"+url.QueryEscape(r.Form.Encode()))
		},
		"canonical request": func(w http.ResponseWriter, r *http.Request) {
			refuse(w, 400, "SignatureDoesNotMatch", "server StringToSign is [ACS3] server CanonicalRequest is ["+fmt.Sprint(r.Header)+"]")
		},
		"in the code": func(w http.ResponseWriter, r *http.Request) { refuse(w, 400, testToken, quoteAll(r)) },
		"HTML":        func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "<html>", quoteAll(r)) },
		"redirect":    func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/?"+r.URL.RawQuery, 302) },
		"hijacked": func(w http.ResponseWriter, r *http.Request) {
			conn, buf, _ := w.(http.Hijacker).Hijack()
			fmt.Fprintf(buf, "HTTP/9.9 %s\r\n\r\n", quoteAll(r))
			buf.Flush()
			conn.Close()
		},
		"hang": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"down": nil,
	} {
		for _, signature := range signatures {
			t.Run(name+" "+signature, func(t *testing.T) {
				t.Parallel()
				var seen sync.Map
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					r.ParseForm()
					if signature == "acs3" {
						_, signed, _ := strings.Cut(r.Header.Get("Authorization"), "Signature=")
						seen.Store(signed, true)
					} else {
						seen.Store(r.Form.Get("Signature"), true)
					}
					fail(w, r)
				}))
				defer server.Close()
				if fail == nil {
					server.Close()
				}
				client, err := NewClient(Account{
					Name: "a", Signature: signature,
					Credentials: Credentials{Type: "sts", AccessKeyID: testID, AccessKeySecret: testSecret, SecurityToken: testToken},
					Endpoints:   map[string]string{"sas": server.URL},
				}, Options{BaseWait: 1, MaxWait: 1, MaxAttempts: 2, Timeout: 100 * time.Millisecond, CallsPerSecond: 1000})
				require.NoError(t, err)
				defer client.Close()
				_, err = client.Call(t.Context(), aCall)
				require.Error(t, err)
				secrets := []string{testID, testSecret, testToken}
				seen.Range(func(s, _ any) bool { secrets = append(secrets, s.(string)); return true })
				for ; err != nil; err = errors.Unwrap(err) {
					for _, secret := range secrets {
						require.NotContains(t, err.Error(), secret)
						require.NotContains(t, err.Error(), url.QueryEscape(secret))
						require.NotContains(t, err.Error(), url.QueryEscape(url.QueryEscape(secret)))
					}
				}
			})
		}
	}
}

// TestCodesAreReadByWords: a code asks for another call by what it says, not by a word, or
// a part of one, that others have too.
func TestCodesAreReadByWords(t *testing.T) {
	t.Parallel()
	for want, codes := range map[kind][]string{
		throttled: {
			"Throttling", "Throttling.User", "Rejected.Throttling", "Sas.ThrottlingException", "Throttled", "RequestThrottled",
			"FlowControlError", "FlowLimit", "Flow.Control", "TooManyRequests", "Too.Many.Requests", "QpsLimitExceeded", "QPSLimitExceeded", "ExceedQps",
			"RateLimit", "RATE_LIMIT_EXCEEDED", "RateExceeded", "RequestLimitExceeded", "RequestTooFrequently", "FrequencyLimit", "throttling", "toomanyrequests",
		},
		passing: {
			"InternalError", "InternalError.Database", "Sas.InternalError", "CspmInternalError", "DBInternalError", "INTERNAL_ERROR", "internal-error", "internalerror",
			"InternalServerError", "InternalServiceError", "InternalFailure", "InternalException", "Internal.Error", "Internal Server Error", "InnerError", "InnerServiceError",
			"ServerError", "SystemError", "ServiceException", "ServiceFailure", "UnknownError",
			"SystemBusy", "ServiceBusy", "ServerBusy", "System.Busy", "ServerIsBusy", "systembusy", "Busy",
			"ServiceUnavailable", "ServiceUnavailableTemporary", "Service.Unavailable", "ServiceTemporarilyUnavailable", "serviceunavailable", "ServiceUnavailable.Sas",
			"RequestTimeout", "Timeout", "RequestTimeOut", "RequestTimedOut", "TimeoutException", "Timeout.Backend", "REQUEST_TIMEOUT", "SignatureNonceUsed",
		},
		final: {
			"InnerIpInvalid", "InternalUserNotFound", "InternalIpNotFound", "UnavailableRegion", "AccountUnavailable", "RegionUnavailable", "Instance.Unavailable",
			"SpinnerError", "InternetIpNotFound", "InternationalError", "WinnerNotFound", "ServiceNotFound", "SystemDiskError", "UserError", "TimeoutIllegal", "TimeoutNotSupported",
			"SeparateLimit", "CorporateLimitReached", "FrequencyNotSupported", "BusyboxNotFound", "CspmParamIllegal", "InvalidTimeout", "InvalidParameter.Timeout",
			"MissingInternalError", "WorkflowLimitation", "NotFound",
		},
	} {
		for _, code := range codes {
			e := &Error{Status: http.StatusBadRequest, Code: code}
			require.Equal(t, want, e.kind(), code)
			require.Equal(t, want != final, Retryable(e), code)
		}
	}
}
