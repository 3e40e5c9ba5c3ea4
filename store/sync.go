package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"syncer/source"
)

// A Partition is what is synced at once and becomes visible at once.
type Partition struct {
	Source      *source.Source
	AccountID   string
	AccountName string
	RegionID    string
}

func (p Partition) String() string {
	return p.Source.Name + " of " + p.AccountName + " in " + p.RegionID
}

// A Sync is one partition's run in the making: what stood when it began, and
// what its sweeps have found since. Unchanged rows are recognised on this side
// and never travel; the others wait for the merge. No transaction is open between
// its calls. It is for one goroutine.
type Sync struct {
	store *Store
	part  Partition
	t     *table
	enc   *encoder

	state    state // of the partition, as it was when it began
	known    fingerprints
	standing int // rows that stood when it began

	// A changed row waits in the stage. So does a new one where the tables are asked
	// for what the run has found; elsewhere it waits in the spill.
	conn  *pgxpool.Conn // owns the stage; nil until a row must be staged
	asked bool          // by sweeps, or for the parents of rows
	buf   []byte        // COPY tuples not yet sent to the stage
	again bool          // some key was staged twice
	new   spill
	seq   uint64 // of the last row that waits

	repeated int64
	sweeps   []*Listing
	judged   int       // how many of them the checkpoints have looked at
	merged   int64     // rows that the checkpoints have opened and changed
	parted   time.Time // moment of the first checkpoint; zero: none was made

	foresight *Foresight // of a dry run; nil: none

	first bool  // the merge is the partition's first
	tally tally // of what the merge has written so far

	row, key []byte // one, encoded
}

// flushBytes is how much is staged in one COPY.
const flushBytes = 256 << 10

// Begin reads the fingerprints of the partition's standing rows.
func (s *Store) Begin(ctx context.Context, p Partition) (*Sync, error) { return s.begin(ctx, p, nil) }

func (s *Store) begin(ctx context.Context, p Partition, f *Foresight) (_ *Sync, err error) {
	defer wrap(&err, "read what stands of %s", p)
	y := &Sync{store: s, part: p, t: newTable(p.Source), enc: newEncoder(p.Source), foresight: f}
	y.asked = p.Source.AsksItself() || y.t.ownParents() || f != nil
	// Which merge was the last is read before the rows: one in between makes this
	// run start again, never the other way round.
	if y.state, err = readState(ctx, y.querier(), p); err != nil {
		return nil, err
	}
	for {
		unique, err := y.loadFingerprints(ctx)
		if err != nil {
			return nil, err
		}
		if unique {
			return y, nil
		}
		y.enc.seed++
	}
}

// A state tells the last merge of a partition. The generation counts those that
// wrote rows. One that found nothing new is told by its run alone, yet what it saw
// is newer than what was fetched before it; no run is told of once it is forgotten,
// while the generation stays.
type state struct{ generation, run int64 }

// readState reads a partition's; before the first merge, it is zero.
func readState(ctx context.Context, q querier, p Partition) (s state, err error) {
	err = q.QueryRow(ctx, `SELECT
    coalesce((SELECT generation FROM syncer.partitions WHERE account_id = $1 AND source = $2 AND region_id = $3), 0),
    coalesce((
        SELECT run_id
        FROM syncer.sync_runs
        WHERE account_id = $1 AND source = $2 AND region_id = $3 AND status <> 'failed'
        ORDER BY run_id DESC
        LIMIT 1
    ), 0)`, p.AccountID, p.Source.Name, p.RegionID).Scan(&s.generation, &s.run)
	return s, err
}

// loadFingerprints reports false when two rows share a key hash: then another
// seed must be tried.
func (y *Sync) loadFingerprints(ctx context.Context) (unique bool, err error) {
	y.known = fingerprints{}
	rows, err := y.querier().Query(ctx, y.t.selectFingerprints(), y.part.AccountID, y.part.RegionID)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	for rows.Next() {
		v := rows.RawValues() // binary: what pgx asks for with the types of key columns
		last := len(v) - 1
		i, fresh := y.known.add(y.enc.keyHashRaw(v[:last]))
		if !fresh {
			return false, nil
		}
		y.known.hashes[i], y.known.seen[i] = binary.BigEndian.Uint64(v[last]), stands
	}
	y.standing = y.known.used
	if rows.Close(); rows.Err() != nil {
		return false, rows.Err()
	}
	return true, y.loadVolatile(ctx)
}

// A Scope says which rows a sweep speaks for, beside its declaration's own
// constants: those with one of these values, and not before this moment.
type Scope struct {
	Values []string  // of Each.Column
	Since  time.Time // of Since.Column; zero: all
}

// A Listing is a sweep made once. It takes the pages.
type Listing struct {
	sync     *Sync
	decl     *source.Sweep
	scope    Scope
	number   uint32
	complete bool
	noted    bool // that it is complete, and nothing missing from it; see recordSwept
}

// List begins a listing: a sweep, made once.
func (y *Sync) List(decl *source.Sweep, scope Scope) *Listing {
	w := &Listing{sync: y, decl: decl, number: uint32(len(y.sweeps) + 1)}
	if decl.Absent == source.Ends { // else the scope is of no use, and may be long
		w.scope = scope
	}
	y.sweeps = append(y.sweeps, w)
	return w
}

// Complete says that every page arrived: rows of the scope that it did not show
// may be ended.
func (w *Listing) Complete() { w.complete = true }

// Without says that the sweep does not speak for some of its scope's values.
func (w *Listing) Without(values []string) {
	w.scope.Values = slices.DeleteFunc(slices.Clone(w.scope.Values), func(v string) bool { return slices.Contains(values, v) })
}

