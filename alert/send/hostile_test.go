package send_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"

	"syncer/alert/send"
)

// hostile are names that act in a chat, or that a service would refuse.
var hostile = []string{
	"web\n- syncer: all is well\r\n\u2028# all is well", "@all @channel <!channel> <at user_id=\"all\">all</at>",
	"[sign in](https://evil.example/x) HTTP://evil.example WWW.evil.example <https://evil.example|here>", "**bold** _it_ `code` ~gone~ ![i](x)",
	"\x1b[2J\x00\xff\u202egnp", strings.Repeat("服", 20_000), strings.Repeat("<&>\\", 10_000), `"} ,{"tag":"at","user_id":"all"`,
}

// TestHostileNames: whatever a name holds, a message has the lines that syncer wrote,
// mentions nobody, leads to nothing but the page, and is small enough to be taken.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	for _, kind := range send.Types {
		var body string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			b, _ := io.ReadAll(r.Body)
			body = string(b)
			fmt.Fprint(w, accepts[kind])
		}))
		defer server.Close()
		target := send.Target{Name: "ops", Type: kind, URL: server.URL}
		for _, name := range append(hostile, strings.Join(hostile, " ")) {
			m := message
			m.Title, m.Lines = "syncer: agentless_tasks of "+name+" fails", []string{name + ": failed", "Look."}
			for range 100 {
				m.Lines = append(m.Lines, name)
			}
			require.NoError(t, target.Send(t.Context(), m))
			require.True(t, gjson.Valid(body))
			require.LessOrEqual(t, len(body), 20_000, kind)
			b := gjson.Parse(body)
			var title string
			var lines []string
			switch kind {
			case "dingtalk":
				title = b.Get("markdown.title").String()
				lines = strings.Split(b.Get("markdown.text").String(), "\n")
				lines = lines[1 : len(lines)-2] // the title and an empty line come first, the page last
			case "slack":
				lines = strings.Split(b.Get("text").String(), "\n")
				title, lines = lines[0], lines[:len(lines)-1]
			case "feishu":
				title = b.Get("content.post.zh_cn.title").String()
				for _, l := range b.Get("content.post.zh_cn.content").Array() {
					require.Len(t, l.Array(), 1)
					if l.Get("0.tag").String() == "text" {
						lines = append(lines, l.Get("0.text").String())
					}
				}
			case "webhook":
				title = b.Get("title").String()
				for _, l := range b.Get("lines").Array() {
					lines = append(lines, l.String())
				}
			}
			require.LessOrEqual(t, len([]rune(title)), 300)
			require.Less(t, len(lines), 60)
			for _, l := range append(lines, title) {
				require.False(t, strings.ContainsAny(l, "\r\n\x00\x1b\u2028\u202e\uFFFE"), "%q", l)
				require.False(t, strings.HasPrefix(strings.TrimLeft(l, "-•# "), "all is well"), "%q", l)
				if kind != "webhook" { // whose text no chat takes as markup
					require.NotContains(t, l, "@")
					require.NotContains(t, l, "<!")
					require.NotContains(t, l, "<at")
					require.NotContains(t, strings.ToLower(l), "http")
					require.NotContains(t, strings.ToLower(l), "www.")
				}
			}
		}
	}
}

// TestEchoedPassword: what a listener echoes of the request's headers is not told.
func TestEchoedPassword(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, "no: %q", r.Header)
	}))
	defer server.Close()
	for _, password := range []string{"hunter2-and-more", "s3cr3t"} {
		target := send.Target{Name: "ops", Type: "webhook", URL: strings.Replace(server.URL, "//", "//user:"+password+"@", 1)}
		err := target.Send(t.Context(), message)
		require.ErrorContains(t, err, "HTTP 403")
		require.ErrorContains(t, err, "Basic ***")
		require.NotContains(t, err.Error(), password)
	}
}
