package fetch

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/alibabacloud-go/darabonba-openapi/v2/utils"
	"github.com/alibabacloud-go/tea/dara"
)

// acs3 is the algorithm of Alibaba Cloud's signature V3. The canonical request
// and its signature are the utilities' of the maintained SDK; nothing else of
// that SDK is used, for the reasons that keep the v1 one to its signature.
const acs3 = "ACS3-HMAC-SHA256"

// signACS3 signs by HMAC-SHA256, with headers: no key, token or signature is in
// the URL. Parameters go where [signRPC] puts them.
//
// https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature
func signACS3(ctx context.Context, call Call, at endpoint, k keys, now time.Time) (*http.Request, error) {
	return requestACS3(ctx, call, at, k, now, rand.Text())
}

func requestACS3(ctx context.Context, call Call, at endpoint, k keys, now time.Time, nonce string) (*http.Request, error) {
	query, form := url.Values{}, url.Values{}
	if region := call.region(); region != "" {
		query.Set("RegionId", region)
	}
	for name, value := range call.Params {
		if len(value) < longParam {
			query.Set(name, value)
		} else {
			form.Set(name, value)
		}
	}
	body := form.Encode()
	hash := hex.EncodeToString(utils.Hash([]byte(body), dara.String(acs3)))
	headers := map[string]string{
		"host":                  at.host,
		"x-acs-action":          call.Action,
		"x-acs-version":         call.Version,
		"x-acs-date":            now.UTC().Format("2006-01-02T15:04:05Z"),
		"x-acs-signature-nonce": nonce,
		"x-acs-content-sha256":  hash,
	}
	if body != "" {
		headers["content-type"] = "application/x-www-form-urlencoded"
	}
	if k.token != "" {
		headers["x-acs-security-token"] = k.token
	}

	toSign := &dara.Request{
		Method:   dara.String(http.MethodPost),
		Pathname: dara.String("/"),
		Query:    map[string]*string{},
		Headers:  map[string]*string{},
	}
	for name := range query {
		toSign.Query[name] = dara.String(query.Get(name))
	}
	for name, value := range headers {
		toSign.Headers[name] = dara.String(value)
	}
	authorization := utils.GetAuthorization(toSign, dara.String(acs3), &hash, &k.id, &k.secret)

	to := url.URL{Scheme: at.scheme, Host: at.host, Path: "/", RawQuery: query.Encode()}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), strings.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", withoutURL(err))
	}
	for name, value := range headers {
		if name != "host" { // net/http writes the URL's
			request.Header.Set(name, value)
		}
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Authorization", *authorization)
	return request, nil
}
