package main

import (
	"context"
	"fmt"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
	"syncer/internal/testing/pgtest/migrated"
	"syncer/sim"
	"syncer/source"
)

// TestPausedBeforeMerge stops a process when it has fetched all and merged nothing,
// lets another sync newer data, and wakes it: what it holds is refused, also where
// the newer data are those that stood before it began.
func TestPausedBeforeMerge(t *testing.T) {
	pgtest.Slow(t)
	t.Parallel()
	for name, c := range map[string]struct {
		args  []string
		newer int
	}{
		"sync, newer data":         {[]string{"sync", source.AgentVersions.Name}, 3},
		"sync, the data of before": {[]string{"sync", source.AgentVersions.Name}, 1},
		"run, newer data":          {[]string{"run"}, 3},
		"run, the data of before":  {[]string{"run"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLatecomer(t, "@every 1s")
			l.sync(t, 1)
			paused := l.interrupt(t, syscall.SIGSTOP, 2, c.args...)
			l.sync(t, c.newer)
			paused.signal(t, syscall.SIGCONT)
			if c.args[0] == "run" {
				paused.says(t, "a later sync has answered the slot")
				paused.signal(t, syscall.SIGTERM)
			}
			require.Zero(t, paused.wait(t), paused.output())

			want := []int{1}
			if c.newer != 1 {
				want = append(want, c.newer)
			}
			require.Equal(t, want, l.versions(t), "the data of the paused process must not be seen")
		})
	}
}

// TestPausedInMerge stops a process in the middle of its merge: the lock that it
// holds keeps others waiting no longer than its session may idle.
func TestPausedInMerge(t *testing.T) {
	pgtest.Slow(t)
	t.Parallel()
	l := newLatecomer(t, "@every 1s")
	l.env["DATABASE_URL"] = withSetting(t, l.env["DATABASE_URL"], "idle_in_transaction_session_timeout", "2s")
	l.sync(t, 1)
	connect := func() *pgx.Conn {
		db, err := pgx.Connect(t.Context(), l.env["DATABASE_URL"])
		require.NoError(t, err)
		t.Cleanup(func() { _ = db.Close(context.WithoutCancel(t.Context())) })
		return db
	}
	watch := connect() // who is in a transaction sees who does what as it was then
	tx, err := connect().Begin(t.Context())
	require.NoError(t, err)
	// The merge comes to this row last.
	_, err = tx.Exec(t.Context(), "SET LOCAL idle_in_transaction_session_timeout = 0; SELECT FROM syncer.partitions FOR UPDATE")
	require.NoError(t, err)
	l.answers.Store(2)
	paused := startProcess(t, l.env, "sync", source.AgentVersions.Name, "--config", l.config)
	pgtest.Await(t, func() bool {
		return one[bool](t, watch, "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name LIKE 'syncer%' AND wait_event_type = 'Lock' AND query LIKE 'UPDATE syncer.partitions%')")
	})
	paused.pause(t)
	require.NoError(t, tx.Rollback(t.Context()))

	l.sync(t, 3)
	paused.signal(t, syscall.SIGCONT)
	require.Equal(t, exitFailed, paused.wait(t), paused.output())
	require.Equal(t, []int{1, 3}, l.versions(t))
}

// pause stops a process, and waits until it has: one of its threads takes the signal,
// and the others go on until then.
func (p *process) pause(t *testing.T) {
	t.Helper()
	p.signal(t, syscall.SIGSTOP)
	pgtest.Await(t, p.isStopped)
}

func (p *process) isStopped() bool {
	state, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(p.cmd.Process.Pid)).Output()
	return err == nil && strings.HasPrefix(string(state), "T")
}

// TestKilledInSync: what a process was syncing when it was killed is synced by
// another, though its next slot is far away and its timeout, too.
func TestKilledInSync(t *testing.T) {
	t.Parallel()
	l := newLatecomer(t, "@yearly")
	killed := l.interrupt(t, syscall.SIGKILL, 1, "run")
	killed.wait(t)
	l.answers.Store(2)
	other := startProcess(t, l.env, "run", "--config", l.config)
	other.says(t, "a process is gone: its sync is tried again")
	other.says(t, "opened=")
	other.signal(t, syscall.SIGTERM)
	require.Zero(t, other.wait(t), other.output())
	require.Equal(t, []int{2}, l.versions(t))
}

