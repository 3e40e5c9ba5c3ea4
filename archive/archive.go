// Package archive keeps closed months outside the database: Parquet files of what ended in
// a month, of what stood at its end, of runs and of trends, each month with a manifest.
//
// A month is whole once its manifest is there, which comes last. Files are written under
// another name, read back, and then given theirs. So a process may be killed at any moment.
//
// It stands on store, which reads the rows.
package archive

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"log/slog"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"syncer/source"
	"syncer/store"
)

// Runs is the name of the runs' months, beside those of the sources.
const Runs = "sync_runs"

// format is raised when an older program could not read what this one writes.
const format = 1

// An Archive is where closed months are kept.
type Archive struct {
	place   place
	program string
	log     *slog.Logger
}

// Options are what an archive needs besides its address.
type Options struct {
	Program string // version that manifests name
	// Key is the present access key of a bucket; a directory needs none.
	Key    func(context.Context) (Key, error)
	Logger *slog.Logger
}

// Open takes the address of an archive: a directory, or s3://bucket/prefix?endpoint=host.
// Nothing is read or written yet.
func Open(address string, o Options) (*Archive, error) {
	p, err := placeOf(address, o.Key)
	if err != nil {
		return nil, err
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Archive{p, o.Program, o.Logger}, nil
}

// URL is where the archive is.
func (a *Archive) URL() string { return a.place.url() }

// A Manifest says what a month of a source, or of the runs, consists of.
type Manifest struct {
	Format  int    `json:"format"`
	Name    string `json:"name"`
	Month   string `json:"month"` // 2026-05, in UTC
	Program string `json:"program"`
	// Key are the columns that the files are sorted by.
	Key        []string  `json:"key,omitempty"`
	ArchivedAt time.Time `json:"archived_at"`
	Files      []File    `json:"files"`
}

// A File is one of a month.
type File struct {
	Path    string   `json:"path"`
	Rows    int64    `json:"rows"`
	Bytes   int64    `json:"bytes"`
	SHA256  string   `json:"sha256"`
	Columns []Column `json:"columns"`
}

// Months of a Manifest's name are written as in 2026-05.
const monthLayout = "2006-01"

func manifestName(name, month string) string { return path.Join("manifests", name, month+".json") }

func endedName(source, month string) string {
	return path.Join("sources", source, "ended", "month="+month, "data.parquet")
}

func standingName(source, month string) string {
	return path.Join("sources", source, "standing", "month="+month, "data.parquet")
}

func trendName(trend, month string) string {
	return path.Join("trends", trend, "month="+month, "data.parquet")
}

func runsName(month string) string { return path.Join(Runs, "month="+month, "data.parquet") }

// Months lists the whole months of a source, or of the runs, from the first on.
func (a *Archive) Months(ctx context.Context, name string) (months []time.Time, err error) {
	names, err := a.place.list(ctx, path.Join("manifests", name))
	if err != nil {
		return nil, fmt.Errorf("list the archive's months of %s: %w", name, err)
	}
	for _, n := range names {
		text, ok := strings.CutSuffix(n, ".json")
		month, err := time.Parse(monthLayout, text)
		if ok && err == nil {
			months = append(months, month)
		}
	}
	return months, nil
}

// Manifest reads what is said of a month. The error is an fs.ErrNotExist where the month
// is not archived.
func (a *Archive) Manifest(ctx context.Context, name string, month time.Time) (m Manifest, err error) {
	f, err := a.place.open(ctx, manifestName(name, month.Format(monthLayout)))
	if err != nil {
		return m, err
	}
	defer func() { _ = f.Close() }()
	if err := json.NewDecoder(io.NewSectionReader(f, 0, f.Size())).Decode(&m); err != nil {
		return m, fmt.Errorf("the manifest cannot be read: %w", err)
	}
	if m.Format != format {
		return m, fmt.Errorf("the manifest has format %d: this program reads %d; update syncer", m.Format, format)
	}
	return m, nil
}

// Write archives the closed months that are not in the archive yet. It returns the manifests
// that were written. Two processes that share a database never write at the same time. If
// any names are given, only their months are written: those of sources, or Runs.
func (a *Archive) Write(ctx context.Context, db *store.Store, sources []*source.Source, only ...string) (written []Manifest, err error) {
	err = store.Alone(ctx, db.Pool(), "archive", func() error {
		if err := a.place.tidy(); err != nil {
			return err
		}
		closed, err := db.Closed(ctx)
		if err != nil {
			return err
		}
		failed := 0
		var first error
		for _, t := range tables(db, sources) {
			if len(only) > 0 && !slices.Contains(only, t.name) {
				continue
			}
			done, err := a.writeTable(ctx, db, t, closed)
			written = append(written, done...)
			if ctx.Err() != nil {
				return err
			}
			if err != nil { // the others may have better luck
				failed++
				first = cmp.Or(first, err)
			}
		}
		if failed > 1 {
			first = fmt.Errorf("%w (%d more failed)", first, failed-1)
		}
		if err := a.writeMacros(ctx, sources); first == nil {
			return err
		}
		return first
	})
	if err != nil {
		return written, fmt.Errorf("archive to %s: %w", a.URL(), err)
	}
	return written, nil
}

// A table is what has months: a source or the runs.
type table struct {
	name  string
	key   []string
	first func(context.Context) (time.Time, error)
	parts func(ctx context.Context, month time.Time) ([]part, error)
}

// A part becomes a file.
type part struct {
	path    string
	extract store.Extract
	// settled parts never change. Trends are counted again when the time zone changes.
	settled bool
}

func tables(db *store.Store, sources []*source.Source) (list []table) {
	for _, src := range sources {
		list = append(list, table{
			name:  src.Name,
			key:   append([]string{"account_id", "region_id"}, src.Key...),
			first: func(ctx context.Context) (time.Time, error) { return db.FirstMonth(ctx, src) },
			parts: func(ctx context.Context, month time.Time) ([]part, error) { return partsOf(ctx, db, src, month) },
		})
	}
	return append(list, table{
		name:  Runs,
		key:   []string{"source", "account_id", "region_id", "run_id"},
		first: db.FirstMonthOfRuns,
		parts: func(ctx context.Context, month time.Time) ([]part, error) {
			e, err := db.RunsOf(ctx, month)
			return []part{{runsName(month.Format(monthLayout)), e, true}}, err
		},
	})
}

func partsOf(ctx context.Context, db *store.Store, src *source.Source, month time.Time) ([]part, error) {
	text := month.Format(monthLayout)
	ended, err := db.Ended(ctx, src, month)
	if err != nil {
		return nil, err
	}
	standing, err := db.Standing(ctx, src, month)
	if err != nil {
		return nil, err
	}
	list := []part{{endedName(src.Name, text), ended, true}, {standingName(src.Name, text), standing, true}}
	for _, t := range src.Trends {
		e, err := db.TrendOf(ctx, t.Name, month)
		if err != nil {
			return nil, err
		}
		list = append(list, part{trendName(t.Name, text), e, false})
	}
	return list, nil
}

func (a *Archive) writeTable(ctx context.Context, db *store.Store, t table, closed time.Time) (written []Manifest, err error) {
	have, err := a.Months(ctx, t.name)
	if err != nil {
		return nil, err
	}
	first := closed
	if len(have) > 0 {
		first = have[0]
	} else if at, err := t.first(ctx); err != nil {
		return nil, err
	} else if !at.IsZero() {
		first = at
	}
	horizon, err := db.Horizon(ctx)
	if err != nil {
		return nil, err
	}
	if first.Before(horizon) { // what is missing before can be told no more
		first = horizon
	}
	for month := first; month.Before(closed); month = month.AddDate(0, 1, 0) {
		if slices.ContainsFunc(have, month.Equal) {
			continue
		}
		m, err := a.writeMonth(ctx, db, t, month)
		if err != nil {
			return written, fmt.Errorf("%s of %s: %w", t.name, month.Format(monthLayout), err)
		}
		written = append(written, m)
	}
	return written, nil
}

func (a *Archive) writeMonth(ctx context.Context, db *store.Store, t table, month time.Time) (m Manifest, err error) {
	parts, err := t.parts(ctx, month)
	if err != nil {
		return m, err
	}
	m = Manifest{Format: format, Name: t.name, Month: month.Format(monthLayout), Program: a.program, Key: t.key, ArchivedAt: db.Time().UTC().Truncate(time.Second)}
	m.Files = make([]File, len(parts))
	// While one file is read back, the next one is written.
	var finishing errgroup.Group
	finishing.SetLimit(1)
	for i, p := range parts {
		finish, err := a.writeFile(ctx, db, p, &m.Files[i])
		if err != nil {
			return m, errors.Join(fmt.Errorf("%s: %w", p.path, err), finishing.Wait())
		}
		finishing.Go(func() error {
			if err := finish(); err != nil {
				return fmt.Errorf("%s: %w", p.path, err)
			}
			return nil
		})
	}
	if err := finishing.Wait(); err != nil {
		return m, err
	}
	// A prune of a process that knows of no archive may have come between.
	if horizon, err := db.Horizon(ctx); err != nil {
		return m, err
	} else if horizon.After(month) {
		return m, errors.New("history of this month was pruned while it was archived")
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return m, err
	}
	if err := a.writeText(ctx, manifestName(t.name, m.Month), append(text, '\n')); err != nil {
		return m, fmt.Errorf("manifest: %w", err)
	}
	var rows, size int64
	for _, f := range m.Files {
		rows, size = rows+f.Rows, size+f.Bytes
	}
	a.log.InfoContext(ctx, "month archived", "source", m.Name, "month", m.Month, "rows", rows, "bytes", size)
	return m, nil
}

// writeFile writes a part, and describes it. The rest is done by finish: it reads the part
// back, and then gives it its name.
func (a *Archive) writeFile(ctx context.Context, db *store.Store, p part, f *File) (finish func() error, err error) {
	d, err := a.place.create()
	if err != nil {
		return nil, err
	}
	count := &counter{w: d, sum: sha256.New()}
	w := newFileWriter(count, path.Base(path.Dir(path.Dir(p.path))), a.program, p.extract)
	if err := w.close(db.Read(ctx, p.extract, w.row)); err != nil {
		a.place.discard(d)
		return nil, err
	}
	*f = File{Path: p.path, Rows: w.rows, Bytes: count.n, SHA256: hex.EncodeToString(count.sum.Sum(nil)), Columns: w.summary()}
	return func() error {
		defer a.place.discard(d)
		if err := checkFile(d, f.Bytes, *f); err != nil {
			return fmt.Errorf("read back what was written: %w", err)
		}
		return a.place.publish(ctx, d, p.path)
	}, nil
}

// writeText puts a small file in its place.
func (a *Archive) writeText(ctx context.Context, name string, text []byte) error {
	d, err := a.place.create()
	if err != nil {
		return err
	}
	defer a.place.discard(d)
	if _, err := d.Write(text); err != nil {
		return err
	}
	back := make([]byte, len(text))
	if _, err := d.ReadAt(back, 0); err != nil {
		return err
	}
	if !bytes.Equal(back, text) {
		return errDamaged
	}
	return a.place.publish(ctx, d, name)
}

type counter struct {
	w   io.Writer
	n   int64
	sum hash.Hash
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	_, _ = c.sum.Write(p[:n])
	return n, err
}

var errDamaged = errors.New("the file is damaged: it has other bytes than were written")

// checkFile decodes a file and compares it with what its manifest says.
func checkFile(r io.ReaderAt, size int64, f File) error {
	if size != f.Bytes {
		return fmt.Errorf("the file is damaged: it has %d bytes of %d", size, f.Bytes)
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(r, 0, size)); err != nil {
		return err
	}
	if hex.EncodeToString(sum.Sum(nil)) != f.SHA256 {
		return errDamaged
	}
	rows, columns, err := read(r, size)
	if err != nil {
		return err
	}
	if rows != f.Rows || len(columns) != len(f.Columns) {
		return fmt.Errorf("it has %d rows of %d columns, and its manifest says %d of %d", rows, len(columns), f.Rows, len(f.Columns))
	}
	for i, c := range columns {
		if want := f.Columns[i]; c.Name != want.Name || c.Nulls != want.Nulls || c.SHA256 != want.SHA256 {
			return fmt.Errorf("column %s has other values than its manifest says", c.Name)
		}
	}
	return nil
}

// ErrDiffers: the archive and the database say different things of a month.
var ErrDiffers = errors.New("the archive differs from the database")

// Verify reads a month of the archive, and compares it with the rows that the database has of
// it. A month that the database has no more is compared with its manifest alone. compared
// tells which it was.
func (a *Archive) Verify(ctx context.Context, db *store.Store, sources []*source.Source, name string, month time.Time) (compared bool, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("archive of %s of %s: %w", name, month.Format(monthLayout), err)
		}
	}()
	m, err := a.Manifest(ctx, name, month)
	if errors.Is(err, fs.ErrNotExist) {
		return false, errors.New("the month is not archived yet; run syncer archive")
	}
	if err != nil {
		return false, err
	}
	for _, f := range m.Files {
		if err := a.verifyFile(ctx, f); err != nil {
			return false, fmt.Errorf("%s: %w", f.Path, err)
		}
	}
	list := tables(db, sources)
	i := slices.IndexFunc(list, func(t table) bool { return t.name == name })
	horizon, err := db.Horizon(ctx)
	if err != nil || i < 0 || month.Before(horizon) {
		return false, err
	}
	parts, err := list[i].parts(ctx, month)
	if err != nil {
		return false, err
	}
	for _, p := range parts {
		k := slices.IndexFunc(m.Files, func(f File) bool { return f.Path == p.path })
		switch {
		case !p.settled:
			continue
		case k < 0:
			return false, fmt.Errorf("%w: %s is not in its manifest", ErrDiffers, p.path)
		}
		if err := compare(ctx, db, p.extract, m.Files[k]); err != nil {
			return false, fmt.Errorf("%s: %w", p.path, err)
		}
	}
	return true, nil
}

