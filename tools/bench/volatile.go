package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"syncer/source"
)

// volatile measures syncs in which only the servers' last login changed: WAL bytes per
// server, the least of three syncs, after each server changed once before.
func volatile(ctx context.Context, report func(figure)) error {
	s, done, err := open(ctx)
	if err != nil {
		return err
	}
	defer done()
	src := &source.CloudCenterInstances
	servers := make([]source.Row, *rows/10)
	for i := range servers {
		row := make(source.Row, len(src.Columns)+1)
		for k, c := range src.Columns {
			if c.Type == source.Text {
				row[k] = source.TextValue(c.Name + " of a server")
			}
		}
		row[src.Index("uuid")] = source.TextValue(fmt.Sprintf("inet-%032x", uint64(i)*0x9e3779b97f4a7c15))
		servers[i] = row
	}
	least := int64(0)
	for n := range 5 {
		for i, row := range servers {
			row[src.Index("last_login_at")] = source.TimeValue(time.Unix(int64(1_790_000_000+600*n), int64(i%1000)*1e6))
		}
		took, wal, c, err := syncRows(ctx, s, src, servers)
		if err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "%s %d bytes of WAL %+v\n", took, wal, c)
		if n == 2 || n > 2 && wal < least {
			least = wal
		}
	}
	report(figure{Name: "volatile_wal_per_row", Value: float64(least) / float64(len(servers)), Unit: "bytes", Limit: 120})
	return nil
}
