package sim

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"hash/maphash"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// window is how far a request's Timestamp may be from the gateway's clock. A nonce is
// remembered for as long.
const window = 15 * time.Minute

// An identity is the signer of a request.
type identity struct {
	account *Account // in which the call is made
	keyID   string
	secret  string
	role    string // assumed; empty: the account's own user
	session string // of the assumed role
}

// A proof is what a request contains to show who sent it, with either signature.
type proof struct {
	keyID, token, nonce, date, signature string

	sign  func(secret string) string // computes the expected signature
	quote func() string              // returns the text that was signed, for error messages
}

var errIncomplete = badRequest("IncompleteSignature", "The request signature does not conform to Aliyun standards.")

// prove reads the proof of a request.
func prove(r *http.Request, params url.Values, body []byte) (proof, error) {
	if isACS3(r) {
		return proveACS3(r, body)
	}
	return proveRPC(r.Method, params)
}

// proveRPC reads the signature parameters of an RPC request of version 1.0.
func proveRPC(method string, p url.Values) (proof, error) {
	for _, name := range []string{"AccessKeyId", "Signature", "SignatureNonce", "Timestamp"} {
		if p.Get(name) == "" {
			return proof{}, missing(name)
		}
	}
	if m := p.Get("SignatureMethod"); m != "HMAC-SHA1" {
		return proof{}, badRequest("InvalidParameter.SignatureMethod", "The signature method %q is not supported.", m)
	}
	if v := p.Get("SignatureVersion"); v != "1.0" {
		return proof{}, badRequest("InvalidParameter.SignatureVersion", "The signature version %q is not supported.", v)
	}
	toSign := stringToSign(method, p)
	return proof{
		keyID:     p.Get("AccessKeyId"),
		token:     p.Get("SecurityToken"),
		nonce:     p.Get("SignatureNonce"),
		date:      p.Get("Timestamp"),
		signature: p.Get("Signature"),
		sign:      func(secret string) string { return sign(secret, toSign) },
		quote:     func() string { return "server string to sign is:" + toSign },
	}, nil
}

// authenticate checks that a request is signed by a known key, that it is recent, and that
// it was not sent before.
func (c *Cloud) authenticate(p proof) (identity, error) {
	now := c.opt.Wall()
	sent, err := time.Parse("2006-01-02T15:04:05Z", p.date)
	if err != nil {
		return identity{}, badRequest("InvalidTimeStamp.Format", "Specified time stamp or date value is not well formatted.")
	}
	if sent.Before(now.Add(-window)) || sent.After(now.Add(window)) {
		return identity{}, badRequest("InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")
	}
	who, err := c.identify(p.keyID, p.token, now)
	if err != nil {
		return identity{}, err
	}
	if !hmac.Equal([]byte(p.sign(who.secret)), []byte(p.signature)) {
		return identity{}, badRequest("SignatureDoesNotMatch",
			"Specified signature does not match our calculation. %s", redact(p.quote(), p.token))
	}
	// This comes last, so that only the owner of a key can fill the memory of nonces.
	if !c.nonces.fresh(who.keyID, p.nonce, now) {
		return identity{}, badRequest("SignatureNonceUsed", "Specified signature nonce was used already.")
	}
	return who, nil
}

// identify finds the key that a request names.
func (c *Cloud) identify(keyID, token string, now time.Time) (identity, error) {
	if strings.HasPrefix(keyID, temporaryKey) {
		return c.openToken(keyID, token, now)
	}
	a, ok := c.accountOf(keyID)
	if !ok {
		return identity{}, &Error{Status: http.StatusNotFound, Code: "InvalidAccessKeyId.NotFound", Message: "Specified access key is not found."}
	}
	return identity{account: a, keyID: keyID, secret: a.AccessKeySecret}, nil
}

// stringToSign is the text that an RPC request of version 1.0 signs: see "Request syntax
// and signature method V2 for RPC APIs" in Alibaba Cloud's SDK documentation.
func stringToSign(method string, params url.Values) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(params)) {
		if name == "Signature" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(escape(name))
		b.WriteByte('=')
		b.WriteString(escape(params.Get(name)))
	}
	return method + "&%2F&" + escape(b.String())
}

func sign(secret, text string) string {
	mac := hmac.New(sha1.New, []byte(secret+"&"))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// escape encodes all characters except the unreserved ones of RFC 3986.
func escape(s string) string {
	const hex = "0123456789ABCDEF"
	b := make([]byte, 0, len(s)+len(s)/2)
	for i := range len(s) {
		switch ch := s[i]; {
		case 'a' <= ch && ch <= 'z', 'A' <= ch && ch <= 'Z', '0' <= ch && ch <= '9', strings.IndexByte("-_.~", ch) >= 0:
			b = append(b, ch)
		default:
			b = append(b, '%', hex[ch>>4], hex[ch&15])
		}
	}
	return string(b)
}

// redact removes a security token from the signed text. The token is a credential, and
// error messages are logged.
func redact(signed, token string) string {
	if token == "" {
		return signed
	}
	return strings.NewReplacer(token, "***", escape(escape(token)), "***").Replace(signed)
}

// nonces remembers used nonces in bounded memory: two generations of hashes. A whole
// generation is dropped at a time. If calls come so fast that a generation is full early,
// the oldest nonces are forgotten early.
type nonces struct {
	mu            sync.Mutex
	seed          maphash.Seed
	recent, older map[uint64]struct{}
	turned        time.Time
}

const maxNonces = 1 << 18 // per generation, about 5 MB

func (n *nonces) fresh(key, nonce string, now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	// A nonce must outlive its Timestamp, which may be a window in the future.
	if n.recent == nil || now.Sub(n.turned) > 2*window || len(n.recent) >= maxNonces {
		if n.recent == nil {
			n.seed = maphash.MakeSeed()
		}
		n.recent, n.older, n.turned = map[uint64]struct{}{}, n.recent, now
	}
	h := maphash.String(n.seed, key+"\x00"+nonce)
	if _, used := n.recent[h]; used {
		return false
	}
	if _, used := n.older[h]; used {
		return false
	}
	n.recent[h] = struct{}{}
	return true
}
