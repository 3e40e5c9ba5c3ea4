package worker_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
	"syncer/sim"
	"syncer/source"
	"syncer/store"
	"syncer/worker"
)

// A directory is a cloud whose accounts are found, not named.
type directory struct {
	store   *store.Store
	cloud   *sim.Cloud
	url     string
	refuses atomic.Bool            // the listings
	answers atomic.Pointer[string] // what they answer instead; nil: what is so
	asked   atomic.Pointer[func()] // called before members are listed
}

const reader = "syncer-reader"

func newDirectory(t *testing.T, members ...sim.Account) *directory {
	t.Helper()
	d := &directory{store: newStore(t)}
	management := simAccount
	management.Manages = true
	d.cloud = sim.New(sim.Options{
		Accounts: append([]sim.Account{management}, members...), World: sim.NewFleet(sim.FleetOptions{Servers: 5}),
		Fault: func(c sim.Call) sim.Fault {
			if ask := d.asked.Load(); ask != nil && c.Action == "ListAccountsInResourceDirectory" {
				(*ask)()
			}
			if d.refuses.Load() && (c.Action == "ListAccountsInResourceDirectory" || c.Action == "DescribeRegions") {
				return sim.Refuse(http.StatusForbidden, "NoPermission", "caller has no permission")
			}
			if body := d.answers.Load(); body != nil && c.Action == "ListAccountsInResourceDirectory" {
				return sim.Answer(http.StatusOK, "application/json", *body)
			}
			return sim.Fault{}
		},
	})
	server := httptest.NewServer(d.cloud)
	t.Cleanup(server.Close)
	d.url = server.URL
	return d
}

// syncer is a process that syncs the directory by these rules.
func (d *directory) syncer(t *testing.T, m worker.Members) *worker.Syncer {
	t.Helper()
	a := accountOf(t, d.url, simAccount, nil)
	a.Name, a.Members = "management", &m
	s := &worker.Syncer{Store: d.store, Worker: t.Name(), Logger: slog.New(slog.DiscardHandler), Rediscover: 20 * time.Millisecond}
	s.Configure(worker.Config{Accounts: []*worker.Account{a}, Sources: []*worker.Settings{{Source: &source.AgentVersions, Schedule: yearly{}}}})
	return s
}

func accountNames(s *worker.Syncer) (list []string) {
	for _, a := range s.Config().Accounts {
		list = append(list, a.Name)
	}
	return list
}

func member(id, name string) sim.Account {
	return sim.Account{ID: "20000000000000" + id, Name: name}
}

// TestMembers: the accounts of a resource directory come and go while the daemon
// runs, and one that refuses fails alone.
func TestMembers(t *testing.T) {
	t.Parallel()
	closed := member("03", "closed")
	closed.Roles = []string{"another"}
	d := newDirectory(t, member("01", "dev"), member("02", "sandbox-1"), closed)
	s := d.syncer(t, worker.Members{Role: reader, Exclude: []string{"sandbox-*"}})
	stop := runDaemon(t, worker.Daemon{Syncer: s, Workers: 4})
	fresh := func(names ...string) {
		t.Helper()
		eventually(t, d.store, "array_agg(account_name ORDER BY account_name) = $1 FROM alicloud.sync_freshness WHERE last_status = 'ok'", names)
	}
	fresh("dev", "management")
	eventually(t, d.store, `count(*) = 1 AND bool_and(last_error_code = 'EntityNotExist.Role' AND account_id = $1)
FROM alicloud.sync_freshness WHERE account_name = 'closed'`, closed.ID)

	d.cloud.Join(member("04", "new"))
	fresh("dev", "management", "new")
	d.cloud.Leave(member("01", "").ID)
	fresh("management", "new")
	eventually(t, d.store, "count(*) = 1 FROM alicloud.agent_versions WHERE account_id = $1", member("01", "").ID)

	// What the listing does not say, nobody has left by.
	d.refuses.Store(true)
	eventually(t, d.store, "error_message LIKE '%yundun-sas:ListAccountsInResourceDirectory%' FROM syncer.discoveries WHERE kind = 'members'")
	stop()
	again := d.syncer(t, worker.Members{Role: reader, Exclude: []string{"sandbox-*"}})
	stop = runDaemon(t, worker.Daemon{Syncer: again, Workers: 4})
	pgtest.Await(t, func() bool { return slices.Equal(accountNames(again), []string{"management", "closed", "new"}) })
	fresh("management", "new")
	d.refuses.Store(false)
	eventually(t, d.store, "error_message IS NULL FROM syncer.discoveries WHERE kind = 'members'")
	stop()
}

