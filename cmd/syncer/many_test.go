package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
	"syncer/sim"
	"syncer/source"
)

var rounds = flag.Int("rounds", 1, "rounds of trouble in TestMany")

// What TestMany's processes are told: a slot every few seconds, and leases that a
// pause can outlast.
const (
	manyProcesses = 4
	manySlots     = 4 * time.Second
	manyTimeout   = 5 * time.Second // of a sync: the queue gives it up a second later
	manyDeadAfter = time.Second
)

// TestMany has four processes share 200 partitions while up to three of them are
// killed, stopped for longer than they may be, asked to end, or cut off from the
// database. Every partition's every slot is answered by exactly one sync, or says
// why by none; and the tables show what the cloud says.
//
// A longer run: go test ./cmd/syncer -run TestMany -v -timeout 30m -rounds 40
func TestMany(t *testing.T) {
	t.Parallel()
	if !pgtest.All() && *rounds == 1 {
		t.Skip("it takes minutes: SYNCER_TEST_ALL=1 runs it")
	}
	c := newCrowd(t)
	for _, m := range c.members {
		m.start(t)
	}
	c.waitForSlots(t, 1) // of all four
	happened := map[string]int{}
	for n := range *rounds {
		var round sync.WaitGroup
		kinds := []string{"killed", "stopped", "frozen", "cut off", "ended"}
		if n > 0 { // the first shows the worst three
			rand.Shuffle(len(kinds), func(i, j int) { kinds[i], kinds[j] = kinds[j], kinds[i] })
			kinds = kinds[:1+rand.N(manyProcesses-1)]
		}
		members := rand.Perm(manyProcesses)
		for i, kind := range kinds[:min(len(kinds), manyProcesses-1)] {
			happened[kind]++
			round.Go(func() { c.members[members[i]].trouble(t, kind) })
		}
		round.Wait()
		for _, m := range c.members {
			m.ready(t)
		}
	}
	c.still.Store(true) // from now on, the cloud says the same
	c.waitForSlots(t, 1)
	for _, m := range c.members {
		m.end(t)
	}
	c.judge(t, happened)
}

// A crowd is a cloud and a database, and the processes that work on them.
type crowd struct {
	still   atomic.Bool
	stopped atomic.Int64 // moment, in ns, that a still cloud shows
	config  string
	db      *pgx.Conn
	members []*member
}

func newCrowd(t *testing.T) *crowd {
	c := &crowd{}
	server := pgtest.Server(t)
	started := time.Now()
	accounts := simAccounts(20)
	cloud := httptest.NewServer(sim.New(sim.Options{
		Accounts: accounts, Latency: 40 * time.Millisecond, FullPages: true,
		World: sim.NewFleet(sim.FleetOptions{Servers: 12, Keep: 10 * 24 * time.Hour}),
		Clock: func() time.Time { // an hour a second
			if !c.still.Load() {
				c.stopped.Store(int64(3600 * time.Since(started).Truncate(10*time.Millisecond)))
			}
			return started.Add(time.Duration(c.stopped.Load()))
		},
	}))
	t.Cleanup(cloud.Close)
	var config strings.Builder
	fmt.Fprintf(&config, "server: {listen: off}\nworkers: 4\ndead_after: %s\naccounts:", manyDeadAfter)
	for _, a := range accounts {
		config.WriteString(strings.ReplaceAll(accountYAML(a, cloud.URL), "oos_regions: [cn-hangzhou]", "oos_regions: [cn-hangzhou, cn-shanghai, cn-beijing, cn-shenzhen]"))
	}
	config.WriteString("sources:\n")
	for _, s := range source.All {
		fmt.Fprintf(&config, "  %s: {schedule: '@every %s', timeout: %s, calls_per_second: 10000, allow_shrink: true}\n", s.Name, manySlots, manyTimeout)
	}
	c.config = configFile(t, "%s", config.String())

	database := withSetting(t, server.URL(), "idle_in_transaction_session_timeout", "3s")
	code, stdout, stderr := call(t, t.Context(), map[string]string{"DATABASE_URL": database}, "migrate", "up", "--config", c.config)
	require.Zero(t, code, stdout+stderr)
	var err error
	c.db, err = pgx.Connect(t.Context(), server.URL())
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.db.Close(t.Context()) })
	u, err := url.Parse(database)
	require.NoError(t, err)
	for range manyProcesses {
		w := newWire(t, u.Host)
		c.members = append(c.members, &member{
			wire: w, database: database, args: []string{"run", "--config", c.config}, env: map[string]string{"DATABASE_URL": w.url(t, database)},
		})
	}
	return c
}

// A member is one process after another.
type member struct {
	*process
	wire     *wire
	database string // its URL, past the wire
	args     []string
	env      map[string]string
	names    []string // in the run log
}

func (m *member) start(t *testing.T) {
	m.process = startProcess(t, m.env, m.args...)
	m.ready(t)
}

var workerOfLog = regexp.MustCompile(`msg=started .* worker=(\S+)`)

// ready waits until the process has begun to work.
func (m *member) ready(t *testing.T) {
	m.says(t, "msg=started")
	name := workerOfLog.FindStringSubmatch(m.stderr.String())[1]
	if len(m.names) == 0 || m.names[len(m.names)-1] != name {
		m.names = append(m.names, name)
	}
}

// busy waits until the process has syncs under way, and a moment longer.
func (m *member) busy(t *testing.T) {
	db, err := pgx.Connect(t.Context(), m.database)
	require.NoError(t, err)
	defer func() { _ = db.Close(t.Context()) }()
	name := m.names[len(m.names)-1]
	pgtest.Await(t, func() bool {
		return one[bool](t, db, "SELECT count(*) > 1 FROM river.river_job WHERE kind = 'sync' AND state = 'running' AND attempted_by[array_upper(attempted_by, 1)] = '"+name+"'")
	}, "it has nothing to do")
	time.Sleep(rand.N(100 * time.Millisecond))
}

