package store

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"syncer/source"
)

// Kinds of a Difference.
const (
	WouldOpen   = "open"
	WouldChange = "change"
	WouldEnd    = "end"
)

// A Difference is one row that a merge would write.
type Difference struct {
	Kind string `json:"kind"`
	// Key is the row's, its columns divided by slashes.
	Key string `json:"key"`
	// Columns are those that would change, each with its old and its new value.
	Columns map[string][2]json.RawMessage `json:"columns,omitempty"`
}

// Plan says what Merge would do, and tells each difference to visit. It writes
// nothing but the temporary stage. Rows that would end with their parent are not
// foreseen.
func (y *Sync) Plan(ctx context.Context, run Run, visit func(Difference)) (c Changes, err error) {
	defer wrap(&err, "plan the merge of %s", y.part)
	if err := y.flush(ctx); err != nil {
		return c, err
	}
	err = pgx.BeginFunc(ctx, y.querier(), func(tx pgx.Tx) error {
		gone, err := y.gone(ctx, tx, run, &c)
		if err != nil {
			return err
		}
		if y.conn != nil {
			if err := y.compare(ctx, tx, &c, visit); err != nil {
				return err
			}
		}
		if err := y.new.each(func(e entry) error {
			c.Opened++
			visit(Difference{Kind: WouldOpen, Key: y.t.keyOf(splitKey(e.key(), len(y.t.Key)))})
			return nil
		}); err != nil {
			return err
		}
		c.Ended = int64(len(gone))
		for _, key := range gone {
			visit(Difference{Kind: WouldEnd, Key: y.t.keyOf(key)})
		}
		return nil
	})
	c.Unchanged = max(0, int64(y.shown())-c.Opened-c.Changed)
	return c, err
}

func (y *Sync) compare(ctx context.Context, tx pgx.Tx, c *Changes, visit func(Difference)) error {
	if _, err := tx.Exec(ctx, y.t.dropOlder()); err != nil {
		return err
	}
	rows, err := tx.Query(ctx, y.t.compareStage(), y.part.AccountID, y.part.RegionID)
	if err != nil {
		return err
	}
	var d Difference
	var stands bool
	_, err = pgx.ForEachRow(rows, []any{&d.Key, &stands, &d.Columns}, func() error {
		if stands {
			c.Changed++
			d.Kind = WouldChange
		} else {
			c.Opened++
			d.Kind, d.Columns = WouldOpen, nil
		}
		visit(d)
		d = Difference{}
		return nil
	})
	return err
}

// keyOf is keyText of a key as PostgreSQL sent it.
func (t *table) keyOf(key []string) string {
	parts := make([]string, len(key))
	for i, name := range t.Key {
		parts[i] = key[i]
		if c, _ := t.Column(name); c.Type == source.BigInt {
			parts[i] = strconv.FormatInt(int64(binary.BigEndian.Uint64([]byte(key[i]))), 10)
		}
	}
	return strings.Join(parts, "/")
}

// splitKey takes apart what encoder.appendKey put together: from the end, where
// the last value's length is.
func splitKey(b []byte, columns int) []string {
	key := make([]string, columns)
	for i := columns - 1; i >= 0; i-- {
		end := len(b) - 4
		start := end - int(binary.BigEndian.Uint32(b[end:]))
		key[i], b = string(b[start:end]), b[:start]
	}
	return key
}
