package fetch

import (
	"context"
	"net/http"
	"time"
)

// tolerance is the largest difference at which this machine's clock counts as right. The
// cloud accepts a quarter of an hour, and its Date has full seconds.
const tolerance = time.Minute

// now returns the cloud's time, as far as it is known. Signatures and the ends of keys use
// it. If this machine's clock is right, it is this machine's time.
func (c *Client) now() time.Time { return time.Now().Add(time.Duration(c.behind.Load())) }

// heard compares this machine's clock with the Date of an answer that arrived between two
// of its readings.
func (c *Client) heard(ctx context.Context, h http.Header, sent, received time.Time) {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return
	}
	var behind time.Duration
	if date.Before(sent.Add(-tolerance)) || date.After(received.Add(tolerance)) {
		behind = date.Sub(received)
	}
	before := time.Duration(c.behind.Swap(int64(behind)))
	if behind != 0 && (behind-before).Abs() > tolerance {
		c.logger.WarnContext(ctx, "this machine's clock is wrong: synchronize it; until then, calls are dated by the cloud's",
			"account", c.account, "behind", behind.Round(time.Second))
	}
}
