package archive

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
	"reflect"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"syncer/store"
)

const (
	// A row group ends at so many rows or bytes of values. It is what a reader takes or
	// leaves by the range of its keys, and what a writer holds in memory.
	groupRows  = 128 << 10
	groupBytes = 24 << 20
	// Values are passed on in batches.
	batchRows  = 1 << 10
	batchBytes = 1 << 20
	// pageBytes is the size of a page before it is compressed.
	pageBytes = 128 << 10
	// A dictionary that outgrows this saves nothing: the values are written as they are.
	dictionaryBytes = 256 << 10
)

// since2000 is what the days and microseconds of PostgreSQL begin at.
const (
	daysUntil2000   = 10957
	microsUntil2000 = daysUntil2000 * 24 * 60 * 60 * 1_000_000
)

// A Column is what a manifest says of a column of a file.
type Column struct {
	Name string            `json:"name"`
	Type store.ExtractType `json:"type"`
	// Nulls is how many values are NULL.
	Nulls int64 `json:"nulls"`
	// SHA256 is that of the values in their order, see digest.
	SHA256 string `json:"values_sha256"`
}

// A digest takes the values of one column. Of each it takes a byte 0 for NULL; or a byte
// 1 and 8 bytes, the lowest first; or a byte 1, the length as 8 bytes, and the text.
type digest struct {
	nulls int64
	sum   hash.Hash
	buf   []byte
}

func newDigest() *digest { return &digest{sum: sha256.New()} }

func (d *digest) add(values []parquet.Value) {
	for _, v := range values {
		switch v.Kind() {
		case parquet.ByteArray:
			d.buf = binary.LittleEndian.AppendUint64(append(d.buf, 1), uint64(len(v.ByteArray())))
			d.buf = append(d.buf, v.ByteArray()...)
		case parquet.Boolean:
			var n uint64
			if v.Boolean() {
				n = 1
			}
			d.buf = binary.LittleEndian.AppendUint64(append(d.buf, 1), n)
		case parquet.Int32:
			d.buf = binary.LittleEndian.AppendUint64(append(d.buf, 1), uint64(v.Int32()))
		case parquet.Int64:
			d.buf = binary.LittleEndian.AppendUint64(append(d.buf, 1), uint64(v.Int64()))
		case parquet.Double:
			d.buf = binary.LittleEndian.AppendUint64(append(d.buf, 1), math.Float64bits(v.Double()))
		default: // NULL
			d.nulls++
			d.buf = append(d.buf, 0)
		}
	}
	_, _ = d.sum.Write(d.buf)
	d.buf = d.buf[:0]
}

func (d *digest) hex() string { return hex.EncodeToString(d.sum.Sum(nil)) }

// A batch collects rows of an extract, column by column.
type batch struct {
	columns []store.ExtractColumn
	values  [][]parquet.Value
	arena   []byte // what the texts among the values are made of
	rows    int
	size    int // bytes of texts
	digests []*digest
	total   int64 // rows of all batches
}

func newBatch(e store.Extract) *batch {
	b := &batch{columns: e.Columns, values: make([][]parquet.Value, len(e.Columns)), arena: make([]byte, 0, batchBytes)}
	for range e.Columns {
		b.digests = append(b.digests, newDigest())
	}
	return b
}

// add takes a row, which may be overwritten afterwards.
func (b *batch) add(row [][]byte) error {
	if len(row) != len(b.columns) {
		return fmt.Errorf("%d values in a row of %d columns", len(row), len(b.columns))
	}
	for i, c := range b.columns {
		v, err := b.value(c.Type, row[i])
		if err != nil {
			return fmt.Errorf("column %s: %w", c.Name, err)
		}
		defined := 1
		if v.IsNull() {
			defined = 0
		}
		b.values[i] = append(b.values[i], v.Level(0, defined, i))
	}
	b.rows++
	b.total++
	return nil
}

