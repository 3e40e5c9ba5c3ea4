package sim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"syncer/source"
)

// recording is of a source with five rows, whatever its pager is.
func recording(change func(*source.Source)) Recording {
	s := &source.Source{
		Name:    "things",
		API:     source.API{Product: "Ecs", Version: "2014-05-26", Action: "ListThings", RAMAction: "ecs:ListThings"},
		Regions: source.OOS, Items: "Things.Thing", Key: []string{"id"},
		Columns: []source.Column{
			{Name: "id", Field: "Id", Type: source.Text},
			{Name: "kind", Field: "Kind", Type: source.Text},
			{Name: "host", Field: "Host", Type: source.Text},
			{Name: "made_at", Field: "Made", Type: source.ISOTime},
			{Name: "parent"},
		},
		Pager:  source.List{},
		Sweeps: []source.Sweep{{Name: "things", Absent: source.Ends}},
	}
	change(s)
	page := `{"RequestId": "A", "Info": {"Total": 70, "Count": 9, "Token": "x"}, "Success": true, "Things": {"Thing": [`
	var rows []string
	for i, kind := range []string{"cve", "cve", "sys", "app", "app"} {
		rows = append(rows, fmt.Sprintf(`{"Id": "t%[1]d", "Kind": "%[2]s", "Host": "h", "Made": "2026-03-0%[1]dT00:00:00Z"}`, i+1, kind))
	}
	return Recording{s, []byte(page + strings.Join(rows, ",") + "]}}")}
}

// asked makes a call of the recording; the answer's rows are "t1 cve h".
func asked(t *testing.T, r Recording, pairs ...string) (rows []string, body map[string]any, status int) {
	t.Helper()
	_, server := setup(t, Options{Recorded: []Recording{r}})
	p := params(pairs...)
	p.Set("Version", r.Source.API.Version)
	a := get(t, server, signed(first, "ListThings", p))
	if err := json.Unmarshal(a.body, &body); err != nil {
		t.Fatal(err)
	}
	things, _ := body["Things"].(map[string]any)
	list, _ := things["Thing"].([]any)
	for _, i := range list {
		thing := i.(map[string]any)
		rows = append(rows, fmt.Sprint(thing["Id"], " ", thing["Kind"], " ", thing["Host"]))
	}
	return rows, body, a.status
}

func TestRecordedPagers(t *testing.T) {
	t.Parallel()
	all := []string{"t1 cve h", "t2 cve h", "t3 sys h", "t4 app h", "t5 app h"}
	info := func(body map[string]any) map[string]any { return body["Info"].(map[string]any) }

	list := recording(func(s *source.Source) { s.Pager = source.List{Total: "Info.Total"} })
	rows, body, _ := asked(t, list)
	if !slices.Equal(rows, all) || info(body)["Total"] != 5.0 || body["Success"] != true || body["RequestId"] == "A" {
		t.Errorf("list: %v", body)
	}

	numbers := recording(func(s *source.Source) {
		s.Pager = source.PageNumber{Page: "Page", Size: "Size", Total: "Info.Total", PageSizes: source.PageSizes{Most: 50}}
	})
	rows, body, _ = asked(t, numbers, "Page", "2", "Size", "2")
	if want := map[string]any{"Total": 5.0, "Count": 2.0, "Page": 2.0, "Size": 2.0, "Token": "x"}; !slices.Equal(rows, all[2:4]) || fmt.Sprint(info(body)) != fmt.Sprint(want) {
		t.Errorf("page 2: %v", body)
	}
	if rows, _, _ = asked(t, numbers, "Page", "4", "Size", "2"); len(rows) > 0 {
		t.Errorf("beyond the end: %v", rows)
	}
	for _, wrong := range [][]string{{"Page", "0"}, {"Size", "x"}, {"Size", "51"}} {
		if _, body, status := asked(t, numbers, wrong...); status != http.StatusBadRequest || body["Code"] != "InvalidParameter" {
			t.Errorf("%v: %d %v", wrong, status, body)
		}
	}

	tokens := recording(func(s *source.Source) {
		s.Pager = source.NextToken{Token: "From", Size: "Most", Next: "Info.Token"}
	})
	var seen []string
	token := ""
	for range 3 {
		rows, body, _ = asked(t, tokens, "From", token, "Most", "2")
		seen = append(seen, rows...)
		token = info(body)["Token"].(string)
	}
	if !slices.Equal(seen, all) || token != "" {
		t.Errorf("tokens: %v, then %q", seen, token)
	}
	if _, body, _ = asked(t, tokens, "From", "made-up"); body["Code"] != "InvalidParameter.From" {
		t.Errorf("a token of its own making: %v", body)
	}

	object := recording(func(s *source.Source) { s.Pager, s.Items, s.Key = source.Object{}, "Info", nil })
	if _, body, _ = asked(t, object); fmt.Sprint(info(body)) != "map[Count:9 Token:x Total:70]" {
		t.Errorf("object: %v", body)
	}
	root := recording(func(s *source.Source) { s.Pager, s.Items, s.Key = source.Object{}, "", nil })
	if _, body, _ = asked(t, root); body["Success"] != true || body["RequestId"] == "A" {
		t.Errorf("object in the root: %v", body)
	}
}

