package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"syncer/store"
)

const (
	fleetRegions = "cn-hangzhou, cn-shanghai, cn-beijing, cn-shenzhen, ap-southeast-1, us-east-1, eu-central-1"
	// Patch states for each server that a simulated account began with: it has grown since.
	patchedShare = 1.165
)

// A setting is a database and a built syncer.
func setting(ctx context.Context, o store.Options) (*store.Store, *program, func(), error) {
	s, done, err := openWith(ctx, o)
	if err != nil {
		return nil, nil, nil, err
	}
	p, clean, err := build(ctx)
	if err != nil {
		done()
		return nil, nil, nil, err
	}
	return s, p, func() { clean(); done() }, nil
}

// endToEnd syncs the patch states of a fleet from a simulated cloud in another process:
// pages of 100, no latency, no rate limit, two cores for both.
func endToEnd(ctx context.Context, report func(figure)) error {
	s, p, done, err := setting(ctx, store.Options{})
	if err != nil {
		return err
	}
	defer done()
	database := s.Pool().Config().ConnString()
	measure := func(rows int) (u use, found, calls int64, err error) {
		accounts, stop, err := p.cloud(ctx, "--accounts", "2", "--rate", "0", "--servers", fmt.Sprint(int(float64(rows)/2/patchedShare)))
		if err != nil {
			return u, 0, 0, err
		}
		defer stop()
		config, err := p.configure(accounts, fleetRegions, "sources: {instance_patch_states: {page_size: 100, calls_per_second: 1000000}}\n")
		if err != nil {
			return u, 0, 0, err
		}
		if _, err := s.Pool().Exec(ctx, "TRUNCATE syncer.instance_patch_states, syncer.partitions, syncer.sync_runs"); err != nil {
			return u, 0, 0, err
		}
		if u, err = p.run(ctx, database, "sync", "instance_patch_states", "--config", config, "--output", "json"); err != nil {
			return u, 0, 0, err
		}
		var reports []struct {
			Opened int64 `json:"rows_opened"`
			Calls  int64 `json:"calls"`
		}
		if err := json.Unmarshal(u.stdout, &reports); err != nil {
			return u, 0, 0, err
		}
		var least int64
		for _, r := range reports {
			found += r.Opened
			calls += r.Calls
			least += (r.Opened + 99) / 100
		}
		fmt.Fprintf(os.Stderr, "end to end: %d rows, %d calls, %s, %s of CPU, %d MB\n", found, calls, u.took, u.cpu, u.rss>>20)
		return u, found, calls - least, nil
	}
	one, found, extra, err := measure(*rows)
	if err != nil {
		return err
	}
	five, more, _, err := measure(5 * *rows)
	if err != nil {
		return err
	}
	yardstick, err := yardstick(ctx, s, patches, patchRows(int(found)))
	if err != nil {
		return err
	}
	report(figure{Name: "end_to_end_vs_copy", Value: one.took.Seconds() / yardstick.Seconds(), Unit: "copy", Limit: 2})
	least := float64(found) / 100
	report(figure{Name: "calls_vs_minimum", Value: (least + float64(extra)) / least, Unit: "calls", Limit: 1.02})
	report(figure{Name: "peak_rss_mb", Value: float64(one.rss) / (1 << 20), Unit: "MB", Limit: 128})
	report(figure{Name: "rss_bytes_per_row", Value: float64(five.rss-one.rss) / float64(more-found), Unit: "bytes", Limit: 32})
	return nil
}

// accountsScaling compares 20 accounts in one process with one account, on a gateway that
// allows 10 calls a second for each account.
func accountsScaling(ctx context.Context, report func(figure)) error {
	s, p, done, err := setting(ctx, store.Options{})
	if err != nil {
		return err
	}
	defer done()
	accounts, stop, err := p.cloud(ctx, "--accounts", "20", "--rate", "10", "--servers", "30000")
	if err != nil {
		return err
	}
	defer stop()
	config, err := p.configure(accounts, "cn-hangzhou", "sources: {instance_patch_states: {page_size: 100}}\n")
	if err != nil {
		return err
	}
	database := s.Pool().Config().ConnString()
	var took [2]time.Duration
	for i, args := range [][]string{{"--account", "production"}, nil} {
		if _, err := s.Pool().Exec(ctx, "TRUNCATE syncer.instance_patch_states, syncer.partitions, syncer.sync_runs"); err != nil {
			return err
		}
		u, err := p.run(ctx, database, append([]string{"sync", "instance_patch_states", "--config", config}, args...)...)
		if err != nil {
			return err
		}
		took[i] = u.took
		fmt.Fprintf(os.Stderr, "accounts: %s\n", u.took)
	}
	report(figure{Name: "accounts_scaling", Value: took[1].Seconds() / took[0].Seconds(), Unit: "one account", Limit: 1.3})
	return nil
}