// TestMembersUnknown: who has never seen the list of members retires nobody.
func TestMembersUnknown(t *testing.T) {
	t.Parallel()
	d := newDirectory(t, member("01", "dev"))
	s := d.syncer(t, worker.Members{Role: reader})
	_, err := s.Discover(t.Context())
	require.NoError(t, err)
	syncNow(t, s, store.StatusOK)
	_, err = d.store.Pool().Exec(t.Context(), "DELETE FROM syncer.discoveries")
	require.NoError(t, err)
	d.refuses.Store(true)
	again := d.syncer(t, worker.Members{Role: reader})
	stop := runDaemon(t, worker.Daemon{Syncer: again, Workers: 4})
	eventually(t, d.store, "count(*) = 1 FROM river.river_job WHERE kind = 'sync' AND state = 'completed'")
	stop()
	require.Equal(t, []string{"management"}, accountNames(again))
	fresh := 0
	require.NoError(t, d.store.Pool().QueryRow(t.Context(), "SELECT count(*) FROM alicloud.sync_freshness WHERE last_status = 'ok'").Scan(&fresh))
	require.Equal(t, 2, fresh)
}

// TestMembersNoAnswer: an answer that is none takes no member away.
func TestMembersNoAnswer(t *testing.T) {
	t.Parallel()
	d := newDirectory(t, member("01", "dev"))
	s := d.syncer(t, worker.Members{Role: reader})
	s.Rediscover = time.Nanosecond
	_, err := s.Discover(t.Context())
	require.NoError(t, err)
	for _, body := range []string{
		`{}`, `{"Accounts":null}`, `{"Accounts":[]}`, `{"Accounts":{}}`, `{"Accounts":[{"DisplayName":"dev"}]}`,
		`{"Accounts":[{"AccountId":"../../x"}]}`, `{"Success":false,"Accounts":[{"AccountId":"1"}]}`,
	} {
		d.answers.Store(&body)
		_, err := s.Discover(t.Context())
		require.Error(t, err, body)
		require.Equal(t, []string{"management", "dev"}, accountNames(s), body)
	}
}

// TestReconfiguredWhileListing: a listing that gets no answer keeps nobody waiting for
// the configuration, and what it answers at last is not taken for another account's.
func TestReconfiguredWhileListing(t *testing.T) {
	t.Parallel()
	d := newDirectory(t, member("01", "dev"))
	s := d.syncer(t, worker.Members{Role: reader})
	arrived, answer := make(chan struct{}), make(chan struct{})
	ask := func() { close(arrived); <-answer }
	d.asked.Store(&ask)
	discovered := make(chan error, 1)
	go func() {
		_, err := s.Discover(t.Context())
		discovered <- err
	}()
	<-arrived
	require.Len(t, s.Listings(), 1)
	other := accountOf(t, d.url, simAccount, nil)
	other.Name, other.Members = "management", &worker.Members{Role: reader}
	s.Configure(worker.Config{Accounts: []*worker.Account{other}, Sources: s.Config().Sources})
	close(answer)
	require.NoError(t, <-discovered)
	require.Equal(t, []string{"management"}, accountNames(s))
	require.False(t, s.Listings()[0].Tried)
	var kept int
	require.NoError(t, d.store.Pool().QueryRow(t.Context(), "SELECT count(*) FROM syncer.discoveries").Scan(&kept))
	require.Zero(t, kept)

	d.asked.Store(nil)
	_, err := s.Discover(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"management", "dev"}, accountNames(s))
}

