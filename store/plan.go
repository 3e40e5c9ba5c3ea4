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
	// Key is the row's key: its columns with slashes in between.
	Key string `json:"key"`
	// Columns are the columns that would change, with their old and new values.
	Columns map[string][2]json.RawMessage `json:"columns,omitempty"`
}

// Plan returns what Merge would do, and visits each row that Merge would write. It writes
// only temporary tables. The error is ErrStale if the run must be made again.
func (s *Sync) Plan(ctx context.Context, run Run, visit func(PlannedChange)) (_ MergeResult, err error) {
	defer wrap(&err, "plan the merge of %s", s.part)
	m := &merge{Sync: s, run: run, listings: s.found.listings}
	err = m.plan(ctx, func() error {
		if err := m.churn(ctx); err != nil {
			return err
		}
		v, err := m.judge(ctx, true)
		if err != nil {
			return err
		}
		if err := m.planStage(ctx, visit); err != nil {
			return err
		}
		if err := s.found.spill.visit(func(e entry) error {
			m.result.Opened++
			visit(PlannedChange{Kind: WouldOpen, Key: s.t.keyOf(splitKey(e.key(), len(s.t.Key)))})
			return nil
		}); err != nil {
			return err
		}
		return m.planEnds(ctx, v, visit)
	})
	m.result.Unchanged = max(0, int64(s.stood.known.countShown())-m.result.Opened-m.result.Changed)
	m.result.Repeated = s.found.repeated
	return m.result, err
}

// plan runs f in one snapshot, that of the state in which the run began.
func (m *merge) plan(ctx context.Context, f func() error) error {
	if err := m.found.stage.flush(ctx); err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, m.querier(), func(tx pgx.Tx) error {
		m.tx = tx
		if _, err := tx.Exec(ctx, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"); err != nil {
			return err
		}
		if now, err := readState(ctx, tx, m.part); err != nil || now != m.stood.state {
			return cmp.Or(err, ErrStale)
		}
		if err := m.settleStage(ctx); err != nil {
			return err
		}
		return f()
	})
}

// planStage visits what the stage would open and change.
func (m *merge) planStage(ctx context.Context, visit func(PlannedChange)) error {
	if !m.found.stage.exists() {
		return nil
	}
	rows, err := m.tx.Query(ctx, m.t.compareStage(), m.part.AccountID, m.part.RegionID)
	if err != nil {
		return err
	}
	var p PlannedChange
	var stands bool
	_, err = pgx.ForEachRow(rows, []any{&p.Key, &stands, &p.Columns}, func() error {
		if stands {
			m.result.Changed++
			p.Kind = WouldChange
		} else {
			m.result.Opened++
			p.Kind, p.Columns = WouldOpen, nil
		}
		visit(p)
		p = PlannedChange{}
		return nil
	})
	return err
}

// planEnds visits the rows that would end: those that are gone, and those whose parent is
// gone.
func (m *merge) planEnds(ctx context.Context, v verdict, visit func(PlannedChange)) error {
	sql := m.t.selectEnds(v)
	if sql == "" {
		return nil
	}
	rows, err := m.tx.Query(ctx, sql)
	if err != nil {
		return err
	}
	p := PlannedChange{Kind: WouldEnd}
	_, err = pgx.ForEachRow(rows, []any{&p.Key}, func() error {
		m.result.Ended++
		visit(p)
		return nil
	})
	return err
}

// selectEnds reads the keys of the rows that a verdict ends. It is empty if none end.
func (t *table) selectEnds(v verdict) string {
	var from []string
	if v.listed {
		from = append(from, fmt.Sprintf("SELECT %s AS key FROM pg_temp.gone AS g WHERE g.ends_", KeyText(t.Source, "g")))
	}
	if t.EndsWith != nil {
		from = append(from, fmt.Sprintf("SELECT %s AS key FROM pg_temp.orphans AS o WHERE o.round_ IN (%d, %d)", KeyText(t.Source, "o"), orphanedAnyway, v.round))
	}
	if from == nil {
		return ""
	}
	return strings.Join(from, " UNION ") + " ORDER BY 1"
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

// splitKey takes a key of encoder.appendKey apart. It begins at the end, where the length
// of the last value is.
func splitKey(b []byte, columns int) []string {
	key := make([]string, columns)
	for i := columns - 1; i >= 0; i-- {
		end := len(b) - 4
		start := end - int(binary.BigEndian.Uint32(b[end:]))
		key[i], b = string(b[start:end]), b[:start]
	}
	return key
}
