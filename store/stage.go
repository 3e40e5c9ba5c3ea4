package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// A stage keeps rows that wait for the merge in a temporary table, where statements
// can compare them with what stands. The table is made with the first row: a run
// without changes leaves the catalogue alone.
type stage struct {
	t       *table
	acquire func(context.Context) (*pgxpool.Conn, error)
	release func(*pgxpool.Conn)

	conn  *pgxpool.Conn // whose session has the table; nil: nothing was staged
	buf   []byte        // COPY tuples that were not sent yet
	again bool          // some key was staged twice
}

// flushBytes is how much is sent in one COPY.
const flushBytes = 256 << 10

func (g *stage) exists() bool { return g.conn != nil }

// add takes a row: its columns and hashes as a part of a COPY tuple. Of two rows with
// the same key, the one with the higher seq counts. came is the hash of its tracked
// columns as they came.
func (g *stage) add(ctx context.Context, seq uint64, listing uint32, came uint64, row []byte) error {
	g.buf = binary.BigEndian.AppendUint16(g.buf, uint16(len(g.t.columns)+5))
	g.buf = appendField(g.buf, seq)
	g.buf = appendField(g.buf, uint64(listing))
	g.buf = appendField(g.buf, came)
	g.buf = append(g.buf, row...)
	if len(g.buf) < flushBytes {
		return nil
	}
	return g.flush(ctx)
}

// flush sends the rows that were not sent yet.
func (g *stage) flush(ctx context.Context) error {
	if len(g.buf) == 0 {
		return nil
	}
	if !g.exists() {
		conn, err := g.acquire(ctx)
		if err != nil {
			return err
		}
		if _, err := conn.Exec(ctx, g.t.createStage()); err != nil {
			g.release(conn)
			return err
		}
		g.conn = conn
	}
	body := io.MultiReader(bytes.NewReader(copyHeader), bytes.NewReader(g.buf), bytes.NewReader(copyTrailer))
	_, err := g.conn.Conn().PgConn().CopyFrom(ctx, body, g.t.copyStage())
	g.buf = g.buf[:0]
	return err
}

// drop takes out the rows of a listing.
func (g *stage) drop(ctx context.Context, listing uint32) error {
	if err := g.flush(ctx); err != nil || !g.exists() {
		return err
	}
	_, err := g.conn.Exec(ctx, "DELETE FROM pg_temp.stage WHERE sweep = $1", int64(listing))
	return err
}

// close drops the table and lets go of its connection, also when the context has ended.
func (g *stage) close(ctx context.Context) {
	if !g.exists() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if _, err := g.conn.Exec(ctx, "DROP TABLE IF EXISTS pg_temp.stage"); err != nil {
		_ = g.conn.Conn().Close(ctx) // and with the connection, its temporary tables
	}
	g.release(g.conn)
	g.conn = nil
}
