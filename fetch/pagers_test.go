package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"syncer/source"

	"github.com/stretchr/testify/require"
)

// listing makes a source for a pager, and one sweep of it.
func listing(p source.Pager) (*source.Source, *source.Sweep) {
	s := &source.Source{
		Name:  "things",
		API:   source.API{Product: "Sas", Version: "2018-12-03", Action: "ListThing", RAMAction: "yundun-sas:ListThing"},
		Pager: p,
		Items: "List",
		Key:   []string{"id"},
		Columns: []source.Column{
			{Name: "id", Field: "Id", Type: source.Text},
			{Name: "n", Field: "N", Type: source.BigInt},
		},
		Sweeps: []source.Sweep{{Name: "all", Absent: source.Ends}},
	}
	return s, &s.Sweeps[0]
}

var byNumber = source.PageNumber{Page: "CurrentPage", Size: "PageSize", Total: "PageInfo.TotalCount", PageSizes: source.PageSizes{Default: 10}}

type object = map[string]any

func items(from, to int) []object {
	list := []object{}
	for i := from; i < to; i++ {
		list = append(list, object{"Id": fmt.Sprintf("id-%d", i), "N": i})
	}
	return list
}

// numbered answers a page of a listing with so many rows.
func numbered(w http.ResponseWriter, q url.Values, total, size int) {
	page, _ := strconv.Atoi(q.Get("CurrentPage"))
	from := min((page-1)*size, total)
	write(w, object{
		"RequestId": "R", "List": items(from, min(from+size, total)),
		"PageInfo": object{"TotalCount": total, "PageSize": size, "CurrentPage": page},
	})
}

// TestEmptyPageFirst: an empty page that overtakes others does not hide them.
func TestEmptyPageFirst(t *testing.T) {
	t.Parallel()
	var overtaken [sweepAttempts + 1]chan struct{}
	for i := range overtaken {
		overtaken[i] = make(chan struct{})
	}
	attempt := 0
	c := newCloud(t, func(w http.ResponseWriter, q url.Values, _ int) {
		page, _ := strconv.Atoi(q.Get("CurrentPage"))
		switch page {
		case 1:
			attempt++
		case 2:
			<-overtaken[attempt]
		case 4:
			defer close(overtaken[attempt])
		}
		from := min((page-1)*10, 30)
		write(w, object{"List": items(from, min(from+10, 30)), "PageInfo": object{"TotalCount": 31}})
	})
	s, w := listing(byNumber)
	var r recorder
	o, err := c.client().Sweep(t.Context(), Request{Source: s, Sweep: w, Region: "cn-hangzhou"}, &r)
	require.NoError(t, err)
	require.False(t, o.Complete)
	require.Contains(t, o.Reason, "30 rows were shown of a total of 31")
	require.Len(t, r.rows, 30)
}

