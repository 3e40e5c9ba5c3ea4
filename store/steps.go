package store

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// settleStage leaves one row of each key in the stage, the one that counts.
func (m *merge) settleStage(ctx context.Context) error {
	if !m.found.stage.exists() {
		return nil
	}
	if m.found.stage.again {
		if _, err := m.tx.Exec(ctx, m.t.dropOlder()); err != nil {
			return err
		}
	}
	if m.stood.enc.asCame {
		if _, err := m.tx.Exec(ctx, m.t.keepOrder(), m.part.AccountID, m.part.RegionID); err != nil {
			return err
		}
	}
	_, err := m.tx.Exec(ctx, "ANALYZE pg_temp.stage")
	return err
}

// write runs a statement that writes versions, and tallies what the trends gain (by +1)
// or lose (by -1) with them. It returns how many versions these are.
func (m *merge) write(ctx context.Context, sql string, by int) (int64, error) {
	return m.tallyRows(ctx, m.t.tallied(sql, by, ""), m.part.AccountID, m.part.RegionID, m.result.At)
}

// end is write for versions that end for good: no other one of their rows follows.
func (m *merge) end(ctx context.Context, sql string) (int64, error) {
	return m.tallyRows(ctx, m.t.tallied(sql, -1, m.t.dropVolatile()), m.part.AccountID, m.part.RegionID, m.result.At)
}

// endChanged ends the versions that have a successor.
func (m *merge) endChanged(ctx context.Context) (err error) {
	if m.found.stage.exists() {
		m.result.Changed, err = m.write(ctx, m.t.endChanged(), -1)
	}
	return err
}

// open makes the new versions: those of the stage by a statement that answers what
// the trends gain, those of the spill by a COPY, which answers nothing: then all
// that was opened is read again.
func (m *merge) open(ctx context.Context) error {
	copied, err := m.copyNew(ctx)
	if err != nil {
		return err
	}
	opened := copied
	if m.found.stage.exists() {
		var n int64
		if copied == 0 {
			n, err = m.write(ctx, m.t.open(), +1)
		} else {
			var tag pgconn.CommandTag
			tag, err = m.tx.Exec(ctx, m.t.open(), m.part.AccountID, m.part.RegionID, m.result.At)
			n = tag.RowsAffected()
		}
		if err != nil {
			return err
		}
		opened += n
	}
	if copied > 0 && len(m.t.Trends) > 0 {
		if _, err := m.tallyRows(ctx, m.t.tallyOpened(), m.part.AccountID, m.part.RegionID, m.result.At); err != nil {
			return err
		}
	}
	m.result.Opened = opened - m.result.Changed
	return nil
}

// copyNew copies the new rows to the standing ones. None of their keys can stand:
// the generation is that of the fingerprints, in which they were not found.
func (m *merge) copyNew(ctx context.Context) (int64, error) {
	if m.found.spill.empty() {
		return 0, nil
	}
	prefix := binary.BigEndian.AppendUint16(nil, uint16(len(m.t.columns)+5))
	prefix = appendText(appendText(prefix, m.part.AccountID), m.part.RegionID)
	suffix := appendField(nil, uint64(m.result.At.UnixMicro()-pgEpoch))

	return copyFrom(ctx, m.tx, m.t.copyStanding(), func(row func(...[]byte) error) error {
		return m.found.spill.visit(func(e entry) error { return row(prefix, e.tuple(), suffix) })
	})
}

// endGone ends what is gone and was not held.
func (m *merge) endGone(ctx context.Context, v verdict) (err error) {
	if v.listed {
		m.result.Ended, err = m.end(ctx, m.t.endGone())
	}
	return err
}

// copyFrom runs a binary COPY of the tuples that rows hands out, each in parts.
func copyFrom(ctx context.Context, tx pgx.Tx, sql string, rows func(row func(parts ...[]byte) error) error) (int64, error) {
	pipe, w := io.Pipe()
	written := make(chan struct{})
	go func() {
		defer close(written)
		b := bufio.NewWriterSize(w, 1<<16)
		_, _ = b.Write(copyHeader) // an error stays with b
		err := rows(func(parts ...[]byte) (err error) {
			for _, part := range parts {
				_, err = b.Write(part)
			}
			return err
		})
		_, _ = b.Write(copyTrailer)
		w.CloseWithError(errors.Join(err, b.Flush()))
	}()
	tag, err := tx.Conn().PgConn().CopyFrom(ctx, pipe, sql)
	_ = pipe.Close() // lets go of the writer, should the copy have failed
	<-written
	return tag.RowsAffected(), err
}
