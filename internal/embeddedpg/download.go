package embeddedpg

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha1" //nolint:gosec // Maven's fallback checksum; see checksums
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/ulikunitz/xz"
)

const (
	mavenCentral = "https://repo1.maven.org/maven2"
	maxDownload  = 256 << 20 // bytes; today's are 10 to 60 MB
	downloadTime = 10 * time.Minute
)

// releases are the versions to download: the builds of
// github.com/zonkyio/embedded-postgres-binaries, which need nothing of the
// machine but its C library.
var releases = map[int]string{14: "14.18.0", 15: "15.13.0", 16: "16.9.0", 17: "17.5.0", 18: "18.3.0"}

// checksums that a Maven repository publishes beside a file, the better first.
// They come from where the file does: they find damage, and trust is HTTPS's.
var checksums = []struct {
	suffix string
	new    func() hash.Hash
}{
	{".sha256", sha256.New},
	{".sha1", sha1.New},
}

// download fetches binaries of a major version (0: the newest) into the data
// directory.
func (h *home) download(ctx context.Context, major int) (_ binaries, err error) {
	if major == 0 {
		major = newestMajor
	}
	version, ok := releases[major]
	if !ok {
		return binaries{}, fmt.Errorf("there is no download of PostgreSQL %d", major)
	}
	platform, err := platform(runtime.GOOS, runtime.GOARCH)
	if err != nil {
		return binaries{}, err
	}
	base := mavenCentral
	if mirror := os.Getenv("SYNCER_PG_DOWNLOAD"); mirror != "" {
		base = strings.TrimRight(mirror, "/")
	}
	artifact := "embedded-postgres-binaries-" + platform
	address := fmt.Sprintf("%s/io/zonky/test/postgres/%s/%s/%s-%s.jar", base, artifact, version, artifact, version)
	defer func() {
		if err != nil {
			err = fmt.Errorf("download PostgreSQL %s: %w", version, err)
		}
	}()

	ctx, cancel := context.WithTimeout(ctx, downloadTime)
	defer cancel()
	h.logger.Info("downloading PostgreSQL", "version", version, "from", address)
	jar, err := fetchVerified(ctx, address)
	if err != nil {
		return binaries{}, err
	}
	dir := filepath.Join(h.path(binDir), version)
	if err := unpack(jar, dir); err != nil {
		return binaries{}, fmt.Errorf("unpack %s: %w", address, err)
	}
	return inspect(ctx, filepath.Join(dir, "bin"))
}

// platform is a system's name in the archive's.
func platform(goos, goarch string) (string, error) {
	arch, ok := map[string]string{"amd64": "amd64", "arm64": "arm64v8", "ppc64le": "ppc64le"}[goarch]
	if !ok || goos != "linux" && goos != "darwin" {
		return "", fmt.Errorf("there is no download of PostgreSQL for %s/%s", goos, goarch)
	}
	if _, err := os.Stat("/etc/alpine-release"); err == nil && goos == "linux" {
		arch += "-alpine" // built against musl
	}
	return goos + "-" + arch, nil
}

func fetchVerified(ctx context.Context, address string) ([]byte, error) {
	file, err := fetch(ctx, address)
	if err != nil {
		return nil, err
	}
	for _, c := range checksums {
		text, err := fetch(ctx, address+c.suffix)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		sum := c.new()
		sum.Write(file)
		// Some tools write the file's name after the sum.
		want, _, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
		if got := hex.EncodeToString(sum.Sum(nil)); !strings.EqualFold(got, want) {
			return nil, fmt.Errorf("%s is damaged: its checksum is %s, and %s%s says %s", address, got, address, c.suffix, want)
		}
		return file, nil
	}
	return nil, fmt.Errorf("%s cannot be verified: there is no %s.sha256 or .sha1", address, address)
}

// fetch gets a file into memory. One that is not there is an fs.ErrNotExist.
func fetch(ctx context.Context, address string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err // names the method and the address
	}
	defer func() { _ = resp.Body.Close() }()
	switch {
	case resp.StatusCode == http.StatusNotFound:
		return nil, fmt.Errorf("GET %s: %w (%s)", address, fs.ErrNotExist, resp.Status)
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("GET %s: %s", address, resp.Status)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxDownload+1))
	if err != nil {
		return nil, fmt.Errorf("GET %s: %w", address, err)
	}
	if len(body) > maxDownload {
		return nil, fmt.Errorf("GET %s: more than %d MB", address, maxDownload>>20)
	}
	return body, nil
}

// unpack puts the tree of a jar into a directory, which appears only whole.
func unpack(jar []byte, dir string) error {
	archive, err := zip.NewReader(bytes.NewReader(jar), int64(len(jar)))
	if err != nil {
		return err
	}
	for _, f := range archive.File {
		if path.Ext(f.Name) != ".txz" {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
			return err
		}
		if err := addMode(filepath.Dir(dir), 0o055); err != nil {
			return err
		}
		draft := dir + ".new"
		if err := errors.Join(os.RemoveAll(draft), os.RemoveAll(dir)); err != nil {
			return err
		}
		if err := unpackTree(f, draft); err != nil {
			return errors.Join(err, os.RemoveAll(draft))
		}
		return os.Rename(draft, dir)
	}
	return errors.New("no .txz file in it")
}

func unpackTree(f *zip.File, dir string) error {
	packed, err := f.Open()
	if err != nil {
		return err
	}
	defer func() { _ = packed.Close() }()
	unpacked, err := xz.NewReader(packed)
	if err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir) // nothing in the archive leads out of it
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	if err := root.Chmod(".", 0o755); err != nil {
		return err
	}
	for files := tar.NewReader(unpacked); ; {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := unpackEntry(root, header, files); err != nil {
			return err
		}
	}
}

// unpackEntry makes one entry with a mode that everybody may read, whatever the
// umask: another user may run it.
func unpackEntry(root *os.Root, header *tar.Header, content io.Reader) error {
	name := path.Clean(header.Name)
	if !filepath.IsLocal(name) {
		return fmt.Errorf("%s leads out of the archive", header.Name)
	}
	switch header.Typeflag {
	case tar.TypeDir:
		return makeDirs(root, name)
	case tar.TypeSymlink:
		if err := makeDirs(root, path.Dir(name)); err != nil {
			return err
		}
		return root.Symlink(header.Linkname, name)
	case tar.TypeReg:
		if err := makeDirs(root, path.Dir(name)); err != nil {
			return err
		}
		mode := fs.FileMode(0o644)
		if header.FileInfo().Mode()&0o100 != 0 {
			mode = 0o755
		}
		f, err := root.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, mode)
		if err != nil {
			return err
		}
		_, err = io.Copy(f, content)
		return errors.Join(err, f.Chmod(mode), f.Close())
	}
	return fmt.Errorf("%s is neither a file, a directory nor a link", header.Name)
}

// makeDirs makes a directory and those above it.
func makeDirs(root *os.Root, name string) error {
	if name == "." {
		return nil
	}
	if err := makeDirs(root, path.Dir(name)); err != nil {
		return err
	}
	if err := root.Mkdir(name, 0o755); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return nil
		}
		return err
	}
	return root.Chmod(name, 0o755)
}
