package source

import (
	"slices"
	"testing"
)

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
