package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// A Notification is a message on its way to one target.
type Notification struct {
	ID       int64
	Message  json.RawMessage
	Attempts int
	// Refused are the titles of messages that the target has refused for good since it
	// last took one.
	Refused []string
}

// Claim takes the next message for a target, if it is due: the oldest that waits, and
// none before that one has ended, so that an all-clear never overtakes its alarm. It is
// the caller's for as long as the lease lasts: should this process die, another attempt
// follows then. Nil: nothing is due.
func (s *Store) Claim(ctx context.Context, target string, lease time.Duration) (_ *Notification, err error) {
	defer wrap(&err, "take a message for %s", target)
	var n Notification
	// No error: an attempt is under way, which Tell leaves alone.
	err = s.pool.QueryRow(ctx, `UPDATE syncer.notifications
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
)`, target, lease).Scan(&n.ID, &n.Message, &n.Attempts, &n.Refused)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &n, nil
}

// Delivered notes that a target has taken its message.
func (s *Store) Delivered(ctx context.Context, n *Notification) (err error) {
	defer wrap(&err, "note a message as delivered")
	_, err = s.pool.Exec(ctx, "UPDATE syncer.notifications SET delivered_at = now(), last_error = NULL WHERE notification_id = $1", n.ID)
	return err
}

// notifyFor is how long a message is tried to be delivered.
const notifyFor = "3 days"

// refusedFor is how often a message is tried that its target refuses for good: others
// wait behind it.
const refusedFor = 4

// Undelivered notes why an attempt failed, and reports whether it was the last. The
// wait before the next one doubles with each.
func (s *Store) Undelivered(ctx context.Context, n *Notification, why string, refused bool, wait time.Duration) (givenUp bool, err error) {
	defer wrap(&err, "note a message as not delivered")
	err = s.pool.QueryRow(ctx, `UPDATE syncer.notifications
SET last_error = $2, next_attempt_at = now() + least($3::interval * 2 ^ least(attempts - 1, 20), interval '6 hours'),
    given_up_at = CASE WHEN created_at < now() - interval '`+notifyFor+`' OR $4 AND attempts >= $5 THEN now() END
WHERE notification_id = $1
RETURNING given_up_at IS NOT NULL`, n.ID, told(why), wait, refused, refusedFor).Scan(&givenUp)
	return givenUp, err
}
