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
	"runtime"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
	"golang.org/x/sync/errgroup"

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
}

func newBatch(e store.Extract) *batch {
	return &batch{columns: e.Columns, values: make([][]parquet.Value, len(e.Columns)), arena: make([]byte, 0, batchBytes)}
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

func (b *batch) clear() {
	for i, values := range b.values {
		b.values[i] = values[:0]
	}
	b.rows, b.size, b.arena = 0, 0, b.arena[:0]
}

// A sink takes the rows of an extract in batches, while the next one is filled: the database
// and what is done with the rows work side by side.
type sink struct {
	columns []store.ExtractColumn
	digests []*digest
	rows    int64

	filling *batch
	full    chan *batch
	empty   chan *batch
	ended   chan error
}

// newSink passes each batch to write, if it is not nil, one at a time.
func newSink(e store.Extract, write func(*batch) error) *sink {
	s := &sink{columns: e.Columns, filling: newBatch(e), full: make(chan *batch), empty: make(chan *batch, 2), ended: make(chan error, 1)}
	for range e.Columns {
		s.digests = append(s.digests, newDigest())
	}
	s.empty <- newBatch(e)
	go func() {
		var err error
		for b := range s.full {
			if err == nil {
				err = s.take(b, write)
			}
			b.clear()
			s.empty <- b
		}
		s.ended <- err
	}()
	return s
}

func (s *sink) take(b *batch, write func(*batch) error) error {
	for i, values := range b.values {
		s.digests[i].add(values)
	}
	s.rows += int64(b.rows)
	if write == nil {
		return nil
	}
	return write(b)
}

// row takes the next row.
func (s *sink) row(values [][]byte) error {
	if err := s.filling.add(values); err != nil || !s.filling.full() {
		return err
	}
	s.full <- s.filling
	s.filling = <-s.empty
	return nil
}

// close waits until all rows were taken, and returns the first error of that.
func (s *sink) close() error {
	s.full <- s.filling
	close(s.full)
	return <-s.ended
}

// summary is for after the sink was closed.
func (s *sink) summary() (list []Column) {
	for i, c := range s.columns {
		list = append(list, Column{c.Name, c.Type, s.digests[i].nulls, s.digests[i].hex()})
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

// codec is for all files: its encoders are reused. The next level makes files a fifth smaller,
// and takes longer.
var codec = &zstd.Codec{Level: zstd.SpeedFastest, Concurrency: 1}

// A fileWriter writes an extract as Parquet.
type fileWriter struct {
	*sink

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
	f := &fileWriter{file: parquet.NewGenericWriter[any](w, options...)}
	f.columns = f.file.ColumnWriters()
	f.sink = newSink(e, f.write)
	return f
}

func (f *fileWriter) write(b *batch) error {
	for i, values := range b.values {
		if _, err := f.columns[i].WriteRowValues(values); err != nil {
			return err
		}
	}
	f.groupRows += b.rows
	f.bytes += b.size + 8*b.rows*len(f.columns)
	if f.groupRows < groupRows && f.bytes < groupBytes {
		return nil
	}
	f.groupRows, f.bytes = 0, 0
	return f.file.Flush()
}

// close ends the file, unless reading the rows has failed.
func (f *fileWriter) close(failed error) error {
	if err := errors.Join(failed, f.sink.close()); err != nil {
		return err
	}
	return f.file.Close()
}

// read decodes a Parquet file, and digests its columns.
func read(r io.ReaderAt, size int64) (rows int64, columns []Column, err error) {
	defer recovered(&err)
	file, err := parquet.OpenFile(r, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return 0, nil, fmt.Errorf("it is no whole Parquet file: %w", err)
	}
	columns = make([]Column, len(file.Root().Columns()))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, c := range file.Root().Columns() {
		group.Go(func() error {
			var err error
			if columns[i], err = readColumn(file, i, c.Name()); err != nil {
				return fmt.Errorf("column %s: %w", c.Name(), err)
			}
			return nil
		})
	}
	return file.NumRows(), columns, group.Wait()
}

func readColumn(file *parquet.File, i int, name string) (c Column, err error) {
	defer recovered(&err)
	d := newDigest()
	buf := make([]parquet.Value, batchRows)
	var n int64
	for _, group := range file.RowGroups() {
		if err := readChunk(group.ColumnChunks()[i], buf, d, &n); err != nil {
			return c, err
		}
	}
	if n != file.NumRows() {
		return c, fmt.Errorf("it has %d values of %d rows", n, file.NumRows())
	}
	return Column{Name: name, Nulls: d.nulls, SHA256: d.hex()}, nil
}

// recovered makes an error of a panic: of a file that is damaged, the library may ask for
// what is not there.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("it is no whole Parquet file: %v", p)
	}
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