func TestPageNumber(t *testing.T) {
	t.Parallel()
	pageOf := func(q url.Values) int { n, _ := strconv.Atoi(q.Get("CurrentPage")); return n }
	for _, tt := range []struct {
		name     string
		answer   func(w http.ResponseWriter, q url.Values, n int)
		rows     int
		calls    int // 0: not checked
		restarts int
		reason   string // empty: complete
		total    int64
	}{
		{name: "one page", answer: func(w http.ResponseWriter, q url.Values, _ int) { numbered(w, q, 7, 10) }, rows: 7, calls: 1, total: 7},
		{name: "full last page", answer: func(w http.ResponseWriter, q url.Values, _ int) { numbered(w, q, 30, 10) }, rows: 30, calls: 3, total: 30},
		{name: "many pages", answer: func(w http.ResponseWriter, q url.Values, _ int) { numbered(w, q, 255, 10) }, rows: 255, calls: 26, total: 255},
		{name: "smaller pages than asked", answer: func(w http.ResponseWriter, q url.Values, _ int) { numbered(w, q, 25, 4) }, rows: 25, calls: 7, total: 25},
		{name: "empty", answer: func(w http.ResponseWriter, q url.Values, _ int) { numbered(w, q, 0, 10) }, calls: 1},
		{
			name: "total as a string",
			answer: func(w http.ResponseWriter, _ url.Values, _ int) {
				fmt.Fprint(w, `{"List":[{"Id":"a"}],"PageInfo":{"TotalCount":"1"}}`)
			},
			rows: 1, calls: 1, total: 1,
		},
		{
			name:   "no total",
			answer: func(w http.ResponseWriter, _ url.Values, _ int) { fmt.Fprint(w, `{"requestId":"R","List":[]}`) },
			calls:  3, restarts: 2, reason: "page 1 tells no total (RequestId R)",
		},
		{
			name: "a total and an empty list",
			answer: func(w http.ResponseWriter, _ url.Values, _ int) {
				fmt.Fprint(w, `{"List":[],"PageInfo":{"TotalCount":5}}`)
			},
			calls: 3, restarts: 2, reason: "0 rows were shown of a total of 5", total: 5,
		},
		{
			name: "grows once while paged",
			answer: func(w http.ResponseWriter, q url.Values, n int) {
				numbered(w, q, 25+min(n-1, 1), 10)
			},
			rows: 26, restarts: 1, total: 26,
		},
		{
			name:     "grows at every call",
			answer:   func(w http.ResponseWriter, q url.Values, n int) { numbered(w, q, 25+n, 10) },
			restarts: 2, reason: "the total moved from", total: -1,
		},
		{
			name: "a row moves to the next page",
			answer: func(w http.ResponseWriter, q url.Values, _ int) {
				list := items(0, 10)
				if pageOf(q) == 2 {
					list = items(9, 19)
				}
				write(w, object{"List": list, "PageInfo": object{"TotalCount": 20}})
			},
			rows: 20, calls: 6, restarts: 2, reason: "1 of 10 rows of page 2 were shown before", total: 20,
		},
		{
			name: "the first page for ever",
			answer: func(w http.ResponseWriter, q url.Values, _ int) {
				write(w, object{"List": items(0, 10), "PageInfo": object{"TotalCount": 1 << 50}})
			},
			restarts: 2, reason: "10 of 10 rows of page", total: 1 << 50,
		},
		{
			name: "ends before the total",
			answer: func(w http.ResponseWriter, q url.Values, _ int) {
				list := items(0, 0)
				if pageOf(q) == 1 {
					list = items(0, 10)
				}
				write(w, object{"List": list, "PageInfo": object{"TotalCount": 1 << 50}})
			},
			rows: 10, restarts: 2, reason: "10 rows were shown of a total of", total: 1 << 50,
		},
		{
			name: "one short page in the middle",
			answer: func(w http.ResponseWriter, q url.Values, _ int) {
				from := (pageOf(q) - 1) * 10
				to := from + 10
				if pageOf(q) == 2 {
					to--
				}
				write(w, object{"List": items(from, to), "PageInfo": object{"TotalCount": 30}})
			},
			rows: 29, calls: 9, restarts: 2, reason: "29 rows were shown of a total of 30", total: 30,
		},
		{
			name: "unusable items",
			answer: func(w http.ResponseWriter, _ url.Values, _ int) {
				fmt.Fprint(w, `{"List":[{"Id":"a"},{"N":1},{"Id":null},{"Id":""},17],"PageInfo":{"TotalCount":5}}`)
			},
			rows: 1, calls: 1, reason: "4 of 5 items are no objects or lack a key column", total: 5,
		},
		{
			name: "a key that no index holds",
			answer: func(w http.ResponseWriter, _ url.Values, _ int) {
				fmt.Fprintf(w, `{"List":[{"Id":"a"},{"Id":%q},{"Id":%q}],"PageInfo":{"TotalCount":3}}`, strings.Repeat("x", 2000), strings.Repeat("服", 667))
			},
			rows: 2, calls: 1, reason: "1 of 3 items are no objects or lack a key column (1: the key is longer than 2000 bytes)", total: 3,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t, tt.answer)
			s, sweep := listing(byNumber)
			var sink recorder
			var stats Stats
			outcome, err := c.client().Sweep(t.Context(), Request{Source: s, Sweep: sweep, Region: "cn-hangzhou", Stats: &stats}, &sink)
			require.NoError(t, err)
			require.Equal(t, tt.restarts, sink.restarts)
			require.Contains(t, outcome.Reason, tt.reason)
			require.Equal(t, tt.reason == "", outcome.Complete, outcome.Reason)
			if tt.rows > 0 {
				require.Len(t, sink.rows, tt.rows)
			}
			if tt.total >= 0 {
				require.Equal(t, tt.total, outcome.Total)
			}
			if tt.calls > 0 {
				require.Len(t, c.asked(), tt.calls)
				require.EqualValues(t, tt.calls, stats.Calls.Load())
			}
			require.Less(t, len(c.asked()), 100, "an endless listing")
			require.Equal(t, "10", c.asked()[0].Get("PageSize"))
		})
	}
}

