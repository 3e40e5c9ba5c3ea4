package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"syncer/source"
	"syncer/store"
)

// scale measures what docs/scaling.md calculates with: the CPU time of a small partition's
// sync, in the process and in PostgreSQL, and how much space and WAL a row and a change of
// each source take.
func scale(ctx context.Context, report func(figure)) error {
	s, p, done, err := setting(ctx, store.Options{})
	if err != nil {
		return err
	}
	defer done()
	// Between two syncs a day passes in the fleet.
	accounts, stop, err := p.cloud(ctx, "--accounts", "50", "--rate", "0", "--servers", "200", "--speed", "1440")
	if err != nil {
		return err
	}
	defer stop()
	var rest strings.Builder
	rest.WriteString("sources:\n")
	for _, src := range source.All {
		fmt.Fprintf(&rest, "  %s: {calls_per_second: 1000000}\n", src.Name)
	}
	config, err := p.configure(accounts, "cn-hangzhou, cn-shanghai", rest.String())
	if err != nil {
		return err
	}
	postmaster, err := postmasterOf(ctx, s)
	if err != nil {
		return err
	}
	sync := func(names ...string) (process, postgres float64, u use, err error) {
		before, err := cpuSeconds(postmaster)
		if err != nil {
			return 0, 0, u, err
		}
		if u, err = p.run(ctx, s.Pool().Config().ConnString(), append([]string{"sync", "--config", config, "--allow-shrink"}, names...)...); err != nil {
			return 0, 0, u, err
		}
		after, err := cpuSeconds(postmaster)
		return u.cpu.Seconds(), after - before, u, err
	}
	if _, _, _, err := sync(); err != nil { // the first, which asks for everything
		return err
	}
	for _, src := range source.All {
		var rows, bytes int64
		if _, err := s.Pool().Exec(ctx, "VACUUM FULL syncer."+src.Name+"_standing"); err != nil { // as fresh tables are
			return err
		}
		if err := s.Pool().QueryRow(ctx, fmt.Sprintf("SELECT count(*), pg_total_relation_size('syncer.%[1]s_standing') FROM syncer.%[1]s_standing", src.Name)).Scan(&rows, &bytes); err != nil {
			return err
		}
		if rows >= 1000 { // otherwise the size of pages is measured
			report(figure{Name: "bytes_per_row_" + src.Name, Value: float64(bytes) / float64(rows), Unit: "bytes", Limit: 2048})
		}
	}
	time.Sleep(10 * time.Second)
	// Servers are measured separately: a volatile column of theirs changes at nearly every
	// call and is written in place.
	// nearly every call, and is written in place.
	servers, others := source.CloudCenterInstances.Name, []string{}
	for _, src := range source.All {
		if src.Name != servers {
			others = append(others, src.Name)
		}
	}
	var partitions, rows, changes, wal float64
	written := func(names ...string) (process, postgres float64, u use, err error) {
		var last, lsn int64
		if err := s.Pool().QueryRow(ctx, "SELECT max(run_id), pg_current_wal_lsn() - '0/0' FROM syncer.sync_runs").Scan(&last, &lsn); err != nil {
			return 0, 0, u, err
		}
		if process, postgres, u, err = sync(names...); err != nil {
			return 0, 0, u, err
		}
		err = s.Pool().QueryRow(ctx, `SELECT count(*), sum(rows_fetched)::float8, sum(rows_opened + rows_changed + rows_ended)::float8, (pg_current_wal_lsn() - '0/0' - $2)::float8
FROM syncer.sync_runs WHERE run_id > $1`, last, lsn).Scan(&partitions, &rows, &changes, &wal)
		return process, postgres, u, err
	}
	if _, _, _, err := written(servers); err != nil {
		return err
	}
	report(figure{Name: "wal_per_server_listed", Value: wal / rows, Unit: "bytes", Limit: 8192})
	process, postgres, u, err := written(others...)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "scale: %.0f partitions and %.0f changes in %s, %d MB\n", partitions, changes, u.took, u.rss>>20)
	report(figure{Name: "process_ms_per_partition", Value: 1000 * process / partitions, Unit: "ms of CPU", Limit: 50})
	report(figure{Name: "postgres_ms_per_partition", Value: 1000 * postgres / partitions, Unit: "ms of CPU", Limit: 100})
	report(figure{Name: "small_partitions_rss_mb", Value: float64(u.rss) / (1 << 20), Unit: "MB", Limit: 128})
	report(figure{Name: "wal_per_change", Value: wal / changes, Unit: "bytes", Limit: 8192})

	if _, err := s.Pool().Exec(ctx, "VACUUM FULL syncer.sync_runs"); err != nil {
		return err
	}
	var run float64
	if err := s.Pool().QueryRow(ctx, "SELECT pg_total_relation_size('syncer.sync_runs')::float8 / count(*) FROM syncer.sync_runs").Scan(&run); err != nil {
		return err
	}
	report(figure{Name: "bytes_per_run", Value: run, Unit: "bytes", Limit: 2048})
	return nil
}

// postmasterOf returns the process ID of the store's server, on this machine.
func postmasterOf(ctx context.Context, s *store.Store) (int, error) {
	var dir string
	if err := s.Pool().QueryRow(ctx, "SHOW data_directory").Scan(&dir); err != nil {
		return 0, err
	}
	file, err := os.ReadFile(dir + "/postmaster.pid")
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(file), "\n")
	return strconv.Atoi(first)
}
