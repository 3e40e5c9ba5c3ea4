package store

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"syncer/source"
)

// Kinds of a PlannedChange.
const (
	WouldOpen   = "open"
	WouldChange = "change"
	WouldEnd    = "end"
)

// A PlannedChange is one row that a merge would write.
type PlannedChange struct {
	Kind string `json:"kind"`
	// Key is the row's, its columns divided by slashes.
	Key string `json:"key"`
	// Columns are those that would change, each with its old and its new value.
	Columns map[string][2]json.RawMessage `json:"columns,omitempty"`
}

// Plan says what Merge would do, and tells each difference to visit. It writes
// nothing but temporary tables. ErrStale: make the run again.
func (y *Sync) Plan(ctx context.Context, run Run, visit func(PlannedChange)) (c MergeResult, err error) {
	defer wrap(&err, "plan the merge of %s", y.part)
	err = y.plan(ctx, func(tx pgx.Tx) error {
		if err := y.churn(ctx, tx, &c); err != nil {
			return err
		}
		v, err := y.judge(ctx, tx, run, &c, true)
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
			visit(PlannedChange{Kind: WouldOpen, Key: y.t.keyOf(splitKey(e.key(), len(y.t.Key)))})
			return nil
		}); err != nil {
			return err
		}
		return y.planEnds(ctx, tx, v, &c, visit)
	})
	c.Unchanged = max(0, int64(y.shown())-c.Opened-c.Changed)
	c.Repeated = y.repeated
	return c, err
}

// plan runs f in one snapshot, that of the state in which the run began.
func (y *Sync) plan(ctx context.Context, f func(pgx.Tx) error) error {
	if err := y.flush(ctx); err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, y.querier(), func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"); err != nil {
			return err
		}
		if now, err := readState(ctx, tx, y.part); err != nil || now != y.state {
			return cmp.Or(err, ErrStale)
		}
		if err := y.settleStage(ctx, tx); err != nil {
			return err
		}
		return f(tx)
	})
}

// planEnds tells which rows would end: those that are gone, and those whose parent
// is.
func (y *Sync) planEnds(ctx context.Context, tx pgx.Tx, v verdict, c *MergeResult, visit func(PlannedChange)) error {
	var from []string
	if v.listed {
		from = append(from, fmt.Sprintf("SELECT %s AS key FROM pg_temp.gone AS g WHERE g.ends", KeyText(y.t.Source, "g")))
	}
	if y.t.EndsWith != nil {
		from = append(from, fmt.Sprintf("SELECT %s AS key FROM pg_temp.orphans AS o WHERE o.round IN (0, %d)", KeyText(y.t.Source, "o"), v.round))
	}
	if from == nil {
		return nil
	}
	rows, err := tx.Query(ctx, strings.Join(from, " UNION ")+" ORDER BY 1")
	if err != nil {
		return err
	}
	d := PlannedChange{Kind: WouldEnd}
	_, err = pgx.ForEachRow(rows, []any{&d.Key}, func() error {
		c.Ended++
		visit(d)
		return nil
	})
	return err
}

func (y *Sync) compare(ctx context.Context, tx pgx.Tx, c *MergeResult, visit func(PlannedChange)) error {
	rows, err := tx.Query(ctx, y.t.compareStage(), y.part.AccountID, y.part.RegionID)
	if err != nil {
		return err
	}
	var d PlannedChange
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
		d = PlannedChange{}
		return nil
	})
	return err
}

// keyOf is what KeyText writes of a key as PostgreSQL sent it.
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