func TestNextToken(t *testing.T) {
	t.Parallel()
	pager := source.NextToken{Token: "NextToken", Size: "MaxResults", Next: "Page.Next", PageSizes: source.PageSizes{Default: 50}}
	// pages answers the bodies, each leading to the next; the token of the
	// first page is empty.
	pages := func(bodies ...string) func(w http.ResponseWriter, q url.Values, _ int) {
		return func(w http.ResponseWriter, q url.Values, _ int) {
			i, _ := strconv.Atoi(q.Get("NextToken"))
			fmt.Fprint(w, bodies[i])
		}
	}
	for _, tt := range []struct {
		name     string
		answer   func(w http.ResponseWriter, q url.Values, n int)
		rows     int
		restarts int
		reason   string
	}{
		{name: "one page", answer: pages(`{"List":[{"Id":"a"},{"Id":"b"}],"Page":{}}`), rows: 2},
		{name: "null token", answer: pages(`{"List":[{"Id":"a"}],"Page":{"Next":null}}`), rows: 1},
		{
			name: "short and empty pages in the middle", rows: 3,
			answer: pages(
				`{"List":[{"Id":"a"}],"Page":{"Next":"1"}}`, `{"List":[],"Page":{"Next":"2"}}`, `{"List":[],"Page":{"Next":"3"}}`,
				`{"List":[{"Id":"b"},{"Id":"c"}],"Page":{"Next":""}}`,
			),
		},
		{name: "empty", answer: pages(`{"List":[],"Page":{"Next":""}}`)},
		{name: "two lists", rows: 1, answer: pages(`{"List":[{"Id":"a"}],"List":[],"Page":{}}`), restarts: 2, reason: "page 1 holds List twice"},
		{name: "two tokens", rows: 1, answer: pages(`{"List":[{"Id":"a"}],"Page":{"Next":"","Next":"1"}}`), restarts: 2, reason: "page 1 holds Next twice"},
		{name: "no word of a next page", rows: 1, answer: pages(`{"List":[{"Id":"a"}],"Page":null}`), restarts: 2, reason: "page 1 does not tell whether it is the last"},
		{name: "a token of another type", rows: 1, answer: pages(`{"List":[{"Id":"a"}],"Page":{"Next":false}}`), restarts: 2, reason: "page 1 does not tell whether it is the last"},
		{name: "a dash for a token", answer: pages(`{"List":[{"Id":"a"}],"Page":{"Next":"-"}}`), rows: 1},
		{name: "0 for a token", answer: pages(`{"List":[{"Id":"a"}],"Page":{"Next":"1"}}`, `{"List":[{"Id":"b"}],"Page":{"Next":0}}`), rows: 2},
		{
			name: "a circle", rows: 2, restarts: 2, reason: "leads back",
			answer: pages(`{"List":[{"Id":"a"}],"Page":{"Next":"1"}}`, `{"List":[{"Id":"b"}],"Page":{"Next":"1"}}`),
		},
		{
			name: "a row twice", rows: 3, restarts: 2, reason: "1 of 2 rows of page 2 were shown before",
			answer: pages(`{"List":[{"Id":"a"}],"Page":{"Next":"1"}}`, `{"List":[{"Id":"a"},{"Id":"b"}],"Page":{"Next":""}}`),
		},
		{
			name: "for ever nothing", restarts: 2, reason: "100 pages in a row showed nothing new",
			answer: func(w http.ResponseWriter, _ url.Values, n int) {
				fmt.Fprintf(w, `{"List":[],"Page":{"Next":"%d"}}`, n)
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t, tt.answer)
			s, sweep := listing(pager)
			var sink recorder
			outcome, err := c.client().Sweep(t.Context(), Request{Source: s, Sweep: sweep, Region: "cn-hangzhou", PageSize: 20}, &sink)
			require.NoError(t, err)
			require.Len(t, sink.rows, tt.rows)
			require.Equal(t, tt.restarts, sink.restarts)
			require.Contains(t, outcome.Reason, tt.reason)
			require.Equal(t, tt.reason == "", outcome.Complete, outcome.Reason)
			first := c.asked()[0]
			require.Equal(t, "20", first.Get("MaxResults"))
			require.False(t, first.Has("NextToken"))
		})
	}
}

