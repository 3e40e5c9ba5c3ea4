// Command releasedump writes what the tests keep of a release. Run it in the tree that is
// being released, and commit the directory that it makes. See docs/upgrades.md.
//
//	go run ./tools/releasedump v0.2.0
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"syncer/internal/embeddedpg"
	"syncer/internal/testing/release"
	"syncer/sim"
	"syncer/source"
	"syncer/store"
	"syncer/store/schema"
	"syncer/worker"
)

const (
	servers = 20
	syncs   = 14
	pause   = 17 * time.Hour
)

// The syncs cross the end of a month, so ended versions are in several partitions.
var start = time.Date(2026, 3, 24, 3, 0, 0, 0, time.UTC)

// Objects of a user, which an upgrade must not change.
const userSQL = release.MakeReader + `;
GRANT USAGE ON SCHEMA alicloud TO ` + release.Reader + `;
GRANT SELECT ON alicloud.instance_patch_states, alicloud.instance_patch_states_history, alicloud.cloud_center_instances, alicloud.sync_freshness TO ` + release.Reader + `;
CREATE SCHEMA reports;
CREATE VIEW reports.lacking AS
SELECT c.instance_name, p.*
FROM alicloud.instance_patch_states AS p
JOIN alicloud.cloud_center_instances AS c USING (account_id, instance_id);
CREATE VIEW reports.april AS
SELECT * FROM alicloud.instance_patch_states_as_of('2026-04-01 00:00:00+08');
CREATE VIEW reports.patched AS
SELECT * FROM alicloud.instance_patch_states_history WHERE valid_to IS NOT NULL;
GRANT USAGE ON SCHEMA reports TO ` + release.Reader + `;
GRANT SELECT ON ALL TABLES IN SCHEMA reports TO ` + release.Reader

func main() {
	if len(os.Args) != 2 || !strings.HasPrefix(os.Args[1], "v") {
		fmt.Fprintln(os.Stderr, "usage: releasedump v<version>")
		os.Exit(2)
	}
	dir := filepath.Join("store", "testdata", "releases", os.Args[1])
	if err := dump(context.Background(), dir); err != nil {
		fmt.Fprintln(os.Stderr, "releasedump:", err)
		os.Exit(1)
	}
	fmt.Println(dir)
}

func dump(ctx context.Context, dir string) (err error) {
	data, err := os.MkdirTemp("", "syncer-releasedump")
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, embeddedpg.Remove(context.WithoutCancel(ctx), filepath.Join(data, "db")), os.RemoveAll(data))
	}()
	if err := os.Chmod(data, 0o755); err != nil { // the server may run as another user
		return err
	}
	server, err := embeddedpg.Start(ctx, embeddedpg.Options{DataDir: filepath.Join(data, "db"), NoSync: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop(ctx)) }()

	var now atomic.Pointer[time.Time]
	now.Store(&start)
	clock := func() time.Time { return *now.Load() }
	s, err := store.Open(ctx, server.URL(), store.Options{Clock: clock})
	if err != nil {
		return err
	}
	defer s.Close()
	if _, err := s.Migrate(ctx); err != nil {
		return err
	}
	if err := worker.MigrateQueue(ctx, s.Pool()); err != nil {
		return err
	}
	if _, err := s.SetTimezone(ctx, release.Zone); err != nil {
		return err
	}
	var r release.Release
	if r.Pages, err = live(ctx, s, &now, clock, &r.Golden); err != nil {
		return err
	}
	if _, err := s.Pool().Exec(ctx, userSQL); err != nil {
		return err
	}
	if err := ask(ctx, s, &r.Golden); err != nil {
		return err
	}
	if r.Dump, err = pgDump(ctx, server.URL()); err != nil {
		return err
	}
	return r.Write(dir)
}

