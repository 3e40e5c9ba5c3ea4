package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A place is where an archive is kept: files by name, with slashes.
type place interface {
	// create makes a file to write to, which nobody takes for one of the archive.
	create() (draft, error)
	// publish gives a file its name. Under that name it is whole from the first moment on.
	publish(ctx context.Context, d draft, name string) error
	// discard removes what create made and publish has not published.
	discard(d draft)
	open(ctx context.Context, name string) (content, error)
	// list names the files in a folder. A folder that is not there is empty.
	list(ctx context.Context, folder string) ([]string, error)
	// tidy removes what a killed process has left.
	tidy() error
	// url is what DuckDB reads the archive by.
	url() string
}

// A draft is a file that is being written.
type draft interface {
	io.Writer
	io.ReaderAt
	Name() string
	Sync() error
	Close() error
}

// A content is a file of the archive, open for reading.
type content interface {
	io.ReaderAt
	io.Closer

	Size() int64
}

// drafts is the folder of a directory in which files are written.
const drafts = ".drafts"

func placeOf(address string, key func(context.Context) (Key, error)) (place, error) {
	if strings.HasPrefix(address, "s3://") {
		return newBucket(address, key)
	}
	if dir, ok := strings.CutPrefix(address, "file://"); ok {
		address = dir
	}
	if scheme, _, ok := strings.Cut(address, "://"); ok {
		return nil, fmt.Errorf("archives of scheme %s are not known: expected a directory, or s3://bucket/prefix?endpoint=host", scheme)
	}
	if address == "" {
		return nil, errors.New("the archive has no address")
	}
	dir, err := filepath.Abs(address)
	if err != nil {
		return nil, err
	}
	return directory{dir, osFiles{}}, nil
}

// files are the operations on files that a directory is made of; tests let them fail.
type files interface {
	mkdirAll(dir string) error
	createTemp(dir string) (draft, error)
	rename(from, to string) error
	remove(name string) error
	syncDir(dir string) error
}

type osFiles struct{}

func (osFiles) mkdirAll(dir string) error { return os.MkdirAll(dir, 0o750) }
func (osFiles) createTemp(dir string) (draft, error) {
	return os.CreateTemp(dir, "draft-*")
}
func (osFiles) rename(from, to string) error { return os.Rename(from, to) }
func (osFiles) remove(name string) error     { return os.Remove(name) }

func (osFiles) syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// A directory is a place on a file system.
type directory struct {
	dir string
	fs  files
}

func (d directory) url() string { return filepath.ToSlash(d.dir) }

func (d directory) path(name string) string { return filepath.Join(d.dir, filepath.FromSlash(name)) }

func (d directory) create() (draft, error) {
	dir := d.path(drafts)
	if err := d.fs.mkdirAll(dir); err != nil {
		return nil, err
	}
	return d.fs.createTemp(dir)
}

func (d directory) publish(_ context.Context, f draft, name string) error {
	// The bytes are on disk before the name is, and the name before the next one.
	if err := f.Sync(); err != nil {
		return err
	}
	to := d.path(name)
	if err := d.fs.mkdirAll(filepath.Dir(to)); err != nil {
		return err
	}
	if err := d.fs.rename(f.Name(), to); err != nil {
		return err
	}
	for dir := filepath.Dir(to); ; dir = filepath.Dir(dir) {
		if err := d.fs.syncDir(dir); err != nil {
			return err
		}
		if len(dir) <= len(d.dir) {
			return nil
		}
	}
}

func (d directory) discard(f draft) {
	_ = f.Close()
	if err := d.fs.remove(f.Name()); err != nil {
		return // it was published; or tidy takes it later
	}
}

func (d directory) open(_ context.Context, name string) (content, error) {
	f, err := os.Open(d.path(name))
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return diskFile{f, info.Size()}, nil
}

type diskFile struct {
	*os.File

	size int64
}

func (f diskFile) Size() int64 { return f.size }

func (d directory) list(_ context.Context, folder string) (names []string, err error) {
	entries, err := os.ReadDir(d.path(folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	slices.Sort(names)
	return names, err
}

func (d directory) tidy() error {
	entries, err := os.ReadDir(d.path(drafts))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		err = errors.Join(err, d.fs.remove(filepath.Join(d.path(drafts), e.Name())))
	}
	return err
}
