package source

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"syncer/internal/yamlfile"
)

// FuzzRead: whatever a file holds, the reader survives it. What it lets through has names
// that may be identifiers as they are, and no text that acts.
func FuzzRead(f *testing.F) {
	for _, pattern := range []string{"catalogue/*.yaml", "testdata/invalid/*.yaml"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			f.Fatal(pattern, err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(text))
		}
	}
	f.Add("name: x\n<<: {doc: A.}\ncolumns: {<<: {a: b}, *x : y}\n")
	f.Add("? [a]\n: b\nname: ? \n")
	f.Fuzz(func(t *testing.T, text string) {
		// Beside the catalogue, so that names may be taken; a source of the catalogue that
		// is read again is no other.
		sound, err := Read([]File{{"fuzzed.yaml", text}}, nil)
		if err == nil && len(sound) != 1 {
			t.Fatalf("%d sources, and nothing is wrong", len(sound))
		}
		if err != nil {
			problems, ok := errors.AsType[yamlfile.Problems](err)
			if !ok || len(problems) == 0 || len(sound) != 0 {
				t.Fatalf("%T, %d sources", err, len(sound))
			}
			if shown := err.Error(); !utf8.ValidString(shown) || strings.ContainsAny(shown, "\x00\x1b") {
				t.Fatalf("%q acts", shown)
			}
		}
		for _, s := range sound {
			harmless(t, s)
		}
	})
}

// harmless checks all that becomes a part of statements and pages.
func harmless(t *testing.T, s *Source) {
	t.Helper()
	name := func(name string, err error) {
		if err != nil || !snakeCase.MatchString(name) || len(name) > mostTrend {
			t.Errorf("%q is a name", name)
		}
	}
	told := func(texts ...string) {
		for _, text := range texts {
			if !utf8.ValidString(text) || strings.ContainsAny(text, "\x00\x1b\u202e") {
				t.Errorf("%q acts", text)
			}
		}
	}
	name(s.Name, CheckName(s.Name))
	told(s.Doc, s.API.Product, s.API.Page, s.API.Endpoint, s.Schedule, s.Items)
	known := func(names ...string) {
		for _, n := range names {
			if _, ok := s.Column(n); !ok {
				t.Errorf("there is no column %q", n)
			}
		}
	}
	known(s.Key...)
	conditions := func(list []Condition) {
		for _, c := range list {
			known(c.Column)
			told(c.In...)
		}
	}
	conditions(s.Open)
	for _, c := range s.Columns {
		name(c.Name, CheckColumn(c.Name))
		told(c.Field, c.Doc, c.NullText)
		if c.Type.SQL() == "" || strings.Contains(c.Doc, "\n") {
			t.Errorf("column %+v", c)
		}
		for _, l := range c.Labels {
			told(l.Code, l.Text)
		}
	}
	for _, w := range s.Sweeps {
		told(w.Name)
		for n, value := range w.Set {
			known(n)
			told(value)
		}
		for n, value := range w.Params {
			told(n, value)
		}
		if w.Each != nil {
			known(w.Each.Column)
		}
		if w.Since != nil {
			known(w.Since.Column)
		}
	}
	for _, sp := range s.Spells {
		name(sp.Name, CheckName(sp.Name))
		told(sp.Doc)
		known(sp.By...)
		known(sp.Show...)
		conditions(sp.Where)
	}
	for _, tr := range s.Trends {
		name(tr.Name, trendName(tr.Name))
		known(tr.By...)
		for _, m := range tr.Measures {
			name(m.Name, identifier(m.Name, mostColumn))
			told(m.Doc)
			conditions(m.Where)
		}
	}
}

func BenchmarkRead200(b *testing.B) {
	text := AgentlessTasks.YAML()
	var files []File
	for i := range 200 {
		name := "tasks_" + strings.Repeat("x", i%20+1) + string(rune('a'+i/20))
		files = append(files, File{name + ".yaml", strings.NewReplacer("name: agentless_tasks\n", "name: "+name+"\n", "source: agentless_tasks,", "source: "+name+",",
			"agentless_tasks_daily", name+"_daily").Replace(text)})
	}
	for b.Loop() {
		if list, err := Read(files, nil); err != nil || len(list) != 200 {
			b.Fatal(err)
		}
	}
}
