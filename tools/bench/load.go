package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"syncer/internal/embeddedpg"
	"syncer/source"
	"syncer/store"
	"syncer/worker"
)

// open starts a PostgreSQL and migrates a store on it. Its settings are the defaults,
// except max_wal_size, so that no checkpoint falls into a measurement.
func open(ctx context.Context) (*store.Store, func(), error) {
	return openWith(ctx, store.Options{})
}

func openWith(ctx context.Context, o store.Options) (*store.Store, func(), error) {
	dir, err := os.MkdirTemp("", "syncer-bench")
	if err != nil {
		return nil, nil, err
	}
	if err := os.Chmod(dir, 0o755); err != nil { // the server runs as another user
		return nil, nil, err
	}
	server, err := embeddedpg.Start(ctx, embeddedpg.Options{DataDir: filepath.Join(dir, "db"), NoSync: true, Settings: map[string]string{
		"max_wal_size": "16GB", "checkpoint_timeout": "1h",
		// Days of syncs pass in minutes here, so autovacuum's minutes are seconds.
		"autovacuum_naptime": "1s",
	}})
	if err != nil {
		return nil, nil, err
	}
	closeAll := func() {
		_ = server.Stop(ctx)
		_ = embeddedpg.Remove(context.WithoutCancel(ctx), filepath.Join(dir, "db"))
		_ = os.RemoveAll(dir)
	}
	s, err := store.Open(ctx, server.URL(), o)
	if err != nil {
		closeAll()
		return nil, nil, err
	}
	_, err = s.Migrate(ctx)
	if err == nil {
		err = worker.MigrateQueue(ctx, s.Pool())
	}
	if err != nil {
		closeAll()
		return nil, nil, err
	}
	return s, func() { s.Close(); closeAll() }, nil
}

var patches = &source.InstancePatchStates

// patchRows are patch states in random order of their keys. A row's state is its version.
func patchRows(n int) []source.Row {
	list := make([]source.Row, n)
	width := len(patches.Columns) + 1
	values := make([]source.Value, n*width)
	for i, at := range rand.New(rand.NewPCG(1, 2)).Perm(n) {
		row := source.Row(values[i*width : (i+1)*width])
		fillPatchRow(row, at, 0)
		list[i] = row
	}
	return list
}

func fillPatchRow(row source.Row, i, state int) {
	set := func(name string, v source.Value) { row[patches.Index(name)] = v }
	day := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i%86400) * time.Second)
	set("instance_id", source.TextValue(fmt.Sprintf("i-bp1%017x", uint64(i)*0x9e3779b97f4a7c15>>4)))
	set("baseline_id", source.TextValue("pb-f9393021b7a049e1b34e"))
	set("owner_information", source.TextValue(""))
	set("operation_type", source.TextValue("scan"))
	set("operation_started_at", source.TimeValue(day))
	set("operation_ended_at", source.TimeValue(day.Add(time.Minute)))
	for k, name := range []string{"missing_count", "installed_count", "installed_other_count", "installed_pending_reboot_count", "installed_rejected_count", "failed_count"} {
		set(name, source.IntValue(int64((i>>k+state)%50)))
	}
}

// copyRows is what syncer is compared with: pgx's CopyFrom of the same rows into a plain
// table with the same primary key.
func copyRows(ctx context.Context, s *store.Store, src *source.Source, rows []source.Row) (time.Duration, error) {
	columns := []string{"account_id", "region_id"}
	definition := "account_id text NOT NULL, region_id text NOT NULL"
	for _, c := range src.Columns {
		columns = append(columns, c.Name)
		definition += ", " + c.Name + " " + c.Type.SQL()
	}
	values := make([][]any, len(rows))
	for i, row := range rows {
		v := []any{"1234567890123456", "cn-hangzhou"}
		for k, c := range src.Columns {
			switch {
			case !row[k].Valid:
				v = append(v, nil)
			case c.Type == source.Text:
				v = append(v, row[k].Text)
			case c.Type == source.JSON:
				v = append(v, json.RawMessage(row[k].Text))
			case c.Type == source.Bool:
				v = append(v, row[k].Int != 0)
			case c.Type.SQL() == "timestamptz":
				v = append(v, row[k].Time())
			default:
				v = append(v, row[k].Int)
			}
		}
		values[i] = v
	}
	if _, err := s.Pool().Exec(ctx, fmt.Sprintf("DROP TABLE IF EXISTS public.plain; CREATE TABLE public.plain (%s, PRIMARY KEY (account_id, region_id, %s))", definition, strings.Join(src.Key, ", "))); err != nil {
		return 0, err
	}
	started := time.Now()
	_, err := s.Pool().CopyFrom(ctx, pgx.Identifier{"public", "plain"}, columns, pgx.CopyFromRows(values))
	took := time.Since(started)
	if err == nil {
		_, err = s.Pool().Exec(ctx, "DROP TABLE public.plain")
	}
	return took, err
}

