package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
	"syncer/internal/testing/pgtest/migrated"
	"syncer/sim"
)

// disks is a declaration that a user might write; further lines go behind its columns.
const disks = `name: %s
doc: One row per disk.
api:
  product: Ecs
  version: 2014-05-26
  action: DescribeDisks
  ram_action: ecs:DescribeDisks
  page: https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-describedisks
regions: [cn-hangzhou]
schedule: "@yearly"
pager:
  page_number: {page_param: PageNumber, size_param: PageSize, total: TotalCount, page_size: 2}
items: Disks.Disk
key: [disk_id]
columns:
  disk_id: {field: DiskId, type: text, doc: ID of the disk.}
  size_gb: {field: Size, type: %s, doc: "Size, in GB."}
%s
sweeps:
  all: {absent: ends}
trends:
  %[1]s_daily:
    doc: One row per day.
    measures:
      disks: {doc: Disks.}
`

// A diskCloud is a cloud of which no part of syncer knows: it answers one operation.
type diskCloud struct {
	disks atomic.Pointer[[]map[string]any]
	moves atomic.Bool // sizes grow at each call
	calls atomic.Int64
}

func (c *diskCloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	all := *c.disks.Load()
	var page, size int
	_, _ = fmt.Sscan(r.Form.Get("PageNumber"), &page)
	_, _ = fmt.Sscan(r.Form.Get("PageSize"), &size)
	if r.Form.Get("Action") != "DescribeDisks" || r.Form.Get("Version") != "2014-05-26" || page < 1 || size < 1 {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprint(w, `{"Code":"InvalidParameter","Message":"no such request","RequestId":"1"}`)
		return
	}
	if n := c.calls.Add(1); c.moves.Load() {
		moved := []map[string]any{}
		for _, disk := range all {
			moved = append(moved, map[string]any{"DiskId": disk["DiskId"], "Zone": disk["Zone"], "Size": n})
		}
		all = moved
	}
	from, to := min((page-1)*size, len(all)), min(page*size, len(all))
	_ = json.NewEncoder(w).Encode(map[string]any{
		"RequestId": "2", "TotalCount": len(all), "PageNumber": page, "PageSize": size, "Disks": map[string]any{"Disk": all[from:to]},
	})
}

// An installation has a catalogue of its own.
type installation struct {
	dir, config string
	env         map[string]string
	cloud       diskCloud
	db          *pgx.Conn
}

func newInstallation(t *testing.T) *installation {
	t.Helper()
	i := &installation{dir: t.TempDir(), env: map[string]string{"DATABASE_URL": migrated.URL(t)}}
	i.holds(1, 2, 3)
	ecs := httptest.NewServer(&i.cloud)
	t.Cleanup(ecs.Close)
	account := simAccounts(1)[0]
	alibaba := httptest.NewServer(sim.New(sim.Options{Accounts: []sim.Account{account}, World: sim.NewFleet(sim.FleetOptions{Servers: 5})}))
	t.Cleanup(alibaba.Close)
	i.config = filepath.Join(i.dir, "schedule.yaml")
	require.NoError(t, os.Mkdir(filepath.Join(i.dir, "sources"), 0o755))
	text := fmt.Sprintf(`catalogue: ./sources
server: {listen: off}
accounts:
  - name: production
    credentials: {type: access_key, access_key_id: %s, access_key_secret: %s}
    endpoints: {sas: "%[3]s", oos: "%[3]s", sts: "%[3]s", ecs: "%[4]s"}
`, account.AccessKeyID, account.AccessKeySecret, alibaba.URL, ecs.URL)
	require.NoError(t, os.WriteFile(i.config, []byte(text), 0o600))
	db, err := pgx.Connect(t.Context(), i.env["DATABASE_URL"])
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close(context.Background()) })
	i.db = db
	return i
}

// holds has the cloud answer disks of these sizes.
func (i *installation) holds(sizes ...int) {
	list := []map[string]any{}
	for n, size := range sizes {
		list = append(list, map[string]any{"DiskId": fmt.Sprintf("d-%d", n), "Size": size, "Zone": "a"})
	}
	i.cloud.disks.Store(&list)
}

