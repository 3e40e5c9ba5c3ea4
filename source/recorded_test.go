package source

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// TestRecordedPages holds the declarations against catalogue/<source>.json, the
// success examples of the API's pages: every field has its column, and every coded
// value has its label. A field that is spelt wrong leaves the page's without a column.
func TestRecordedPages(t *testing.T) {
	t.Parallel()
	for _, s := range Catalogue {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			for _, item := range recordedItems(t, s) {
				for field, value := range item {
					if s.Items == "" && field == "RequestId" { // of the answer, and not of its row
						continue
					}
					i := slices.IndexFunc(s.Columns, func(c Column) bool { return c.Field == field })
					if i < 0 {
						t.Errorf("field %s has no column", field)
						continue
					}
					c := s.Columns[i]
					code := strings.Trim(string(value), `"`)
					if len(c.Labels) > 0 && !slices.ContainsFunc(c.Labels, func(l Label) bool { return l.Code == code }) {
						t.Errorf("column %s has no label for %s", c.Name, value)
					}
				}
			}
		})
	}
}

// recordedItems are the items of the source's recorded page.
func recordedItems(t *testing.T, s *Source) []map[string]json.RawMessage {
	t.Helper()
	at := Page(s.Name)
	if at == nil {
		t.Fatalf("no page is recorded: expected catalogue/%s.json", s.Name)
	}
	for name := range strings.FieldsFuncSeq(s.Items, func(r rune) bool { return r == '.' }) {
		var object map[string]json.RawMessage
		if err := json.Unmarshal(at, &object); err != nil {
			t.Fatalf("at %s: %v", name, err)
		}
		at = object[name]
	}
	if _, object := s.Pager.(Object); object {
		at = slices.Concat([]byte("["), at, []byte("]"))
	}
	var items []map[string]json.RawMessage
	if err := json.Unmarshal(at, &items); err != nil {
		t.Fatal(err)
	}
	if len(items) == 0 {
		t.Fatal("the recorded page has no items")
	}
	return items
}
