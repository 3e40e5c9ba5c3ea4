package worker_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/robfig/cron/v3"
	"github.com/stretchr/testify/require"

	"syncer/fetch"
	"syncer/internal/testing/pgtest"
	"syncer/internal/testing/pgtest/migrated"
	"syncer/source"
	"syncer/store"
	"syncer/worker"
)

// TestAnySource is the law that a user's own source is promised: for random declarations
// and clouds that answer as these say, and for random histories with failing calls and
// incomplete listings, the views show what a model in memory holds, at every moment, and
// there are no versions but those that the model has.
//
// A declaration, its cloud and their history follow from the seed, which is the name of
// the subtest.
func TestAnySource(t *testing.T) {
	t.Parallel()
	url := migrated.URL(t)
	seeds := 24
	if pgtest.All() {
		seeds = 150
	}
	for seed := range uint64(seeds) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			anySource(t, url, seed)
		})
	}
}

// An anyColumn is a column of a random declaration, as its cloud and its model know it.
type anyColumn struct {
	name, field, kind   string
	volatile, unordered bool
}

// An anyCloud answers as one random declaration says, and has what it answers in a model.
type anyCloud struct {
	*rand.Rand
	name    string
	pager   string // page_number, next_token, list, object or batches
	form    string // of batches
	items   []string
	total   []string // path; of next_token the token's
	columns []anyColumn
	key     []string
	kinds   []string // values that listings are made for, one each; nil: there is one listing
	inner   []string // and of each of them, pairs; nil: none
	inItem  bool     // the item tells the value that was asked for
	set     bool     // a sweep for each value, which sets the column, in place of each
	keeps   bool     // what is absent stands

	rows map[string]*anyRow
	next int // number of the next new row

	breaks atomic.Bool  // calls fail for good
	broken atomic.Int32 // after so many that do not
	failed atomic.Bool  // one has
	wrong  atomic.Bool  // totals do not agree
}

// An anyRow is one of the cloud.
type anyRow struct {
	kind, inner string
	values      map[string]any // JSON, by column
	more        int            // of a field that no column takes; 0: there is none
}

func anySource(t *testing.T, url string, seed uint64) {
	c := newAnyCloud(seed)
	text := c.declaration()
	sources, err := source.Read([]source.File{{Path: c.name + ".yaml", Text: text}}, nil)
	require.NoError(t, err, text)
	src := sources[0]
	ctx := t.Context()
	s, err := store.Open(ctx, url, store.Options{Sources: sources, Connections: 3})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	_, err = s.Migrate(ctx)
	require.NoError(t, err, text)
	syncer := c.syncer(t, s, src)
	m := &anyModel{c: c, stands: map[string]*anyVersion{}}
	check := func(why string) {
		t.Helper()
		require.Equal(t, m.shown(true), shownBy(t, s, src, ""), "%s\n%s", why, text)
		var versions int
		require.NoError(t, s.Pool().QueryRow(ctx, "SELECT count(*) FROM alicloud."+src.Name+"_history").Scan(&versions))
		require.Equal(t, m.versions, versions, "%s: versions\n%s", why, text)
	}
	type moment struct {
		at    time.Time
		shown []string
	}
	var moments []moment
	for step := range 7 {
		if step > 0 {
			c.live()
		}
		c.breaks.Store(false)
		c.failed.Store(false)
		c.wrong.Store(false)
		fate := c.IntN(6)
		switch {
		case fate == 0 && step > 0:
			c.breaks.Store(true)
			c.broken.Store(int32(c.IntN(3)))
		case fate == 1 && c.pager == "page_number":
			c.wrong.Store(true)
		}
		r, err := syncer.Sync(ctx, syncer.Jobs()[0])
		why := fmt.Sprintf("step %d: %s %s", step, r.Status, r.Message)
		switch {
		case c.failed.Load():
			require.Error(t, err, why)
			require.Equal(t, store.StatusFailed, r.Status, why)
		case c.wrong.Load() && len(c.rows) > 0 || r.Status == store.StatusIncomplete:
			require.NoError(t, err, why)
			require.True(t, c.wrong.Load(), "%s\n%s", why, text)
			m.merge(false)
		default:
			require.NoError(t, err, "%s\n%s", why, text)
			require.Equal(t, store.StatusOK, r.Status, "%s\n%s", why, text)
			m.merge(true)
		}
		check(why)
		if !r.Changes.At.IsZero() {
			moments = append(moments, moment{r.Changes.At, m.shown(false)})
		}
	}
	for i, at := range moments {
		for _, when := range []time.Time{at.at, at.at.Add(nextMoment(len(moments), i, func(k int) time.Time { return moments[k].at }).Sub(at.at) / 2)} {
			require.Equal(t, at.shown, shownBy(t, s, src, when.Format(time.RFC3339Nano)), "as of merge %d\n%s", i, text)
		}
	}
}