// declares writes a file of the catalogue; an empty text takes it away.
func (i *installation) declares(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join(i.dir, "sources", name+".yaml")
	if text == "" {
		require.NoError(t, os.Remove(file))
		return
	}
	require.NoError(t, os.WriteFile(file+".new", []byte(text), 0o600))
	require.NoError(t, os.Rename(file+".new", file))
}

func (i *installation) call(t *testing.T, want int, args ...string) string {
	t.Helper()
	code, stdout, stderr := call(t, t.Context(), i.env, append(args, "--config", i.config)...)
	require.Equal(t, want, code, stdout+stderr)
	return stdout + stderr
}

// TestOwnCatalogue: a source that a user declares has a table as syncer's own sources do,
// from its file to its end.
func TestOwnCatalogue(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	i.declares(t, "disks", fmt.Sprintf(disks, "disks", "integer", ""))
	listed := i.call(t, exitOK, "sources")
	_, own, found := strings.Cut(listed, "Declared in "+filepath.Join(i.dir, "sources"))
	require.True(t, found, listed)
	require.Contains(t, own, "Ecs DescribeDisks")
	require.Equal(t, fmt.Sprintf(disks, "disks", "integer", ""), i.call(t, exitOK, "sources", "show", "disks"))
	require.Contains(t, i.call(t, exitOK, "policy"), "ecs:DescribeDisks")

	require.Contains(t, i.call(t, exitUsage, "sync", "disks"), "disks is not made yet")
	require.Equal(t, "applied declaration of disks\n", i.call(t, exitOK, "migrate", "up"))
	require.Contains(t, i.call(t, exitOK, "check"), "disks")
	i.call(t, exitOK, "sync", "disks")
	sizes := func(from string) string {
		return one[string](t, i.db, "SELECT coalesce(string_agg(disk_id || '=' || size_gb || extra::text, ' ' ORDER BY disk_id, valid_from), '') FROM alicloud."+from)
	}
	require.Equal(t, `d-0=1{"Zone": "a"} d-1=2{"Zone": "a"} d-2=3{"Zone": "a"}`, sizes("disks"))
	i.holds(1, 5)
	i.call(t, exitOK, "sync", "disks")
	require.Equal(t, `d-0=1{"Zone": "a"} d-1=5{"Zone": "a"}`, sizes("disks"))
	require.Equal(t, 4, one[int](t, i.db, "SELECT count(*) FROM alicloud.disks_history"))
	require.Contains(t, i.call(t, exitOK, "changes", "--source", "disks", "--since", "1h"), "d-1")
	require.Equal(t, 2, one[int](t, i.db, "SELECT disks FROM alicloud.disks_daily"))

	// A column more.
	i.declares(t, "disks", fmt.Sprintf(disks, "disks", "integer", "  zone: {field: Zone, type: text, doc: Its zone.}"))
	require.Contains(t, i.call(t, exitUsage, "sync", "disks"), "disks is declared otherwise")
	i.call(t, exitOK, "migrate", "up")
	i.call(t, exitOK, "sync", "disks")
	require.Equal(t, "a", one[string](t, i.db, "SELECT DISTINCT zone FROM alicloud.disks"))

	// What cannot be.
	i.declares(t, "disks", fmt.Sprintf(disks, "disks", "text", ""))
	said := i.call(t, exitFailed, "migrate", "up")
	require.Contains(t, said, "column size_gb is bigint in the database and text in the declaration")
	require.Contains(t, said, "syncer sources drop disks")
	i.declares(t, "disks", fmt.Sprintf(disks, "agent_versions", "integer", ""))
	require.Contains(t, i.call(t, exitUsage, "migrate", "up"), "disks.yaml:1:7: name")

	// A broken file stops what would go on without it, and nothing else.
	i.declares(t, "disks", fmt.Sprintf(disks, "disks", "integer", "  zone: {field: Zone, type: text, doc: Its zone.}"))
	i.declares(t, "volumes", "name: volumes\ncolums: 1\n")
	for _, command := range [][]string{{"sync"}, {"migrate", "up"}} {
		require.Contains(t, i.call(t, exitUsage, command...), "volumes.yaml:2:1: colums", command)
	}
	require.Contains(t, i.call(t, exitFailed, "check"), "volumes.yaml:2:1: colums")
	require.Contains(t, i.call(t, exitOK, "sources"), "volumes.yaml:2:1: colums")

	// Taken away, it stands until it is dropped.
	i.declares(t, "volumes", "")
	i.declares(t, "disks", "")
	require.Contains(t, i.call(t, exitFailed, "status"), "disks")
	require.Equal(t, 2, one[int](t, i.db, "SELECT count(*) FROM alicloud.disks"))
	require.Contains(t, i.call(t, exitUsage, "sources", "drop", "agent_versions"), "one of syncer's own")
	require.Contains(t, i.call(t, exitUsage, "sources", "drop", "nothing"), "the database has no source nothing")
	require.Contains(t, i.call(t, exitFailed, "sources", "drop", "disks"), "called off")
	_, err := i.db.Exec(t.Context(), "CREATE VIEW public.mine AS SELECT * FROM alicloud.disks")
	require.NoError(t, err)
	require.Contains(t, i.call(t, exitFailed, "sources", "drop", "disks", "--yes", "disks"), "public.mine")
	require.Equal(t, 2, one[int](t, i.db, "SELECT count(*) FROM public.mine"))
	_, err = i.db.Exec(t.Context(), "DROP VIEW public.mine")
	require.NoError(t, err)
	require.Contains(t, i.call(t, exitOK, "sources", "drop", "disks", "--yes", "disks"), "disks is gone")
	require.Zero(t, one[int](t, i.db, `SELECT (SELECT count(*) FROM pg_class WHERE relname ~ 'disks' AND relnamespace IN ('alicloud'::regnamespace, 'syncer'::regnamespace))
    + (SELECT count(*) FROM pg_proc WHERE proname ~ 'disks') + (SELECT count(*) FROM syncer.partitions WHERE source = 'disks')
    + (SELECT count(*) FROM syncer.sync_runs WHERE source = 'disks') + (SELECT count(*) FROM syncer.derived WHERE source = 'disks')
    + (SELECT count(*) FROM alicloud.changes WHERE source = 'disks')`))
	i.declares(t, "disks", fmt.Sprintf(disks, "disks", "text", ""))
	i.call(t, exitOK, "migrate", "up")
	i.call(t, exitOK, "sync", "disks")
	require.Equal(t, "1", one[string](t, i.db, "SELECT size_gb FROM alicloud.disks WHERE disk_id = 'd-0'"))
}

