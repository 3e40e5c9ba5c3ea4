package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"syncer/source"
	"syncer/store"
	"syncer/store/report"
	"syncer/worker"
)

// compare syncs the cloud as it is now into a new database. Each partition whose last sync
// was good must have all rows of the new database. If full says that everything was asked
// for just now, or if the source always asks for everything, it must have no others.
func (l *life) compare(ctx context.Context, full bool) (err error) {
	const name = "twin"
	if _, err := l.store.Pool().Exec(ctx, "CREATE DATABASE "+name); err != nil {
		return err
	}
	defer func() {
		_, drop := l.store.Pool().Exec(ctx, "DROP DATABASE "+name+" WITH (FORCE)")
		err = errors.Join(err, drop)
	}()
	u, err := url.Parse(l.database)
	if err != nil {
		return err
	}
	u.Path = "/" + name
	twin, err := store.Open(ctx, u.String(), store.Options{Clock: l.clock})
	if err != nil {
		return err
	}
	defer twin.Close()
	if _, err := twin.Migrate(ctx); err != nil {
		return err
	}
	s := &worker.Syncer{Store: twin, Worker: "twin", Logger: l.syncer.Logger}
	s.Configure(*l.syncer.Config())
	good := map[string]bool{} // partitions
	s.SyncAll(ctx, s.Jobs(), 4, func(r worker.Result) { good[r.Job.String()] = r.Status == store.StatusOK })
	fresh, err := report.Of(l.store).Freshness(ctx)
	if err != nil {
		return err
	}
	for _, f := range fresh {
		src, _ := source.ByName(source.All, f.Source)
		if src == nil || f.AccountName == nil || !good[fmt.Sprintf("%s of %s in %s", f.Source, *f.AccountName, f.RegionID)] {
			continue // no longer configured, or its permission is missing
		}
		// The cloud may have changed since the last good run.
		if f.LastStatus == nil || *f.LastStatus != store.StatusOK || f.LastRunAt == nil || !f.LastRunAt.Equal(l.clock()) {
			continue
		}
		want, err := rowsOf(ctx, twin, src, f)
		if err != nil {
			return err
		}
		got, err := rowsOf(ctx, l.store, src, f)
		if err != nil {
			return err
		}
		missing, besides := without(want, got), without(got, want)
		if src.Sweeps[0].Absent != source.Ends || src.Narrows() && !full {
			besides = nil // it also has rows that the cloud no longer lists
		}
		if len(missing)+len(besides) > 0 {
			l.report.breaks("%s: %s of %s in %s lacks %d rows of the cloud's %d, and shows %d besides", l.clock(), f.Source, *f.AccountName, f.RegionID, len(missing), len(want), len(besides))
		}
		l.report.compared++
	}
	return nil
}

// rowsOf returns the rows of a partition as texts, sorted.
func rowsOf(ctx context.Context, s *store.Store, src *source.Source, f report.Freshness) (list []string, err error) {
	where := "true"
	if src == &source.PublishBatches {
		// Only releases that are named somewhere are asked for; a first sync does not know
		// former ones.
		where = "version IN (SELECT unnest(ARRAY[cur_version, upgrade_version, latest_version]) FROM alicloud.agent_versions AS v WHERE v.account_id = s.account_id AND v.region_id = s.region_id)"
	}
	rows, err := s.Pool().Query(ctx, fmt.Sprintf("SELECT (to_jsonb(s) - $3::text[])::text FROM alicloud.%s AS s WHERE account_id = $1 AND region_id = $2 AND %s", src.Name, where),
		f.AccountID, f.RegionID, append(volatile(src), "valid_from"))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var row string
		if err := rows.Scan(&row); err != nil {
			return nil, err
		}
		list = append(list, row)
	}
	slices.Sort(list)
	return list, rows.Err()
}

// without returns the elements of a list that are not in another one; both are sorted.
func without(list, other []string) (rest []string) {
	for _, s := range list {
		if _, found := slices.BinarySearch(other, s); !found {
			rest = append(rest, s)
		}
	}
	return rest
}