// TestMany: many values go into one call, in the form that the parameter has.
func TestMany(t *testing.T) {
	t.Parallel()
	for form, want := range map[source.Form]url.Values{
		source.Commas:    {"Ids": {`a,"b`}},
		source.Repeated:  {"Ids.1": {"a"}, "Ids.2": {`"b`}},
		source.JSONArray: {"Ids": {`["a","\"b"]`}},
	} {
		got := url.Values{}
		for name, value := range inForm(form, "Ids", []string{"a", `"b`}) {
			got.Set(name, value)
		}
		require.Equal(t, want, got)
	}
}

func TestBatches(t *testing.T) {
	t.Parallel()
	s, sweep := listing(source.Batches{PageSizes: source.PageSizes{Default: 3}})
	sweep.Each = &source.Each{Param: "Ids", Column: "id"}
	values := strings.Split("a b c d e f g", " ")
	c := newCloud(t, func(w http.ResponseWriter, q url.Values, n int) {
		if strings.Contains(q.Get("Ids"), "d") {
			fmt.Fprint(w, `{"List":[]}`)
			return
		}
		list := []object{}
		for id := range strings.SplitSeq(q.Get("Ids"), ",") {
			list = append(list, object{"Id": id})
		}
		write(w, object{"List": list})
	})
	var sink recorder
	outcome, err := c.client().Sweep(t.Context(), Request{Source: s, Sweep: sweep, Region: "cn-hangzhou", Values: values}, &sink)
	require.NoError(t, err)
	require.True(t, outcome.Complete, outcome.Reason)
	require.EqualValues(t, 4, outcome.Total)
	var asked []string
	for _, q := range c.asked() {
		asked = append(asked, q.Get("Ids"))
	}
	require.ElementsMatch(t, []string{"a,b,c", "d,e,f", "g"}, asked)

	// A value that the list would be cut at is not asked for, and nothing is said of it.
	before := len(c.asked())
	outcome, err = c.client().Sweep(t.Context(), Request{Source: s, Sweep: sweep, Region: "cn-hangzhou", Values: []string{"a", "b,c"}}, &sink)
	require.NoError(t, err)
	require.Equal(t, "1 of 2 values hold a comma, and cannot be asked for", outcome.Reason)
	require.Len(t, c.asked(), before+1)
	require.Equal(t, "a", c.asked()[before].Get("Ids"))

	outcome, err = c.client().Sweep(t.Context(), Request{Source: s, Sweep: sweep, Region: "cn-hangzhou"}, &sink)
	require.NoError(t, err)
	require.True(t, outcome.Complete, "no values, nothing to ask")
	require.Len(t, c.asked(), before+1)

	sweep.Each = nil
	_, err = c.client().Sweep(t.Context(), Request{Source: s, Sweep: sweep, Region: "cn-hangzhou"}, &sink)
	require.ErrorIs(t, err, errNoEach)
}

func TestObject(t *testing.T) {
	t.Parallel()
	s, sweep := listing(source.Object{})
	s.Items, s.Key = "Data", nil
	c := newCloud(t, func(w http.ResponseWriter, _ url.Values, _ int) { fmt.Fprint(w, `{"Data":{"Id":"x","N":"4"}}`) })
	var sink recorder
	outcome, err := c.client().Sweep(t.Context(), Request{Source: s, Sweep: sweep, Region: "cn-hangzhou"}, &sink)
	require.NoError(t, err)
	require.True(t, outcome.Complete, outcome.Reason)
	require.Equal(t, []source.Row{{source.TextValue("x"), source.IntValue(4), {}}}, sink.rows)
}

