package send_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"syncer/alert/send"
)

var update = flag.Bool("update", false, "write the golden files")

const (
	token  = "token-hunter2-0123456789"
	secret = "SEChunter2"
)

var message = send.Message{
	Event: "permission", Title: "syncer: instance_patch_states of production in cn-hangzhou is refused",
	Lines: []string{"since 2026-05-03 12:00 CST: <NoPermission> & *more*", "Grant the RAM user what it lacks."},
	URL:   "https://syncer.example.com", At: time.Date(2026, 5, 3, 4, 0, 0, 0, time.UTC),
}

func digest(key, text string) []byte {
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte(text))
	return h.Sum(nil)
}

// Each service's own check of a signature, from its pages.
var verify = map[string]func(t *testing.T, r *http.Request, body []byte){
	"dingtalk": func(t *testing.T, r *http.Request, _ []byte) {
		q := r.URL.Query()
		require.Equal(t, token, q.Get("access_token"))
		require.Equal(t, base64.StdEncoding.EncodeToString(digest(secret, q.Get("timestamp")+"\n"+secret)), q.Get("sign"))
		ms, err := strconv.ParseInt(q.Get("timestamp"), 10, 64)
		require.NoError(t, err)
		require.Less(t, time.Since(time.UnixMilli(ms)).Abs(), time.Hour, "which is what DingTalk allows")
	},
	"feishu": func(t *testing.T, _ *http.Request, body []byte) {
		var b struct{ Timestamp, Sign string }
		require.NoError(t, json.Unmarshal(body, &b))
		require.Equal(t, base64.StdEncoding.EncodeToString(digest(b.Timestamp+"\n"+secret, "")), b.Sign)
		seconds, err := strconv.ParseInt(b.Timestamp, 10, 64)
		require.NoError(t, err)
		require.Less(t, time.Since(time.Unix(seconds, 0)).Abs(), time.Hour, "which is what Feishu allows")
	},
	"slack": func(*testing.T, *http.Request, []byte) {},
	"webhook": func(t *testing.T, r *http.Request, body []byte) {
		require.Equal(t, "sha256="+hex.EncodeToString(digest(secret, string(body))), r.Header.Get("X-Syncer-Signature"))
	},
}

var accepts = map[string]string{"dingtalk": `{"errcode":0,"errmsg":"ok"}`, "feishu": `{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}`, "slack": "ok", "webhook": ""}

// TestBodies: each kind posts what its service wants, signed as it wants.
func TestBodies(t *testing.T) {
	t.Parallel()
	for _, kind := range send.Types {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			var bodies [][]byte
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil || r.Method != http.MethodPost || r.URL.Path != "/robot/send/"+token {
					w.WriteHeader(http.StatusBadRequest)
					return
				}
				bodies = append(bodies, body)
				verify[kind](t, r, body)
				fmt.Fprint(w, accepts[kind])
			}))
			defer server.Close()
			target := send.Target{Name: "ops", Type: kind, URL: server.URL + "/robot/send/" + token + "?access_token=" + token, Secret: secret}
			require.NoError(t, target.Send(t.Context(), message))
			require.Len(t, bodies, 1)
			var b map[string]any
			require.NoError(t, json.Unmarshal(bodies[0], &b))
			delete(b, "timestamp")
			delete(b, "sign")
			got, err := json.MarshalIndent(b, "", "  ")
			require.NoError(t, err)
			golden := "testdata/" + kind + ".json"
			if *update {
				require.NoError(t, os.WriteFile(golden, append(got, '\n'), 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Equal(t, string(want), string(got)+"\n")
		})
	}
}

// TestNoSignatureIsTold: whatever a listener makes of what it gets, and however long
// its answer is, no signature and no part of the address comes back in the error.
func TestNoSignatureIsTold(t *testing.T) {
	t.Parallel()
	echoes := map[string]func(text string) string{
		"as it is":      func(text string) string { return text },
		"in an address": url.QueryEscape,
		"in a page":     html.EscapeString,
		"in JSON": func(text string) string {
			b, _ := json.Marshal(map[string]any{"errcode": 1, "code": 1, "errmsg": text, "msg": text})
			return string(b)
		},
		"in PHP's JSON": func(text string) string { return strings.ReplaceAll(text, "/", `\/`) },
	}
	for _, kind := range send.Types {
		for name, echo := range echoes {
			for _, status := range []int{http.StatusOK, http.StatusForbidden} {
				t.Run(fmt.Sprint(kind, " ", name, " ", status), func(t *testing.T) {
					t.Parallel()
					for before := range 12 { // so that the end of what is quoted falls anywhere
						var signatures []string
						server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
							body, _ := io.ReadAll(r.Body)
							var b struct{ Sign string }
							_ = json.Unmarshal(body, &b)
							_, header, _ := strings.Cut(r.Header.Get("X-Syncer-Signature"), "=")
							for _, s := range []string{r.URL.Query().Get("sign"), b.Sign, header} {
								if s != "" {
									signatures = append(signatures, s)
								}
							}
							w.WriteHeader(status)
							fmt.Fprint(w, echo(strings.Repeat("x", before*25)+" "+r.RequestURI+" "+r.URL.RawQuery+" "+strings.Join(signatures, " ")))
						}))
						target := send.Target{Name: "ops", Type: kind, URL: server.URL + "/robot/" + token + "?access_token=" + token, Secret: secret}
						err := target.Send(t.Context(), message)
						server.Close()
						if kind == "slack" {
							require.Empty(t, signatures, "it takes none")
						} else {
							require.Len(t, signatures, 1)
						}
						if kind == "webhook" && status == http.StatusOK {
							require.NoError(t, err)
							continue
						}
						require.Error(t, err)
						for _, s := range append(signatures, token) {
							for start := 0; start+8 <= len(s); start++ {
								for _, encoded := range []string{s[start : start+8], url.QueryEscape(s[start : start+8])} {
									require.NotContains(t, err.Error(), encoded, "of %s", s)
								}
							}
						}
					}
				})
			}
		}
	}
}

