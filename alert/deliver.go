package alert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"syncer/alert/send"
)

// deliver sends a target what is due for it.
func (n *Notifier) deliver(ctx context.Context, t *send.Target) error {
	for ctx.Err() == nil {
		next, err := claim(ctx, n.DB, t.Name, orDefault(n.Lease, defaultLease))
		if err != nil || next == nil {
			return err
		}
		var m send.Message
		failure := json.Unmarshal(next.message, &m)
		if failure == nil {
			m.Lines = append(m.Lines, refusedBefore(next)...)
			failure = t.Send(ctx, m)
		}
		if ctx.Err() != nil && failure != nil {
			return context.Cause(ctx) // stopped: once the lease is over, any process tries again
		}
		if err := n.note(ctx, t, next, failure); err != nil {
			return err
		}
	}
	return nil
}

// refusedBefore are lines about the messages that the target has refused. It may refuse
// them for their words, and would refuse this message for the same ones: so from the
// second attempt on, only their number is given.
func refusedBefore(next *claimed) (lines []string) {
	if n := len(next.refused); n > 0 && next.attempts > 1 {
		return []string{fmt.Sprintf("%d messages before this were refused, and not delivered: see alicloud.notifications", n)}
	}
	for _, title := range next.refused {
		lines = append(lines, "Not delivered before this, since it was refused: "+title)
	}
	return lines
}

// note writes into the outbox what became of a message, also when told to stop: what
// was delivered must not be delivered again.
func (n *Notifier) note(ctx context.Context, t *send.Target, sent *claimed, failure error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if failure == nil {
		return noteDelivered(ctx, n.DB, sent)
	}
	givenUp, err := noteFailed(ctx, n.DB, sent, failure.Error(), errors.Is(failure, send.ErrRefused), orDefault(n.Retry, defaultRetry))
	switch {
	case err != nil:
		return err
	case givenUp:
		n.Logger.ErrorContext(ctx, "message not delivered, and given up", "target", t.Name, "attempts", sent.attempts, "error", failure)
	default:
		n.Logger.WarnContext(ctx, "message not delivered: it is tried again", "target", t.Name, "attempts", sent.attempts, "error", failure)
	}
	return nil
}
