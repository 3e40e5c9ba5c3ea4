package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// MetadataURL is where Alibaba Cloud publishes what operations there are, with parameters
// and answers. It asks for no login.
const MetadataURL = "https://api.aliyun.com/meta/v1"

// An API is an operation as the metadata names it.
type API struct {
	Product, Version, Action string
	Style                    string // RPC or ROA
}

const (
	metadataTimeout = 30 * time.Second
	maxMetadata     = 64 << 20 // bytes: products.json has a few
)

// Metadata reads what is published of an operation, from a place such as [MetadataURL]. The
// product is found in any case of letters; without a version, its default one is taken.
func Metadata(ctx context.Context, base string, api API) (API, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, metadataTimeout)
	defer cancel()
	text, err := published(ctx, base+"/products.json?language=EN_US")
	if err != nil {
		return api, nil, err
	}
	var products []struct {
		Code, DefaultVersion, Style string
		Versions                    []string
	}
	if err := json.Unmarshal(text, &products); err != nil {
		return api, nil, fmt.Errorf("read %s/products.json: the answer is no list of products: %w", base, err)
	}
	i := slices.IndexFunc(products, func(p struct {
		Code, DefaultVersion, Style string
		Versions                    []string
	},
	) bool {
		return strings.EqualFold(p.Code, api.Product)
	})
	if i < 0 {
		return api, nil, fmt.Errorf("there is no product %q: expected its code, such as Sas, oos or Ecs", api.Product)
	}
	p := products[i]
	api.Product, api.Style = p.Code, p.Style
	switch {
	case api.Version == "" && p.DefaultVersion != "":
		api.Version = p.DefaultVersion
	case api.Version == "" && len(p.Versions) > 0:
		api.Version = slices.Max(p.Versions)
	case !slices.Contains(p.Versions, api.Version):
		return api, nil, fmt.Errorf("product %s has no version %q: expected one of %s", api.Product, api.Version, strings.Join(p.Versions, ", "))
	}
	text, err = published(ctx, fmt.Sprintf("%s/products/%s/versions/%s/apis/%s/api.json?language=EN_US", base, url.PathEscape(api.Product), url.PathEscape(api.Version), url.PathEscape(api.Action)))
	if errors.Is(err, errNotPublished) {
		err = fmt.Errorf("%s %s has no operation %s: expected its name as on its page, such as DescribeInstances", api.Product, api.Version, api.Action)
	}
	return api, text, err
}

var errNotPublished = errors.New("not found")

func published(ctx context.Context, address string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return nil, fmt.Errorf("read %s: %w", address, failed.Err)
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	switch {
	case response.StatusCode == http.StatusNotFound:
		return nil, fmt.Errorf("read %s: %w", address, errNotPublished)
	case response.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("read %s: HTTP %s", address, response.Status)
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxMetadata+1))
	if err == nil && len(text) > maxMetadata {
		err = fmt.Errorf("read %s: the answer is larger than %d MB", address, maxMetadata>>20)
	}
	return text, err
}