// A latecomer is a cloud whose agent release the test sets, and a database.
type latecomer struct {
	env     map[string]string
	config  string
	answers atomic.Int64 // the release

	mu    sync.Mutex
	fetch func() // called once, when an answer is ready to be sent
}

var release = regexp.MustCompile(`"CurVersion":"[^"]*"`)

func newLatecomer(t *testing.T, schedule string) *latecomer {
	account := simAccounts(1)[0]
	l := &latecomer{env: map[string]string{"DATABASE_URL": migrated.URL(t)}}
	// The rest of the answer stands still.
	now := time.Now()
	cloud := httptest.NewServer(sim.New(sim.Options{
		Accounts: []sim.Account{account}, World: sim.NewFleet(sim.FleetOptions{Servers: 5}), Clock: func() time.Time { return now },
		Fault: func(c sim.Call) sim.Fault {
			if c.Action != source.AgentVersions.API.Action {
				return sim.Fault{}
			}
			return sim.Rewrite(func(body []byte) []byte {
				body = release.ReplaceAll(body, fmt.Appendf(nil, `"CurVersion":"%d"`, l.answers.Load()))
				l.mu.Lock()
				fetch := l.fetch
				l.fetch = nil
				l.mu.Unlock()
				if fetch != nil {
					fetch()
				}
				return body
			})
		},
	}))
	t.Cleanup(cloud.Close)
	sources := ""
	for _, s := range source.All {
		sources += fmt.Sprintf("  %s: {enabled: %t, schedule: '%s'}\n", s.Name, s == &source.AgentVersions, schedule)
	}
	l.config = configFile(t, "server: {listen: off}\ndead_after: 1s\naccounts:%ssources:\n%s", accountYAML(account, cloud.URL), sources)
	return l
}

// sync makes a whole sync while the cloud answers one release.
func (l *latecomer) sync(t *testing.T, release int) {
	t.Helper()
	l.answers.Store(int64(release))
	p := startProcess(t, l.env, "sync", source.AgentVersions.Name, "--config", l.config)
	require.Zero(t, p.wait(t), p.output())
}

// interrupt starts a process that has fetched a release, and gets a signal before it
// knows.
func (l *latecomer) interrupt(t *testing.T, signal syscall.Signal, release int, args ...string) *process {
	t.Helper()
	l.answers.Store(int64(release))
	interrupted := make(chan error, 1)
	started := make(chan *process, 1)
	l.mu.Lock()
	l.fetch = func() {
		p := <-started
		err := p.cmd.Process.Signal(signal)
		for signal == syscall.SIGSTOP && err == nil && !p.isStopped() {
			time.Sleep(time.Millisecond)
		}
		interrupted <- err
	}
	l.mu.Unlock()
	p := startProcess(t, l.env, append(args, "--config", l.config, "--log-level", "debug")...)
	started <- p
	select {
	case err := <-interrupted:
		require.NoError(t, err)
	case <-p.ended:
		require.FailNow(t, "it did not fetch", p.output())
	}
	return p
}

// versions are the releases that were ever seen.
func (l *latecomer) versions(t *testing.T) (list []int) {
	t.Helper()
	db, err := pgx.Connect(t.Context(), l.env["DATABASE_URL"])
	require.NoError(t, err)
	defer func() { _ = db.Close(t.Context()) }()
	rows, err := db.Query(t.Context(), "SELECT cur_version FROM alicloud.agent_versions_history ORDER BY valid_from")
	require.NoError(t, err)
	texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	for _, s := range texts {
		n, err := strconv.Atoi(s)
		require.NoError(t, err)
		list = append(list, n)
	}
	return list
}

// withSetting is a database's URL whose sessions have a setting of their own.
func withSetting(t *testing.T, database, name, value string) string {
	t.Helper()
	u, err := url.Parse(database)
	require.NoError(t, err)
	q := u.Query()
	q.Set(name, value)
	u.RawQuery = q.Encode()
	return u.String()
}