func nextMoment(n, i int, at func(int) time.Time) time.Time {
	if i+1 < n {
		return at(i + 1)
	}
	return at(i).Add(time.Hour)
}

func newAnyCloud(seed uint64) *anyCloud {
	c := &anyCloud{Rand: rand.New(rand.NewPCG(seed, 14)), name: fmt.Sprintf("things_%d", seed), rows: map[string]*anyRow{}}
	c.pager = []string{"page_number", "page_number", "next_token", "next_token", "list", "object", "batches"}[c.IntN(7)]
	c.items = [][]string{{"List"}, {"Things", "Thing"}, {"Data", "Items", "Item"}}[c.IntN(3)]
	c.total = [][]string{{"TotalCount"}, {"PageInfo", "TotalCount"}}[c.IntN(2)]
	if c.pager == "next_token" {
		c.total = [][]string{{"NextToken"}, {"PageInfo", "Next"}}[c.IntN(2)]
	}
	if c.pager == "object" {
		c.items = [][]string{nil, {"Data"}, {"Data", "Info"}}[c.IntN(3)]
	}
	c.keeps = c.IntN(4) == 0 && c.pager != "object"
	c.form = []string{"commas", "repeated", "json_array"}[c.IntN(3)]
	kinds := []string{"text", "integer", "number", "boolean", "millis", "iso_time", "local_time", "json"}
	nest := func(field string) string {
		switch c.IntN(4) {
		case 0:
			return "Attributes." + field
		case 1:
			return "Attributes.Deep." + field
		}
		return field
	}
	if c.pager != "object" {
		c.columns = append(c.columns, anyColumn{name: "id", field: nest("Id"), kind: []string{"text", "integer"}[c.IntN(2)]})
		c.key = []string{"id"}
	}
	for i := range 1 + c.IntN(6) {
		column := anyColumn{name: fmt.Sprintf("c%d", i), kind: kinds[c.IntN(len(kinds))], volatile: c.IntN(3) == 0}
		column.field = nest(fmt.Sprintf("C%d", i))
		column.unordered = column.kind == "text" && !column.volatile && c.IntN(3) == 0
		c.columns = append(c.columns, column)
	}
	switch {
	case c.pager == "batches":
		c.columns[0].kind = "text" // the values that are asked for are the keys
	case c.pager == "object":
	case c.IntN(2) == 0:
		c.kinds = []string{"a", "b", "c d"}[:1+c.IntN(3)]
		c.inItem, c.set = c.IntN(2) == 0, c.IntN(3) == 0
		kind := anyColumn{name: "kind", kind: "text"}
		if c.inItem && !c.set {
			kind.field = "Kind"
		}
		c.columns = append(c.columns, kind)
		c.key = append([]string{"kind"}, c.key...)
		if !c.set && c.IntN(2) == 0 {
			c.inner = []string{"x", "y"}
			c.columns = append(c.columns, anyColumn{name: "part", kind: "text"})
			c.key = append(c.key, "part")
		}
	}
	c.Shuffle(len(c.columns), func(i, k int) { c.columns[i], c.columns[k] = c.columns[k], c.columns[i] })
	for range c.IntN(9) {
		c.come()
	}
	if c.pager == "object" {
		clear(c.rows)
		c.come()
	}
	return c
}

