package worker_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"syncer/fetch"
	"syncer/internal/testing/pgtest"
	"syncer/internal/testing/pgtest/migrated"
	"syncer/sim"
	"syncer/source"
	"syncer/store"
	"syncer/worker"
)

var update = flag.Bool("update", false, "write docs/faults.md")

// A faultCase is one way in which the cloud's answers go wrong, and what must
// come of it. It is one row in docs/faults.md.
type faultCase struct {
	name   string
	faults []sim.Fault              // forms of it, with the same result
	fault  func(sim.Call) sim.Fault // where it depends on the call
	only   *listing                 // nil: each kind of paging

	// While it stays: the run, and what it cost where pages are fetched one by one.
	status, code, message     string
	requestID                 bool
	calls, retries, throttled int64
	// later is the state of the listing's third row, where that matters.
	later int
	// again is what is tried again, where the costs do not tell.
	again string

	client func(*fetch.Account, *fetch.Options)
}

// forms are the faults of the case, each of them to be asked about a call.
func (c *faultCase) forms() []func(sim.Call) sim.Fault {
	if c.fault != nil {
		return []func(sim.Call) sim.Fault{c.fault}
	}
	var list []func(sim.Call) sim.Fault
	for _, f := range c.faults {
		list = append(list, always(f))
	}
	return list
}

func always(f sim.Fault) func(sim.Call) sim.Fault { return func(sim.Call) sim.Fault { return f } }

// heals reports whether a run gets over the fault when it passes.
func (c *faultCase) heals() bool { return c.status != store.StatusFailed || c.retries > 0 }

// passes is how many calls the fault spoils before it passes.
func (c *faultCase) passes() int64 {
	if c.code == "InvalidSecurityToken.Expired" {
		return 1 // keys are renewed once
	}
	return 2
}

