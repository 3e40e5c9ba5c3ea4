package worker_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest/migrated"
	"syncer/source"
	"syncer/store"
	"syncer/worker"
)

// What is declared of the APIs of a listedCloud: one listing for each instance whose patch
// state has changed, one for each pair of an instance and a type, and one for each of a few
// fixed values. What was asked for is in the keys, and in no item.
const (
	patchesFile = `
name: instance_patches
doc: One row per instance and patch.
api: {product: oos, version: 2019-06-01, action: ListInstancePatches, ram_action: "oos:ListInstancePatches", page: "https://example.com/patches"}
regions: oos
schedule: "@hourly"
pager: {next_token: {token_param: NextToken, size_param: MaxResults, next: NextToken}}
items: Patches
key: [instance_id, kb_id]
columns:
  instance_id: {type: text, doc: ID of the instance.}
  kb_id: {field: KBId, type: text, doc: ID of the patch.}
  status: {field: Status, type: text, doc: Status of the patch.}
sweeps:
  patches:
    each:
      param: InstanceId
      column: instance_id
      from: [{source: instance_patch_states, columns: instance_id}]
      rest: {every: 7d}
    absent: ends
ends_with: {source: instance_patch_states, column: instance_id, via: instance_id}
`
	inventoryFile = `
name: inventory_entries
doc: One row per instance, type and entry.
api: {product: oos, version: 2019-06-01, action: ListInventoryEntries, ram_action: "oos:ListInventoryEntries", page: "https://example.com/inventory"}
regions: oos
schedule: "@hourly"
pager: {next_token: {token_param: NextToken, size_param: MaxResults, next: NextToken}}
items: Entries
key: [instance_id, type_name, name]
columns:
  instance_id: {type: text, doc: ID of the instance.}
  type_name: {type: text, doc: Kind of the entry.}
  name: {field: Name, type: text, doc: Name of the entry.}
sweeps:
  entries:
    each:
      param: InstanceId
      column: instance_id
      from: [{source: instance_patch_states, columns: instance_id}]
      each: {param: TypeName, column: type_name, values: ["ACS:Application", "ACS:Network"]}
    absent: ends
`
	vulnerabilitiesFile = `
name: vulnerabilities
doc: One row per vulnerability.
api: {product: oos, version: 2018-12-03, action: DescribeVulList, ram_action: "yundun-sas:DescribeVulList", page: "https://example.com/vulnerabilities"}
regions: [cn-hangzhou, cn-shanghai]
schedule: "@hourly"
pager: {page_number: {page_param: CurrentPage, size_param: PageSize, total: TotalCount}}
items: VulRecords
key: [type, id]
columns:
  type: {type: text, doc: Kind of vulnerability.}
  id: {field: PrimaryId, type: integer, doc: ID of the vulnerability.}
sweeps:
  all:
    each: {param: Type, column: type, values: [cve, sys]}
    absent: ends
`
)

// A listedCloud answers lists, by the operation and what was asked for.
type listedCloud struct {
	mu    sync.Mutex
	lists map[string][]map[string]any // "ListInstancePatches i-1"
	asked []string
}

func (c *listedCloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	answer := map[string]any{"RequestId": "R"}
	of := r.FormValue("Action")
	for _, param := range []string{"InstanceId", "TypeName", "Type"} {
		if r.Form.Has(param) {
			of += " " + r.FormValue(param)
		}
	}
	list := c.lists[of]
	if list == nil {
		list = []map[string]any{}
	}
	switch r.FormValue("Action") {
	case "GetCallerIdentity":
		answer["AccountId"] = accountID
	case "ListInstancePatchStates":
		answer["InstancePatchStates"] = list
	case "ListInstancePatches":
		answer["Patches"] = list
	case "ListInventoryEntries":
		answer["Entries"] = list
	case "DescribeVulList":
		answer["VulRecords"], answer["TotalCount"] = list, len(list)
	}
	if r.FormValue("Action") != "GetCallerIdentity" && r.FormValue("Action") != "ListInstancePatchStates" {
		c.asked = append(c.asked, of)
	}
	_ = json.NewEncoder(w).Encode(answer)
}

// tell sets a list of items, each the value of one field.
func (c *listedCloud) tell(of, field string, values ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := []map[string]any{}
	for _, v := range values {
		list = append(list, map[string]any{field: v})
	}
	c.lists[of] = list
}

// states sets the patch states: how many patches each instance lacks.
func (c *listedCloud) states(missing map[string]int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := []map[string]any{}
	for id, n := range missing {
		list = append(list, map[string]any{"InstanceId": id, "MissingCount": strconv.Itoa(n)})
	}
	c.lists["ListInstancePatchStates"] = list
}

// take are the calls since it was asked last, sorted.
func (c *listedCloud) take() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	asked := c.asked
	c.asked = nil
	slices.Sort(asked)
	return asked
}