// yardstick returns the best time of three copies.
func yardstick(ctx context.Context, s *store.Store, src *source.Source, rows []source.Row) (best time.Duration, err error) {
	for range 3 {
		took, err := copyRows(ctx, s, src, rows)
		if err != nil {
			return 0, err
		}
		fmt.Fprintf(os.Stderr, "copy %s\n", took)
		if best == 0 || took < best {
			best = took
		}
	}
	return best, nil
}

// syncRows syncs the rows once, in pages of 100, and returns how long it took and how many
// bytes of WAL it wrote.
func syncRows(ctx context.Context, s *store.Store, src *source.Source, rows []source.Row) (took time.Duration, wal int64, c store.MergeResult, err error) {
	position := func() (n int64) {
		if err == nil {
			err = s.Pool().QueryRow(ctx, "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint").Scan(&n)
		}
		return n
	}
	before := position()
	started := time.Now()
	y, err := s.Begin(ctx, store.Partition{Source: src, AccountID: "1234567890123456", AccountName: "bench", RegionID: "cn-hangzhou"})
	if err != nil {
		return 0, 0, c, err
	}
	defer y.Close(ctx)
	w := y.List(&src.Sweeps[0], store.Scope{})
	for start := 0; start < len(rows); start += 100 {
		if _, err := w.Page(ctx, rows[start:min(start+100, len(rows))]); err != nil {
			return 0, 0, c, err
		}
	}
	w.Complete()
	if c, err = y.Merge(ctx, store.Run{Trigger: "manual", Started: started, Worker: "bench", Limit: store.DefaultLimit}); err != nil {
		return 0, 0, c, err
	}
	took = time.Since(started)
	return took, position() - before, c, err
}

func load(ctx context.Context, report func(figure)) error {
	s, done, err := open(ctx)
	if err != nil {
		return err
	}
	defer done()
	list := patchRows(*rows)
	yardstick, err := yardstick(ctx, s, patches, list)
	if err != nil {
		return err
	}
	ratio := func(name string, took time.Duration, limit float64) {
		report(figure{Name: name, Value: took.Seconds() / yardstick.Seconds(), Unit: "copy", Limit: limit})
	}
	took, _, c, err := syncRows(ctx, s, patches, list)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "first %s %+v\n", took, c)
	ratio("first_load_vs_copy", took, 1)
	// The best of three, as for the copy, because other programs and autovacuum are not
	// what is measured.
	best := func(round func(int)) (took time.Duration, wal int64, c store.MergeResult, err error) {
		for n := range 3 {
			round(n)
			t, w, changes, err := syncRows(ctx, s, patches, list)
			if err != nil {
				return 0, 0, c, err
			}
			fmt.Fprintf(os.Stderr, "%s %d %+v\n", t, w, changes)
			if n == 0 || t < took {
				took = t
			}
			if n == 0 || w < wal {
				wal = w
			}
			c = changes
		}
		return took, wal, c, nil
	}
	took, wal, _, err := best(func(int) {})
	if err != nil {
		return err
	}
	ratio("resync_vs_copy", took, 0.35)
	report(figure{Name: "resync_wal_per_row", Value: float64(wal) / float64(len(list)), Unit: "bytes", Limit: 0.5})
	took, wal, c, err = best(func(n int) {
		for i := 0; i < len(list); i += 100 {
			fillState(list[i], n+1)
		}
	})
	if err != nil {
		return err
	}
	ratio("change1_vs_copy", took, 0.5)
	report(figure{Name: "change1_wal_per_changed_row", Value: float64(wal) / float64(c.Changed), Unit: "bytes", Limit: 1500})
	return nil
}

func fillState(row source.Row, state int) {
	i := patches.Index("missing_count")
	row[i] = source.IntValue(int64(1000 + state))
}