func (m *member) end(t *testing.T) {
	m.signal(t, syscall.SIGTERM)
	require.Zero(t, m.wait(t), m.output())
}

// trouble is over when the process works again.
func (m *member) trouble(t *testing.T, kind string) {
	const lease = manyTimeout + time.Second
	m.busy(t)
	switch kind {
	case "killed":
		m.signal(t, syscall.SIGKILL)
		m.wait(t)
		time.Sleep(rand.N(lease))
		m.process = startProcess(t, m.env, m.args...)
	case "ended":
		m.end(t)
		time.Sleep(rand.N(lease))
		m.process = startProcess(t, m.env, m.args...)
	case "stopped":
		m.signal(t, syscall.SIGSTOP)
		time.Sleep(lease + rand.N(3*time.Second))
		m.signal(t, syscall.SIGCONT)
	case "frozen":
		m.wire.set(false, true)
		time.Sleep(2*time.Second + rand.N(lease))
		m.wire.set(false, false)
	case "cut off":
		m.wire.set(true, false)
		time.Sleep(2*time.Second + rand.N(lease))
		m.wire.set(false, false)
	}
}

// waitForSlots waits until so many slots that begin from now on are done with, and
// all before them.
func (c *crowd) waitForSlots(t *testing.T, n int) {
	last := one[time.Time](t, c.db, "SELECT clock_timestamp()").Truncate(manySlots).Add(time.Duration(n) * manySlots)
	done := fmt.Sprintf(`SELECT count(*) FILTER (WHERE slot = '%[1]s') > 0 AND count(*) FILTER (WHERE slot <= '%[1]s' AND finalized_at IS NULL) = 0
FROM (SELECT (args->>'slot')::timestamptz AS slot, finalized_at FROM river.river_job WHERE kind = 'sync') AS j`, last.UTC().Format(time.RFC3339))
	pgtest.Await(t, func() bool { return one[bool](t, c.db, done) }, "slots are left undone")
}

// slots tells of each partition's each slot what became of it.
const slots = `WITH j AS (
    SELECT args->>'source' AS source, args->>'account' AS account_name, args->>'region' AS region_id, (args->>'slot')::timestamptz AS slot_at,
        state, metadata->'output'->>'skipped' AS skipped, errors
    FROM river.river_job
    WHERE kind = 'sync'
), p AS (
    SELECT DISTINCT source, account_name, region_id FROM j
), s AS (
    SELECT generate_series(min(slot_at), (SELECT max(slot_at) FROM j WHERE state = 'completed') - interval '4 s', interval '4 s') AS slot_at FROM j
)
SELECT count(*) AS slots, count(DISTINCT (p.*)) AS partitions,
    count(*) FILTER (WHERE j.source IS NULL) AS lost,
    count(*) FILTER (WHERE r.runs > 1) AS twice,
    count(*) FILTER (WHERE r.runs = 0 AND j.source IS NOT NULL AND (j.state <> 'completed' OR j.skipped IS NULL)) AS silent,
    count(*) FILTER (WHERE r.runs = 1) AS synced,
    count(*) FILTER (WHERE r.runs = 0 AND j.skipped LIKE '%still running%') AS running,
    count(*) FILTER (WHERE r.runs = 0 AND j.skipped LIKE '%answered%') AS answered,
    count(*) FILTER (WHERE j.errors IS NOT NULL) AS tried_again
FROM p CROSS JOIN s
LEFT JOIN j USING (source, account_name, region_id, slot_at)
CROSS JOIN LATERAL (
    SELECT count(*) AS runs
    FROM alicloud.sync_runs AS r
    WHERE r.source = p.source AND r.account_name = p.account_name AND r.region_id = p.region_id AND r.slot_at = s.slot_at AND r.status <> 'failed'
) AS r`

func (c *crowd) judge(t *testing.T, happened map[string]int) {
	type counts struct{ Slots, Partitions, Lost, Twice, Silent, Synced, Running, Answered, TriedAgain int }
	rows, err := c.db.Query(t.Context(), slots)
	require.NoError(t, err)
	got, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[counts])
	require.NoError(t, err)
	perMember := make([]int, manyProcesses)
	for i, m := range c.members {
		require.NoError(t, c.db.QueryRow(t.Context(), "SELECT count(*) FROM alicloud.sync_runs WHERE worker = ANY($1) AND status <> 'failed'", m.names).Scan(&perMember[i]))
	}
	t.Logf("trouble: %v; %+v; syncs by each process: %v", happened, got, perMember)
	t.Log("longest that a partition waited from one good sync to the next:", one[string](t, c.db, `SELECT max(gap)::text FROM (
    SELECT finished_at - lag(finished_at) OVER (PARTITION BY source, account_id, region_id ORDER BY run_id) AS gap
    FROM alicloud.sync_runs WHERE status = 'ok') AS g`))
	require.Equal(t, 200, got.Partitions)
	require.Zero(t, got.Lost, "slots that were never queued")
	require.Zero(t, got.Twice, "slots that were synced twice")
	require.Zero(t, got.Silent, "slots without a sync that do not say why")
	for i, n := range perMember {
		require.Greater(t, n, got.Synced/(10*manyProcesses), "process %d did next to nothing", i)
	}
	noneOverlap(t, c.db, source.All)
	compareToFirst(t, c.db, source.All, false, "sync", "--config", c.config, "--migrate", "--full")
}