const batchKeys = 12

// declaration is the cloud's operation as a user's file says it.
func (c *anyCloud) declaration() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("name: %s", c.name)
	line("doc: One row per thing.")
	line(`api: {product: Abc, version: 2020-01-01, action: ListThings, ram_action: "abc:ListThings", page: "https://example.com/things"}`)
	line("regions: [cn-hangzhou]\nschedule: \"@yearly\"")
	total := strings.Join(c.total, ".")
	switch c.pager {
	case "page_number":
		line("pager: {page_number: {page_param: PageNumber, size_param: PageSize, total: %s, page_size: %d}}", total, 1+c.IntN(4))
	case "next_token":
		line("pager: {next_token: {token_param: NextToken, size_param: MaxResults, next: %s, page_size: %d}}", total, 1+c.IntN(4))
	case "list":
		if c.IntN(2) == 0 {
			line("pager: {list: {total: %s}}", total)
		} else {
			line("pager: list")
		}
	case "object":
		line("pager: object")
	case "batches":
		line("pager: {batches: {form: %s, page_size: %d}}", c.form, 1+c.IntN(5))
	}
	if len(c.items) > 0 {
		line("items: %s", strings.Join(c.items, "."))
	}
	if len(c.key) > 0 {
		line("key: [%s]", strings.Join(c.key, ", "))
	}
	line("columns:")
	for _, column := range c.columns {
		line("  %s:", column.name)
		if column.field != "" {
			line("    field: %s", column.field)
		}
		line("    type: %s", column.kind)
		if column.kind == "local_time" {
			line("    zone: Asia/Shanghai")
		}
		if column.volatile {
			line("    volatile: true")
		}
		if column.unordered {
			line("    unordered: true")
		}
		line("    doc: A column.")
	}
	absent := "ends"
	if c.keeps {
		absent = "keeps"
	}
	line("sweeps:")
	switch {
	case c.pager == "batches":
		var keys []string
		for i := range batchKeys {
			keys = append(keys, strconv.Quote(keyText(i)))
		}
		line("  all:\n    each: {param: Ids, column: id, values: [%s]}\n    absent: %s", strings.Join(keys, ", "), absent)
	case c.kinds == nil:
		line("  all: {absent: %s}", absent)
	case c.set:
		for i, kind := range c.kinds {
			line("  sweep %d: {params: {Kind: %q}, set: {kind: %q}, absent: %s}", i, kind, kind, absent)
		}
	default:
		line("  all:\n    each:\n      param: Kind\n      column: kind\n      values: [%s]", quotedList(c.kinds))
		if c.inner != nil {
			line("      each: {param: Part, column: part, values: [%s]}", quotedList(c.inner))
		}
		line("    absent: %s", absent)
	}
	return b.String()
}

func quotedList(list []string) string {
	var all []string
	for _, s := range list {
		all = append(all, strconv.Quote(s))
	}
	return strings.Join(all, ", ")
}

func keyText(n int) string { return fmt.Sprintf("key-%d", n) }

// come adds a row.
func (c *anyCloud) come() {
	n := c.next
	c.next++
	if c.pager == "batches" {
		n = c.IntN(batchKeys)
	}
	r := &anyRow{values: map[string]any{}, more: c.IntN(2)}
	if c.kinds != nil {
		r.kind = c.kinds[c.IntN(len(c.kinds))]
	}
	if c.inner != nil {
		r.inner = c.inner[c.IntN(len(c.inner))]
	}
	for _, column := range c.columns {
		switch {
		case column.name == "id" && column.kind == "text":
			r.values["id"] = keyText(n)
		case column.name == "id":
			r.values["id"] = n
		case column.field != "" && column.name != "kind":
			r.values[column.name] = c.value(column)
		}
	}
	c.rows[fmt.Sprint(n)] = r
}

