package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// A kind is how one service takes messages.
type kind struct {
	// body is what is posted, and may add to the address; header is made from the text
	// of the body.
	body func(t *Target, m Message, now time.Time, address *url.URL) (content any, header func(body []byte) map[string]string)
	// accepted judges the text of an answer of HTTP 200.
	accepted func(answer []byte) error
}

// Types are the kinds of targets.
var Types = []string{"dingtalk", "feishu", "slack", "webhook"}

var kinds = map[string]kind{
	"dingtalk": {dingtalk, codeIn("errcode", "errmsg")},
	"feishu":   {feishu, codeIn("code", "msg")},
	"slack": {slack, func(answer []byte) error {
		if s := strings.TrimSpace(string(answer)); s != "ok" {
			return fmt.Errorf("it answers %s", short(answer))
		}
		return nil
	}},
	"webhook": {webhook, func([]byte) error { return nil }},
}

func noHeader([]byte) map[string]string { return nil }

func sign(key, text string) []byte {
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte(text))
	return h.Sum(nil)
}

// dingtalk: https://open.dingtalk.com/document/orgapp/custom-robot-access. The title
// is part of the text, too, so that a robot may ask for the word syncer.
func dingtalk(t *Target, m Message, now time.Time, address *url.URL) (any, func([]byte) map[string]string) {
	if t.Secret != "" {
		ms := strconv.FormatInt(now.UnixMilli(), 10)
		q := address.Query()
		q.Set("timestamp", ms)
		q.Set("sign", base64.StdEncoding.EncodeToString(sign(t.Secret, ms+"\n"+t.Secret)))
		address.RawQuery = q.Encode()
	}
	escape := strings.NewReplacer(`\`, `\\`, "*", `\*`, "_", `\_`, "`", "\\`", "#", `\#`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;")
	text := "#### " + escape.Replace(m.Title) + "\n"
	for _, line := range m.Lines {
		text += "\n- " + escape.Replace(line)
	}
	if m.URL != "" {
		text += "\n\n[" + escape.Replace(m.URL) + "](" + m.URL + ")"
	}
	return map[string]any{"msgtype": "markdown", "markdown": map[string]string{"title": m.Title, "text": text}}, noHeader
}

// feishu: https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot; Lark's
// are the same. The language is the one that every client shows.
func feishu(t *Target, m Message, now time.Time, _ *url.URL) (any, func([]byte) map[string]string) {
	type part map[string]string
	var content [][]part
	for _, line := range m.Lines {
		content = append(content, []part{{"tag": "text", "text": line}})
	}
	if m.URL != "" {
		content = append(content, []part{{"tag": "a", "text": m.URL, "href": m.URL}})
	}
	body := map[string]any{
		"msg_type": "post",
		"content":  map[string]any{"post": map[string]any{"zh_cn": map[string]any{"title": m.Title, "content": content}}},
	}
	if t.Secret != "" {
		seconds := strconv.FormatInt(now.Unix(), 10)
		body["timestamp"] = seconds
		body["sign"] = base64.StdEncoding.EncodeToString(sign(seconds+"\n"+t.Secret, ""))
	}
	return body, noHeader
}

// slack: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
func slack(_ *Target, m Message, _ time.Time, _ *url.URL) (any, func([]byte) map[string]string) {
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	text := "*" + escape.Replace(m.Title) + "*"
	for _, line := range m.Lines {
		text += "\n• " + escape.Replace(line)
	}
	if m.URL != "" {
		text += "\n<" + m.URL + ">"
	}
	return map[string]string{"text": text}, noHeader
}

// webhook posts the message as it is. Where there is a secret, the header
// X-Syncer-Signature holds the HMAC-SHA256 of the body.
func webhook(t *Target, m Message, _ time.Time, _ *url.URL) (any, func([]byte) map[string]string) {
	return m, func(body []byte) map[string]string {
		if t.Secret == "" {
			return nil
		}
		return map[string]string{"X-Syncer-Signature": "sha256=" + hex.EncodeToString(sign(t.Secret, string(body)))}
	}
}

// codeIn wants a code of 0 in the answer: these services refuse with HTTP 200.
func codeIn(code, message string) func([]byte) error {
	return func(answer []byte) error {
		var fields map[string]any
		if err := json.Unmarshal(answer, &fields); err != nil {
			return fmt.Errorf("it answers no JSON: %s", short(answer))
		}
		if n, ok := fields[code].(float64); !ok || n != 0 {
			return fmt.Errorf("it refuses: %s %v: %s", code, fields[code], short([]byte(fmt.Sprint(fields[message]))))
		}
		return nil
	}
}
