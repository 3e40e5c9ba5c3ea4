package sim

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"strconv"
	"testing"
)

// numbered sets n items for an action, so that a page shows where it was cut.
func numbered(t *Tables, action string, n int) []string {
	var items []any
	var want []string
	for i := range n {
		want = append(want, fmt.Sprintf(`{"n":%d}`, i))
		items = append(items, want[i])
	}
	t.Set(first.ID, "cn-hangzhou", action, items...)
	return want
}

// byPages asks for page after page, and byTokens for token after token.
func byPages(tb testing.TB, server *httptest.Server, action string, size int, pairs ...string) (all []string, pages int) {
	tb.Helper()
	for {
		pages++
		a := call(tb, server, action, append(pairs, "CurrentPage", strconv.Itoa(pages), "PageSize", strconv.Itoa(size))...)
		page := a.items(tb)
		if a.PageInfo.CurrentPage != pages || len(page) > a.PageInfo.PageSize {
			tb.Fatalf("page %d: %d items and %+v", pages, len(page), a.PageInfo)
		}
		all = append(all, page...)
		if pages*a.PageInfo.PageSize >= a.PageInfo.TotalCount {
			return all, pages
		}
	}
}

func byTokens(tb testing.TB, server *httptest.Server, action, sizeParam string, size int, pairs ...string) (all []string, pages int) {
	tb.Helper()
	token := ""
	for {
		pages++
		a := call(tb, server, action, append(pairs, "NextToken", token, sizeParam, strconv.Itoa(size))...)
		if a.status != 200 {
			tb.Fatalf("page %d: %s %s", pages, a.Code, a.Message)
		}
		all = append(all, a.items(tb)...)
		if token = a.NextToken + a.PageInfo.NextToken; token == "" {
			return all, pages
		}
	}
}

// TestPagesMakeTheList: whatever the page size and the way of paging, the pages
// one after the other are the list.
func TestPagesMakeTheList(t *testing.T) {
	t.Parallel()
	var world Tables
	_, server := setup(t, Options{World: &world, MaxPageSize: 40})
	for _, n := range []int{0, 1, 2, 39, 40, 41, 133} {
		for _, size := range []int{1, 2, 7, 39, 40, 41, 1000} {
			if size == 1 && n > 50 {
				continue
			}
			want := numbered(&world, "DescribeCloudCenterInstances", n)
			if got, pages := byPages(t, server, "DescribeCloudCenterInstances", size); !slices.Equal(got, want) {
				t.Errorf("%d by number in pages of %d: %d items in %d pages", n, size, len(got), pages)
			}
			if got, pages := byTokens(t, server, "DescribeCloudCenterInstances", "PageSize", size, "UseNextToken", "true"); !slices.Equal(got, want) {
				t.Errorf("%d by token in pages of %d: %d items in %d pages", n, size, len(got), pages)
			}
			want = numbered(&world, "ListInstancePatchStates", n)
			if got, pages := byTokens(t, server, "ListInstancePatchStates", "MaxResults", size); !slices.Equal(got, want) {
				t.Errorf("%d of OOS in pages of %d: %d items in %d pages", n, size, len(got), pages)
			}
		}
	}
}

func TestPageInfo(t *testing.T) {
	t.Parallel()
	var world Tables
	_, server := setup(t, Options{World: &world})
	numbered(&world, "ListOperationProcess", 250)
	numbered(&world, "DescribeCloudCenterInstances", 250)
	for _, c := range []struct {
		action       string
		params       []string
		page, size   int
		total, count int
	}{
		{"ListOperationProcess", nil, 1, 20, 250, 20},
		{"ListOperationProcess", []string{"CurrentPage", "3", "PageSize", "100"}, 3, 100, 250, 50},
		{"ListOperationProcess", []string{"CurrentPage", "2147483647", "PageSize", "2147483647"}, 2147483647, 100, 250, 0},
		{"DescribeCloudCenterInstances", []string{"CurrentPage", "2", "PageSize", "30"}, 2, 30, 250, 30},
		{"DescribeCloudCenterInstances", []string{"UseNextToken", "true", "PageSize", "500"}, 0, 100, 0, 100},
	} {
		a := call(t, server, c.action, c.params...)
		p := a.PageInfo
		if p.CurrentPage != c.page || p.PageSize != c.size || p.TotalCount != c.total || p.Count != c.count || len(a.items(t)) != c.count {
			t.Errorf("%s %v: %+v", c.action, c.params, p)
		}
	}
}

// TestPatchPages: short and empty pages do come before the end, and only there.
func TestPatchPages(t *testing.T) {
	t.Parallel()
	var world Tables
	_, odd := setup(t, Options{World: &world})
	_, full := setup(t, Options{World: &world, FullPages: true})
	want := numbered(&world, "ListInstancePatchStates", 1000)
	if got, pages := byTokens(t, full, "ListInstancePatchStates", "MaxResults", 10); pages != 100 || !slices.Equal(got, want) {
		t.Errorf("%d items in %d full pages", len(got), pages)
	}
	short, empty, token := 0, 0, ""
	for more := true; more; more = token != "" {
		a := call(t, odd, "ListInstancePatchStates", "MaxResults", "10", "NextToken", token)
		token = a.NextToken
		switch n := len(a.items(t)); {
		case n == 0:
			empty++
		case n < 10:
			short++
		}
	}
	if short < 5 || empty < 1 {
		t.Errorf("%d short and %d empty pages", short, empty)
	}
}

func TestTokenIsTheCallersOwn(t *testing.T) {
	t.Parallel()
	_, server := setup(t, Options{})
	token := call(t, server, "ListInstancePatchStates", "MaxResults", "5").NextToken
	for name, query := range map[string]answer{
		"another account": get(t, server, signed(other, "ListInstancePatchStates", params("NextToken", token))),
		"another region":  call(t, server, "ListInstancePatchStates", "NextToken", token, "RegionId", "cn-shanghai"),
		"another list":    call(t, server, "DescribeCloudCenterInstances", "NextToken", token, "UseNextToken", "true"),
	} {
		if query.Code != "InvalidParameter.NextToken" {
			t.Errorf("%s: %d %s", name, query.status, query.Code)
		}
	}
}