// value is a JSON value that the column's type takes: one of few, so that rows return to
// what they were.
func (c *anyCloud) value(column anyColumn) any {
	n := c.IntN(4)
	if n == 3 {
		return nil
	}
	at := time.Date(2026, 1, 1+n, 2, 3, 4, 0, time.UTC)
	switch column.kind {
	case "text":
		if column.unordered {
			return []string{"a,b", "b,a", "c"}[n]
		}
		return []string{"one", "two's \"2\"", "drei ü"}[n]
	case "integer":
		return []any{n, strconv.Itoa(n), float64(n)}[c.IntN(3)]
	case "number":
		return []any{float64(n) + 0.5, fmt.Sprintf("%d.5", n)}[c.IntN(2)]
	case "boolean":
		return []any{n == 0, strconv.FormatBool(n == 0)}[c.IntN(2)]
	case "millis":
		return []any{at.UnixMilli(), strconv.FormatInt(at.UnixMilli(), 10)}[c.IntN(2)]
	case "iso_time":
		return at.Format("2006-01-02T15:04:05Z")
	case "local_time":
		return at.In(shanghai).Format(time.DateTime)
	default:
		return []any{map[string]any{"n": n}, fmt.Sprintf(`{"n": %d}`, n)}[c.IntN(2)]
	}
}

var shanghai = time.FixedZone("Asia/Shanghai", 8*3600)

// live lets the cloud's rows come, change and go, or nothing happen.
func (c *anyCloud) live() {
	if c.IntN(4) == 0 {
		return
	}
	for _, id := range slices.Sorted(maps.Keys(c.rows)) {
		r := c.rows[id]
		switch c.IntN(5) {
		case 0:
			if c.pager != "object" {
				delete(c.rows, id)
			}
		case 1:
			r.more = c.IntN(3)
		case 2:
			column := c.columns[c.IntN(len(c.columns))]
			if column.name != "id" && column.name != "kind" && column.field != "" {
				r.values[column.name] = c.value(column)
			}
		}
	}
	if c.pager == "object" {
		return
	}
	for range c.IntN(3) {
		c.come()
	}
}

// ServeHTTP answers the calls of the declaration, and who is asking.
func (c *anyCloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	if r.Form.Get("Action") == "GetCallerIdentity" {
		_, _ = fmt.Fprintf(w, `{"AccountId":"1","Arn":"acs:ram::1:user/x","RequestId":"0"}`)
		return
	}
	if r.Form.Get("Action") != "ListThings" || r.Form.Get("Version") != "2020-01-01" {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprint(w, `{"Code":"InvalidAction","RequestId":"0"}`)
		return
	}
	if c.breaks.Load() {
		if c.broken.Add(-1) < 0 {
			c.failed.Store(true)
			w.WriteHeader(http.StatusForbidden)
			_, _ = fmt.Fprint(w, `{"Code":"NoPermission","Message":"no","RequestId":"0"}`)
			return
		}
	}
	var list []any
	for _, id := range slices.Sorted(maps.Keys(c.rows)) {
		row := c.rows[id]
		if c.kinds != nil && (row.kind != r.Form.Get("Kind") || c.inner != nil && row.inner != r.Form.Get("Part")) {
			continue
		}
		if c.pager == "batches" && !slices.Contains(c.asked(r), fmt.Sprint(row.values["id"])) {
			continue
		}
		list = append(list, c.item(row))
	}
	answer := map[string]any{"RequestId": "1"}
	count := len(list)
	switch c.pager {
	case "page_number":
		page, _ := strconv.Atoi(r.Form.Get("PageNumber"))
		size, _ := strconv.Atoi(r.Form.Get("PageSize"))
		list = list[min((page-1)*size, count):min(page*size, count)]
		if c.wrong.Load() {
			count++
		}
		put(answer, c.total, count)
	case "next_token":
		size, _ := strconv.Atoi(r.Form.Get("MaxResults"))
		from, _ := strconv.Atoi(r.Form.Get("NextToken"))
		list = list[min(from, count):min(from+size, count)]
		if from+size < count {
			put(answer, c.total, strconv.Itoa(from+size))
		} else if len(c.total) > 1 {
			put(answer, c.total, "")
		}
	case "list":
		put(answer, c.total, count)
	}
	if c.pager == "object" {
		if len(c.items) == 0 {
			maps.Copy(answer, list[0].(map[string]any))
		} else {
			put(answer, c.items, list[0])
		}
	} else {
		put(answer, c.items, list)
	}
	_ = json.NewEncoder(w).Encode(answer)
}

