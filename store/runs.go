package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"syncer/text"
)

// A Run describes the making of a sync: what the fetching counted, and why it was
// made. What the merge did is in the MergeResult.
type Run struct {
	Trigger string    // schedule, manual or dependency
	Slot    time.Time // tick of the schedule that it answers; zero: none
	NextDue time.Time // next tick; zero: not scheduled
	Full    bool      // asked for everything
	First   bool      // no full sweep has ended yet
	// OnDemand: the source has no schedule, and is synced for one that reads its table.
	OnDemand bool
	Started  time.Time // by the database's clock
	Worker   string    // host and process

	Calls, Retries, Throttled, Pages, Rows int64
	Unknown, Refused                       map[string]int // rows per field

	// Incomplete says why a sweep could not be completed; empty: all were.
	Incomplete string
	// Interrupted is the error that ended the run before all was asked for.
	Interrupted Failure
	// Kept is what checkpoints have merged.
	Kept MergeResult

	Limit         Limit
	AllowShrink   bool // end also what exceeds the limit
	ConfirmShrink bool // end it once three scheduled runs in a row missed the same rows
}

// A Failure is why a run wrote nothing, or not all.
type Failure struct {
	Code, Message, RequestID string
}

// Statuses of a run.
const (
	StatusOK         = "ok"
	StatusIncomplete = "incomplete"
	StatusHeld       = "held"
	StatusFailed     = "failed"
)

// Status is what a merged run is recorded as, and why.
func (c MergeResult) Status(run Run) (status, message string) {
	switch {
	case len(c.Held) > 0:
		message = "not ended: " + strings.Join(c.Held, "; ") + "; if the fleet really shrank, run syncer sync --allow-shrink, with --dry-run first to see which rows would end"
		if run.Incomplete != "" {
			message += "; incomplete besides: " + run.Incomplete
		}
		return StatusHeld, message
	case run.Incomplete != "":
		return StatusIncomplete, run.Incomplete
	}
	return StatusOK, ""
}

// RecordFailure records a run that wrote nothing else. The partition's account ID
// may be empty when the credentials were refused.
func (s *Store) RecordFailure(ctx context.Context, p Partition, run Run, f Failure) (err error) {
	defer wrap(&err, "record the failure of %s", p)
	if p.AccountID != "" {
		if err := s.register(ctx, s.pool, p); err != nil {
			return err
		}
	}
	return s.insertRun(ctx, s.pool, p, run, MergeResult{}, &f)
}

// insertRun writes the run's one row. Its times are by the store's clock, so that those of
// a demo stand next to the moments of its versions.
func (s *Store) insertRun(ctx context.Context, q querier, p Partition, run Run, c MergeResult, f *Failure) error {
	status := StatusFailed
	var failure Failure
	if f != nil {
		failure = *f
	} else {
		failure = run.Interrupted
		status, failure.Message = c.Status(run)
	}
	_, err := q.Exec(ctx, `WITH back AS (
    UPDATE syncer.partitions
    SET retired_at = NULL, configured_at = CASE WHEN retired_at IS NULL THEN configured_at ELSE $9 END, on_demand = $29
    WHERE account_id = $1 AND source = $3 AND region_id = $4 AND $5 <> 'forget' AND (retired_at IS NOT NULL OR on_demand <> $29)
)
INSERT INTO syncer.sync_runs (
    account_id, account_name, source, region_id, trigger, slot_at, next_due_at, full_sweep, started_at, finished_at, status,
    calls, retries, throttled, pages, rows_fetched, rows_opened, rows_changed, rows_ended, rows_unchanged,
    unknown_fields, refused_fields, error_code, error_message, error_request_id, worker, held_digest, rows_repeated, unseen_since
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, coalesce($10::timestamptz, clock_timestamp()), $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, nullif($27::bigint, 0), $28, (
    -- When it was due, where it began too late.
    SELECT l.next_due_at
    FROM (
        SELECT *
        FROM syncer.sync_runs
        WHERE account_id = $1 AND source = $3 AND region_id = $4 AND status = 'ok'
        ORDER BY run_id DESC
        LIMIT 1
    ) AS l
    WHERE $11 = 'ok' AND $5 <> 'forget' AND l.trigger <> 'forget'
        AND $9 > l.next_due_at + greatest(2 * (l.finished_at - l.started_at), interval '5 minutes')
))`,
		p.AccountID, text.Line(p.AccountName), p.Source.Name, p.RegionID, run.Trigger, timeOrNull(run.Slot), timeOrNull(run.NextDue), run.Full && run.Interrupted == (Failure{}), run.Started, s.now(), status,
		run.Calls, run.Retries, run.Throttled, run.Pages, run.Rows, c.Opened, c.Changed, c.Ended, c.Unchanged,
		countsOrNull(run.Unknown), countsOrNull(run.Refused), recordedText(failure.Code), recordedText(failure.Message), recordedText(failure.RequestID), text.Line(run.Worker), c.heldDigest, c.Repeated, run.OnDemand)
	return err
}

func timeOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// maxRecordedText is how many characters of a message are recorded.
const maxRecordedText = 4000

// recordedText is a text from outside as it is recorded: on one line, for people. NULL: none.
func recordedText(s string) *string {
	if s == "" {
		return nil
	}
	s = text.Cut(text.Line(s), maxRecordedText)
	return &s
}

// countsOrNull are NULL where nothing was counted. Names are the cloud's.
func countsOrNull(m map[string]int) any {
	if len(m) == 0 {
		return nil
	}
	clean := make(map[string]int, len(m))
	for name, n := range m {
		clean[text.Fit(text.Line(name), maxFieldName)] += n
	}
	return clean
}