// TestObjectIsTheAnswer: the row is the answer itself, without what is about the call.
func TestObjectIsTheAnswer(t *testing.T) {
	t.Parallel()
	s, sweep := listing(source.Object{})
	s.Items, s.Key = "", nil
	answer := `{"RequestId":"%d","Success":true,"Id":"x","N":"4","New":{"Code":"200"}}`
	c := newCloud(t, func(w http.ResponseWriter, _ url.Values, n int) { fmt.Fprintf(w, answer, n) })
	for range 2 { // of which the RequestIds differ, and nothing else
		var sink recorder
		outcome, err := c.client().Sweep(t.Context(), Request{Source: s, Sweep: sweep, Region: "cn-hangzhou"}, &sink)
		require.NoError(t, err)
		require.True(t, outcome.Complete, outcome.Reason)
		require.Equal(t, map[string]int{"New": 1}, outcome.Unknown)
		require.Equal(t, []source.Row{{source.TextValue("x"), source.IntValue(4), source.TextValue(`{"New":{"Code":"200"}}`)}}, sink.rows)
	}
	nothing := newCloud(t, func(w http.ResponseWriter, _ url.Values, _ int) { fmt.Fprint(w, `{"RequestId":"R","Id":null}`) })
	_, err := nothing.client(func(_ *Account, o *Options) { o.MaxAttempts = 1 }).Sweep(t.Context(), Request{Source: s, Sweep: sweep, Region: "cn-hangzhou"}, &recorder{})
	require.ErrorContains(t, err, "nothing but its RequestId")
}

// TestList: one call answers all items. Where it tells how many there are, it must show
// as many, each once.
func TestList(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		total, answer string
		reason        string // empty: the listing is complete
		rows          int
	}{
		"all":            {"", `{"List":[{"Id":"a"},{"Id":"b"}]}`, "", 2},
		"none":           {"", `{"List":[]}`, "", 0},
		"total":          {"TotalCount", `{"TotalCount":"2","List":[{"Id":"a"},{"Id":"b"}]}`, "", 2},
		"total inside":   {"Page.Total", `{"Page":{"Total":1},"List":[{"Id":"a"}]}`, "", 1},
		"cut short":      {"TotalCount", `{"TotalCount":3,"List":[{"Id":"a"},{"Id":"b"}]}`, "2 rows were shown of a total of 3", 2},
		"total not told": {"TotalCount", `{"List":[{"Id":"a"}]}`, "the answer tells no total (RequestId )", 1},
		"shown twice":    {"", `{"List":[{"Id":"a"},{"Id":"a"}]}`, "1 of 2 rows were shown before", 2},
		"two totals":     {"TotalCount", `{"TotalCount":1,"TotalCount":2,"List":[{"Id":"a"}]}`, "page 1 holds TotalCount twice (RequestId )", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, sweep := listing(source.List{Total: c.total})
			cloud := newCloud(t, func(w http.ResponseWriter, _ url.Values, _ int) { fmt.Fprint(w, c.answer) })
			var sink recorder
			outcome, err := cloud.client().Sweep(t.Context(), Request{Source: s, Sweep: sweep, Region: "cn-hangzhou"}, &sink)
			require.NoError(t, err)
			require.Equal(t, c.reason, outcome.Reason)
			require.Equal(t, c.reason == "", outcome.Complete)
			require.Len(t, sink.rows, c.rows)
			for _, q := range cloud.asked() {
				require.Empty(t, q.Get("PageSize"))
			}
		})
	}
}

// TestTwoListsInside: of two lists in an object of the answer neither is believed, however
// the listing is paged and however deep they lie.
func TestTwoListsInside(t *testing.T) {
	t.Parallel()
	for path, answer := range map[string]string{
		"Data.List":   `{"Data":{"List":[{"Id":"a"}],"List":[{"Id":"b"}]},"Total":1}`,
		"A.Data.List": `{"A":{"Data":{"List":[{"Id":"a"}]},"Data":{"List":[{"Id":"b"}]}},"Total":1}`,
	} {
		for _, pager := range []source.Pager{
			source.List{},
			source.NextToken{Token: "NextToken", Size: "MaxResults", Next: "NextToken", PageSizes: source.PageSizes{Default: 10}},
			source.PageNumber{Page: "CurrentPage", Size: "PageSize", Total: "Total", PageSizes: source.PageSizes{Default: 10}},
		} {
			t.Run(fmt.Sprintf("%s %T", path, pager), func(t *testing.T) {
				t.Parallel()
				s, sweep := listing(pager)
				s.Items = path
				cloud := newCloud(t, func(w http.ResponseWriter, _ url.Values, _ int) { fmt.Fprint(w, answer) })
				outcome, err := cloud.client().Sweep(t.Context(), Request{Source: s, Sweep: sweep, Region: "cn-hangzhou"}, &recorder{})
				require.NoError(t, err)
				require.False(t, outcome.Complete)
				require.Regexp(t, "page 1 holds (List|Data) twice", outcome.Reason)
			})
		}
	}
}