// declared makes the table of a declaration, and a syncer of it and of the patch states.
func declared(t *testing.T, file string) (*listedCloud, *store.Store, *worker.Syncer) {
	t.Helper()
	read, err := source.Read([]source.File{{Path: "test.yaml", Text: file}}, source.All)
	require.NoError(t, err)
	s, err := store.Open(t.Context(), migrated.URL(t), store.Options{Sources: append(slices.Clone(source.All), read[0])})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	_, err = s.Migrate(t.Context())
	require.NoError(t, err)
	c := &listedCloud{lists: map[string][]map[string]any{}}
	return c, s, newSyncer(t, s, c, &source.InstancePatchStates, read[0])
}

// TestEachThatChanged: a value is asked for again once the row of the other source that it
// was read from has changed, and no sooner.
func TestEachThatChanged(t *testing.T) {
	t.Parallel()
	c, s, syncer := declared(t, patchesFile)
	c.states(map[string]int{"i-1": 1, "i-2": 2})
	c.tell("ListInstancePatches i-1", "KBId", "kb-1")
	c.tell("ListInstancePatches i-2", "KBId", "kb-1", "kb-2")
	shows := func(want string) {
		t.Helper()
		require.Equal(t, "string_agg\n"+want+"\n", asked(t, s, "SELECT string_agg(instance_id || ' ' || kb_id, ', ' ORDER BY 1) FROM (SELECT instance_id, kb_id FROM alicloud.instance_patches ORDER BY 1, 2) AS p"))
	}
	syncNow(t, syncer, store.StatusOK)
	require.Equal(t, []string{"ListInstancePatches i-1", "ListInstancePatches i-2"}, c.take())
	shows("i-1 kb-1, i-2 kb-1, i-2 kb-2")

	syncNow(t, syncer, store.StatusOK)
	require.Empty(t, c.take())

	c.states(map[string]int{"i-1": 1, "i-2": 1})
	c.tell("ListInstancePatches i-2", "KBId", "kb-1")
	syncNow(t, syncer, store.StatusOK)
	require.Equal(t, []string{"ListInstancePatches i-2"}, c.take())
	shows("i-1 kb-1, i-2 kb-1")
	syncNow(t, syncer, store.StatusOK)
	require.Empty(t, c.take())

	c.states(map[string]int{"i-2": 1, "i-3": 0}) // what hangs on i-1 goes with it
	syncNow(t, syncer, store.StatusOK)
	require.Equal(t, []string{"ListInstancePatches i-3"}, c.take())
	shows("i-2 kb-1")

	// After seven days, and not all on one day, each is asked for all the same.
	_, err := s.Pool().Exec(t.Context(), "UPDATE syncer.swept SET due_at = now()")
	require.NoError(t, err)
	syncNow(t, syncer, store.StatusOK)
	require.Equal(t, []string{"ListInstancePatches i-2", "ListInstancePatches i-3"}, c.take())
}

// TestNestedEach: one listing is made for each pair, and speaks for the rows of its pair.
func TestNestedEach(t *testing.T) {
	t.Parallel()
	c, s, syncer := declared(t, inventoryFile)
	c.states(map[string]int{"i-1": 1, "i-2": 2})
	for _, of := range []string{"i-1 ACS:Application", "i-1 ACS:Network", "i-2 ACS:Application", "i-2 ACS:Network"} {
		c.tell("ListInventoryEntries "+of, "Name", "a", "b")
	}
	shows := func(want string) {
		t.Helper()
		require.Equal(t, "instance_id | type_name | names\n"+want, asked(t, s, "SELECT instance_id, type_name, string_agg(name, ' ' ORDER BY name) AS names FROM alicloud.inventory_entries GROUP BY 1, 2 ORDER BY 1, 2"))
	}
	pairs := []string{"ListInventoryEntries i-1 ACS:Application", "ListInventoryEntries i-1 ACS:Network", "ListInventoryEntries i-2 ACS:Application", "ListInventoryEntries i-2 ACS:Network"}
	syncNow(t, syncer, store.StatusOK)
	require.Equal(t, pairs, c.take())
	shows("i-1 | ACS:Application | a b\ni-1 | ACS:Network | a b\ni-2 | ACS:Application | a b\ni-2 | ACS:Network | a b\n")

	c.tell("ListInventoryEntries i-1 ACS:Network", "Name", "b")
	syncNow(t, syncer, store.StatusOK)
	shows("i-1 | ACS:Application | a b\ni-1 | ACS:Network | b\ni-2 | ACS:Application | a b\ni-2 | ACS:Network | a b\n")
	c.take()

	// What would be too much to believe is named by its pair.
	c.tell("ListInventoryEntries i-2 ACS:Network", "Name", "a", "b", "c", "d", "e")
	syncNow(t, syncer, store.StatusOK)
	c.tell("ListInventoryEntries i-2 ACS:Network", "Name")
	syncer.SyncAll(t.Context(), syncer.Jobs()[1:], 1, func(r worker.Result) {
		require.Equal(t, store.StatusHeld, r.Status, r.Message)
		require.Contains(t, r.Message, "entries of i-2 and ACS:Network: 5 of 5 rows are no longer listed")
	})

	for _, p := range syncer.Probe(t.Context(), syncer.Jobs()[1:]) {
		require.NoError(t, p.Err)
		require.Empty(t, p.Lacks)
	}
}