// TestCatalogueReload: the daemon reads changed declarations without being told, makes
// their tables where it may, and goes on with the last good one of each file.
func TestCatalogueReload(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	i.declares(t, "disks", fmt.Sprintf(disks, "disks", "integer", ""))
	p := startProcess(t, i.env, "run", "--migrate", "--config", i.config)
	rows := func(source string) {
		t.Helper()
		pgtest.Await(t, func() bool {
			return one[bool](t, i.db, "SELECT to_regclass('alicloud."+source+"') IS NOT NULL") && one[int](t, i.db, "SELECT count(*) FROM alicloud."+source) == 3
		}, "%s is not synced", source)
	}
	rows("disks")
	i.declares(t, "volumes", fmt.Sprintf(disks, "volumes", "integer", ""))
	rows("volumes")

	i.declares(t, "volumes", "name: volumes\ncolums: 1\n")
	p.says(t, "a declaration cannot be used")
	p.says(t, "volumes.yaml:2:1: colums")
	i.declares(t, "disks", fmt.Sprintf(disks, "disks", "text", "")) // while the other is broken
	p.says(t, `the table of a source is not as its declaration says" source=disks`)
	p.says(t, "syncer sources drop disks")
	i.declares(t, "parts", fmt.Sprintf(disks, "parts", "integer", ""))
	rows("parts")
	require.Equal(t, 3, one[int](t, i.db, "SELECT count(*) FROM alicloud.partitions WHERE source IN ('disks', 'volumes', 'parts') AND configured"))
	i.declares(t, "volumes", "")
	pgtest.Await(t, func() bool {
		return one[bool](t, i.db, "SELECT bool_and(NOT configured) FROM alicloud.partitions WHERE source = 'volumes'")
	}, "what was taken away is configured still")
	require.Equal(t, 3, one[int](t, i.db, "SELECT count(*) FROM alicloud.volumes"))
	p.signal(t, syscall.SIGTERM)
	require.Zero(t, p.wait(t), p.output())
}