func TestRecordedSweeps(t *testing.T) {
	t.Parallel()
	each := func(e source.Each, pager source.Pager, key ...string) Recording {
		return recording(func(s *source.Source) { s.Pager, s.Key, s.Sweeps[0].Each = pager, key, &e })
	}
	hosts := []source.Values{{Source: "cloud_center_instances", Columns: []string{"uuid"}}}

	kinds := each(source.Each{Param: "Kind", Column: "kind", Fixed: []string{"cve", "sys"}}, source.List{}, "id")
	if rows, _, _ := asked(t, kinds, "Kind", "cve"); !slices.Equal(rows, []string{"t1 cve h", "t2 cve h"}) {
		t.Errorf("declared values are a filter: %v", rows)
	}
	if _, body, _ := asked(t, kinds); body["Code"] != "MissingKind" {
		t.Errorf("without the value: %v", body)
	}

	perHost := each(source.Each{Param: "Host", Column: "host", From: hosts}, source.List{}, "host", "id")
	if rows, _, _ := asked(t, perHost, "Host", "web-1"); len(rows) != 5 || rows[0] != "t1 cve web-1" {
		t.Errorf("about a host: %v", rows)
	}

	batches := each(source.Each{Param: "Hosts", Column: "host", From: hosts}, source.Batches{Form: source.Repeated}, "host")
	rows, _, _ := asked(t, batches, "Hosts.1", "a", "Hosts.2", "b")
	if len(rows) != 2 || !strings.HasSuffix(rows[0], " a") || !strings.HasSuffix(rows[1], " b") {
		t.Errorf("one row for each of a batch: %v", rows)
	}
	if _, body, _ := asked(t, each(source.Each{Param: "Hosts", Column: "host"}, source.Batches{Form: source.JSONArray}, "host"), "Hosts", "a,b"); body["Code"] != "InvalidParameter" {
		t.Errorf("no JSON array: %v", body)
	}

	pairs := each(source.Each{
		Param: "Kind", Column: "kind", Fixed: []string{"cve"},
		Each: &source.Each{Param: "Host", Column: "host", From: hosts},
	}, source.List{}, "host", "id")
	if rows, _, _ := asked(t, pairs, "Kind", "cve", "Host", "web-1"); !slices.Equal(rows, []string{"t1 cve web-1", "t2 cve web-1"}) {
		t.Errorf("a pair: %v", rows)
	}
	if _, body, _ := asked(t, pairs, "Kind", "cve"); body["Code"] != "MissingHost" {
		t.Errorf("half a pair: %v", body)
	}

	untold := each(source.Each{Param: "Parent", Column: "parent", From: hosts}, source.List{}, "id")
	a, _, _ := asked(t, untold, "Parent", "a")
	b, _, _ := asked(t, untold, "Parent", "b")
	again, _, _ := asked(t, untold, "Parent", "a")
	if len(a) != 5 || len(b) != 5 || a[0] == b[0] || !slices.Equal(a, again) {
		t.Errorf("rows of two parents have keys of their own: %v and %v", a, b)
	}
	child, _, _ := strings.Cut(a[0], " ")
	if rows, _, _ = asked(t, untold, "Parent", child); len(rows) > 0 {
		t.Errorf("children of children: %v", rows)
	}

	since := recording(func(s *source.Source) {
		s.Sweeps[0].Params = map[string]string{"Lang": "en"}
		s.Sweeps[0].Since = &source.Since{
			Param: "Start", As: source.LocalTime, Zone: time.UTC, Column: "made_at",
			Older: &source.Older{Keys: source.Many{Param: "Ids", Form: source.JSONArray}},
		}
		s.Sweeps = append(s.Sweeps, source.Sweep{Name: "others", Params: map[string]string{"Lang": "en", "Other": "true"}, Set: map[string]string{"parent": "x"}})
	})
	if rows, _, _ = asked(t, since, "Lang", "en", "Start", "2026-03-04 00:00:00"); !slices.Equal(rows, []string{"t4 app h", "t5 app h"}) {
		t.Errorf("since: %v", rows)
	}
	if rows, _, _ = asked(t, since, "Lang", "en", "Ids", `["t1"]`); !slices.Equal(rows, []string{"t1 cve h"}) {
		t.Errorf("by key: %v", rows)
	}
	if rows, _, _ = asked(t, since, "Lang", "en", "Other", "true"); len(rows) != 5 || rows[0] == "t1 cve h" {
		t.Errorf("the second sweep has rows of its own: %v", rows)
	}
	for code, wrong := range map[string][]string{"MissingLang": nil, "InvalidParameter": {"Lang", "fr"}} {
		if _, body, _ := asked(t, since, wrong...); body["Code"] != code {
			t.Errorf("%v: %v", wrong, body)
		}
	}
	if _, body, _ := asked(t, since, "Lang", "en", "Start", "yesterday"); body["Code"] != "InvalidParameter" {
		t.Errorf("no moment: %v", body)
	}
}