// asked are the values of a batch.
func (c *anyCloud) asked(r *http.Request) (list []string) {
	switch c.form {
	case "commas":
		return strings.Split(r.Form.Get("Ids"), ",")
	case "json_array":
		_ = json.Unmarshal([]byte(r.Form.Get("Ids")), &list)
		return list
	}
	for i := 1; r.Form.Get("Ids."+strconv.Itoa(i)) != ""; i++ {
		list = append(list, r.Form.Get("Ids."+strconv.Itoa(i)))
	}
	return list
}

// put puts a value under a path.
func put(into map[string]any, path []string, value any) {
	if list, ok := value.([]any); ok && list == nil {
		value = []any{}
	}
	for _, name := range path[:len(path)-1] {
		inner, ok := into[name].(map[string]any)
		if !ok {
			inner = map[string]any{}
			into[name] = inner
		}
		into = inner
	}
	into[path[len(path)-1]] = value
}

// item is a row as the API writes it.
func (c *anyCloud) item(r *anyRow) map[string]any {
	item := map[string]any{}
	for _, column := range c.columns {
		if value, ok := r.values[column.name]; ok && column.field != "" {
			put(item, strings.Split(column.field, "."), value)
		}
	}
	if c.inItem && !c.set {
		item["Kind"] = r.kind
	}
	if r.more > 0 {
		item["More"] = r.more
	}
	return item
}

// An anyModel is what must stand, and how many versions there must be.
type anyModel struct {
	c        *anyCloud
	stands   map[string]*anyVersion
	versions int
}

type anyVersion struct{ tracked, all string }

// merge takes over what the cloud holds; rows end only if the listings were complete.
func (m *anyModel) merge(complete bool) {
	seen := map[string]bool{}
	for id, r := range m.c.rows {
		key := fmt.Sprint(id, "/", r.kind, "/", r.inner)
		seen[key] = true
		now := &anyVersion{m.c.text(r, false), m.c.text(r, true)}
		was, stood := m.stands[key]
		switch {
		case !stood || m.c.sorted(was.tracked) != m.c.sorted(now.tracked):
			m.versions++
			m.stands[key] = now
		default:
			// Another order of a list is no change, and what is shown stays.
			m.stands[key] = &anyVersion{was.tracked, m.c.merged(was.all, now.all)}
		}
	}
	for key := range m.stands {
		if !seen[key] && complete && !m.c.keeps {
			delete(m.stands, key)
		}
	}
}

// shown is what a view shows, with or without volatile columns.
func (m *anyModel) shown(volatile bool) []string {
	list := []string{}
	for _, v := range m.stands {
		if volatile {
			list = append(list, v.all)
		} else {
			list = append(list, v.tracked)
		}
	}
	slices.Sort(list)
	return list
}

const mark = " | "

