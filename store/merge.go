package store

import (
	"bufio"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"syncer/source"
)

// ErrStale: the partition was merged by someone else since this run began, were it
// only to find that nothing has changed. What this one found may be older than what
// stands; it must be made again.
var ErrStale = errors.New("the partition was synced by another run meanwhile")

// A MergeResult is what a merge did.
type MergeResult struct {
	Opened, Changed, Ended, Unchanged int64
	// Repeated counts rows whose key the same sweep had shown before: the later one counts.
	Repeated int64

	// Held says of which sweeps rows were not ended because they were too many. A few
	// are named.
	Held       []string
	HeldRows   int64 // how many rows these are
	heldDigest int64 // of the keys: the same rows, the same digest

	// Churn names the fields of extra for which alone most of the versions were made.
	Churn []string
	// At is the moment from which the changes count: valid_from of the versions
	// opened, valid_to of those ended.
	At time.Time
}

// add counts what an earlier merge of the same run wrote. It held nothing.
func (c *MergeResult) add(o MergeResult) {
	c.Opened, c.Changed, c.Ended = c.Opened+o.Opened, c.Changed+o.Changed, c.Ended+o.Ended
	for _, field := range o.Churn {
		if !slices.Contains(c.Churn, field) {
			c.Churn = append(c.Churn, field)
		}
	}
}

// Merge makes what the run found visible, in one transaction, and records the
// run in it. A run that found nothing new writes its own row and no other.
// ErrStale: make the run again.
func (y *Sync) Merge(ctx context.Context, run Run) (c MergeResult, err error) {
	return y.mergeAnd(ctx, run, func(tx pgx.Tx, c *MergeResult) error {
		c.add(run.Kept)
		return y.store.insertRun(ctx, tx, y.part, run, *c, nil)
	})
}

// mergeAnd is Merge with an end of the transaction of its own.
func (y *Sync) mergeAnd(ctx context.Context, run Run, record func(pgx.Tx, *MergeResult) error) (c MergeResult, err error) {
	defer wrap(&err, "merge %s", y.part)
	if err := y.flush(ctx); err != nil {
		return c, err
	}
	if err := y.store.register(ctx, y.querier(), y.part); err != nil {
		return c, err
	}
	if err := y.store.ensureMonths(ctx, y.querier(), y.t.Source); err != nil {
		return c, err
	}
	// What hangs on rows that have gone meanwhile may end where nothing else is to be
	// written: that is not known before.
	announce := y.conn != nil || !y.new.empty() || y.known.unseen()
	if c, err = y.merge(ctx, run, announce, y.apply, record); errors.Is(err, errUnannounced) {
		c, err = y.merge(ctx, run, true, y.apply, record)
	}
	// The month that a version belongs into was made while the merge, which had looked
	// for it before, waited. Another attempt finds it.
	if isPartitionMissed(err) {
		c, err = y.merge(ctx, run, true, y.apply, record)
	}
	if err != nil {
		return MergeResult{}, err
	}
	if n := c.Opened + c.Changed + c.Ended; n > analyzeRows && n > int64(y.standing)/5 {
		y.store.analyze(ctx, y.querier(), y.t.Source)
	}
	return c, nil
}

// merge is one attempt. What it writes, apply does.
func (y *Sync) merge(ctx context.Context, run Run, announce bool, apply func(context.Context, pgx.Tx, Run, *MergeResult) error, record func(pgx.Tx, *MergeResult) error) (c MergeResult, err error) {
	y.tally = nil
	write := func(tx pgx.Tx) error {
		if c.At, err = y.lock(ctx, tx); err != nil {
			return err
		}
		if err := apply(ctx, tx, run, &c); err != nil {
			return err
		}
		if !announce && c.Opened+c.Changed+c.Ended > 0 {
			return errUnannounced
		}
		if err := y.fold(ctx, tx, &c); err != nil {
			return err
		}
		if y.wrote(&c) {
			if _, err := tx.Exec(ctx, `UPDATE syncer.partitions SET generation = generation + 1, merged_at = $4, first_merged_at = CASE WHEN $5 AND forgotten_at IS NULL THEN $4 ELSE coalesce(first_merged_at, $4) END
WHERE account_id = $1 AND source = $2 AND region_id = $3`, y.part.AccountID, y.t.Source.Name, y.part.RegionID, c.At, run.First); err != nil {
				return err
			}
		}
		c.Unchanged = max(0, int64(y.shown())-c.Opened-c.Changed-y.merged)
		c.Repeated = y.repeated
		if err := y.recordSwept(ctx, tx, run, &c); err != nil {
			return err
		}
		return record(tx, &c)
	}
	if announce {
		err = y.store.writeVersions(ctx, y.querier(), y.part, write)
	} else {
		err = pgx.BeginFunc(ctx, y.querier(), write)
	}
	return c, err
}

// analyzeRows is how many rows a merge must have written before the planner is
// told at once. Autovacuum would tell it within a minute, but the next merge may
// come sooner, and joining thousands of rows that the planner takes for one row
// lasts as long as their product.
const analyzeRows = 1000

func (s *Store) analyze(ctx context.Context, q querier, src *source.Source) {
	err := pgx.BeginFunc(ctx, q, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL lock_timeout = '1s'"); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "ANALYZE "+pgx.Identifier{"syncer", src.Name + "_standing"}.Sanitize())
		return err
	})
	if err != nil { // autovacuum's turn, then
		s.log.DebugContext(ctx, "table not analyzed", "source", src.Name, "error", err)
	}
}