// live syncs a fleet many times. It returns the cloud's last answers.
func live(ctx context.Context, s *store.Store, now *atomic.Pointer[time.Time], clock func() time.Time, g *release.Golden) (release.Pages, error) {
	account := sim.Account{ID: "1000000000000001", Name: "production", AccessKeyID: "key", AccessKeySecret: "secret"}
	cloud := &release.Recorder{Cloud: sim.New(sim.Options{
		Accounts: []sim.Account{account}, Clock: clock, World: sim.NewFleet(sim.FleetOptions{Seed: 1, Servers: servers, Keep: 4 * 24 * time.Hour}),
	})}
	served, err := sim.Serve("127.0.0.1:0", cloud)
	if err != nil {
		return nil, err
	}
	defer func() { _ = served.Close() }()
	for n := range syncs {
		client, err := release.Client(served.Endpoints()) // a new client asks again whose key it has
		if err != nil {
			return nil, err
		}
		syncer := release.Syncer(s, client, clock)
		at := start.Add(time.Duration(n) * pause)
		now.Store(&at)
		g.At, g.Moments = at, append(g.Moments, at)
		jobs, last := syncer.Jobs(), n == syncs-1
		if last {
			cloud.Record()
			for i := range jobs {
				jobs[i].Full, jobs[i].AllowShrink = true, true
			}
		}
		var failed error
		syncer.SyncAll(ctx, jobs, 1, func(r worker.Result) {
			if r.Status != store.StatusOK && (last || r.Status != store.StatusHeld) {
				failed = errors.Join(failed, fmt.Errorf("%s: %s", r.Job, r.Message))
			}
		})
		client.Close()
		if failed != nil {
			return nil, failed
		}
	}
	return cloud.Pages(), nil
}

// ask runs the queries whose answers an upgrade must not change.
func ask(ctx context.Context, s *store.Store, g *release.Golden) error {
	if err := s.Pool().QueryRow(ctx, "SELECT max(version_id) FROM syncer.goose_db_version").Scan(&g.Schema); err != nil {
		return err
	}
	g.Revision, g.Derived = schema.Revision, map[string]string{}
	for _, src := range source.All {
		g.Derived[src.Name] = schema.Hash(src)
	}
	// Later runs do not belong to the release.
	runs := fmt.Sprintf("alicloud.sync_runs WHERE finished_at <= '%s'", g.At.Format(time.RFC3339))
	relations := []string{"alicloud.accounts", runs, "reports.lacking", "reports.april", "reports.patched"}
	for _, src := range source.All {
		relations = append(relations, "alicloud."+src.Name, "alicloud."+src.Name+"_history")
		for _, at := range g.Moments { // a moment between two syncs
			relations = append(relations, fmt.Sprintf("alicloud.%s_as_of('%s')", src.Name, at.Add(pause/2).Format(time.RFC3339)))
		}
	}
	for _, relation := range relations {
		// The columns are named, because later releases may add some.
		name, _, _ := strings.Cut(strings.Fields(relation)[0], "_as_of(")
		var columns string
		err := s.Pool().QueryRow(ctx, `SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0`, name).Scan(&columns)
		if err != nil {
			return err
		}
		a := release.Answer{Query: "SELECT " + columns + " FROM " + relation}
		if err := s.Pool().QueryRow(ctx, release.Digest(a.Query)).Scan(&a.Rows, &a.Digest); err != nil {
			return fmt.Errorf("%s: %w", a.Query, err)
		}
		g.Answers = append(g.Answers, a)
	}
	return nil
}

// unrestrict matches lines that only psql reads, lines that older servers do not know, and
// comments.
var unrestrict = regexp.MustCompile(`(?m)^(\\(un)?restrict .*|SET transaction_timeout = .*|--.*)\n`)

func pgDump(ctx context.Context, url string) (string, error) {
	cmd := exec.CommandContext(ctx, "pg_dump", "--no-owner", "--inserts", "--rows-per-insert=500", url)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("pg_dump: %w", err)
	}
	return unrestrict.ReplaceAllString(string(out), ""), nil
}
