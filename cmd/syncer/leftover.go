package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"syncer/store"
	"syncer/worker"
)

// A leftover is a partition that the configuration does not have and whose rows stand:
// as they were when it was synced last.
type leftover struct {
	store.PartitionRow
	Rows int64 `json:"rows"`
}

// unconfigured are those of a syncer's configuration.
func unconfigured(ctx context.Context, s *worker.Syncer) (list []leftover, err error) {
	partitions, err := s.Unconfigured(ctx)
	if err != nil {
		return nil, err
	}
	return leftovers(ctx, s.Store, partitions)
}

// leftovers are the partitions of which rows stand.
func leftovers(ctx context.Context, s *store.Store, partitions []store.PartitionRow) (list []leftover, err error) {
	for _, part := range partitions {
		rows, err := s.StandingRows(ctx, part)
		if err != nil {
			return nil, err
		}
		if rows > 0 {
			list = append(list, leftover{part, rows})
		}
	}
	return list, nil
}

func (p *program) printLeftovers(list []leftover, now time.Time) {
	if len(list) == 0 {
		return
	}
	p.printf("No longer configured, though their rows stand as if they were (syncer forget ends them):\n\n")
	t := newTable("source", "account", "region", "rows now", "taken out")
	for _, l := range list {
		out := "not seen by syncer run yet"
		if l.RetiredAt != nil {
			out = ago(l.RetiredAt, now)
		}
		t.AppendRow([]any{l.Source, l.AccountName, l.RegionID, thousands(l.Rows), out})
	}
	t.numbers("rows now")
	t.narrow(cutTo("taken out", 8), cutTo("source", 12), cutTo("account", 8))
	printTable(p.stdout, t)
}

// leftoverFindings say in check what stands and is not configured: one for each account.
func leftoverFindings(list []leftover) (findings []finding) {
	rows := map[string]int64{}
	var accounts []string
	for _, l := range list {
		if !slices.Contains(accounts, l.AccountName) {
			accounts = append(accounts, l.AccountName)
		}
		rows[l.AccountName] += l.Rows
	}
	for _, name := range accounts {
		findings = append(findings, finding{
			Check: "not configured", Account: name, Result: resultSkipped,
			Found:  fmt.Sprintf("%s rows stand that nothing keeps up to date any more, see syncer status", thousands(rows[name])),
			Remedy: "syncer forget ends them",
		})
	}
	return findings
}

// checkLeftovers looks for them by the configuration of a syncer that has no database.
func checkLeftovers(ctx context.Context, db *database, s *worker.Syncer) ([]finding, error) {
	all, err := db.Partitions(ctx)
	if err != nil {
		return nil, err
	}
	list, err := leftovers(ctx, db.Store, s.Config().Unconfigured(all))
	return leftoverFindings(list), err
}