var (
	errShort    = errors.New("the database sent a value of another length")
	errInfinite = errors.New("an infinite time cannot be archived")
)

func (b *batch) value(t store.ExtractType, v []byte) (parquet.Value, error) {
	if v == nil {
		return parquet.NullValue(), nil
	}
	switch t {
	case store.ExtractText:
		return parquet.ByteArrayValue(b.keep(v)), nil
	case store.ExtractJSON:
		if len(v) == 0 || v[0] != 1 {
			return parquet.Value{}, errShort
		}
		return parquet.ByteArrayValue(b.keep(v[1:])), nil
	case store.ExtractBoolean:
		if len(v) != 1 {
			return parquet.Value{}, errShort
		}
		return parquet.BooleanValue(v[0] != 0), nil
	case store.ExtractDate:
		if len(v) != 4 {
			return parquet.Value{}, errShort
		}
		n := int32(binary.BigEndian.Uint32(v))
		if n == math.MaxInt32 || n == math.MinInt32 {
			return parquet.Value{}, errInfinite
		}
		return parquet.Int32Value(n + daysUntil2000), nil
	}
	if len(v) != 8 {
		return parquet.Value{}, errShort
	}
	n := binary.BigEndian.Uint64(v)
	switch t {
	case store.ExtractDouble:
		return parquet.DoubleValue(math.Float64frombits(n)), nil
	case store.ExtractTime:
		if int64(n) == math.MaxInt64 || int64(n) == math.MinInt64 {
			return parquet.Value{}, errInfinite
		}
		return parquet.Int64Value(int64(n) + microsUntil2000), nil
	}
	return parquet.Int64Value(int64(n)), nil
}

// keep copies a text to where it stays until the batch is empty.
func (b *batch) keep(v []byte) []byte {
	if len(b.arena)+len(v) > cap(b.arena) {
		b.arena = make([]byte, 0, max(batchBytes, len(v))) // values hold the old one
	}
	n := len(b.arena)
	b.size += len(v)
	b.arena = append(b.arena, v...)
	return b.arena[n:len(b.arena):len(b.arena)]
}

func (b *batch) full() bool { return b.rows >= batchRows || b.size >= batchBytes }

// flush digests what the batch holds, passes it on and empties the batch.
func (b *batch) flush(write func(column int, values []parquet.Value) error) error {
	for i, values := range b.values {
		b.digests[i].add(values)
		if write != nil {
			if err := write(i, values); err != nil {
				return err
			}
		}
		b.values[i] = values[:0]
	}
	b.rows, b.size, b.arena = 0, 0, b.arena[:0]
	return nil
}

func (b *batch) summary() (list []Column) {
	for i, c := range b.columns {
		list = append(list, Column{c.Name, c.Type, b.digests[i].nulls, b.digests[i].hex()})
	}
	return list
}

// A fields node is a group whose columns keep their order; parquet.Group sorts them.
type fields struct {
	parquet.Group

	list []parquet.Field
}

func (f fields) Fields() []parquet.Field { return f.list }

type field struct {
	parquet.Node

	name string
}

func (f field) Name() string                           { return f.name }
func (f field) Value(base reflect.Value) reflect.Value { return base.MapIndex(reflect.ValueOf(f.name)) }

// nodes are the types of a file's columns. All may be NULL.
var nodes = map[store.ExtractType]parquet.Node{
	store.ExtractText:    dictionary(parquet.String()),
	store.ExtractJSON:    dictionary(parquet.JSON()),
	store.ExtractBigInt:  dictionary(parquet.Int(64)),
	store.ExtractDouble:  parquet.Leaf(parquet.DoubleType),
	store.ExtractBoolean: parquet.Leaf(parquet.BooleanType),
	store.ExtractTime:    dictionary(parquet.Timestamp(parquet.Microsecond)),
	store.ExtractDate:    dictionary(parquet.Date()),
}

func dictionary(n parquet.Node) parquet.Node { return parquet.Encoded(n, &parquet.RLEDictionary) }