// Missing keeps, of the listings that the sweep's scope is made of (see table.listing),
// those from which rows are missing: they stand, no listing of the run has shown them,
// and they would end if this one were complete.
func (w *Listing) Missing(ctx context.Context) (listings []string, err error) {
	defer wrap(&err, "compare a listing of %s with what stands", w.sync.part)
	return w.sync.missingFrom(ctx, w.decl, w.scope)
}

func (y *Sync) missingFrom(ctx context.Context, decl *source.Sweep, scope Scope) (listings []string, err error) {
	if decl.Absent != source.Ends || !y.known.unseen() {
		return nil, nil
	}
	q := y.query()
	rows, err := y.querier().Query(ctx, fmt.Sprintf("SELECT %s, %s FROM %s AS t WHERE %s%s ORDER BY 1",
		y.t.listing(decl), list("t.", y.t.key()), y.t.name, y.t.where, q.scope(decl, scope)), q.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		v := rows.RawValues()
		if n := len(listings); n > 0 && listings[n-1] == string(v[0]) {
			continue
		}
		if i := y.known.find(y.enc.keyHashRaw(v[1:])); i < 0 || !y.known.shown(i) {
			listings = append(listings, string(v[0]))
		}
	}
	rows.Close()
	return listings, rows.Err()
}

// Lost reports whether a row that the listing before this one showed is not in
// this one.
func (w *Listing) Lost(before *Listing) bool { return w.sync.known.lost(before.number) }

// Restart forgets what the listing has shown: it is made again.
func (w *Listing) Restart(ctx context.Context) (err error) {
	defer wrap(&err, "restart a sweep of %s", w.sync.part)
	y := w.sync
	if err := y.flush(ctx); err != nil {
		return err
	}
	y.known.forget(w.number)
	y.new.drop(w.number, y.seq)
	if y.conn == nil {
		return nil
	}
	_, err = y.conn.Exec(ctx, "DELETE FROM pg_temp.stage WHERE sweep = $1", int64(w.number))
	return err
}

// Page takes a page of rows and returns how many of their keys this listing had
// not shown before. Of two rows with the same key, the later one counts.
func (w *Listing) Page(ctx context.Context, rows []source.Row) (fresh int, err error) {
	defer wrap(&err, "stage %s", w.sync.part)
	y := w.sync
	for _, row := range rows {
		var hash, came hashes
		y.row, hash, came = y.enc.appendRow(y.row[:0], row)
		y.row = appendField(appendField(y.row, hash.version), hash.all)
		y.key = y.enc.appendKey(y.key[:0], row)

		slot, added := y.known.add(y.enc.keyHash(y.key))
		shown := y.known.seen[slot] &^ stands
		if y.known.show(slot, w.number) {
			fresh++
		} else {
			y.repeated++
		}
		if stood := y.known.hashes[slot]; !added && (stood == hash.all || stood == came.all) {
			continue
		}
		y.known.hashes[slot] = hash.all
		y.seq++
		if y.known.seen[slot]&stands == 0 && !y.asked {
			if err := y.new.add(y.seq, w.number, y.key, y.row); err != nil {
				return fresh, err
			}
			continue
		}
		y.again = y.again || shown != 0
		if err := y.stage(ctx, w.number, came.version); err != nil {
			return fresh, err
		}
	}
	return fresh, nil
}

func (y *Sync) stage(ctx context.Context, sweep uint32, came uint64) error {
	y.buf = binary.BigEndian.AppendUint16(y.buf, uint16(len(y.t.columns)+5))
	y.buf = appendField(y.buf, y.seq)
	y.buf = appendField(y.buf, uint64(sweep))
	y.buf = appendField(y.buf, came)
	y.buf = append(y.buf, y.row...)
	if len(y.buf) < flushBytes {
		return nil
	}
	return y.flush(ctx)
}

// flush sends what waits. The stage is made with the first row: a run without
// changes leaves the catalogue alone.
func (y *Sync) flush(ctx context.Context) error {
	if len(y.buf) == 0 {
		return nil
	}
	if y.conn == nil {
		acquire, release := y.store.pool.Acquire, (*pgxpool.Conn).Release
		if y.foresight != nil {
			acquire, release = y.foresight.connection, func(*pgxpool.Conn) {}
		}
		conn, err := acquire(ctx)
		if err != nil {
			return err
		}
		if _, err := conn.Exec(ctx, y.t.createStage()); err != nil {
			release(conn)
			return err
		}
		y.conn = conn
	}
	body := io.MultiReader(bytes.NewReader(copyHeader), bytes.NewReader(y.buf), bytes.NewReader(copyTrailer))
	_, err := y.conn.Conn().PgConn().CopyFrom(ctx, body, y.t.copyStage())
	y.buf = y.buf[:0]
	return err
}

// Close lets go of the stage, also when the context has ended. It must be called
// once the Sync is done with.
func (y *Sync) Close(ctx context.Context) {
	y.new.close()
	if y.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if _, err := y.conn.Exec(ctx, "DROP TABLE IF EXISTS pg_temp.stage"); err != nil {
		_ = y.conn.Conn().Close(ctx) // and with the connection, its temporary tables
	}
	if y.foresight == nil {
		y.conn.Release()
	}
	y.conn = nil
}

// query begins with the partition's arguments.
func (y *Sync) query() *query { return &query{args: []any{y.part.AccountID, y.part.RegionID}} }

// querier is the connection that sees the stage, and what was foreseen, or any.
func (y *Sync) querier() querier {
	if y.conn != nil {
		return y.conn
	}
	if y.foresight != nil && y.foresight.conn != nil {
		return y.foresight.conn
	}
	return y.store.pool
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