// Has is what a prune asks for before it drops months: an error unless a month is in the
// archive as it is in the database, or is before a source's first.
func (a *Archive) Has(db *store.Store, sources []*source.Source) store.Archived {
	return func(ctx context.Context, name string, month time.Time) error {
		if _, err := a.Manifest(ctx, name, month); errors.Is(err, fs.ErrNotExist) {
			list := tables(db, sources)
			if i := slices.IndexFunc(list, func(t table) bool { return t.name == name }); i >= 0 {
				first, err := list[i].first(ctx)
				if err != nil || first.IsZero() || month.Before(first) {
					return err
				}
			}
		}
		_, err := a.Verify(ctx, db, sources, name, month)
		return err
	}
}

func (a *Archive) verifyFile(ctx context.Context, f File) (err error) {
	c, err := a.place.open(ctx, f.Path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	return checkFile(c, c.Size(), f)
}

// compare reads the rows of the database, and compares them with a file, by its manifest.
func compare(ctx context.Context, db *store.Store, e store.Extract, f File) error {
	got := newSink(e, nil)
	if err := errors.Join(db.Read(ctx, e, got.row), got.close()); err != nil {
		return err
	}
	if got.rows != f.Rows {
		return fmt.Errorf("%w: it has %d rows, the database %d", ErrDiffers, f.Rows, got.rows)
	}
	for i, c := range got.summary() {
		if e.Columns[i].Moves {
			continue
		}
		k := slices.IndexFunc(f.Columns, func(o Column) bool { return o.Name == c.Name })
		switch {
		case k < 0 && c.Nulls == got.rows: // a column that came later
		case k < 0:
			return fmt.Errorf("%w: it has no column %s", ErrDiffers, c.Name)
		case c.SHA256 != f.Columns[k].SHA256:
			return fmt.Errorf("%w: column %s has other values", ErrDiffers, c.Name)
		}
	}
	return nil
}