// TestMemberNames: each name is safe and one account's alone.
func TestMemberNames(t *testing.T) {
	t.Parallel()
	d := newDirectory(t, member("01", "dev"), member("02", "twin"), member("03", "twin"), member("04", "management"),
		member("05", "a\x1b[31m\x00b"), member("06", ""), member("07", "用户 1"), member("08", "2000000000000001"), member("09", "x,y"))
	id := func(n string) string { return member(n, "").ID }
	s := d.syncer(t, worker.Members{Role: reader, Include: []string{"2000*", "用户 1"}, Exclude: []string{id("06")}})
	_, err := s.Discover(t.Context())
	require.NoError(t, err)
	require.Equal(t, "management", accountNames(s)[0])
	require.ElementsMatch(t, []string{"dev", id("02"), id("03"), id("04"), id("05"), "用户 1", id("08"), id("09")}, accountNames(s)[1:])

	// An account with an entry of its own is no member besides.
	named := member("01", "dev")
	named.AccessKeyID, named.AccessKeySecret = "key-dev", "secret"
	d.cloud.Join(named)
	c := *s.Config()
	c.Accounts = []*worker.Account{c.Accounts[0], accountOf(t, d.url, named, nil)}
	s.Configure(c)
	_, err = s.Discover(t.Context())
	require.NoError(t, err)
	require.Len(t, s.Config().Accounts, 9)
	require.Equal(t, 1, len(slices.DeleteFunc(slices.Clone(s.Config().Accounts), func(a *worker.Account) bool { return a.Name != named.ID && a.ID != named.ID })))
}

// TestAllRegions: the regions of OOS are those that it lists; until it has, those
// that are known.
func TestAllRegions(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	d.refuses.Store(true)
	a := accountOf(t, d.url, simAccount, nil)
	a.AllOOSRegions = true
	s := &worker.Syncer{Store: d.store, Logger: slog.New(slog.DiscardHandler), Rediscover: time.Nanosecond}
	s.Configure(worker.Config{Accounts: []*worker.Account{a}, Sources: []*worker.Settings{{Source: &source.InstancePatchStates, Schedule: yearly{}}}})
	_, err := s.Discover(t.Context())
	require.ErrorContains(t, err, "oos:DescribeRegions")
	partitions, err := s.Alerts(t.Context())
	require.NoError(t, err)
	listing := partitions[len(partitions)-1]
	require.Equal(t, "listing of regions of OOS", listing.Source)
	require.True(t, listing.Failed && listing.Refused, "a message says so")
	require.Contains(t, *listing.LastError, "oos:DescribeRegions")
	known := s.Config().Accounts[0].OOSRegions
	require.Len(t, known, 39)
	d.refuses.Store(false)
	pgtest.Await(t, func() bool {
		_, err := s.Discover(t.Context())
		return err == nil
	})
	require.Equal(t, known, s.Config().Accounts[0].OOSRegions, "as the simulated cloud has them, too")

	// What was listed holds through a restart.
	_, err = d.store.Pool().Exec(t.Context(), `UPDATE syncer.discoveries SET listing = '["cn-nowhere"]'`)
	require.NoError(t, err)
	d.refuses.Store(true)
	b := *a
	_, err = d.store.Pool().Exec(t.Context(), "INSERT INTO syncer.discoveries (account_name, kind, listing) VALUES ('gone', 'oos_regions', '[]')")
	require.NoError(t, err)
	again := &worker.Syncer{Store: d.store, Logger: slog.New(slog.DiscardHandler)}
	again.Configure(worker.Config{Accounts: []*worker.Account{&b}, Sources: s.Config().Sources})
	next, err := again.Discover(t.Context())
	require.Error(t, err)
	require.True(t, next.After(time.Now()), "what others left in the database is not waited for")
	require.Equal(t, []string{"cn-nowhere"}, again.Config().Accounts[0].OOSRegions)
}
