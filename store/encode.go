package store

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"syncer/source"
)

// An encoder turns rows into tuples of PostgreSQL's binary COPY format
// (https://www.postgresql.org/docs/current/sql-copy.html) and hashes them as it
// goes, so that a row is walked once and boxed never.
type encoder struct {
	columns []encodedColumn // the declared columns, then extra
	asCame  bool            // some are unordered
	key     []int           // positions of the key columns
	order   []int           // positions in which a row's hash takes the columns: see follow
	ends    []int           // of the row being hashed: where each field ends
	seed    uint64

	scratch []byte
}

type encodedColumn struct {
	source.Type
	unordered bool
	name      uint64 // hash of the name: a NULL column leaves no trace in a row's hash, so adding one changes none
	tracked   bool
}

func newEncoder(s *source.Source) *encoder {
	e := &encoder{key: s.KeyIndexes()}
	for _, c := range s.Columns {
		e.columns = append(e.columns, encodedColumn{c.Type, c.Unordered, xxhash.Sum64String(c.Name), !c.Volatile})
		e.asCame = e.asCame || c.Unordered
	}
	e.columns = append(e.columns, encodedColumn{Type: source.JSON, name: xxhash.Sum64String("extra"), tracked: true})
	e.follow(s, nil)
	return e
}

// follow has rows hashed in the order of the table's own columns, which never changes: a
// declaration may have another one tomorrow, and that must change no row. Columns that are
// not in the table, as volatile ones, come behind, and extra last.
func (e *encoder) follow(s *source.Source, table []string) {
	e.order = make([]int, len(e.columns))
	for i := range e.order {
		e.order[i] = i
	}
	place := func(i int) int {
		if i == len(s.Columns) {
			return math.MaxInt
		}
		if at := slices.Index(table, s.Columns[i].Name); at >= 0 {
			return at
		}
		return len(table)
	}
	slices.SortStableFunc(e.order, func(a, b int) int { return cmp.Compare(place(a), place(b)) })
}

// appendKey appends the key columns' values, each followed by its length, so that
// ("a", "bc") is not ("ab", "c").
func (e *encoder) appendKey(b []byte, row source.Row) []byte {
	for _, i := range e.key {
		start := len(b)
		b = appendValue(b, e.columns[i].Type, row[i])
		b = binary.BigEndian.AppendUint32(b, uint32(len(b)-start))
	}
	return b
}

// keyHash hashes what appendKey appends; never 0.
func (e *encoder) keyHash(key []byte) uint64 {
	e.scratch = append(binary.BigEndian.AppendUint64(e.scratch[:0], e.seed), key...)
	return max(1, xxhash.Sum64(e.scratch))
}

// keyHashRaw is keyHash of a key as PostgreSQL's binary protocol sends it.
func (e *encoder) keyHashRaw(key [][]byte) uint64 {
	b := binary.BigEndian.AppendUint64(e.scratch[:0], e.seed)
	for _, v := range key {
		b = append(b, v...)
		b = binary.BigEndian.AppendUint32(b, uint32(len(v)))
	}
	e.scratch = b
	return max(1, xxhash.Sum64(b))
}

// hashes are those of a row, none of which is 0: version is of the tracked columns, all
// of every column.
type hashes struct{ version, all uint64 }

// appendRow appends the row's fields in COPY's form and returns their hashes, for which
// unordered lists are sorted, and those of the row as it came: what stands may have
// been written before a column was declared unordered.
func (e *encoder) appendRow(dst []byte, row source.Row) (_ []byte, sorted, came hashes) {
	start := len(dst)
	for i, c := range e.columns {
		v := row[i]
		if !v.Valid {
			dst = append(dst, 0xff, 0xff, 0xff, 0xff)
			continue
		}
		at := len(dst)
		dst = append(dst, 0, 0, 0, 0)
		dst = appendValue(dst, c.Type, v)
		binary.BigEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	}
	came = e.hash(dst[start:], false)
	if !e.asCame {
		return dst, came, came
	}
	return dst, e.hash(dst[start:], true), came
}

// hash walks the fields of a row in COPY's form.
func (e *encoder) hash(fields []byte, sorted bool) (h hashes) {
	e.ends = e.ends[:0]
	for range e.columns {
		at := 0
		if n := len(e.ends); n > 0 {
			at = e.ends[n-1]
		}
		e.ends = append(e.ends, at+4+max(0, int(int32(binary.BigEndian.Uint32(fields[at:])))))
	}
	b := e.scratch[:0]
	var volatile []byte
	for _, i := range e.order {
		c, at := e.columns[i], 0
		if i > 0 {
			at = e.ends[i-1]
		}
		field := fields[at:e.ends[i]]
		if int32(binary.BigEndian.Uint32(field)) < 0 {
			continue
		}
		if sorted && c.unordered {
			field = appendText(nil, sortedList(string(field[4:])))
		}
		if c.tracked {
			b = append(binary.BigEndian.AppendUint64(b, c.name), field...)
		} else {
			volatile = append(binary.BigEndian.AppendUint64(volatile, c.name), field...)
		}
	}
	h.version = max(1, xxhash.Sum64(b))
	h.all = h.version
	if len(volatile) > 0 {
		b = append(b, volatile...)
		h.all = max(1, xxhash.Sum64(b))
	}
	e.scratch = b
	return h
}

// sortedList is a list separated by commas, sorted.
func sortedList(list string) string {
	if !strings.Contains(list, ",") {
		return list
	}
	parts := strings.Split(list, ",")
	slices.Sort(parts)
	return strings.Join(parts, ",")
}

// pgEpoch is 2000-01-01 in microseconds since 1970: where PostgreSQL counts from.
const pgEpoch = 946684800_000_000

func appendValue(dst []byte, t source.Type, v source.Value) []byte {
	switch t {
	case source.Text, source.URL:
		return append(dst, v.Text...)
	case source.JSON:
		return append(append(dst, 1), v.Text...) // jsonb's binary form: its version, then text
	case source.Bool:
		return append(dst, byte(v.Int))
	case source.Millis, source.ISOTime, source.LocalTime:
		return binary.BigEndian.AppendUint64(dst, uint64(v.Int-pgEpoch))
	default: // BigInt, and Double as its bits
		return binary.BigEndian.AppendUint64(dst, uint64(v.Int))
	}
}

// appendText appends a text in COPY's form.
func appendText(dst []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint32(dst, uint32(len(s))), s...)
}

// appendField appends an 8-byte field in COPY's form.
func appendField(dst []byte, n uint64) []byte {
	return binary.BigEndian.AppendUint64(append(dst, 0, 0, 0, 8), n)
}

var copyHeader = slices.Concat([]byte("PGCOPY\n\xff\r\n\x00"), make([]byte, 8))

var copyTrailer = []byte{0xff, 0xff}