// TestRefusals: what is no acceptance is an error that says why, and that holds no
// part of the address or the secret, whatever the other side echoes.
func TestRefusals(t *testing.T) {
	t.Parallel()
	echo := func(status int, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(status)
			fmt.Fprint(w, text, " ", r.URL.String(), " ", secret)
		}
	}
	answer := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }
	}
	for name, c := range map[string]struct {
		kind    string
		handler http.HandlerFunc
		want    string
	}{
		"DingTalk refuses with HTTP 200": {"dingtalk", answer(`{"errcode":310000,"errmsg":"sign not match for ` + token + `"}`), "it refuses: errcode 310000: sign not match for ***"},
		"Feishu refuses with HTTP 200":   {"feishu", answer(`{"code":19021,"msg":"sign match fail or timestamp is not within one hour from current time"}`), "code 19021: sign match fail"},
		"Slack refuses with HTTP 200":    {"slack", answer("invalid_payload"), "it answers invalid_payload"},
		"an answer without a code":       {"dingtalk", answer(`{}`), "it refuses: errcode <nil>"},
		"a page instead of an answer":    {"feishu", answer("<html>login</html>"), "it answers no JSON: <html>"},
		"not found":                      {"slack", echo(404, "no_service"), "it answers HTTP 404: no_service"},
		"too many":                       {"webhook", echo(429, ""), "it answers HTTP 429"},
		"a redirection": {"webhook", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/other/"+token, http.StatusFound)
		}, "it answers HTTP 302"},
		"cut off": {"webhook", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "{")
		}, "cut off"},
		"reset": {"webhook", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(c.handler)
			defer server.Close()
			target := send.Target{Name: "ops", Type: c.kind, URL: server.URL + "/robot/" + token + "?access_token=" + token, Secret: secret}
			err := target.Send(t.Context(), message)
			require.ErrorContains(t, err, "notify ops: ")
			require.ErrorContains(t, err, c.want)
			for _, s := range []string{token, secret, url.QueryEscape(token)} {
				require.NotContains(t, err.Error(), s)
			}
		})
	}
	t.Run("nobody listens", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewServer(nil)
		address := server.URL
		server.Close()
		target := send.Target{Name: "ops", Type: "slack", URL: address + "/services/" + token}
		err := target.Send(t.Context(), message)
		require.ErrorContains(t, err, "connection refused")
		require.NotContains(t, err.Error(), token)
		_, err = target.Reach(t.Context())
		require.ErrorContains(t, err, "connection refused")
	})
	t.Run("it hangs", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // else the server does not notice that the caller has gone
			<-r.Context().Done()
		}))
		defer server.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		target := send.Target{Name: "ops", Type: "slack", URL: server.URL + "/services/" + token}
		err := target.Send(ctx, message)
		require.Error(t, err)
		require.NotContains(t, err.Error(), token)
		host, err := target.Reach(t.Context())
		require.NoError(t, err)
		require.Equal(t, "127.0.0.1", host)
	})
}

// TestRefusedForGood: what a service says of the message itself is not tried for days;
// what it says of its settings, or of the moment, is.
func TestRefusedForGood(t *testing.T) {
	t.Parallel()
	for answer, refused := range map[string]bool{
		`dingtalk {"errcode":430102,"errmsg":"text contains a word that is not allowed"}`: true,
		`dingtalk {"errcode":310000,"errmsg":"keywords not in content"}`:                  false,
		`dingtalk {"errcode":130101,"errmsg":"send too fast"}`:                            false,
		`feishu {"code":19002,"msg":"params error, msg_type need"}`:                       true,
		`feishu {"code":19022,"msg":"Ip Not Allowed"}`:                                    false,
		`feishu {"code":11232,"msg":"frequency limited"}`:                                 false,
	} {
		kind, body, _ := strings.Cut(answer, " ")
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) }))
		target := send.Target{Name: "team", Type: kind, URL: server.URL}
		err := target.Send(t.Context(), send.Message{Title: "t"})
		server.Close()
		require.Error(t, err, answer)
		require.Equal(t, refused, errors.Is(err, send.ErrRefused), answer)
	}
}