func schemaOf(name string, columns []store.ExtractColumn) *parquet.Schema {
	group := fields{Group: parquet.Group{}}
	for _, c := range columns {
		node := parquet.Optional(nodes[c.Type])
		group.Group[c.Name] = node
		group.list = append(group.list, field{node, c.Name})
	}
	return parquet.NewSchema(name, group)
}

// codec is for all files: its encoders are reused.
var codec = &zstd.Codec{Level: zstd.SpeedDefault, Concurrency: 1}

// A fileWriter writes an extract as Parquet.
type fileWriter struct {
	*batch

	file      *parquet.GenericWriter[any]
	columns   []*parquet.ColumnWriter
	groupRows int
	bytes     int
}

func newFileWriter(w io.Writer, name, program string, e store.Extract) *fileWriter {
	options := []parquet.WriterOption{
		schemaOf(name, e.Columns), parquet.Compression(codec), parquet.CreatedBy("syncer", program, ""),
		parquet.PageBufferSize(pageBytes), parquet.DictionaryMaxBytes(dictionaryBytes), parquet.MaxRowsPerRowGroup(math.MaxInt64),
		parquet.KeyValueMetadata("comment", e.Comment),
	}
	for _, c := range e.Columns {
		options = append(options, parquet.KeyValueMetadata("comment:"+c.Name, c.Comment))
	}
	f := &fileWriter{batch: newBatch(e), file: parquet.NewGenericWriter[any](w, options...)}
	f.columns = f.file.ColumnWriters()
	return f
}

// row takes the next row.
func (f *fileWriter) row(values [][]byte) error {
	if err := f.add(values); err != nil || !f.full() {
		return err
	}
	return f.pass()
}

func (f *fileWriter) pass() error {
	f.groupRows += f.rows
	f.bytes += f.size + 8*f.rows*len(f.columns)
	err := f.flush(func(column int, values []parquet.Value) error {
		_, err := f.columns[column].WriteRowValues(values)
		return err
	})
	if err == nil && (f.groupRows >= groupRows || f.bytes >= groupBytes) {
		f.groupRows, f.bytes = 0, 0
		err = f.file.Flush()
	}
	return err
}

func (f *fileWriter) close() error {
	return errors.Join(f.pass(), f.file.Close())
}

// read decodes a Parquet file, and digests its columns.
func read(r io.ReaderAt, size int64) (rows int64, columns []Column, err error) {
	defer func() { // of a file that is damaged, the library may ask for anything
		if p := recover(); p != nil {
			err = fmt.Errorf("it is no whole Parquet file: %v", p)
		}
	}()
	file, err := parquet.OpenFile(r, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return 0, nil, fmt.Errorf("it is no whole Parquet file: %w", err)
	}
	list := file.Root().Columns()
	buf := make([]parquet.Value, batchRows)
	for i, c := range list {
		d := newDigest()
		var n int64
		for _, group := range file.RowGroups() {
			if err := readChunk(group.ColumnChunks()[i], buf, d, &n); err != nil {
				return 0, nil, fmt.Errorf("column %s: %w", c.Name(), err)
			}
		}
		if n != file.NumRows() {
			return 0, nil, fmt.Errorf("column %s has %d values of %d rows", c.Name(), n, file.NumRows())
		}
		columns = append(columns, Column{Name: c.Name(), Nulls: d.nulls, SHA256: d.hex()})
	}
	return file.NumRows(), columns, nil
}

func readChunk(chunk parquet.ColumnChunk, buf []parquet.Value, d *digest, n *int64) (err error) {
	pages := chunk.Pages()
	defer func() { err = errors.Join(err, pages.Close()) }()
	for {
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		values := page.Values()
		for {
			k, err := values.ReadValues(buf)
			d.add(buf[:k])
			*n += int64(k)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return err
			}
		}
		parquet.Release(page)
	}
}
