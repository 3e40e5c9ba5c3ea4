package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/cespare/xxhash/v2"
	"github.com/jackc/pgx/v5"

	"syncer/source"
)

// Limit says when a complete sweep would end too much to be believed.
type Limit struct {
	Fraction float64 // of the scope's rows…
	Rows     int     // …and more than so many
	All      int     // or a whole scope of at least so many rows
}

// DefaultLimit is what a real fleet hardly does between two syncs.
var DefaultLimit = Limit{Fraction: 0.3, Rows: 20, All: 5}

func (l Limit) exceeded(ended, scope int) bool {
	return ended > l.Rows && float64(ended) > l.Fraction*float64(scope) || ended == scope && ended >= l.All
}

// goneKeys collects the keys of rows to end, as PostgreSQL sent them.
type goneKeys [][]string

// gone lists the keys of standing rows that a complete sweep speaks for and none
// showed. Sweeps that would end more than the limit are left out and told in
// c.Held, unless the run lets them through or enough runs before it said the same.
func (y *Sync) gone(ctx context.Context, tx pgx.Tx, run Run, c *Changes) (goneKeys, error) {
	if !y.known.unseen() {
		return nil, nil
	}
	var ends, held goneKeys
	for i := range y.part.Source.Sweeps {
		decl := &y.part.Source.Sweeps[i]
		scope, complete := y.completeScope(decl)
		if !complete {
			continue
		}
		if err := y.judge(ctx, tx, decl, scope, run.Limit, &ends, &held, c); err != nil {
			return nil, err
		}
	}
	if len(held) == 0 {
		return ends, nil
	}
	c.HeldRows, c.heldDigest = int64(len(held)), held.digest()
	through := run.AllowShrink
	if !through && run.ConfirmShrink {
		var err error
		if through, err = y.confirmed(ctx, tx, run, c.heldDigest); err != nil {
			return nil, err
		}
	}
	if through {
		c.Held, c.HeldRows, c.heldDigest = nil, 0, 0
		ends = append(ends, held...)
	}
	return ends, nil
}

// completeScope unites the scopes of a declaration's complete sweeps.
func (y *Sync) completeScope(decl *source.Sweep) (united Scope, any bool) {
	if decl.Absent != source.Ends {
		return united, false
	}
	for _, w := range y.sweeps {
		if w.decl == decl && w.complete {
			any = true
			united.Values = append(united.Values, w.scope.Values...)
			united.Since = w.scope.Since // the same for all: a declaration's window is read once a run
		}
	}
	return united, any
}

// judge sorts what is gone from one declaration's complete sweeps into ends and
// held, each value's sweep on its own.
func (y *Sync) judge(ctx context.Context, tx pgx.Tx, decl *source.Sweep, scope Scope, limit Limit, ends, held *goneKeys, c *Changes) error {
	q := &query{args: []any{y.part.AccountID, y.part.RegionID}}
	value := "''"
	if decl.Each != nil {
		value = "t." + ident(decl.Each.Column) + "::text"
	}
	columns := append([]string{value}, y.t.qualifiedKey("t")...)
	rows, err := tx.Query(ctx, fmt.Sprintf("SELECT %s FROM %s AS t WHERE %s%s ORDER BY 1",
		strings.Join(columns, ", "), y.t.name, y.t.where, q.scope(decl, scope)), q.args...)
	if err != nil {
		return err
	}
	defer rows.Close()

	var current string // value whose sweep is being judged
	var size int       // rows in its scope
	var missing goneKeys
	verdict := func() {
		if limit.exceeded(len(missing), size) {
			name := decl.Name
			if decl.Each != nil {
				name += " of " + current
			}
			c.Held = append(c.Held, fmt.Sprintf("%s: %d of %d rows are no longer listed", name, len(missing), size))
			*held = append(*held, missing...)
		} else {
			*ends = append(*ends, missing...)
		}
		size, missing = 0, nil
	}
	for rows.Next() {
		v := rows.RawValues()
		if string(v[0]) != current {
			verdict()
			current = string(v[0])
		}
		size++
		if i := y.known.find(y.enc.keyHashRaw(v[1:])); i < 0 || !y.known.shown(i) {
			missing.add(v[1:])
		}
	}
	verdict()
	return rows.Err()
}

// confirmations is how many scheduled runs in a row, this one included, must miss
// the same rows before their absence is believed.
const confirmations = 3

// confirmed reports whether the scheduled runs of its kind before this one held
// the same rows.
func (y *Sync) confirmed(ctx context.Context, tx pgx.Tx, run Run, digest int64) (bool, error) {
	if run.Trigger != "schedule" {
		return false, nil
	}
	same, err := collect[bool](ctx, tx, `SELECT status = 'held' AND held_digest = $4
FROM syncer.sync_runs
WHERE account_id = $1 AND source = $2 AND region_id = $3 AND trigger = 'schedule' AND full_sweep = $6 AND status <> 'failed'
ORDER BY run_id DESC
LIMIT $5`, y.part.AccountID, y.part.Source.Name, y.part.RegionID, digest, confirmations-1, run.Full)
	if err != nil || len(same) < confirmations-1 {
		return false, err
	}
	for _, s := range same {
		if !s {
			return false, nil
		}
	}
	return true, nil
}

func (g *goneKeys) add(key [][]byte) {
	k := make([]string, len(key))
	for i, v := range key {
		k[i] = string(v)
	}
	*g = append(*g, k)
}

// digest is the same for the same keys in any order.
func (g goneKeys) digest() int64 {
	var sum uint64
	for _, k := range g {
		sum += xxhash.Sum64String(strings.Join(k, "\x00"))
	}
	return int64(sum)
}

// endChunk is how many keys are ended by one statement.
const endChunk = 10_000

// chunks cuts the keys into arguments for table.end: one array per key column.
func (g goneKeys) chunks(t *table) (chunks [][]any) {
	for start := 0; start < len(g); start += endChunk {
		part := g[start:min(start+endChunk, len(g))]
		args := make([]any, len(t.Key))
		for i, name := range t.Key {
			c, _ := t.Column(name)
			args[i] = part.array(c.Type, i)
		}
		chunks = append(chunks, args)
	}
	return chunks
}

// array is one key column of all keys.
func (g goneKeys) array(t source.Type, column int) any {
	if t == source.BigInt {
		a := make([]int64, len(g))
		for i, k := range g {
			a[i] = int64(binary.BigEndian.Uint64([]byte(k[column])))
		}
		return a
	}
	a := make([]string, len(g))
	for i, k := range g {
		a[i] = k[column]
	}
	return a
}
