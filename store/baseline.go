package store

import (
	"context"
	"encoding/binary"
)

// A baseline holds the fingerprints of the rows that stood when a run began. Rows that
// the run finds are added to it. So each row is compared in this process, and an
// unchanged one is never sent to the database.
type baseline struct {
	state state
	rows  int      // that stood
	enc   *encoder // which has the seed that the keys are hashed with
	known fingerprints
}

func readBaseline(ctx context.Context, q querier, p Partition, t *table) (b baseline, err error) {
	b.enc = newEncoder(p.Source)
	columns, err := collect[string](ctx, q, "SELECT attname::text FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 ORDER BY attnum", "syncer."+p.Source.Name)
	if err != nil {
		return b, err
	}
	b.enc.follow(p.Source, columns)
	// The state is read before the rows. If a merge commits in between, the state is too
	// old, and this run starts again. The other order would miss that merge.
	if b.state, err = readState(ctx, q, p); err != nil {
		return b, err
	}
	for {
		unique, err := b.readRows(ctx, q, p, t)
		if err != nil || unique {
			return b, err
		}
		b.enc.seed++
	}
}

// readRows reports false if two rows share a key hash. The caller then tries another
// seed.
func (b *baseline) readRows(ctx context.Context, q querier, p Partition, t *table) (unique bool, err error) {
	b.known = fingerprints{}
	unique = true
	err = readHashes(ctx, q, t.selectFingerprints(), p, func(key [][]byte, hash uint64) bool {
		i, fresh := b.known.add(b.enc.keyHashRaw(key))
		if unique = fresh; !fresh {
			return false
		}
		b.known.hashes[i], b.known.seen[i] = hash, stands
		return true
	})
	if err != nil || !unique {
		return false, err
	}
	b.rows = b.known.used
	if len(t.volatile()) == 0 {
		return true, nil
	}
	// A row whose volatile columns have changed has a newer hash in the narrow table.
	return true, readHashes(ctx, q, t.selectVolatile(), p, func(key [][]byte, hash uint64) bool {
		if i := b.known.find(b.enc.keyHashRaw(key)); i >= 0 {
			b.known.hashes[i] = hash
		}
		return true
	})
}

// readHashes visits the rows (key…, hash) of a query until visit answers false.
func readHashes(ctx context.Context, q querier, sql string, p Partition, visit func(key [][]byte, hash uint64) bool) error {
	rows, err := q.Query(ctx, sql, p.AccountID, p.RegionID)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		v := rows.RawValues() // binary: what pgx asks for with the types of key columns
		last := len(v) - 1
		if !visit(v[:last], binary.BigEndian.Uint64(v[last])) {
			return nil
		}
	}
	return rows.Err()
}

// shows reports whether a listing of the run has shown the standing row with this key.
// The key is in PostgreSQL's binary form.
func (b *baseline) shows(key [][]byte) bool {
	i := b.known.find(b.enc.keyHashRaw(key))
	return i >= 0 && b.known.shown(i)
}
