package archive

import (
	"errors"
	"os"
	"sync/atomic"
)

// ErrKilled is what all operations answer from the one on at which a process is killed.
var ErrKilled = errors.New("killed")

// OpenKilled opens an archive in a directory by a process that is killed at its nth operation
// on files. A write that is interrupted has written half. Left tells whether it came so far.
func OpenKilled(dir string, n int) (a *Archive, killed func() bool) {
	k := &killedFiles{}
	k.left.Store(int64(n))
	a, _ = Open(dir, Options{Program: "v1"})
	a.place = directory{a.place.(directory).dir, k}
	return a, func() bool { return k.left.Load() <= 0 }
}

type killedFiles struct {
	osFiles

	left atomic.Int64
}

// lives counts an operation.
func (k *killedFiles) lives() bool {
	return k.left.Add(-1) > 0
}

func (k *killedFiles) mkdirAll(dir string) error {
	if !k.lives() {
		return ErrKilled
	}
	return k.osFiles.mkdirAll(dir)
}

func (k *killedFiles) createTemp(dir string) (draft, error) {
	if !k.lives() {
		return nil, ErrKilled
	}
	d, err := k.osFiles.createTemp(dir)
	return killedDraft{d, k}, err
}

func (k *killedFiles) rename(from, to string) error {
	if !k.lives() {
		return ErrKilled
	}
	return k.osFiles.rename(from, to)
}

func (k *killedFiles) remove(name string) error {
	if !k.lives() {
		return ErrKilled
	}
	return k.osFiles.remove(name)
}

func (k *killedFiles) syncDir(dir string) error {
	if !k.lives() {
		return ErrKilled
	}
	return k.osFiles.syncDir(dir)
}

type killedDraft struct {
	draft

	files *killedFiles
}

func (d killedDraft) Write(p []byte) (int, error) {
	switch left := d.files.left.Add(-1); {
	case left > 0:
		return d.draft.Write(p)
	case left < 0:
		return 0, ErrKilled
	}
	n, _ := d.draft.Write(p[:len(p)/2])
	return n, ErrKilled
}

func (d killedDraft) Sync() error {
	if !d.files.lives() {
		return ErrKilled
	}
	return d.draft.Sync()
}

// Whole reports an error unless a Parquet file can be read to its end.
func Whole(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	_, _, err = read(f, info.Size())
	return err
}
