package alert

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"syncer/alert/send"
	"syncer/text"
)

const (
	// triedFor is how long attempts are made to deliver a message.
	triedFor = 3 * 24 * time.Hour
	// refusedAttempts is how often a message is tried that its target refuses for good:
	// others wait behind it.
	refusedAttempts = 4
	// mostError is how many characters of an error are kept.
	mostError = 4000
)

// A kept message is one as it stands in the outbox: with what it is about, part by part.
// The line of a part has its place in the message.
type kept struct {
	send.Message
	About []subject `json:"about,omitempty"`
	// Named is of how many of them there is a line of its own; these lines come first.
	Named int `json:"named,omitempty"`
}

func keep(m send.Message, about []subject) kept { return kept{m, about, min(len(about), mostNamed)} }

// A subject is a partition that a message tells of. An account is called as it was then.
type subject struct {
	Source  string `json:"source"`
	Account string `json:"account"`
	Region  string `json:"region"`
}

// put puts a message for targets into the outbox. The same key puts it there once. The
// messages before it that wait for another attempt are tried now: a target that works
// again need not stay silent for the hours that the last wait has grown to.
func (r *round) put(ctx context.Context, targets []string, key string, m send.Message, about ...subject) (err error) {
	defer wrap(&err, "put a message into the outbox")
	content, err := json.Marshal(keep(m, about))
	if err != nil {
		return err
	}
	_, err = r.tx.Exec(ctx, `WITH added AS (
    INSERT INTO syncer.notifications (target, event_key, message)
    SELECT unnest($1::text[]), $2, $3
    ON CONFLICT DO NOTHING
    RETURNING target
)
UPDATE syncer.notifications
SET next_attempt_at = now()
WHERE target IN (SELECT target FROM added) AND delivered_at IS NULL AND given_up_at IS NULL
    AND last_error IS NOT NULL AND next_attempt_at > now()`, targets, key, content)
	return err
}

// A claimed message is one that this process is to deliver to its target.
type claimed struct {
	id       int64
	message  json.RawMessage
	attempts int
	// refused are the titles of messages that the target has refused for good since it
	// last took one.
	refused []string
}

// claim takes the next message for a target, if it is due: the oldest that waits, and
// none before that one has ended, so that an all-clear never overtakes its alarm. Until
// the lease is over, nobody else tries it. Nil: nothing is due.
func claim(ctx context.Context, db *pgxpool.Pool, target string, lease time.Duration) (_ *claimed, err error) {
	defer wrap(&err, "take a message for %s", target)
	var c claimed
	// While an attempt is under way there is no last_error, so that put leaves it alone.
	err = db.QueryRow(ctx, `UPDATE syncer.notifications
SET attempts = attempts + 1, next_attempt_at = now() + $2::interval, last_error = NULL
WHERE next_attempt_at <= now() AND notification_id = (
    SELECT min(notification_id)
    FROM syncer.notifications
    WHERE target = $1 AND delivered_at IS NULL AND given_up_at IS NULL
)
RETURNING notification_id, message, attempts, ARRAY(
    SELECT g.message ->> 'title'
    FROM syncer.notifications AS g
    WHERE g.target = $1 AND g.given_up_at IS NOT NULL AND g.notification_id > (
        SELECT coalesce(max(d.notification_id), 0)
        FROM syncer.notifications AS d
        WHERE d.target = $1 AND d.delivered_at IS NOT NULL
    )
    ORDER BY g.notification_id
    LIMIT 10
)`, target, lease).Scan(&c.id, &c.message, &c.attempts, &c.refused)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &c, nil
}

// noteDelivered notes that the target has taken the message.
func noteDelivered(ctx context.Context, db *pgxpool.Pool, c *claimed) (err error) {
	defer wrap(&err, "note a message as delivered")
	_, err = db.Exec(ctx, "UPDATE syncer.notifications SET delivered_at = now(), last_error = NULL WHERE notification_id = $1", c.id)
	return err
}

// noteFailed notes why an attempt failed, and reports whether it was the last. The wait
// before the next one doubles with each.
func noteFailed(ctx context.Context, db *pgxpool.Pool, c *claimed, why string, refused bool, wait time.Duration) (givenUp bool, err error) {
	defer wrap(&err, "note a message as not delivered")
	err = db.QueryRow(ctx, `UPDATE syncer.notifications
SET last_error = $2, next_attempt_at = now() + least($3::interval * 2 ^ least(attempts - 1, 20), interval '6 hours'),
    given_up_at = CASE WHEN created_at < now() - $6::interval OR $4 AND attempts >= $5 THEN now() END
WHERE notification_id = $1
RETURNING given_up_at IS NOT NULL`, c.id, text.Cut(text.Line(why), mostError), wait, refused, refusedAttempts, triedFor).Scan(&givenUp)
	return givenUp, err
}

// sweepOutbox gives up what nobody delivers any more, since its target is no longer
// configured, and deletes what is old.
func (r *round) sweepOutbox(ctx context.Context) error {
	if _, err := r.tx.Exec(ctx, `UPDATE syncer.notifications
SET given_up_at = now()
WHERE delivered_at IS NULL AND given_up_at IS NULL AND created_at < now() - $1::interval`, triedFor+24*time.Hour); err != nil {
		return err
	}
	_, err := r.tx.Exec(ctx, "DELETE FROM syncer.notifications WHERE created_at < now() - interval '90 days'")
	return err
}