// TestTotalsInTheRoot: totals and tokens may stand in the answer itself.
func TestTotalsInTheRoot(t *testing.T) {
	t.Parallel()
	for name, pager := range map[string]source.Pager{
		"page number": source.PageNumber{Page: "CurrentPage", Size: "PageSize", Total: "TotalCount", PageSizes: source.PageSizes{Default: 100, Most: 10}},
		"next token":  source.NextToken{Token: "NextToken", Size: "PageSize", Next: "NextToken", PageSizes: source.PageSizes{Default: 100, Most: 10}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, sweep := listing(pager)
			c := newCloud(t, func(w http.ResponseWriter, q url.Values, _ int) {
				size, _ := strconv.Atoi(q.Get("PageSize"))
				from, _ := strconv.Atoi(q.Get("NextToken"))
				if page, err := strconv.Atoi(q.Get("CurrentPage")); err == nil {
					from = (page - 1) * size
				}
				answer := object{"List": items(from, min(from+size, 35)), "TotalCount": 35}
				if from+size < 35 {
					answer["NextToken"] = strconv.Itoa(from + size)
				}
				write(w, answer)
			})
			for _, size := range []int{0, 1000} { // what is asked for is never more than the API takes
				var sink recorder
				outcome, err := c.client().Sweep(t.Context(), Request{Source: s, Sweep: sweep, Region: "cn-hangzhou", PageSize: size}, &sink)
				require.NoError(t, err)
				require.True(t, outcome.Complete, outcome.Reason)
				require.Len(t, sink.rows, 35)
			}
			for _, q := range c.asked() {
				require.Equal(t, "10", q.Get("PageSize"))
			}
		})
	}
}

// TestSince: the moment is written as the API takes it.
func TestSince(t *testing.T) {
	t.Parallel()
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	require.NoError(t, err)
	s, sweep := listing(byNumber)
	s.Columns = append(s.Columns, source.Column{Name: "at", Field: "At", Type: source.LocalTime, Zone: shanghai})
	for want, since := range map[string]source.Since{
		"1672741657897":        {},
		"1672741657898":        {As: source.Millis},
		"2023-01-03T10:27:37Z": {As: source.ISOTime},
		"2023-01-03 18:27:37":  {As: source.LocalTime, Zone: shanghai},
		"2023-01-03 10:27:37":  {As: source.LocalTime, Zone: time.UTC},
	} {
		since.Param, since.Column = "TimeStart", "at"
		sweep.Since = &since
		c := newCloud(t, func(w http.ResponseWriter, q url.Values, _ int) {
			write(w, object{"List": []object{{"Id": "a", "At": "2023-01-03 18:27:37"}}, "PageInfo": object{"TotalCount": 1}})
		})
		moment := time.UnixMilli(1672741657897)
		if since.As == source.Millis {
			moment = moment.Add(time.Millisecond)
		}
		var sink recorder
		_, err := c.client().Sweep(t.Context(), Request{Source: s, Sweep: sweep, Region: "cn-hangzhou", Since: moment}, &sink)
		require.NoError(t, err)
		require.Equal(t, want, c.asked()[0].Get("TimeStart"))
		require.Equal(t, "2023-01-03T10:27:37Z", sink.rows[0][2].Time().Format(time.RFC3339), "the column's zone")
	}
}

