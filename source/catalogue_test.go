package source

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAllIsValid(t *testing.T) {
	t.Parallel()
	if err := Validate(All); err != nil {
		t.Error(err)
	}
}

func TestLookups(t *testing.T) {
	t.Parallel()
	s, ok := ByName(All, "publish_batches")
	if !ok || s != &PublishBatches {
		t.Fatalf("ByName(publish_batches) = %v, %t", s, ok)
	}
	if _, ok := ByName(All, "nothing"); ok {
		t.Error("ByName finds a source that does not exist")
	}
	if c, ok := s.Column("batch_interval_hours"); !ok || c.Field != "BatchInterval" {
		t.Errorf("Column(batch_interval_hours) = %v, %t", c, ok)
	}
	if c, ok := s.Column("nothing"); ok {
		t.Errorf("Column(nothing) = %v", c)
	}
	if i := s.Index("nothing"); i != -1 {
		t.Errorf("Index(nothing) = %d", i)
	}
	if got, want := s.KeyIndexes(), []int{0, 1}; !slices.Equal(got, want) {
		t.Errorf("KeyIndexes() = %v, want %v", got, want)
	}
	if got := AgentVersions.KeyIndexes(); len(got) != 0 {
		t.Errorf("KeyIndexes() of a source without a key = %v", got)
	}
}

func TestTracked(t *testing.T) {
	t.Parallel()
	volatile := map[string][]string{
		"agentless_tasks":        {"report_download_url"},
		"cloud_center_instances": {"last_login_at"},
	}
	for _, s := range All {
		tracked := s.Tracked()
		var got []string
		for i, c := range s.Columns {
			if !slices.Contains(tracked, i) {
				got = append(got, c.Name)
			}
		}
		if want := volatile[s.Name]; !slices.Equal(got, want) {
			t.Errorf("%s: volatile columns are %v, want %v", s.Name, got, want)
		}
	}
}

func TestDependsOn(t *testing.T) {
	t.Parallel()
	depends := map[string][]string{
		"publish_batches":        {"agent_versions"},
		"agent_install_statuses": {"cloud_center_instances"},
	}
	for _, s := range All {
		if got, want := s.DependsOn(), depends[s.Name]; !slices.Equal(got, want) {
			t.Errorf("%s depends on %v, want %v", s.Name, got, want)
		}
	}
}

// parents and children are two sources without a fault, the second of which
// reads the first: every case below breaks one thing.
func parents() *Source {
	return &Source{
		Name:     "parents",
		Doc:      "One row per parent.",
		API:      API{Product: "Sas", Version: "2018-12-03", Action: "List", RAMAction: "yundun-sas:List", Page: "https://example.com/list"},
		Regions:  SecurityCenter,
		Schedule: "@hourly",
		Pager:    Single{},
		Items:    "List",
		Key:      []string{"id"},
		Columns: []Column{
			{Name: "id", Field: "Id", Type: Text, Doc: "ID."},
			{Name: "number", Field: "Number", Type: BigInt, Doc: "Number."},
		},
		Sweeps: []Sweep{{Name: "parents", Absent: Ends}},
	}
}

func children() *Source {
	return &Source{
		Name:     "children",
		Doc:      "One row per child.",
		API:      API{Product: "Sas", Version: "2018-12-03", Action: "List", RAMAction: "yundun-sas:List", Page: "https://example.com/list"},
		Regions:  SecurityCenter,
		Schedule: "@hourly",
		Pager:    PageNumber{Page: "CurrentPage", Size: "PageSize", Info: "PageInfo", Default: 100},
		Items:    "List",
		Key:      []string{"id"},
		Columns: []Column{
			{Name: "id", Field: "Id", Type: Text, Doc: "ID."},
			{Name: "is_root", Type: Bool, Doc: "Whether it is a root."},
			{Name: "parent_id", Type: Text, Doc: "ID of the parent."},
			{Name: "status", Field: "Status", Type: BigInt, Labels: []Label{{"1", "one"}, {"2", "two"}}, Doc: "Status."},
			{Name: "created_at", Field: "CreateTime", Type: Millis, Doc: "When it was created."},
		},
		Sweeps: []Sweep{
			{
				Name:   "roots",
				Set:    map[string]string{"is_root": "true"},
				Since:  &Since{Param: "StartTime", Column: "created_at", Open: []Condition{{Column: "status", In: []string{"1"}}}, Lookback: time.Hour},
				Absent: Ends,
			},
			{
				Name: "leaves",
				Set:  map[string]string{"is_root": "false"},
				Each: &Each{
					Param:  "ParentId",
					Column: "parent_id",
					From: []Values{
						{Source: "parents", Columns: []string{"id"}, Where: []Condition{{Column: "number", In: []string{"1"}}}},
						{Columns: []string{"id"}, Touched: true},
					},
				},
				Absent: Ends,
			},
		},
		EndsWith: &Parent{Source: "parents", Column: "id", Via: "parent_id"},
	}
}

