package sim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// acs3 is the algorithm of the newer signature, which is sent in headers: see "V3 request
// structure and signature" in Alibaba Cloud's SDK documentation,
// https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature
const acs3 = "ACS3-HMAC-SHA256"

// acs3Authorization matches the Authorization header. Header names are in lower case.
var acs3Authorization = regexp.MustCompile(`^` + acs3 + ` Credential=([^\s,]+), ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$`)

// isACS3 reports whether a request is signed by a header.
func isACS3(r *http.Request) bool { return r.Header.Get("Authorization") != "" }

// proveACS3 reads the proof of a request that is signed by headers.
func proveACS3(r *http.Request, body []byte) (proof, error) {
	given := acs3Authorization.FindStringSubmatch(r.Header.Get("Authorization"))
	if given == nil {
		return proof{}, errIncomplete
	}
	// The page says that these headers must be present, and that all of them that are
	// present must be signed. It does not say which error a missing one gives.
	signed := strings.Split(given[2], ";")
	for _, h := range []struct{ header, name string }{
		{"x-acs-date", "Timestamp"}, {"x-acs-signature-nonce", "SignatureNonce"}, {"x-acs-content-sha256", "ContentSha256"},
	} {
		if r.Header.Get(h.header) == "" {
			return proof{}, missing(h.name)
		}
	}
	for name := range r.Header {
		name = strings.ToLower(name)
		if (strings.HasPrefix(name, "x-acs-") || name == "content-type") && !slices.Contains(signed, name) {
			return proof{}, errIncomplete
		}
	}
	if !slices.Contains(signed, "host") || !slices.IsSorted(signed) {
		return proof{}, errIncomplete
	}
	hash := sha256.Sum256(body)
	payload := hex.EncodeToString(hash[:])
	if r.Header.Get("x-acs-content-sha256") != payload {
		return proof{}, badRequest("SignatureDoesNotMatch", "Specified x-acs-content-sha256 does not match the hash of the request body.")
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return proof{}, badRequest("InvalidParameter", "The query string is malformed.")
	}
	canonical := canonicalRequest(r, query, signed, payload)
	return proof{
		keyID:     given[1],
		token:     r.Header.Get("x-acs-security-token"),
		nonce:     r.Header.Get("x-acs-signature-nonce"),
		date:      r.Header.Get("x-acs-date"),
		signature: given[3],
		sign:      func(secret string) string { return signACS3(secret, canonical) },
		quote: func() string {
			return "server StringToSign is [" + stringToSignACS3(canonical) + "] server CanonicalRequest is [" + canonical + "]"
		},
	}, nil
}

// canonicalRequest is the text whose hash is signed. In the RPC style, the path is /.
func canonicalRequest(r *http.Request, query url.Values, signed []string, payload string) string {
	var b strings.Builder
	b.WriteString(r.Method + "\n/\n")
	for i, name := range slices.Sorted(maps.Keys(query)) {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(escape(name) + "=" + escape(query.Get(name)))
	}
	b.WriteByte('\n')
	for _, name := range signed {
		value := r.Host
		if name != "host" {
			value = strings.Join(r.Header.Values(name), ",")
		}
		b.WriteString(name + ":" + strings.TrimSpace(value) + "\n")
	}
	b.WriteString("\n" + strings.Join(signed, ";") + "\n" + payload)
	return b.String()
}

func stringToSignACS3(canonical string) string {
	hash := sha256.Sum256([]byte(canonical))
	return acs3 + "\n" + hex.EncodeToString(hash[:])
}

func signACS3(secret, canonical string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stringToSignACS3(canonical)))
	return hex.EncodeToString(mac.Sum(nil))
}