// text is a row as shownBy writes it.
func (c *anyCloud) text(r *anyRow, volatile bool) string {
	var parts []string
	for _, column := range c.columns {
		if column.volatile && !volatile {
			continue
		}
		value := "NULL"
		switch v := r.values[column.name]; {
		case column.name == "kind":
			value = r.kind
		case column.name == "part":
			value = r.inner
		case v == nil:
		case column.kind == "millis":
			ms, _ := strconv.ParseInt(fmt.Sprint(v), 10, 64)
			value = time.UnixMilli(ms).UTC().Format("2006-01-02 15:04:05+00")
		case column.kind == "iso_time":
			at, _ := time.Parse(time.RFC3339, v.(string))
			value = at.UTC().Format("2006-01-02 15:04:05+00")
		case column.kind == "local_time":
			at, _ := time.ParseInLocation(time.DateTime, v.(string), shanghai)
			value = at.UTC().Format("2006-01-02 15:04:05+00")
		case column.kind == "json":
			if text, ok := v.(string); ok {
				value = text
			} else {
				value = fmt.Sprintf(`{"n": %v}`, v.(map[string]any)["n"])
			}
		default:
			value = fmt.Sprint(v)
		}
		parts = append(parts, column.name+"="+value)
	}
	extra := "NULL"
	if r.more > 0 {
		extra = fmt.Sprintf(`{"More": %d}`, r.more)
	}
	return strings.Join(append(parts, "extra="+extra), mark)
}

// sorted is a row's text without the order of its lists.
func (c *anyCloud) sorted(text string) string {
	parts := strings.Split(text, mark)
	for i, p := range parts {
		name, value, _ := strings.Cut(p, "=")
		if k := slices.IndexFunc(c.columns, func(o anyColumn) bool { return o.name == name }); k >= 0 && c.columns[k].unordered {
			list := strings.Split(value, ",")
			slices.Sort(list)
			parts[i] = name + "=" + strings.Join(list, ",")
		}
	}
	return strings.Join(parts, mark)
}

// merged is a row of which only volatile columns changed, or the order of lists, which
// does not count.
func (c *anyCloud) merged(was, now string) string {
	before, after := strings.Split(was, mark), strings.Split(now, mark)
	for i, p := range after {
		name, _, _ := strings.Cut(p, "=")
		if k := slices.IndexFunc(c.columns, func(o anyColumn) bool { return o.name == name }); k >= 0 && c.columns[k].volatile {
			before[i] = p
		}
	}
	return strings.Join(before, mark)
}

// shownBy is what the view of a source shows, or its function as of a moment, which volatile
// columns are not asked of.
func shownBy(t *testing.T, s *store.Store, src *source.Source, at string) []string {
	t.Helper()
	from := "alicloud." + src.Name
	if at != "" {
		from += "_as_of('" + at + "')"
	}
	var parts []string
	for _, c := range src.Columns {
		if !c.Volatile || at == "" {
			parts = append(parts, fmt.Sprintf("'%s=' || coalesce(%[1]s::text, 'NULL')", c.Name))
		}
	}
	parts = append(parts, "'extra=' || coalesce(extra::text, 'NULL')")
	conn, err := s.Pool().Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	rows, err := conn.Query(t.Context(), "SELECT "+strings.Join(parts, " || '"+mark+"' || ")+" FROM "+from)
	require.NoError(t, err)
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	slices.Sort(list)
	return append([]string{}, list...)
}

// syncer syncs the cloud's one source.
func (c *anyCloud) syncer(t *testing.T, s *store.Store, src *source.Source) *worker.Syncer {
	t.Helper()
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	client, err := fetch.NewClient(fetch.Account{
		Name:        "production",
		Credentials: fetch.Credentials{Type: "access_key", AccessKeyID: "key", AccessKeySecret: "secret"},
		Endpoints:   map[string]string{"abc": server.URL, "sts": server.URL},
	}, fetch.Options{CallsPerSecond: 1e6, BaseWait: time.Millisecond, MaxWait: time.Millisecond, MaxAttempts: 1})
	require.NoError(t, err)
	t.Cleanup(client.Close)
	schedule, err := cron.ParseStandard("@every 1s")
	require.NoError(t, err)
	syncer := &worker.Syncer{Store: s, Worker: t.Name(), Logger: slog.New(slog.DiscardHandler)}
	syncer.Configure(worker.Config{
		Accounts: []*worker.Account{{Name: "production", Client: client}},
		Sources:  []*worker.Settings{{Source: src, Schedule: schedule, AllowShrink: true}},
	})
	_, twins := syncer.Config().Identify(context.Background())
	require.NoError(t, twins)
	return syncer
}