var faultCases = []faultCase{
	throttling("Throttling"),
	throttling("Throttling.User"),
	throttling("Throttling.Api"),
	{
		name: "HTTP 500 InternalError", faults: []sim.Fault{sim.Refuse(500, "InternalError", "The request processing has failed due to some unknown error.")},
		status: store.StatusFailed, code: "InternalError", message: "(attempt 6 of 6)", requestID: true, calls: 7, retries: 5,
	},
	{
		name: "HTTP 500 ServerError", faults: []sim.Fault{sim.Refuse(500, "ServerError", "ServerError")},
		status: store.StatusFailed, code: "ServerError", message: "(attempt 6 of 6)", requestID: true, calls: 7, retries: 5,
	},
	{
		name: "HTTP 503 ServiceUnavailable", faults: []sim.Fault{sim.Refuse(503, "ServiceUnavailable", "The request has failed due to a temporary failure of the server.")},
		status: store.StatusFailed, code: "ServiceUnavailable", message: "(attempt 6 of 6)", requestID: true, calls: 7, retries: 5,
	},
	{
		name: "a page of HTML, HTTP 200 or 502", faults: []sim.Fault{sim.HTML(200), sim.HTML(502)},
		status: store.StatusFailed, message: "the answer is no JSON object (HTTP", calls: 7, retries: 5,
	},
	{
		name: "JSON that ends too early", faults: []sim.Fault{sim.Truncate(0), sim.Truncate(0.5), sim.Truncate(0.99)},
		status: store.StatusFailed, message: "the answer is no JSON object (HTTP 200", calls: 7, retries: 5,
	},
	{
		name: "a connection cut off in the body", faults: []sim.Fault{sim.CutOff(0), sim.CutOff(0.5), sim.CutOff(0.99)},
		status: store.StatusFailed, message: "read the answer: unexpected EOF", calls: 7, retries: 5,
	},
	{
		name: "a connection reset", faults: []sim.Fault{sim.Reset()},
		status: store.StatusFailed, message: "connection reset by peer", calls: 7, retries: 5,
	},
	{
		name: "no answer in time", faults: []sim.Fault{sim.Hang(time.Minute)},
		status: store.StatusFailed, message: "no answer within 300ms", calls: 7, retries: 5,
		client: func(_ *fetch.Account, o *fetch.Options) { o.Timeout = 300 * time.Millisecond },
	},
	{
		name:   "a security token expired in mid-sweep",
		faults: []sim.Fault{sim.Refuse(403, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired.")},
		status: store.StatusFailed, code: "InvalidSecurityToken.Expired", message: "give new credentials", requestID: true, calls: 3, retries: 1,
		client: func(a *fetch.Account, _ *fetch.Options) { a.AssumeRole = "acs:ram::" + a.Name + ":role/reader" },
	},
	{
		name: "a clock that is called wrong, and no Date that tells the right time", faults: []sim.Fault{sim.Refuse(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")},
		status: store.StatusFailed, code: "InvalidTimeStamp.Expired", message: "check this machine's clock", requestID: true, calls: 2,
	},
	{
		name: "permission refused", faults: []sim.Fault{sim.Refuse(403, "NoPermission", "caller has no permission")},
		status: store.StatusFailed, code: "NoPermission", message: "grant the RAM user or role the action", requestID: true, calls: 2,
	},
	{
		name: "an unknown region", faults: []sim.Fault{sim.Refuse(404, "InvalidRegionId", "The specified RegionId does not exist.")},
		status: store.StatusFailed, code: "InvalidRegionId", message: "take the region out of the account's regions", requestID: true, calls: 2,
	},
	{
		name: "a body over the limit", faults: []sim.Fault{sim.Flood(1 << 20)},
		status: store.StatusFailed, message: "ask for a smaller page_size", calls: 2,
	},
	noAnswer("HTTP 200 with Success false, in any spelling, beside an empty list", "", "the answer says that it is no success",
		spoilt("Success", false), spoilt("Success", "False"), spoilt("success", 0)),
	noAnswer("HTTP 200 with the code of an error that may pass, beside an empty list", "InnerError", "InnerError",
		spoilt("Code", "InnerError", "Success", false), spoilt("code", "InnerError")),
	{
		name: "HTTP 200 with the code of an error that stays", faults: forms(spoilt("Code", "NoPermission", "Message", "caller has no permission")),
		status: store.StatusFailed, code: "NoPermission", message: "grant the RAM user or role the action", requestID: true, calls: 2,
	},
	noAnswer("no list, null, or something else in its place, whatever the total; `{}`", "", "the answer holds no list",
		func(a answer, _ *listing) { delete(a, a.list()) }, func(a answer, _ *listing) { a[a.list()] = nil },
		func(a answer, _ *listing) { a[a.list()] = "none" }, func(a answer, _ *listing) { a[a.list()] = map[string]any{} },
		func(a answer, _ *listing) { clear(a) }, func(a answer, l *listing) {
			a[a.list()] = nil
			if l.counted {
				a.info()["TotalCount"] = 0
			}
		}),
	{
		name:   "Rejected.Throttling, FlowControlError or any code with throttling in it",
		faults: []sim.Fault{sim.Refuse(400, "Rejected.Throttling", "x"), sim.Throttle(503, "Rejected.Throttling", time.Millisecond)},
		status: store.StatusFailed, code: "Rejected.Throttling", message: "lower calls_per_second", requestID: true, calls: 7, retries: 5, throttled: 6,
	},
	{
		name:   "InternalFailure, ServiceBusy and their like, with HTTP 400",
		faults: []sim.Fault{sim.Refuse(400, "InternalFailure", "x")},
		status: store.StatusFailed, code: "InternalFailure", message: "(attempt 6 of 6)", requestID: true, calls: 7, retries: 5,
	},
	{
		name: "an error as XML, or with names in lower case; the RequestId in a header alone",
		faults: []sim.Fault{
			sim.Answer(403, "text/xml", `<?xml version="1.0" encoding="UTF-8"?><Error><Code>NoPermission</Code><Message>no</Message></Error>`),
			sim.Answer(403, "application/json", `{"code":"NoPermission","message":"no"}`),
		},
		status: store.StatusFailed, code: "NoPermission", message: "grant the RAM user or role the action", requestID: true, calls: 2,
	},
	{
		name: "a page size that is refused: half of it is asked for, and remembered",
		fault: func(c sim.Call) sim.Fault {
			if len(c.Params.Get("PageSize")+c.Params.Get("MaxResults")) < len("100") {
				return sim.Fault{}
			}
			return sim.Refuse(400, "InvalidParameter", "The specified parameter PageSize or MaxResults is not valid.")
		},
		status: store.StatusOK, again: "the listing, with smaller pages",
	},
	{
		name: "a token of - or 0: the list has ended", only: &patches,
		faults: forms(func(a answer, l *listing) { lastPage(a, l, "-") }, func(a answer, l *listing) { lastPage(a, l, "0") }),
		status: store.StatusOK,
	},
	{
		name: "a list, or another field of the answer, twice",
		faults: []sim.Fault{sim.Rewrite(func(body []byte) []byte {
			return []byte(strings.TrimSuffix(string(body), "}") + `,"RequestId":"again"}`)
		})},
		status: store.StatusIncomplete, message: "page 2 holds RequestId twice", calls: 8,
	},
	{
		name: "a field of an item twice: the last one counts",
		faults: []sim.Fault{sim.Rewrite(func(body []byte) []byte {
			return []byte(strings.ReplaceAll(strings.ReplaceAll(string(body), `{"InstanceId":`, `{"InstanceId":"x","InstanceId":`), `"TaskId":`, `"TaskId":"x","TaskId":`))
		})},
		status: store.StatusOK,
	},
	{
		name:   "a value that its column does not take: NULL, and kept in extra",
		faults: forms(spoil("many"), spoil(map[string]any{"n": 1}), spoil([]any{}), spoil(1.5), spoil(true)),
		status: store.StatusOK,
	},
	{name: "null in a column", faults: forms(spoil(nil)), status: store.StatusOK},
	{
		name:   "an item without its key: missing, null, empty or an object",
		faults: forms(forgetKey, spoilKey(nil), spoilKey(""), spoilKey(map[string]any{})),
		status: store.StatusIncomplete, message: "items are no objects or lack a key column", calls: 4,
	},
	{
		name:   "an item that is no object",
		faults: forms(func(a answer, _ *listing) { a[a.list()].([]any)[0] = "row" }, func(a answer, _ *listing) { a[a.list()].([]any)[0] = nil }),
		status: store.StatusIncomplete, message: "items are no objects or lack a key column", calls: 4,
	},
	{
		name: "a page that repeats rows of another page",
		faults: forms(func(a answer, l *listing) {
			a[a.list()].([]any)[0] = l.item("r1", 1)
		}),
		status: store.StatusIncomplete, message: "1 of 2 rows of page 2 were shown before", calls: 8,
	},
	{
		name: "a key twice on a page: the later row counts",
		faults: forms(func(a answer, l *listing) {
			a[a.list()] = append(a[a.list()].([]any)[:1], l.item("r3", 2))
		}),
		status: store.StatusIncomplete, message: "1 of 2 rows of page 2 were shown before", calls: 8, later: 2,
	},
	{
		name: "a total that moves", only: &checks,
		faults: forms(func(a answer, _ *listing) { a.info()["TotalCount"] = 8 }, func(a answer, _ *listing) { a.info()["TotalCount"] = 0 }),
		status: store.StatusIncomplete, message: "the total moved from 7 to",
	},
	{
		name: "no total, or none that is a number", only: &checks,
		faults: forms(func(a answer, _ *listing) { delete(a.info(), "TotalCount") }, func(a answer, _ *listing) { a.info()["TotalCount"] = nil },
			func(a answer, _ *listing) { a.info()["TotalCount"] = "many" }, func(a answer, _ *listing) { a.info()["TotalCount"] = -7 },
			func(a answer, _ *listing) { delete(a, "PageInfo"); delete(a, "TotalCount") }),
		status: store.StatusIncomplete, message: "page 2 tells no total",
	},
	{
		name: "fewer distinct keys than the total", only: &checks,
		faults: forms(func(a answer, _ *listing) { a[a.list()] = a[a.list()].([]any)[:1] }),
		status: store.StatusIncomplete, message: "6 rows were shown of a total of 7",
	},
	{
		name: "an empty page in the middle of a counted list", only: &checks,
		faults: forms(func(a answer, _ *listing) { a[a.list()] = []any{} }),
		status: store.StatusIncomplete, message: "rows were shown of a total of 7",
	},
	{
		name: "a token that came before", only: &patches,
		fault: func(c sim.Call) sim.Fault {
			return forms(func(a answer, _ *listing) { a["NextToken"] = c.Params.Get("NextToken") })[0]
		},
		status: store.StatusIncomplete, message: "leads back to a page before it", calls: 6,
	},
	{
		name: "a token that is no text", only: &patches,
		faults: forms(func(a answer, _ *listing) { a["NextToken"] = false }, func(a answer, _ *listing) { a["NextToken"] = []any{} },
			func(a answer, _ *listing) { a["NextToken"] = map[string]any{} }),
		status: store.StatusIncomplete, message: "does not tell whether it is the last", calls: 6,
	},
}

// noAnswer is an answer that is tried again, and says why only in its body.
func noAnswer(name, code, message string, changes ...func(answer, *listing)) faultCase {
	return faultCase{
		name: name, faults: forms(changes...),
		status: store.StatusFailed, code: code, message: message, requestID: true, calls: 7, retries: 5,
	}
}

// spoilt is an empty page that says something else as well.
func spoilt(fields ...any) func(answer, *listing) {
	return func(a answer, l *listing) {
		a[a.list()] = []any{}
		if l.counted {
			a.info()["TotalCount"] = 0
		}
		for pair := range slices.Chunk(fields, 2) {
			a[pair[0].(string)] = pair[1]
		}
	}
}

// lastPage holds all that the pages before it did not show.
func lastPage(a answer, l *listing, token string) {
	var rest []any
	for _, id := range []string{"r3", "r4", "r5", "r7", "r8"} {
		rest = append(rest, l.item(id, cloudRows[id]))
	}
	a[a.list()], a["NextToken"] = rest, token
}

func throttling(code string) faultCase {
	c := faultCase{
		name:   code + " with HTTP 400, 403, 429 or 503, with or without x-acs-retry-after",
		status: store.StatusFailed, code: code, message: "lower calls_per_second", requestID: true, calls: 7, retries: 5, throttled: 6,
	}
	for _, status := range []int{400, 403, 429, 503} {
		c.faults = append(c.faults, sim.Throttle(status, code, 0), sim.Throttle(status, code, 3*time.Millisecond))
	}
	return c
}

// A listing is one kind of paging, by a source that pages so.
type listing struct {
	source *source.Source
	rows   string // query of key and state
	item   func(id string, state int) map[string]any
	state  string // field of the item
	items  string // field of the page
	// counted is whether each page tells how many rows there are. Otherwise it tells the
	// next page's token.
	counted bool
	later   func(sim.Call) bool
}

var patches = listing{
	source: &source.InstancePatchStates,
	rows:   "SELECT instance_id, coalesce(missing_count, -1)::int FROM alicloud.instance_patch_states WHERE account_id = $1",
	item: func(id string, state int) map[string]any {
		return map[string]any{"InstanceId": id, "MissingCount": fmt.Sprint(state)}
	},
	state: "MissingCount", items: "InstancePatchStates",
	later: func(c sim.Call) bool { return c.Params.Get("NextToken") != "" },
}

var checks = listing{
	source: &source.OperationProcesses,
	rows:   "SELECT task_id, coalesce(total_count, -1)::int FROM alicloud.operation_processes WHERE account_id = $1",
	item: func(id string, state int) map[string]any {
		return map[string]any{"TaskId": id, "StatusCode": 1, "TotalCount": state, "CreateTime": created}
	},
	state: "TotalCount", items: "Processes", counted: true,
	later: func(c sim.Call) bool { return c.Params.Get("CurrentPage") == "2" },
}

// own is of a source that a user has declared.
var own = listing{
	source: ownSource("testdata/disks.yaml"),
	rows:   "SELECT disk_id, coalesce(size_gb, -1)::int FROM alicloud.disks WHERE account_id = $1",
	item: func(id string, state int) map[string]any {
		return map[string]any{"DiskId": id, "Size": state, "Device": "/dev/xvda"}
	},
	state: "Size", items: "Disks", counted: true,
	later: func(c sim.Call) bool { return c.Params.Get("PageNumber") == "2" },
}

// ownPage is a page of its API.
const ownPage = `{"RequestId": "7", "TotalCount": 1, "PageNumber": 1, "PageSize": 50, "Disks": [{"DiskId": "d", "Size": 1, "Device": "/dev/xvda"}]}`

var listings = []*listing{&patches, &checks, &own}

func ownSource(path string) *source.Source {
	text, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	list, err := source.Read([]source.File{{Path: path, Text: string(text)}}, source.All)
	if err != nil {
		panic(err)
	}
	return list[0]
}

var created = time.Now().Add(-time.Hour).UnixMilli()

// An answer is the body of a page, to be spoilt.
type answer map[string]any

func (a answer) list() string {
	for _, l := range listings {
		if _, ok := a[l.items]; ok {
			return l.items
		}
	}
	return ""
}

// info has the total: an object of the page, or the page itself.
func (a answer) info() map[string]any {
	if info, ok := a["PageInfo"].(map[string]any); ok {
		return info
	}
	return a
}

// forms are faults that change a page.
func forms(changes ...func(answer, *listing)) (list []sim.Fault) {
	for _, change := range changes {
		list = append(list, sim.Rewrite(func(body []byte) []byte {
			var a answer
			if err := json.Unmarshal(body, &a); err != nil {
				panic(err)
			}
			for _, l := range listings {
				if l.items == a.list() {
					change(a, l)
				}
			}
			b, err := json.Marshal(a)
			if err != nil {
				panic(err)
			}
			return b
		}))
	}
	return list
}

func spoil(value any) func(answer, *listing) {
	return func(a answer, l *listing) { a[a.list()].([]any)[0].(map[string]any)[l.state] = value }
}

func spoilKey(value any) func(answer, *listing) {
	return func(a answer, l *listing) { a[a.list()].([]any)[0].(map[string]any)[l.key()] = value }
}

func forgetKey(a answer, l *listing) { delete(a[a.list()].([]any)[0].(map[string]any), l.key()) }

func (l *listing) key() string {
	c, _ := l.source.Column(l.source.Key[0])
	return c.Field
}

// A gateway is a cloud of one account, whose answers can be spoilt.
type gateway struct {
	account sim.Account
	tables  sim.Tables
	store   *store.Store
	syncer  *worker.Syncer
	fault   atomic.Pointer[func(sim.Call) sim.Fault]
}

func newGateway(t testing.TB, s *store.Store, o sim.Options, client func(*fetch.Account, *fetch.Options), sources ...*source.Source) *gateway {
	g := &gateway{account: newAccount(), store: s}
	o.Accounts, o.World = append(o.Accounts, g.account), &g.tables
	o.Recorded = append(o.Recorded, sim.Recording{Source: own.source, Page: []byte(ownPage)})
	o.Fault = func(c sim.Call) sim.Fault {
		if f := g.fault.Load(); f != nil {
			return (*f)(c)
		}
		return sim.Fault{}
	}
	server := httptest.NewServer(sim.New(o))
	t.Cleanup(server.Close)
	g.syncer = &worker.Syncer{Store: s, Worker: "test", Logger: slog.New(slog.DiscardHandler)}
	c := worker.Config{Accounts: []*worker.Account{accountOf(t, server.URL, g.account, client)}}
	for _, src := range sources {
		c.Sources = append(c.Sources, &worker.Settings{Source: src})
	}
	g.syncer.Configure(c)
	return g
}

// storeWithOwn is newStore with the user's source.
func storeWithOwn(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), migrated.URL(t), store.Options{Connections: 30, Sources: append(slices.Clone(source.All), own.source)})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	_, err = s.Migrate(t.Context())
	require.NoError(t, err)
	return s
}

// newAccount has a history of its own in a database that tests share.
func newAccount() sim.Account {
	id := fmt.Sprintf("1%015d", rand.Int64N(1e15))
	return sim.Account{ID: id, Name: "user", AccessKeyID: "key" + id, AccessKeySecret: "secret"}
}

func accountOf(t testing.TB, url string, a sim.Account, change func(*fetch.Account, *fetch.Options)) *worker.Account {
	account := fetch.Account{
		Name:        a.ID,
		Credentials: fetch.Credentials{Type: "access_key", AccessKeyID: a.AccessKeyID, AccessKeySecret: a.AccessKeySecret},
		Endpoints:   map[string]string{"sas": url, "oos": url, "sts": url, "ecs": url},
	}
	options := fetch.Options{CallsPerSecond: 1e6, BaseWait: time.Millisecond, MaxWait: 5 * time.Millisecond, MaxBody: 1 << 19}
	if change != nil {
		change(&account, &options)
	}
	client, err := fetch.NewClient(account, options)
	require.NoError(t, err)
	t.Cleanup(client.Close)
	return &worker.Account{Name: a.ID, Client: client, SecurityCenterRegions: []string{hangzhou}, OOSRegions: []string{hangzhou}}
}

// spoil lets a fault hit calls, the first so many of those that it is for; -1: all.
func (g *gateway) spoil(fault func(sim.Call) sim.Fault, calls int64, hits func(sim.Call) bool) {
	var left atomic.Int64
	left.Store(calls)
	spoilt := func(c sim.Call) sim.Fault {
		if !hits(c) || calls >= 0 && left.Add(-1) < 0 {
			return sim.Fault{}
		}
		return fault(c)
	}
	g.fault.Store(&spoilt)
}

func (g *gateway) heal() { g.fault.Store(nil) }

// set gives the cloud the rows of a listing.
func (g *gateway) set(l *listing, rows map[string]int) {
	var items []any
	for _, id := range ids(rows) {
		items = append(items, l.item(id, rows[id]))
	}
	g.tables.Set(g.account.ID, hangzhou, l.source.API.Action, items...)
}

// sync makes one pass and returns how its last job ended.
func (g *gateway) sync(change ...func(*worker.Job)) (last worker.Result) {
	jobs := g.syncer.Jobs()
	for i := range jobs {
		for _, f := range change {
			f(&jobs[i])
		}
	}
	g.syncer.SyncAll(context.Background(), jobs, 1, func(r worker.Result) { last = r })
	return last
}

func (g *gateway) rows(t require.TestingT, l *listing) map[string]int {
	rows, err := g.store.Pool().Query(context.Background(), l.rows, g.account.ID)
	require.NoError(t, err)
	defer rows.Close()
	shown := map[string]int{}
	for rows.Next() {
		var id string
		var state int
		require.NoError(t, rows.Scan(&id, &state))
		shown[id] = state
	}
	require.NoError(t, rows.Err())
	return shown
}

// versions is all that the database holds of the listing, to the last column.
func (g *gateway) versions(t require.TestingT, l *listing) []string {
	rows, err := g.store.Pool().Query(context.Background(), fmt.Sprintf("SELECT to_jsonb(h)::text FROM alicloud.%s_history AS h WHERE account_id = $1 ORDER BY 1", l.source.Name), g.account.ID)
	require.NoError(t, err)
	defer rows.Close()
	var list []string
	for rows.Next() {
		var text string
		require.NoError(t, rows.Scan(&text))
		list = append(list, text)
	}
	require.NoError(t, rows.Err())
	return list
}

// A runRow is what alicloud.sync_runs tells of a run.
type runRow struct {
	Status, Code, Message, RequestID string
	Calls, Retries, Throttled, Ended int64
}

func (g *gateway) lastRun(t require.TestingT, src *source.Source) (r runRow) {
	require.NoError(t, g.store.Pool().QueryRow(context.Background(), `SELECT status, coalesce(error_code, ''), coalesce(error_message, ''),
    coalesce(error_request_id, ''), calls, retries, throttled, rows_ended
FROM alicloud.sync_runs
WHERE account_id = $1 AND source = $2
ORDER BY run_id DESC
LIMIT 1`, g.account.ID, src.Name).Scan(&r.Status, &r.Code, &r.Message, &r.RequestID, &r.Calls, &r.Retries, &r.Throttled, &r.Ended))
	return r
}

// signatures are those that an account may have.
var signatures = []string{"hmac-sha1", "acs3"}

// TestFaults: each fault of the gateway, in each of its forms, under each kind of
// paging and each signature, hits the pages after the first one. While it stays, the run says so
// and no row is lost; when it passes, nothing was.
func TestFaults(t *testing.T) {
	t.Parallel()
	s := storeWithOwn(t)
	for i := range faultCases {
		c := &faultCases[i]
		for _, l := range listings {
			if c.only != nil && c.only.counted != l.counted {
				continue
			}
			for form, fault := range c.forms() {
				tried := signatures
				if !pgtest.All() { // each in turn
					tried = signatures[(i+form)%2:][:1]
				}
				for _, signature := range tried {
					t.Run(fmt.Sprintf("%s/%s/%d/%s", c.name, l.source.Name, form, signature), func(t *testing.T) {
						t.Parallel()
						client := func(a *fetch.Account, o *fetch.Options) {
							a.Signature = signature
							if c.client != nil {
								c.client(a, o)
							}
						}
						testFault(t, newGateway(t, s, sim.Options{MaxPageSize: 2, FullPages: true}, client, l.source), c, l, fault)
					})
				}
			}
		}
	}
}

// cloudRows are what the cloud has when it begins to answer badly.
var cloudRows = map[string]int{"r1": 1, "r2": 0, "r3": 1, "r4": 0, "r5": 0, "r7": 0, "r8": 0}

func testFault(t *testing.T, g *gateway, c *faultCase, l *listing, fault func(sim.Call) sim.Fault) {
	before := map[string]int{"r1": 0, "r2": 0, "r3": 0, "r4": 0, "r5": 0, "r6": 0, "r7": 0}
	cloud := cloudRows
	g.set(l, before)
	r := g.sync()
	require.Equal(t, store.StatusOK, r.Status, r.Message)
	versions := g.versions(t, l)
	require.Len(t, versions, len(before))

	g.set(l, cloud)
	g.spoil(fault, -1, l.later)
	g.sync()
	run := g.lastRun(t, l.source)
	require.Equal(t, c.status, run.Status, run.Message)
	require.Equal(t, c.code, run.Code)
	require.Contains(t, run.Message, c.message)
	require.Equal(t, c.requestID, run.RequestID != "", run.RequestID)
	require.Equal(t, []int64{c.retries, c.throttled}, []int64{run.Retries, run.Throttled})
	if l == &patches && c.calls > 0 {
		require.Equal(t, c.calls, run.Calls)
	}
	if c.code == "NoPermission" {
		require.Contains(t, run.Message, "the action "+l.source.API.RAMAction)
	}
	switch c.status {
	case store.StatusFailed:
		require.Equal(t, versions, g.versions(t, l), "the tables are as they were")
	case store.StatusIncomplete:
		require.Zero(t, run.Ended)
		shown := g.rows(t, l)
		for id := range before {
			require.Contains(t, shown, id, "no row ends")
		}
		require.Equal(t, 1, shown["r1"], "what was seen is merged")
		if c.later > 0 {
			require.Equal(t, c.later, shown["r3"])
		}
	default:
		require.ElementsMatch(t, ids(cloud), ids(g.rows(t, l)))
	}

	g.spoil(fault, c.passes(), l.later)
	r = g.sync()
	if !c.heals() {
		require.Equal(t, store.StatusFailed, r.Status)
		require.Equal(t, versions, g.versions(t, l))
		g.heal()
		r = g.sync()
	}
	if strings.Contains(c.message, "lack a key column") { // asking again gives no other item
		g.heal()
		r = g.sync()
	}
	if c.status == store.StatusOK {
		g.heal()
		r = g.sync()
	}
	require.Equal(t, store.StatusOK, r.Status, r.Message)
	require.Equal(t, cloud, g.rows(t, l), "nothing is lost")
}

const docPath = "../docs/faults.md"

// TestFaultsDocument: docs/faults.md has a row for each case, and no other.
func TestFaultsDocument(t *testing.T) {
	t.Parallel()
	const begin, end = "<!-- cases: go test ./worker -run FaultsDocument -update -->\n", "<!-- end of cases -->\n"
	text, err := os.ReadFile(docPath)
	require.NoError(t, err)
	head, rest, ok := strings.Cut(string(text), begin)
	require.True(t, ok, begin)
	table, tail, ok := strings.Cut(rest, end)
	require.True(t, ok, end)
	if *update {
		require.NoError(t, os.WriteFile(docPath, []byte(head+begin+faultTable()+end+tail), 0o644))
		return
	}
	require.Equal(t, faultTable(), table)
}

func faultTable() string {
	var b strings.Builder
	b.WriteString("\n| what goes wrong | tried again | run, while it stays | `error_code` | `error_message` says | calls, retries, throttled | tables | exit |\n|---|---|---|---|---|---|---|---|\n")
	names := map[string]bool{}
	for _, c := range faultCases {
		if names[c.name] {
			panic("two cases of one name: " + c.name)
		}
		names[c.name] = true
		again, tables, exit := "nothing", "as before", 1
		switch {
		case c.again != "":
			again = c.again
		case c.code == "InvalidSecurityToken.Expired":
			again = "the call, once, with new keys"
		case c.retries > 0:
			again = fmt.Sprintf("the call, %d times", c.retries)
		case c.status == store.StatusIncomplete && !strings.Contains(c.message, "lack a key"):
			again = "the listing, twice"
		}
		switch c.status {
		case store.StatusIncomplete:
			tables = "what was seen is merged, nothing ends"
		case store.StatusOK:
			tables, exit = "as the cloud says", 0
		}
		cost, code := "", ""
		if c.calls > 0 {
			cost = fmt.Sprintf("%d, %d, %d", c.calls, c.retries, c.throttled)
		}
		if c.code != "" {
			code = "`" + c.code + "`"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %d |\n", c.name, again, c.status, code, c.message, cost, tables, exit)
	}
	b.WriteString("\n")
	return b.String()
}

// TestExpiredToken: in the middle of a sweep, the keys of the assumed role expire.
// The role is assumed once more, and the sweep goes on.
func TestExpiredToken(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	for _, signature := range signatures {
		t.Run(signature, func(t *testing.T) {
			t.Parallel()
			testExpiredToken(t, newGateway(t, s, sim.Options{MaxPageSize: 1}, func(a *fetch.Account, _ *fetch.Options) {
				a.Signature, a.AssumeRole = signature, "acs:ram::"+a.Name+":role/reader"
			}, checks.source))
		})
	}
}

func testExpiredToken(t *testing.T, g *gateway) {
	rows := map[string]int{}
	for i := range 40 {
		rows[fmt.Sprintf("r%02d", i)] = i
	}
	g.set(&checks, rows)
	var assumed, refused, pages atomic.Int64
	var old atomic.Pointer[string]
	spoilt := func(c sim.Call) sim.Fault {
		key := c.KeyID
		switch {
		case c.Action == "AssumeRole":
			assumed.Add(1)
		case c.Action != checks.source.API.Action:
		case pages.Add(1) == 5:
			old.Store(&key)
		}
		if expired := old.Load(); expired != nil && *expired == key {
			refused.Add(1)
			return sim.Refuse(403, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired.")
		}
		return sim.Fault{}
	}
	g.fault.Store(&spoilt)
	r := g.sync()
	require.Equal(t, store.StatusOK, r.Status, r.Message)
	require.Equal(t, rows, g.rows(t, &checks))
	require.EqualValues(t, 2, assumed.Load())
	require.Equal(t, refused.Load(), g.lastRun(t, checks.source).Retries)
}

// TestWrongClock: where this machine's clock is wrong, calls are dated by the cloud's.
func TestWrongClock(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	for _, by := range []time.Duration{time.Hour, -time.Hour} {
		account := newAccount()
		wall := func() time.Time { return time.Now().Add(by) }
		cloud := sim.New(sim.Options{Accounts: []sim.Account{account}, World: new(sim.Tables), Wall: wall})
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", wall().UTC().Format(http.TimeFormat))
			cloud.ServeHTTP(w, r)
		}))
		t.Cleanup(server.Close)
		syncer := &worker.Syncer{Store: s, Logger: slog.New(slog.DiscardHandler)}
		syncer.Configure(worker.Config{
			Accounts: []*worker.Account{accountOf(t, server.URL, account, nil)}, Sources: []*worker.Settings{{Source: patches.source}},
		})
		r, err := syncer.Sync(t.Context(), syncer.Jobs()[0])
		require.NoError(t, err)
		require.Equal(t, store.StatusOK, r.Status, r.Message)
	}
}

// TestEmptyPages: a list of tokens may have short and empty pages in its middle.
func TestEmptyPages(t *testing.T) {
	t.Parallel()
	g := newGateway(t, newStore(t), sim.Options{MaxPageSize: 3}, nil, patches.source)
	rows := map[string]int{}
	for i := range 300 {
		rows[fmt.Sprintf("i-%03d", i)] = i
	}
	g.set(&patches, rows)
	var empty atomic.Int64
	g.spoil(always(sim.Rewrite(func(body []byte) []byte {
		if strings.Contains(string(body), `"InstancePatchStates":[]`) {
			empty.Add(1)
		}
		return body
	})), -1, func(c sim.Call) bool { return c.Action == patches.source.API.Action })
	r := g.sync()
	require.Equal(t, store.StatusOK, r.Status, r.Message)
	require.Equal(t, rows, g.rows(t, &patches))
	require.Positive(t, empty.Load(), "the cloud had a chance of 99 % to answer an empty page")
}

// TestHold: a sweep ends what is gone up to the limit, and nothing beyond it,
// unless it is let through.
func TestHold(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	for _, c := range []struct {
		rows, gone int
		held       bool
	}{
		{rows: 70, gone: 20},             // 29 %
		{rows: 70, gone: 21},             // 30 % exactly
		{rows: 69, gone: 21, held: true}, // 30.4 %
		{rows: 30, gone: 20},             // 67 %, but no more than 20 rows
		{rows: 30, gone: 21, held: true},
		{rows: 1000, gone: 300},
		{rows: 1000, gone: 301, held: true},
		{rows: 6, gone: 5},
		{rows: 4, gone: 4},
		{rows: 5, gone: 5, held: true}, // all
		{rows: 30, gone: 30, held: true},
	} {
		t.Run(fmt.Sprintf("%d of %d", c.gone, c.rows), func(t *testing.T) {
			t.Parallel()
			g := newGateway(t, s, sim.Options{}, nil, patches.source)
			all := map[string]int{}
			for i := range c.rows {
				all[fmt.Sprintf("i-%04d", i)] = 0
			}
			g.set(&patches, all)
			require.Equal(t, store.StatusOK, g.sync().Status)
			left := maps.Clone(all)
			for i := range c.gone {
				delete(left, fmt.Sprintf("i-%04d", i))
			}
			for id := range left {
				left[id] = 1
			}
			g.set(&patches, left)
			g.sync()
			run := g.lastRun(t, patches.source)
			if c.held {
				require.Equal(t, store.StatusHeld, run.Status)
				require.Contains(t, run.Message, fmt.Sprintf("patch states: %d of %d rows are no longer listed", c.gone, c.rows))
				require.Contains(t, run.Message, "--allow-shrink")
				require.Zero(t, run.Ended)
				want := maps.Clone(all)
				maps.Copy(want, left)
				require.Equal(t, want, g.rows(t, &patches), "what is listed is merged, what is not stays")
				require.Equal(t, store.StatusHeld, g.sync(func(j *worker.Job) { j.DryRun, j.AllowShrink = true, false }).Status)
				g.sync(func(j *worker.Job) { j.AllowShrink = true })
				run = g.lastRun(t, patches.source)
			}
			require.Equal(t, store.StatusOK, run.Status, run.Message)
			require.EqualValues(t, c.gone, run.Ended)
			require.Equal(t, left, g.rows(t, &patches))
		})
	}
}

// TestAfterIncomplete: a run that misses something may also miss the sign by which
// a narrowed run would look for it. So the next one asks for everything.
func TestAfterIncomplete(t *testing.T) {
	t.Parallel()
	g := newGateway(t, newStore(t), sim.Options{}, nil, &source.AgentlessTasks)
	tasks := listing{rows: "SELECT task_id, status::int FROM alicloud.agentless_tasks WHERE account_id = $1"}
	set := func(items ...any) { g.tables.Set(g.account.ID, hangzhou, "ListAgentlessTask", items...) }
	set(map[string]any{"TaskId": "main", "Status": 1, "StartTime": created})
	require.Equal(t, store.StatusOK, g.sync().Status)

	// The main task has finished, and its subtask is seen only once.
	set(map[string]any{"TaskId": "main", "Status": 2, "StartTime": created},
		map[string]any{"TaskId": "sub", "RootTaskId": "main", "Status": 2, "StartTime": created})
	short := sim.Rewrite(func([]byte) []byte { return []byte(`{"List":[],"PageInfo":{"TotalCount":1}}`) })
	g.spoil(always(short), -1, func(c sim.Call) bool { return c.Params.Get("RootTask") == "false" })
	require.Equal(t, store.StatusIncomplete, g.sync().Status)
	require.Equal(t, map[string]int{"main": 2}, g.rows(t, &tasks))
	g.heal()
	require.Equal(t, store.StatusOK, g.sync().Status)
	require.Equal(t, map[string]int{"main": 2, "sub": 2}, g.rows(t, &tasks))
}

// TestContained: a source, an account or a region that fails stops no other.
func TestContained(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	good, denied, unknown := newAccount(), newAccount(), newAccount()
	denied.Deny = []string{"ListInstancePatchStates", "yundun-sas:ListOperationProcess"}
	cloud := sim.New(sim.Options{Accounts: []sim.Account{good, denied}, World: sim.NewFleet(sim.FleetOptions{Servers: 20})})
	server := httptest.NewServer(cloud)
	t.Cleanup(server.Close)
	var c worker.Config
	for _, a := range []sim.Account{unknown, denied, good} { // the cloud does not know the first one's key
		account := accountOf(t, server.URL, a, nil)
		account.OOSRegions = []string{"cn-nowhere", hangzhou}
		c.Accounts = append(c.Accounts, account)
	}
	for _, src := range source.All {
		c.Sources = append(c.Sources, &worker.Settings{Source: src})
	}
	syncer := &worker.Syncer{Store: s, Logger: slog.New(slog.DiscardHandler)}
	syncer.Configure(c)
	jobs := syncer.Jobs()
	ended := 0
	syncer.SyncAll(t.Context(), jobs, 4, func(r worker.Result) {
		ended++
		name := r.Job.Source.Name
		want, says := store.StatusOK, ""
		switch {
		case r.Job.Account.Name == unknown.ID:
			want, says = store.StatusFailed, "check the access key ID"
		case r.Job.Region == "cn-nowhere":
			want, says = store.StatusFailed, "InvalidRegionId"
		case r.Job.Account.Name == denied.ID && slices.Contains([]string{"instance_patch_states", "operation_processes"}, name):
			want, says = store.StatusFailed, "grant the RAM user or role the action "+r.Job.Source.API.RAMAction
		}
		require.Equal(t, want, r.Status, "%s: %s", r.Job, r.Message)
		require.Contains(t, r.Message, says)
	})
	require.Equal(t, len(jobs), ended)
}
