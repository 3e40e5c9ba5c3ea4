package store

import (
	"math/bits"
	"slices"
)

// fingerprints remembers of each row no more than this: 64 bits of its key's
// hash, 64 of its columns', and which listing showed it last. It is a hash table
// with linear probing over plain arrays, 20 bytes a slot and at most 7 of 8
// slots used, because a map of the same costs twice as much and this is all
// that grows with a table.
//
// Keys are hashed with a seed. Two standing rows that share a key hash are
// noticed while loading, and another seed is taken; so a key found here is the
// key that was meant, but for one chance in 2^64 per new row, and then the merge,
// which compares whole keys, still writes the right thing.
type fingerprints struct {
	keys   []uint64 // 0: free
	hashes []uint64 // row_hash as it stands or is staged; 0: unknown, equals nothing
	seen   []uint32 // number of the listing that showed it last; 0: none
	used   int
}

const minSlots = 64

func (f *fingerprints) slot(key uint64) int {
	// Lemire's multiply-shift: any size will do, not only powers of two.
	hi, _ := bits.Mul64(key, uint64(len(f.keys)))
	i := int(hi)
	for f.keys[i] != 0 && f.keys[i] != key {
		if i++; i == len(f.keys) {
			i = 0
		}
	}
	return i
}

// find returns the slot of a key, or -1.
func (f *fingerprints) find(key uint64) int {
	if f.used == 0 {
		return -1
	}
	if i := f.slot(key); f.keys[i] != 0 {
		return i
	}
	return -1
}

// add returns the slot of a key, and whether it is new.
func (f *fingerprints) add(key uint64) (slot int, fresh bool) {
	if f.used >= len(f.keys)/8*7 {
		f.grow()
	}
	i := f.slot(key)
	if f.keys[i] != 0 {
		return i, false
	}
	f.keys[i] = key
	f.used++
	return i, true
}

func (f *fingerprints) grow() {
	old := *f
	n := max(minSlots, len(f.keys)+len(f.keys)/3)
	*f = fingerprints{keys: make([]uint64, n), hashes: make([]uint64, n), seen: make([]uint32, n), used: f.used}
	for i, key := range old.keys {
		if key != 0 {
			j := f.slot(key)
			f.keys[j], f.hashes[j], f.seen[j] = key, old.hashes[i], old.seen[i]
		}
	}
}

// Marks beside the listing's number in seen.
const (
	shownBefore = 1 << 31 // an earlier listing of the run showed the row too
	stands      = 1 << 30 // the row stood when the run began
	marks       = shownBefore | stands
)

// show notes that a listing shows the row in a slot, and tells whether it does so
// for the first time.
func (f *fingerprints) show(slot int, listing uint32) (fresh bool) {
	switch f.seen[slot] &^ marks {
	case listing:
		return false
	case 0:
		f.seen[slot] |= listing
	default:
		f.seen[slot] = f.seen[slot]&stands | listing | shownBefore
	}
	return true
}

// shown reports whether some listing has shown the row in a slot.
func (f *fingerprints) shown(slot int) bool { return f.seen[slot]&^stands != 0 }

// carry takes over which rows were shown, of those that still stand.
func (f *fingerprints) carry(before *fingerprints) {
	for i, key := range before.keys {
		if key != 0 && before.shown(i) {
			if j := f.find(key); j >= 0 {
				f.seen[j] |= before.seen[i]
			}
		}
	}
}

// forget takes back what one listing showed: its rows count as not seen by it, and
// whatever they were staged as is unknown.
func (f *fingerprints) forget(listing uint32) {
	for i, s := range f.seen {
		if s&^marks == listing {
			f.seen[i], f.hashes[i] = s&marks, 0
		}
	}
}

// unseen reports whether no listing has shown some row that stands.
func (f *fingerprints) unseen() bool { return slices.Contains(f.seen, stands) }

// lost reports whether a row that one listing showed was not shown again by a later
// one. A row that a later one showed and forgot counts as lost.
func (f *fingerprints) lost(listing uint32) bool {
	return slices.ContainsFunc(f.seen, func(s uint32) bool { return s&^marks == listing || s&^stands == shownBefore })
}

// countShown counts the rows that the run's listings have shown.
func (f *fingerprints) countShown() (n int) {
	for _, s := range f.seen {
		if s&^marks != 0 {
			n++
		}
	}
	return n
}