// TestKeyThatWasAskedFor: the key holds what was asked for, which no item tells.
func TestKeyThatWasAskedFor(t *testing.T) {
	t.Parallel()
	s, sweep := listing(byNumber)
	s.Columns = append(s.Columns, source.Column{Name: "instance_id", Type: source.Text})
	s.Key = []string{"instance_id", "id"}
	sweep.Each = &source.Each{Param: "InstanceId", Column: "instance_id"}
	c := newCloud(t, func(w http.ResponseWriter, q url.Values, _ int) { numbered(w, q, 3, 10) })
	for _, instance := range []string{"i-1", "i-2"} {
		var sink recorder
		outcome, err := c.client().Sweep(t.Context(), Request{Source: s, Sweep: sweep, Region: "cn-hangzhou", Value: instance}, &sink)
		require.NoError(t, err)
		require.True(t, outcome.Complete, outcome.Reason)
		require.Len(t, sink.rows, 3)
		require.Equal(t, source.TextValue(instance), sink.rows[2][2])
	}
	require.Equal(t, "i-2", c.asked()[1].Get("InstanceId"))
}

func TestParametersOfASweep(t *testing.T) {
	t.Parallel()
	c := newCloud(t, func(w http.ResponseWriter, q url.Values, _ int) { numbered(w, q, 1, 10) })
	s, sweep := listing(byNumber)
	s.Columns = append(s.Columns,
		source.Column{Name: "is_root", Type: source.Bool},
		source.Column{Name: "root_id", Type: source.Text})
	sweep.Params = map[string]string{"RootTask": "false"}
	sweep.Set = map[string]string{"is_root": "false"}
	sweep.Each = &source.Each{Param: "TaskId", Column: "root_id"}
	sweep.Since = &source.Since{Param: "StartTime"}
	var sink recorder
	_, err := c.client().Sweep(t.Context(), Request{
		Source: s, Sweep: sweep, Region: "ap-southeast-1", Value: "root-1", Since: time.UnixMilli(1672741657897),
		Params: map[string]string{"Lang": "en"},
	}, &sink)
	require.NoError(t, err)
	q := c.asked()[0]
	for name, want := range map[string]string{
		"RootTask": "false", "TaskId": "root-1", "StartTime": "1672741657897", "Lang": "en",
		"CurrentPage": "1", "PageSize": "10", "Action": "ListThing",
	} {
		require.Equal(t, want, q.Get(name), name)
	}
	require.Equal(t, source.Row{
		source.TextValue("id-0"), source.IntValue(0), source.BoolValue(false), source.TextValue("root-1"), {},
	}, sink.rows[0])
	require.Len(t, sweep.Params, 1, "the declaration stays as it is")
}

func TestSweepErrors(t *testing.T) {
	t.Parallel()
	s, sweep := listing(byNumber)
	request := Request{Source: s, Sweep: sweep, Region: "cn-hangzhou"}

	refused := newCloud(t, func(w http.ResponseWriter, q url.Values, _ int) {
		if q.Get("CurrentPage") == "3" {
			refuse(w, 403, "NoPermission", "caller has no permission")
			return
		}
		numbered(w, q, 500, 10)
	})
	_, err := refused.client().Sweep(t.Context(), request, &recorder{})
	require.EqualError(t, err, `sweep things (all): page 3: ListThing in cn-hangzhou for account "production": `+
		`NoPermission: caller has no permission (HTTP 403, RequestId REQ-1); grant the RAM user or role the action yundun-sas:ListThing`)
	var answer *Error
	require.ErrorAs(t, err, &answer)
	require.Equal(t, "REQ-1", answer.RequestID)

	c := newCloud(t, func(w http.ResponseWriter, q url.Values, _ int) { numbered(w, q, 500, 10) })
	full := errors.New("disk full")
	_, err = c.client().Sweep(t.Context(), request, &recorder{fail: full})
	require.ErrorIs(t, err, full)
	require.False(t, Retryable(err))

	ctx, cancel := context.WithCancel(t.Context())
	slow := newCloud(t, func(w http.ResponseWriter, q url.Values, n int) {
		if n > 5 {
			cancel()
			time.Sleep(10 * time.Millisecond)
		}
		numbered(w, q, 500, 10)
	})
	_, err = slow.client().Sweep(ctx, request, &recorder{})
	require.ErrorIs(t, err, context.Canceled)

	s2, sweep2 := listing(nil)
	_, err = c.client().Sweep(t.Context(), Request{Source: s2, Sweep: sweep2, Region: "cn-hangzhou"}, &recorder{})
	require.ErrorContains(t, err, "is not known")
}
