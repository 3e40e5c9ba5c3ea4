package send

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A kind is how one service takes messages.
type kind struct {
	// body is what is posted, and may add to the address; header is made from the text
	// of the body.
	body func(p *post) (content any, header func(body []byte) map[string]string)
	// accepted judges the text of an answer of HTTP 200.
	accepted func(answer []byte) error
}

// Types are the kinds of targets.
var Types = []string{"dingtalk", "feishu", "slack", "webhook"}

var kinds = map[string]kind{
	// What these codes tell of (busy, too many messages; a robot that is gone or disabled;
	// keywords, signature or address that its settings do not take) is not the message's
	// fault: it passes, or can be mended.
	"dingtalk": {dingtalk, codeIn("errcode", "errmsg", -1, 130101, 300001, 300005, 400013, 400101, 400102, 410100, 310000)},
	"feishu":   {feishu, codeIn("code", "msg", 9499, 11232, 19001, 19021, 19022, 19024)},
	"slack": {slack, func(answer []byte) error {
		if s := strings.TrimSpace(string(answer)); s != "ok" {
			return fmt.Errorf("it answers %s", answer)
		}
		return nil
	}},
	"webhook": {webhook, func([]byte) error { return nil }},
}

// inert takes from a text what chat services act on wherever it stands: mentions (they
// ring for a whole group) and links. A server's name may hold either.
func inert(s string) string {
	return web.ReplaceAllString(webLink.ReplaceAllString(mentions.Replace(s), "${1}xx${2}[:]//"), "${1}[.]")
}

var (
	mentions = strings.NewReplacer("@", "＠", "<at", "＜at", "<!", "＜!", "<#", "＜#")
	webLink  = regexp.MustCompile(`(?i)(h)tt(ps?)://`)
	web      = regexp.MustCompile(`(?i)\b(www)\.`) // which some make a link without a scheme
)

func noHeader([]byte) map[string]string { return nil }

// dingtalk: https://open.dingtalk.com/document/orgapp/custom-robot-access. The title
// is part of the text, too, so that a robot may ask for the word syncer.
func dingtalk(p *post) (any, func([]byte) map[string]string) {
	if p.Secret != "" {
		ms := strconv.FormatInt(p.at.UnixMilli(), 10)
		q := p.address.Query()
		q.Set("timestamp", ms)
		q.Set("sign", p.sign(p.Secret, ms+"\n"+p.Secret, base64.StdEncoding.EncodeToString))
		p.address.RawQuery = q.Encode()
	}
	escape := strings.NewReplacer(`\`, `\\`, "*", `\*`, "_", `\_`, "`", "\\`", "#", `\#`, "[", `\[`, "]", `\]`, "~", `\~`, "!", `\!`, "|", `\|`, "<", "&lt;", ">", "&gt;")
	body := "#### " + escape.Replace(inert(p.message.Title)) + "\n"
	for _, line := range p.message.Lines {
		body += "\n- " + escape.Replace(inert(line))
	}
	if p.message.URL != "" {
		body += "\n\n[" + escape.Replace(p.message.URL) + "](" + p.message.URL + ")"
	}
	return map[string]any{"msgtype": "markdown", "markdown": map[string]string{"title": inert(p.message.Title), "text": body}}, noHeader
}

// feishu: https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot; Lark's
// are the same. The language is the one that every client shows.
func feishu(p *post) (any, func([]byte) map[string]string) {
	type part map[string]string
	var content [][]part
	for _, line := range p.message.Lines {
		content = append(content, []part{{"tag": "text", "text": inert(line)}})
	}
	if p.message.URL != "" {
		content = append(content, []part{{"tag": "a", "text": p.message.URL, "href": p.message.URL}})
	}
	body := map[string]any{
		"msg_type": "post",
		"content":  map[string]any{"post": map[string]any{"zh_cn": map[string]any{"title": inert(p.message.Title), "content": content}}},
	}
	if p.Secret != "" {
		seconds := strconv.FormatInt(p.at.Unix(), 10)
		body["timestamp"] = seconds
		body["sign"] = p.sign(seconds+"\n"+p.Secret, "", base64.StdEncoding.EncodeToString)
	}
	return body, noHeader
}

// slack: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
func slack(p *post) (any, func([]byte) map[string]string) {
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	body := "*" + escape.Replace(inert(p.message.Title)) + "*"
	for _, line := range p.message.Lines {
		body += "\n• " + escape.Replace(inert(line))
	}
	if p.message.URL != "" {
		body += "\n<" + p.message.URL + ">"
	}
	return map[string]string{"text": body}, noHeader
}

// webhook posts the message as it is. Where there is a secret, the header
// X-Syncer-Signature holds the HMAC-SHA256 of the body.
func webhook(p *post) (any, func([]byte) map[string]string) {
	return p.message, func(body []byte) map[string]string {
		if p.Secret == "" {
			return nil
		}
		return map[string]string{"X-Syncer-Signature": "sha256=" + p.sign(p.Secret, string(body), hex.EncodeToString)}
	}
}

// codeIn wants a code of 0 in the answer: these services refuse with HTTP 200. A
// refusal is for good, but for the codes that may pass.
func codeIn(code, message string, mayPass ...float64) func([]byte) error {
	return func(answer []byte) error {
		var fields map[string]any
		if err := json.Unmarshal(answer, &fields); err != nil {
			return fmt.Errorf("it answers no JSON: %s", answer)
		}
		n, ok := fields[code].(float64)
		switch {
		case ok && n == 0:
			return nil
		case !ok || slices.Contains(mayPass, n):
			return fmt.Errorf("it refuses: %s %v: %v", code, fields[code], fields[message])
		default:
			return fmt.Errorf("it refuses: %s %v: %v (%w)", code, fields[code], fields[message], ErrRefused)
		}
	}
}