// lock waits for the partition's other merges and checks that none came between.
// The moment of the merge is read once the lock is held, and is later than the
// last merge's even where the clock was set back, so that versions never overlap.
func (y *Sync) lock(ctx context.Context, tx pgx.Tx) (at time.Time, err error) {
	// Beside other partitions' merges, but not beside migrations and the rebuilding of trends.
	if err := lockName(ctx, tx, mergeLock(y.t.Source.Name, y.part.AccountID, y.part.RegionID)); err != nil {
		return at, err
	}
	var schema int64
	err = tx.QueryRow(ctx, `SELECT greatest(coalesce($4::timestamptz, clock_timestamp()), merged_at + interval '1 microsecond'), first_merged_at IS NULL,
    (SELECT max(version_id) FROM syncer.goose_db_version)
FROM syncer.partitions, `+cutDays+`
WHERE account_id = $1 AND source = $2 AND region_id = $3`,
		y.part.AccountID, y.t.Source.Name, y.part.RegionID, y.store.now()).Scan(&at, &y.first, &schema)
	if err != nil {
		return at, err
	}
	if now, err := readState(ctx, tx, y.part); err != nil || now != y.state {
		return at, cmp.Or(err, ErrStale)
	}
	return at, isKnown(schema) // this program may have been running while a later release migrated
}

// mergeLock is the name of the lock that merges of a partition hold.
func mergeLock(source, accountID, regionID string) string {
	return strings.Join([]string{"merge", source, accountID, regionID}, " ")
}

// apply moves the stage into the table and ends what is gone.
func (y *Sync) apply(ctx context.Context, tx pgx.Tx, run Run, c *MergeResult) error {
	account, region := y.part.AccountID, y.part.RegionID
	write := func(sql string, by int) (int64, error) {
		return y.count(ctx, tx, y.t.tallied(sql, by, ""), account, region, c.At)
	}
	end := func(sql string) (int64, error) { // for good: no other version follows
		return y.count(ctx, tx, y.t.tallied(sql, -1, y.t.dropVolatile()), account, region, c.At)
	}
	// What is gone is judged before the stage is merged, among the rows that
	// stood when the run began.
	if err := y.settleStage(ctx, tx); err != nil {
		return err
	}
	if err := y.churn(ctx, tx, c); err != nil {
		return err
	}
	v, err := y.judge(ctx, tx, run, c, false)
	if err != nil {
		return err
	}
	if y.conn != nil {
		if c.Changed, err = write(y.t.endChanged(), -1); err != nil {
			return err
		}
	}
	if err := y.open(ctx, tx, c, write); err != nil {
		return err
	}
	if err := y.keepVolatile(ctx, tx); err != nil {
		return err
	}
	if v.listed {
		if c.Ended, err = end(y.t.endGone()); err != nil {
			return err
		}
	}
	if y.t.EndsWith != nil {
		return y.endOrphans(ctx, tx, c, end)
	}
	return nil
}

// settleStage leaves one row of each key in the stage, the one that counts.
func (y *Sync) settleStage(ctx context.Context, tx pgx.Tx) error {
	if y.conn == nil {
		return nil
	}
	if y.again {
		if _, err := tx.Exec(ctx, y.t.dropOlder()); err != nil {
			return err
		}
	}
	if y.enc.asCame {
		if _, err := tx.Exec(ctx, y.t.keepOrder(), y.part.AccountID, y.part.RegionID); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, "ANALYZE pg_temp.stage")
	return err
}

// wrote reports whether a merge has written into the tables: a stage may also have
// brought volatile columns up to date.
func (y *Sync) wrote(c *MergeResult) bool {
	return y.first || c.Opened+c.Changed+c.Ended > 0 || y.conn != nil
}

// open makes the new versions: those of the stage by a statement that answers what
// the trends gain, those of the spill by a COPY, which answers nothing: then all
// that was opened is read again.
func (y *Sync) open(ctx context.Context, tx pgx.Tx, c *MergeResult, write func(string, int) (int64, error)) error {
	copied, err := y.openNew(ctx, tx, c.At)
	if err != nil {
		return err
	}
	if y.conn != nil && copied == 0 {
		c.Opened, err = write(y.t.open(), +1)
	} else if y.conn != nil {
		var tag pgconn.CommandTag
		tag, err = tx.Exec(ctx, y.t.open(), y.part.AccountID, y.part.RegionID, c.At)
		c.Opened = tag.RowsAffected()
	}
	if err != nil {
		return err
	}
	if copied > 0 && len(y.t.Trends) > 0 {
		if _, err := y.count(ctx, tx, y.t.tallyOpened(), y.part.AccountID, y.part.RegionID, c.At); err != nil {
			return err
		}
	}
	c.Opened += copied - c.Changed
	return nil
}

// openNew copies the new rows to the standing ones. None of their keys can stand:
// the generation is that of the fingerprints, in which they were not found.
func (y *Sync) openNew(ctx context.Context, tx pgx.Tx, at time.Time) (int64, error) {
	if y.new.empty() {
		return 0, nil
	}
	prefix := binary.BigEndian.AppendUint16(nil, uint16(len(y.t.columns)+5))
	prefix = appendText(appendText(prefix, y.part.AccountID), y.part.RegionID)
	suffix := appendField(nil, uint64(at.UnixMicro()-pgEpoch))

	return copyFrom(ctx, tx, y.t.copyStanding(), func(row func(...[]byte) error) error {
		return y.new.each(func(e entry) error { return row(prefix, e.tuple(), suffix) })
	})
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

// shown counts the rows that the run's sweeps have shown.
func (y *Sync) shown() (n int) {
	for _, s := range y.known.seen {
		if s&^marks != 0 {
			n++
		}
	}
	return n
}