// maxFieldName is how many bytes of a field's name are recorded.
const maxFieldName = 200

// register makes sure that the partition and its account have their rows, and the
// account its present name, whatever another process has called it meanwhile.
func (s *Store) register(ctx context.Context, q querier, p Partition) error {
	name := text.Line(p.AccountName)
	var known bool
	if err := q.QueryRow(ctx, `SELECT EXISTS (
    SELECT
    FROM syncer.partitions AS p
    JOIN syncer.accounts AS a ON a.account_id = p.account_id
    WHERE p.account_id = $1 AND p.source = $2 AND p.region_id = $3 AND a.name = $4
)`, p.AccountID, p.Source.Name, p.RegionID, name).Scan(&known); err != nil || known {
		return err
	}
	var batch pgx.Batch
	// A name means one account. Whoever had it before keeps its ID for a name.
	batch.Queue("UPDATE syncer.accounts SET name = account_id WHERE name = $2 AND account_id <> $1", p.AccountID, name)
	batch.Queue(`INSERT INTO syncer.accounts (account_id, name)
SELECT $1, $2
WHERE NOT EXISTS (SELECT FROM syncer.accounts WHERE account_id = $1 AND name = $2)
ON CONFLICT (account_id) DO UPDATE SET name = excluded.name`, p.AccountID, name)
	batch.Queue("INSERT INTO syncer.partitions (account_id, source, region_id, configured_at) VALUES ($1, $2, $3, coalesce($4, now())) ON CONFLICT DO NOTHING",
		p.AccountID, p.Source.Name, p.RegionID, s.now())
	return q.SendBatch(ctx, &batch).Close()
}

// notForgotten leaves out the runs from before syncer forget ended the rows: a partition
// that is configured again begins as if it were new.
const notForgotten = ` AND trigger <> 'forget' AND started_at > (
    SELECT coalesce(max(forgotten_at), '-infinity')
    FROM syncer.partitions
    WHERE account_id = $1 AND source = $2 AND region_id = $3
)`

// LastSuccess is when the partition's last run with status ok started; zero:
// never.
func (s *Store) LastSuccess(ctx context.Context, p Partition) (at time.Time, err error) {
	defer wrap(&err, "read the last success of %s", p)
	err = s.pool.QueryRow(ctx, `SELECT started_at
FROM syncer.sync_runs
WHERE account_id = $1 AND source = $2 AND region_id = $3 AND status = 'ok'`+notForgotten+`
ORDER BY run_id DESC
LIMIT 1`, p.AccountID, p.Source.Name, p.RegionID).Scan(&at)
	if errors.Is(err, pgx.ErrNoRows) {
		return at, nil
	}
	return at, err
}

// Answered reports whether a slot needs no sync any more: the last good run was made for
// it or for a later one, or began after it. A run that began in the future does not
// count: the clock was wrong then, and has been set since.
func (s *Store) Answered(ctx context.Context, p Partition, slot time.Time) (answered bool, err error) {
	defer wrap(&err, "look whether the slot of %s is answered", p)
	err = s.pool.QueryRow(ctx, `SELECT greatest(started_at, slot_at) >= $4 AND started_at <= coalesce($5, clock_timestamp())
FROM syncer.sync_runs
WHERE account_id = $1 AND source = $2 AND region_id = $3 AND status = 'ok'`+notForgotten+`
ORDER BY run_id DESC
LIMIT 1`, p.AccountID, p.Source.Name, p.RegionID, slot, s.now()).Scan(&answered)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	return answered, err
}

// A Past is what is known of a partition's earlier runs.
type Past struct {
	// Full is when the last run that asked for everything began; zero: there was none.
	Full time.Time
	// Sound is whether that one, and all since, were ok. A run that was incomplete or
	// held has merged only what it saw. What it did not see may be too old for a run
	// that does not ask for everything.
	Sound bool
	// Good is when the last run that was ok began; zero: there was none.
	Good time.Time
	// Last is when the last run that merged began, and LastEnded when it ended.
	Last, LastEnded time.Time
	LastFull        bool // whether it asked for everything
}

// Past reads what there is to know before a run.
func (s *Store) Past(ctx context.Context, p Partition) (past Past, err error) {
	defer wrap(&err, "read the last runs of %s", p)
	err = s.pool.QueryRow(ctx, `SELECT coalesce(f.started_at, '0001-01-01Z'), coalesce(f.status = 'ok' AND l.status = 'ok', false),
    coalesce(g.started_at, '0001-01-01Z'), l.started_at, l.finished_at, l.full_sweep
FROM (
    SELECT * FROM syncer.sync_runs
    WHERE account_id = $1 AND source = $2 AND region_id = $3 AND status <> 'failed'`+notForgotten+`
    ORDER BY run_id DESC
    LIMIT 1
) AS l
LEFT JOIN (
    SELECT * FROM syncer.sync_runs
    WHERE account_id = $1 AND source = $2 AND region_id = $3 AND full_sweep AND status <> 'failed'`+notForgotten+`
    ORDER BY run_id DESC
    LIMIT 1
) AS f ON true
LEFT JOIN (
    SELECT * FROM syncer.sync_runs
    WHERE account_id = $1 AND source = $2 AND region_id = $3 AND status = 'ok'`+notForgotten+`
    ORDER BY run_id DESC
    LIMIT 1
) AS g ON true`, p.AccountID, p.Source.Name, p.RegionID).Scan(&past.Full, &past.Sound, &past.Good, &past.Last, &past.LastEnded, &past.LastFull)
	if errors.Is(err, pgx.ErrNoRows) {
		return Past{}, nil
	}
	return past, err
}