func older(by Else) *Older { return &Older{Keys: Many{Param: "Ids", Most: 1}, Else: &by} }

func stuck(column string, after time.Duration) *Stuck {
	return &Stuck{Column: column, After: after, Open: []Condition{{Column: "status", In: []string{"1"}}}}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	if err := Validate([]*Source{parents(), children()}); err != nil {
		t.Fatalf("the declarations that the cases break have faults of their own:\n%v", err)
	}
	for _, c := range []struct {
		want       string // after `source "children": `
		breakThing func(*Source)
	}{
		// The source.
		{`is declared twice`, func(s *Source) { *s = *parents() }},
		{`the name is not in snake_case`, func(s *Source) { s.Name = "Children" }},
		{`Doc is not a sentence that ends with a period`, func(s *Source) { s.Doc = "One row per child" }},
		{`API.Product is not set`, func(s *Source) { s.API.Product = "" }},
		{`API.Version is not set`, func(s *Source) { s.API.Version = "" }},
		{`API.Action is not set`, func(s *Source) { s.API.Action = "" }},
		{`API.RAMAction is not set`, func(s *Source) { s.API.RAMAction = "" }},
		{`API.Page is not set`, func(s *Source) { s.API.Page = "" }},
		{`Schedule is not set`, func(s *Source) { s.Schedule = "" }},
		{`Items is not set`, func(s *Source) { s.Items = "" }},
		{`Regions is not set`, func(s *Source) { s.Regions, s.EndsWith, s.Sweeps[1].Each.From = 0, nil, s.Sweeps[1].Each.From[1:] }},
		{`Pager is not set, or not completely`, func(s *Source) { s.Pager = nil }},
		{`Pager is not set, or not completely`, func(s *Source) { s.Pager = PageNumber{Page: "CurrentPage"} }},
		{`Pager is not set, or not completely`, func(s *Source) { s.Pager = NextToken{Token: "NextToken"} }},
		// The columns.
		{`column "createdAt" is not in snake_case`, func(s *Source) { s.Columns[4].Name, s.Sweeps[0].Since = "createdAt", nil }},
		{`column "region_id" has a reserved name`, func(s *Source) { s.Columns[4].Name, s.Sweeps[0].Since = "region_id", nil }},
		{`column "row_hash" has a reserved name`, func(s *Source) { s.Columns[4].Name, s.Sweeps[0].Since = "row_hash", nil }},
		{`column "id" is declared twice`, func(s *Source) { s.Columns[4].Name, s.Sweeps[0].Since = "id", nil }},
		{`column "id" is late, and of the key: that is another source`, func(s *Source) { s.Columns[s.Index(s.Key[len(s.Key)-1])].Late = true }},
		{`column "created_at" has no known type`, func(s *Source) { s.Columns[4].Type, s.Sweeps[0].Since = 0, nil }},
		{`column "status" is unordered, but no list in a text, or of the key`, func(s *Source) { s.Columns[3].Unordered = true }},
		{`column "id": Doc is not a sentence that ends with a period`, func(s *Source) { s.Columns[0].Doc = "" }},
		{`columns "id" and "status" have the same field "Id"`, func(s *Source) { s.Columns[3].Field = "Id" }},
		{`column "created_at" has labels, but is neither Text nor BigInt`, func(s *Source) { s.Columns[4].Labels = []Label{{"1", "one"}} }},
		{`column "status_label" has the name of the label of "status"`, func(s *Source) { s.Columns[4].Name, s.Sweeps[0].Since = "status_label", nil }},
		{`column "status" has two labels for "1"`, func(s *Source) { s.Columns[3].Labels[1].Code = "1" }},
		{`column "status" has an empty label for "1"`, func(s *Source) { s.Columns[3].Labels[0].Text = "" }},
		{`column "status" has a label for "one", which is not a whole number`, func(s *Source) { s.Columns[3].Labels[0].Code = "one" }},
		{`column "created_at" has no field, and no sweep fills it`, func(s *Source) { s.Columns[4].Field = "" }},
		{`column "is_root" is set by some sweeps only`, func(s *Source) { s.Sweeps[0].Set = nil }},
		// The key.
		{`there is no key, but more than one row`, func(s *Source) { s.Key = nil }},
		{`the key names column "nothing", which does not exist`, func(s *Source) { s.Key[0] = "nothing" }},
		{`the key names column "id" twice`, func(s *Source) { s.Key = []string{"id", "id"} }},
		{`key column "created_at" is neither Text nor BigInt`, func(s *Source) { s.Key[0] = "created_at" }},
		{`key column "id" is volatile`, func(s *Source) { s.Columns[0].Volatile = true }},
		// The sweeps.
		{`there are no sweeps`, func(s *Source) {
			s.Sweeps, s.Columns, s.EndsWith = nil, slices.Delete(s.Columns, 1, 3), nil
		}},
		{`sweep "roots" has no name of its own`, func(s *Source) { s.Sweeps[1].Name = "roots" }},
		{`sweep "roots": Absent is not set`, func(s *Source) { s.Sweeps[0].Absent = 0 }},
		{`sweep "roots" sets column "nothing", which does not exist`, func(s *Source) { s.Sweeps[0].Set["nothing"] = "true" }},
		{`sweep "roots" sets column "is_root" to "yes", which is not of its type`, func(s *Source) { s.Sweeps[0].Set["is_root"] = "yes" }},
		{`sweep "roots" has no Each, whose values Batches asks for`, func(s *Source) { s.Pager = Batches{Default: 100} }},
		{`sweep "leaves": Each.Param is not set`, func(s *Source) { s.Sweeps[1].Each.Param = "" }},
		{`sweep "leaves": Each.Column "created_at" is neither Text nor BigInt`, func(s *Source) {
			s.Sweeps[1].Each.Column, s.Columns[2].Field = "created_at", "ParentId"
		}},
		{`sweep "leaves": Each names column "nothing", which does not exist`, func(s *Source) {
			s.Sweeps[1].Each.Column, s.Columns[2].Field = "nothing", "ParentId"
		}},
		{`sweep "leaves": Each takes its values from nowhere`, func(s *Source) { s.Sweeps[1].Each.From = nil }},
		{`sweep "leaves" reads "nothing", which does not exist`, func(s *Source) { s.Sweeps[1].Each.From[0].Source = "nothing" }},
		{`sweep "leaves" reads "grandchildren", which comes later`, func(s *Source) { s.Sweeps[1].Each.From[0].Source = "grandchildren" }},
		{`sweep "leaves": Each reads no column of "parents"`, func(s *Source) { s.Sweeps[1].Each.From[0].Columns = nil }},
		{`sweep "leaves" reads column "nothing" of "parents", which does not exist`, func(s *Source) { s.Sweeps[1].Each.From[0].Columns[0] = "nothing" }},
		{`sweep "leaves" reads column "nothing" of "children", which does not exist`, func(s *Source) {
			s.Sweeps[1].Each.Full = []Values{{Columns: []string{"nothing"}}}
		}},
		{`sweep "leaves": a condition names column "status" of "parents", which does not exist`, func(s *Source) { s.Sweeps[1].Each.From[0].Where[0].Column = "status" }},
		{`sweep "leaves": the condition on "number" names no values`, func(s *Source) { s.Sweeps[1].Each.From[0].Where[0].In = nil }},
		{`sweep "leaves": Touched asks for rows of "parents", which is another source`, func(s *Source) { s.Sweeps[1].Each.From[0].Touched = true }},
		{`sweep "roots": Since.Param is not set`, func(s *Source) { s.Sweeps[0].Since.Param = "" }},
		{`sweep "roots": Since names column "nothing", which does not exist`, func(s *Source) { s.Sweeps[0].Since.Column = "nothing" }},
		{`sweep "roots": Since.Column "status" is not a time`, func(s *Source) { s.Sweeps[0].Since.Column = "status" }},
		{`sweep "roots": Since.Lookback is not set`, func(s *Source) { s.Sweeps[0].Since.Lookback = 0 }},
		{`sweep "roots": a condition names column "nothing" of "children", which does not exist`, func(s *Source) { s.Sweeps[0].Since.Open[0].Column = "nothing" }},
		{`sweep "roots": Older.Keys is not set completely`, func(s *Source) { s.Sweeps[0].Since.Older = &Older{Keys: Many{Param: "Ids"}} }},
		{`sweep "roots": Older.Keys is not set completely`, func(s *Source) { s.Sweeps[0].Since.Older = &Older{Keys: Many{Param: "Ids", Form: 9, Most: 1}} }},
		{`sweep "roots": Older, but Since does not say what is open`, func(s *Source) {
			s.Sweeps[0].Since.Open, s.Sweeps[0].Since.Older = nil, &Older{Keys: Many{Param: "Ids", Most: 1}}
		}},
		{`sweep "roots": Older asks by a key of one column`, func(s *Source) {
			s.Key, s.Sweeps[0].Since.Older = append(s.Key, "status"), &Older{Keys: Many{Param: "Ids", Most: 1}}
		}},
		{`sweep "roots": Older.Else is not set completely`, func(s *Source) { s.Sweeps[0].Since.Older = older(Else{Column: "status", Values: []string{"1"}}) }},
		{`sweep "roots": Older.Else names no values`, func(s *Source) {
			s.Sweeps[0].Since.Older = older(Else{Many: Many{Param: "Status", Most: 1}, Column: "status"})
		}},
		{`sweep "roots": Older.Else names column "is_root", which has no field`, func(s *Source) {
			s.Sweeps[0].Since.Older = older(Else{Many: Many{Param: "Status", Most: 1}, Column: "is_root", Values: []string{"true"}})
		}},
		{`sweep "roots": Older.Else names the value "open", which is not of the type of "status"`, func(s *Source) {
			s.Sweeps[0].Since.Older = older(Else{Many: Many{Param: "Status", Most: 1}, Column: "status", Values: []string{"open"}})
		}},
		{`sweep "leaves": Each.Many is not set completely`, func(s *Source) { s.Sweeps[1].Each.Many = &Many{Most: 1} }},
		{`sweep "leaves": Each.Many finds rows by a key of one column`, func(s *Source) {
			s.Key, s.Sweeps[1].Each.Many = append(s.Key, "status"), &Many{Param: "Ids", Most: 1}
		}},
		{`sweep "leaves": Rest, but Full is not one column of the source itself`, func(s *Source) { s.Sweeps[1].Each.Rest = &Rest{Every: time.Hour} }},
		{`sweep "leaves": Rest.Every is not set`, func(s *Source) {
			s.Sweeps[1].Each.Full, s.Sweeps[1].Each.Rest = []Values{{Columns: []string{"id"}}}, &Rest{}
		}},
		// What is stuck.
		{`Stuck.Column "status" is not a time`, func(s *Source) { s.Stuck = stuck("status", time.Hour) }},
		{`Stuck.After is not set`, func(s *Source) { s.Stuck = stuck("created_at", 0) }},
		{`Stuck does not say what is open`, func(s *Source) { s.Stuck = &Stuck{Column: "created_at", After: time.Hour} }},
		// The parent.
		{`EndsWith reads "nobody", which does not exist`, func(s *Source) { s.EndsWith.Source = "nobody" }},
		{`EndsWith names column "nothing" of "parents", which does not exist`, func(s *Source) { s.EndsWith.Column = "nothing" }},
		{`EndsWith.Via names column "nothing", which does not exist`, func(s *Source) { s.EndsWith.Via = "nothing" }},
		{`EndsWith compares columns of two types, "parent_id" and "number" of "parents"`, func(s *Source) { s.EndsWith.Column = "number" }},
	} {
		t.Run(c.want, func(t *testing.T) {
			t.Parallel()
			s, later := children(), parents()
			c.breakThing(s)
			later.Name = "grandchildren"
			err := Validate([]*Source{parents(), s, later})
			if err == nil {
				t.Fatal("no problem is told")
			}
			if want := `source "` + s.Name + `": ` + c.want; err.Error() != want {
				t.Errorf("got:\n%v\nwant only:\n%s", err, want)
			}
		})
	}
}

// What one case cannot break alone: a cause that shows as two problems.
func TestValidateTellsAll(t *testing.T) {
	t.Parallel()
	s := children()
	s.Regions = OOS
	s.Sweeps[0].Set["id"] = "x"
	s.Columns[0].Type = JSON
	err := Validate([]*Source{parents(), s})
	if err == nil {
		t.Fatal("no problem is told")
	}
	got := strings.Split(err.Error(), "\n")
	want := []string{
		`source "children": key column "id" is neither Text nor BigInt`,
		`source "children": sweep "roots" sets column "id", which has a field`,
		`source "children": sweep "leaves" reads "parents", whose partitions are cut in another way`,
		`source "children": EndsWith reads "parents", whose partitions are cut in another way`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