// TestTheWorldComesFirst: items that a test has set take the place of the recorded ones.
func TestTheWorldComesFirst(t *testing.T) {
	t.Parallel()
	r := recording(func(*source.Source) {})
	var world Tables
	world.Set(first.ID, "cn-shanghai", "ListThings", `{"Id": "mine"}`)
	_, server := setup(t, Options{World: &world, Recorded: []Recording{r}})
	for region, want := range map[string]string{"cn-shanghai": "mine", "cn-hangzhou": "t1"} {
		a := get(t, server, signed(first, "ListThings", params("Version", r.Source.API.Version, "RegionId", region)))
		if !strings.Contains(string(a.body), `"`+want+`"`) {
			t.Errorf("%s: %s", region, a.body)
		}
	}
	denied := first
	denied.Deny = []string{"ecs:ListThings"}
	_, server = setup(t, Options{Accounts: []Account{denied}, Recorded: []Recording{r}})
	if a := get(t, server, signed(denied, "ListThings", params("Version", r.Source.API.Version))); a.Code != "NoPermission" {
		t.Errorf("denied: %s", a.body)
	}
	wrong := signed(denied, "ListThings", params("Version", r.Source.API.Version))
	wrong.Set("Signature", "wrong")
	if a := get(t, server, wrong); a.Code != "SignatureDoesNotMatch" {
		t.Errorf("signature: %s", a.body)
	}
}
