package web

import (
	"context"
	"errors"
	"sync"
	"time"

	"syncer/source"
	"syncer/store/report"
)

// counts are how many rows each source has now. Counting reads an index of the
// whole table, so it is done once in a while: the longer it took, the rarer.
type counts struct {
	reader report.Reader

	mu    sync.Mutex
	known map[string]*count
}

const (
	countAgain = 5 * time.Second
	// countShare is how many times as long as it took a count is good for.
	countShare = 100
)

// A count is what one source's table holds.
type count struct {
	mu       sync.Mutex
	at       time.Time
	goodFor  time.Duration
	rows     []report.Standing
	estimate bool // by the planner: of all partitions together
	err      error
}

// of is a source's count; approximate says that it is an estimate, and of the
// whole table whatever the filter.
func (c *counts) of(ctx context.Context, src *source.Source, f report.Filter) (rows int64, approximate bool, err error) {
	c.mu.Lock()
	n := c.known[src.Name]
	if n == nil {
		n = new(count)
		c.known[src.Name] = n
	}
	c.mu.Unlock()
	n.mu.Lock()
	defer n.mu.Unlock()
	if time.Since(n.at) >= n.goodFor {
		c.count(ctx, src, n)
	}
	if n.err != nil {
		return 0, false, n.err
	}
	for _, s := range n.rows {
		if n.estimate || (f.AccountID == "" || s.AccountID == f.AccountID) && (f.RegionID == "" || s.RegionID == f.RegionID) {
			rows += s.Rows
		}
	}
	return rows, n.estimate, nil
}

func (c *counts) count(ctx context.Context, src *source.Source, n *count) {
	started := time.Now()
	n.rows, n.err = c.reader.Standing(ctx, src)
	n.estimate = errors.Is(n.err, report.ErrSlow)
	if n.estimate {
		var rows int64
		rows, n.err = c.reader.Estimate(ctx, src)
		n.rows = []report.Standing{{Rows: rows}}
	}
	n.at = time.Now()
	n.goodFor = max(countAgain, countShare*time.Since(started))
	if n.err != nil {
		n.goodFor = 0
	}
}