// TestEachOfFixedValues: one listing is made for each value of a declaration, in each region
// that it lists, and the value is in the rows' key.
func TestEachOfFixedValues(t *testing.T) {
	t.Parallel()
	c, s, syncer := declared(t, vulnerabilitiesFile)
	c.tell("DescribeVulList cve", "PrimaryId", 1, 2)
	c.tell("DescribeVulList sys", "PrimaryId", 2)
	syncNow(t, syncer, store.StatusOK)
	require.Equal(t, []string{"DescribeVulList cve", "DescribeVulList cve", "DescribeVulList sys", "DescribeVulList sys"}, c.take())
	const query = "SELECT region_id, type, id FROM alicloud.vulnerabilities ORDER BY 1, 2, 3"
	require.Equal(t, "region_id | type | id\ncn-hangzhou | cve | 1\ncn-hangzhou | cve | 2\ncn-hangzhou | sys | 2\ncn-shanghai | cve | 1\ncn-shanghai | cve | 2\ncn-shanghai | sys | 2\n", asked(t, s, query))

	c.tell("DescribeVulList cve", "PrimaryId", 1)
	syncNow(t, syncer, store.StatusOK)
	require.Equal(t, "region_id | type | id\ncn-hangzhou | cve | 1\ncn-hangzhou | sys | 2\ncn-shanghai | cve | 1\ncn-shanghai | sys | 2\n", asked(t, s, query))
}

// hostile is a text that would be code wherever it was taken for some.
const hostile = `'; DROP SCHEMA alicloud CASCADE; -- $$ $1 %s %[1]d \' \\ {{.}} ${HOME} $(id) <b> "x"`

// TestHostileDeclaration: the texts of a declaration are literals, wherever they end up.
func TestHostileDeclaration(t *testing.T) {
	t.Parallel()
	quoted, err := json.Marshal(hostile) // JSON is YAML
	require.NoError(t, err)
	c, s, syncer := declared(t, strings.NewReplacer("HOSTILE", string(quoted), "SENTENCE", strings.TrimSuffix(string(quoted), `"`)+`."`).Replace(`
name: hostiles
doc: SENTENCE
api: {product: oos, version: 2019-06-01, action: ListInstancePatches, ram_action: "oos:ListInstancePatches", page: "https://example.com/patches"}
regions: oos
schedule: "@hourly"
pager: list
items: Patches
key: [kind, code]
open: {code: {not: HOSTILE}}
columns:
  kind: {type: text, doc: SENTENCE}
  code: {field: KBId, type: text, labels: {HOSTILE: HOSTILE}, doc: SENTENCE}
  note: {field: HOSTILE, type: text, null_text: HOSTILE, doc: SENTENCE}
  made_at: {field: MadeAt, type: millis, doc: SENTENCE}
sweeps:
  all:
    params: {Filter: HOSTILE}
    set: {kind: HOSTILE}
    since: {param: Since, column: made_at, lookback: 48h}
    absent: ends
stuck: {column: made_at, after: 7d}
trends:
  hostiles_daily:
    doc: SENTENCE
    by: code
    measures:
      found: {where: {code: [a, HOSTILE], kind: HOSTILE}, doc: SENTENCE}
`))
	c.tell("ListInstancePatches", "KBId", "a", hostile)
	syncNow(t, syncer, store.StatusOK)
	c.tell("ListInstancePatches", "KBId", "a", hostile, "b")
	syncNow(t, syncer, store.StatusOK)
	texts := func(query string) (list []string) {
		rows, err := s.Pool().Query(t.Context(), query)
		require.NoError(t, err)
		defer rows.Close()
		for rows.Next() {
			var text string
			require.NoError(t, rows.Scan(&text))
			list = append(list, text)
		}
		require.NoError(t, rows.Err())
		return list
	}
	require.Equal(t, []string{"a", "b", hostile}, texts("SELECT code_label FROM alicloud.hostiles ORDER BY code_label <> 'a', code_label <> 'b'"))
	require.Equal(t, []string{hostile, hostile, hostile}, texts("SELECT kind FROM alicloud.hostiles"))
	require.Equal(t, []string{hostile}, texts("SELECT code FROM alicloud.hostiles_daily WHERE found = 1 AND code <> 'a'"))
	require.Contains(t, texts("SELECT obj_description('alicloud.hostiles'::regclass)")[0], hostile)
	require.Contains(t, texts("SELECT col_description('alicloud.hostiles'::regclass, 3)")[0], hostile)
}
