package store

import (
	"bufio"
	"bytes"
	"cmp"
	"container/heap"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"slices"
)

// A spill keeps the rows of keys that do not stand yet, to be read in the order
// of their keys: PostgreSQL fills an index from left to right at half the cost of
// filling it anywhere. It holds spillBytes in memory; what is more goes in sorted
// runs to a temporary file without a name, which ends with the process.
type spill struct {
	arena []byte   // entries of the run in the making
	index []uint32 // where each begins
	file  *os.File
	size  int64
	runs  []int64 // where each run of the file ends

	dropped map[uint32]uint64 // listing → seq up to which its rows do not count
}

const spillBytes = 2 << 20

// An entry is seq (8 bytes), listing (4), length of the key (4) and of the tuple
// (4), key, tuple.
type entry []byte

const entryHeader = 20

func (e entry) seq() uint64     { return binary.BigEndian.Uint64(e) }
func (e entry) listing() uint32 { return binary.BigEndian.Uint32(e[8:]) }
func (e entry) keyLen() int     { return int(binary.BigEndian.Uint32(e[12:])) }
func (e entry) len() int        { return entryHeader + e.keyLen() + int(binary.BigEndian.Uint32(e[16:])) }
func (e entry) key() []byte     { return e[entryHeader : entryHeader+e.keyLen()] }
func (e entry) tuple() []byte   { return e[entryHeader+e.keyLen() : e.len()] }

func compareEntries(a, b entry) int {
	return cmp.Or(bytes.Compare(a.key(), b.key()), cmp.Compare(a.seq(), b.seq()))
}

func (s *spill) empty() bool { return len(s.index) == 0 && len(s.runs) == 0 }

// add takes a row: the fields of its key, and its columns and hashes as a part of
// a COPY tuple. Of two rows with the same key, the one with the higher seq counts.
func (s *spill) add(seq uint64, listing uint32, key, tuple []byte) error {
	if len(s.arena) > 0 && len(s.arena)+len(key)+len(tuple) > spillBytes {
		if err := s.writeRun(); err != nil {
			return fmt.Errorf("keep rows in a temporary file (is TMPDIR writable, and has it room?): %w", err)
		}
	}
	s.index = append(s.index, uint32(len(s.arena)))
	s.arena = binary.BigEndian.AppendUint64(s.arena, seq)
	s.arena = binary.BigEndian.AppendUint32(s.arena, listing)
	s.arena = binary.BigEndian.AppendUint32(s.arena, uint32(len(key)))
	s.arena = binary.BigEndian.AppendUint32(s.arena, uint32(len(tuple)))
	s.arena = append(append(s.arena, key...), tuple...)
	return nil
}

// drop makes a listing's rows so far not count.
func (s *spill) drop(listing uint32, seq uint64) {
	if s.dropped == nil {
		s.dropped = map[uint32]uint64{}
	}
	s.dropped[listing] = seq
}

func (s *spill) sort() {
	slices.SortFunc(s.index, func(a, b uint32) int { return compareEntries(s.arena[a:], s.arena[b:]) })
}

func (s *spill) writeRun() (err error) {
	if s.file == nil {
		if s.file, err = os.CreateTemp("", "syncer-*"); err != nil {
			return err
		}
		if err := os.Remove(s.file.Name()); err != nil {
			return err
		}
	}
	s.sort()
	w := bufio.NewWriterSize(s.file, 1<<16)
	for _, at := range s.index {
		e := entry(s.arena[at:])
		if _, err := w.Write(e[:e.len()]); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	s.size += int64(len(s.arena))
	s.runs = append(s.runs, s.size)
	s.arena, s.index = s.arena[:0], s.index[:0]
	return nil
}

// visit yields the rows that count, in the order of their keys. A row is valid
// until the next one.
func (s *spill) visit(yield func(entry) error) error {
	s.sort()
	sources := mergeHeap{&run{memory: s}}
	from := int64(0)
	for _, to := range s.runs {
		sources = append(sources, &run{file: bufio.NewReaderSize(io.NewSectionReader(s.file, from, to-from), 1<<15)})
		from = to
	}
	sources = slices.DeleteFunc(sources, func(r *run) bool { return !r.next() && r.err == nil })
	heap.Init(&sources)
	var last entry // of its key so far
	for len(sources) > 0 {
		r := sources[0]
		if r.err != nil {
			return fmt.Errorf("read the temporary file: %w", r.err)
		}
		if r.head.seq() > s.dropped[r.head.listing()] {
			if len(last) > 0 && !bytes.Equal(last.key(), r.head.key()) {
				if err := yield(last); err != nil {
					return err
				}
			}
			last = append(last[:0], r.head...)
		}
		if r.next() || r.err != nil {
			heap.Fix(&sources, 0)
		} else {
			heap.Pop(&sources)
		}
	}
	if len(last) > 0 {
		return yield(last)
	}
	return nil
}

func (s *spill) close() {
	if s.file != nil {
		_ = s.file.Close() // it has no name: this ends it
	}
	*s = spill{}
}

// A run yields sorted entries, from memory or from the file.
type run struct {
	memory *spill
	at     int // of the next one, in the memory's index
	file   *bufio.Reader

	head entry
	err  error
}

// next reads the next entry into head; false at the end and at an error.
func (r *run) next() bool {
	if r.memory != nil {
		if r.at == len(r.memory.index) {
			return false
		}
		e := entry(r.memory.arena[r.memory.index[r.at]:])
		r.head = e[:e.len()]
		r.at++
		return true
	}
	r.head = slices.Grow(r.head[:0], entryHeader)[:entryHeader]
	if _, err := io.ReadFull(r.file, r.head); err != nil {
		if err != io.EOF { //nolint:errorlint // ReadFull returns it bare
			r.err = err
		}
		return false
	}
	n := r.head.len()
	r.head = slices.Grow(r.head, n)[:n]
	_, r.err = io.ReadFull(r.file, r.head[entryHeader:])
	return r.err == nil
}

// A mergeHeap is a heap of runs by their heads; those with errors come first.
type mergeHeap []*run

func (h mergeHeap) Len() int      { return len(h) }
func (h mergeHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h mergeHeap) Less(i, j int) bool {
	if h[i].err != nil || h[j].err != nil {
		return h[i].err != nil
	}
	return compareEntries(h[i].head, h[j].head) < 0
}
func (h *mergeHeap) Push(x any) { *h = append(*h, x.(*run)) }
func (h *mergeHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
