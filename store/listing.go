package store

import (
	"context"
	"slices"
	"time"

	"syncer/source"
)

// findings are the rows that the listings of a run have found so far and that differ from
// what stood. They wait for the merge.
type findings struct {
	listings []*Listing

	// A changed row waits in the stage. A new row waits in the spill, or in the stage if
	// statements must see it before the merge.
	stage     stage
	spill     spill
	stagesNew bool   // new rows go to the stage: sweeps or searches for parents read them
	seq       uint64 // number of the last row that waits

	repeated int64 // rows whose key the same listing had shown before

	row, key []byte // buffers for one encoded row and its key
}

// A Scope says which rows a listing speaks for: those with one of these values that are
// not older than this moment. The constants that the sweep declares apply, too.
type Scope struct {
	Values []string  // of Each.Column
	Since  time.Time // of Since.Column; zero for all
}

// A Listing is a sweep made once. Its pages are passed to [Listing.Page]. It is for one
// goroutine, that of its Sync.
type Listing struct {
	sync     *Sync
	sweep    *source.Sweep
	scope    Scope
	number   uint32 // from 1, within the run
	complete bool
	noted    bool // a checkpoint has noted its values; see recordSwept
}

// List begins a listing.
func (s *Sync) List(sweep *source.Sweep, scope Scope) *Listing {
	l := &Listing{sync: s, sweep: sweep, number: uint32(len(s.found.listings) + 1)}
	if sweep.Absent == source.Ends { // otherwise the scope is not needed, and may be long
		l.scope = scope
	}
	s.found.listings = append(s.found.listings, l)
	return l
}

// Page adds a page of rows. It returns how many of their keys this listing had not shown
// before. If two rows have the same key, the later one counts.
func (l *Listing) Page(ctx context.Context, rows []source.Row) (fresh int, err error) {
	defer wrap(&err, "stage %s", l.sync.part)
	stood, found := &l.sync.stood, &l.sync.found
	known, enc := &stood.known, stood.enc
	for _, row := range rows {
		var hash, came hashes
		found.row, hash, came = enc.appendRow(found.row[:0], row)
		found.row = appendField(appendField(found.row, hash.version), hash.all)
		found.key = enc.appendKey(found.key[:0], row)

		slot, added := known.add(enc.keyHash(found.key))
		shownBefore := known.seen[slot] &^ stands
		if known.show(slot, l.number) {
			fresh++
		} else {
			found.repeated++
		}
		if h := known.hashes[slot]; !added && (h == hash.all || h == came.all) {
			continue // the same row stands or waits already
		}
		known.hashes[slot] = hash.all
		found.seq++
		if known.seen[slot]&stands == 0 && !found.stagesNew {
			if err := found.spill.add(found.seq, l.number, found.key, found.row); err != nil {
				return fresh, err
			}
			continue
		}
		found.stage.again = found.stage.again || shownBefore != 0
		if err := found.stage.add(ctx, found.seq, l.number, came.version, found.row); err != nil {
			return fresh, err
		}
	}
	return fresh, nil
}

// Adopt fills the column of Each in rows from the standing rows with the same keys. It
// stays NULL in a row that does not stand.
func (l *Listing) Adopt(ctx context.Context, rows []source.Row) (err error) {
	s := l.sync
	defer wrap(&err, "compare a page of %s with what stands", s.part)
	key, column := s.t.KeyIndexes()[0], s.t.Index(l.sweep.Each.Column)
	byKey := make(map[string][]source.Row, len(rows))
	for _, row := range rows {
		k := s.t.Columns[key].Type.Plain(row[key])
		byKey[k] = append(byKey[k], row)
	}
	found, err := s.querier().Query(ctx, s.t.selectValues(l.sweep.Each), s.part.AccountID, s.part.RegionID, sortedKeys(byKey))
	if err != nil {
		return err
	}
	defer found.Close()
	for found.Next() {
		var k, value string
		if err := found.Scan(&k, &value); err != nil {
			return err
		}
		for _, row := range byKey[k] {
			row[column] = s.t.Columns[column].Type.FromPlain(value)
		}
	}
	return found.Err()
}

// Restart forgets what the listing has shown, because the listing is made again.
func (l *Listing) Restart(ctx context.Context) (err error) {
	defer wrap(&err, "restart a sweep of %s", l.sync.part)
	found := &l.sync.found
	if err := found.stage.drop(ctx, l.number); err != nil {
		return err
	}
	found.spill.drop(l.number, found.seq)
	l.sync.stood.known.forget(l.number)
	return nil
}

// Missing returns those of the listing's values for which rows are missing. A row is
// missing if it stands, no listing of the run has shown it, and it would end if this
// listing were complete. If the values are not told apart (see table.valueOf), the result
// is the empty value.
func (l *Listing) Missing(ctx context.Context) (values []string, err error) {
	defer wrap(&err, "compare a listing of %s with what stands", l.sync.part)
	return l.sync.missingValues(ctx, l.sweep, l.scope)
}

func (s *Sync) missingValues(ctx context.Context, sweep *source.Sweep, scope Scope) (values []string, err error) {
	if sweep.Absent != source.Ends || !s.stood.known.unseen() {
		return nil, nil
	}
	q := s.query()
	rows, err := s.querier().Query(ctx, s.t.selectScope(q, sweep, scope)+" ORDER BY 1", q.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		v := rows.RawValues()
		if n := len(values); n > 0 && values[n-1] == string(v[0]) {
			continue
		}
		if !s.stood.shows(v[1:]) {
			values = append(values, string(v[0]))
		}
	}
	rows.Close()
	return values, rows.Err()
}

// Lost reports whether a row that the previous listing showed is missing from this one.
func (l *Listing) Lost(before *Listing) bool { return l.sync.stood.known.lost(before.number) }

// Without removes values from the listing's scope.
func (l *Listing) Without(values []string) {
	l.scope.Values = slices.DeleteFunc(slices.Clone(l.scope.Values), func(v string) bool { return slices.Contains(values, v) })
}

// Complete marks the listing as complete: every page arrived. Rows of its scope that it did
// not show may end.
func (l *Listing) Complete() { l.complete = true }

// speaksFor reports whether a value, as table.valueOf gives it, is in the listing's scope.
func (l *Listing) speaksFor(value string) bool {
	return value == "" || slices.Contains(l.scope.Values, value)
}

// completeScope unites the scopes of a sweep's complete listings.
func completeScope(listings []*Listing, sweep *source.Sweep) (united Scope, any bool) {
	if sweep.Absent != source.Ends {
		return united, false
	}
	for _, l := range listings {
		if l.sweep == sweep && l.complete {
			any = true
			united.Values = append(united.Values, l.scope.Values...)
			united.Since = l.scope.Since // the same for all: a sweep's window is read once a run
		}
	}
	return united, any
}
