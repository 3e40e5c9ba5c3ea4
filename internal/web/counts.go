package web

import (
	"context"
	"errors"
	"sync"
	"time"

	"syncer/source"
	"syncer/store/report"
)

// counts has the number of rows of each source. Counting reads an index of the whole table,
// so a count is reused, and longer if it took longer.
type counts struct {
	reader report.Reader

	mu    sync.Mutex
	known map[string]*count
}

const (
	countAgain = 5 * time.Second
	// countShare is how many times its duration a count is reused.
	countShare = 100
)

// A count is the number of rows of one source.
type count struct {
	mu       sync.Mutex
	at       time.Time
	goodFor  time.Duration
	rows     []report.Standing
	estimate bool // by the planner, for all partitions together
	err      error
}

// of returns a source's count. approximate: it is an estimate for the whole table, without
// the filter.
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
