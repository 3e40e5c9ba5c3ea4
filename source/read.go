package source

import (
	_ "embed"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"syncer/internal/yamlfile"
)

// A File is a declaration that was not read yet.
type File struct{ Path, Text string }

// maxFile is how long a declaration may be, in bytes.
const maxFile = 1 << 20

// Files are the declarations of a directory, in the order of their names.
func Files(dir fs.FS) (list []File, err error) {
	entries, err := fs.ReadDir(dir, ".")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if ext := path.Ext(e.Name()); e.IsDir() || ext != ".yaml" && ext != ".yml" {
			continue
		}
		text, err := fs.ReadFile(dir, e.Name())
		if err != nil {
			return nil, err
		}
		list = append(list, File{e.Name(), string(text)})
	}
	return list, nil
}

// Read reads declarations that stand beside known sources. It returns those that can be
// used, in the order in which a first sync makes them: a source that reads another's table
// comes after it. What is wrong with the others it tells as [yamlfile.Problems], all of it.
func Read(files []File, known []*Source) (sound []*Source, err error) {
	list := slices.Clone(known)
	read := map[*Source]*yamlfile.Document{}
	var docs []*yamlfile.Document
	for _, f := range files {
		d, s := parse(f)
		docs = append(docs, d)
		if s != nil {
			list = append(list, s)
			read[s] = d
		}
	}
	for _, s := range list[len(known):] {
		validate(list, s, read[s])
	}
	var problems yamlfile.Problems
	for _, d := range docs {
		problems = append(problems, d.Problems()...)
	}
	// A source that reads one that cannot be used cannot be used either.
	for _, s := range ordered(list) {
		d := read[s]
		if d == nil || len(d.Problems()) > 0 {
			continue
		}
		if missing := slices.IndexFunc(s.DependsOn(), func(name string) bool {
			_, ok := ByName(slices.Concat(known, sound), name)
			return !ok
		}); missing >= 0 {
			problems = append(problems, yamlfile.Problem{File: d.File, Message: "reads " + s.DependsOn()[missing] + ", whose declaration cannot be used"})
			continue
		}
		sound = append(sound, s)
	}
	if len(problems) > 0 {
		return sound, problems
	}
	return sound, nil
}

//go:embed source.schema.json
var schemaText []byte

var schema = yamlfile.NewSchema("source.schema.json", schemaText, map[string]func(string) error{
	"cron": func(s string) error {
		_, err := yamlfile.ParseCron(s, "UTC")
		return yamlfile.WithoutValue(err)
	},
	"span": func(s string) error {
		_, err := yamlfile.ParseDuration(s)
		return err
	},
	"timezone": func(s string) error {
		if _, err := time.LoadLocation(s); err != nil || s == "Local" {
			return yamlfile.ErrNoDetail
		}
		return nil
	},
	"endpoint": func(s string) error {
		if !endpointForm.MatchString(strings.NewReplacer("{region}", "region", "{centre}", "centre").Replace(s)) {
			return yamlfile.ErrNoDetail
		}
		return nil
	},
})

var endpointForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$`)

// parse reads one declaration. The source is nil where there is nothing to look at.
func parse(f File) (*yamlfile.Document, *Source) {
	o := yamlfile.Options{Plain: true, Expected: "the declaration of a source"}
	if len(f.Text) > maxFile {
		d := yamlfile.Parse(f.Path, []byte("{}"), o)
		d.Report(yamlfile.Place{}, nil, "the file is larger than 1 MB: expected the declaration of one source")
		return d, nil
	}
	d := yamlfile.Parse(f.Path, []byte(f.Text), o)
	if d.Root == nil || !schema.Validate(d) || !d.IsMap() {
		return d, nil
	}
	var shape file
	_ = d.Root.Decode(&shape) // what has another shape the schema has told
	shape.check(d)
	s := shape.source()
	s.file = f.Text
	return d, s
}

// check tells what the shape of a declaration does not show, and its source no more.
func (f *file) check(d *yamlfile.Document) {
	used := f.Stuck != nil
	for _, p := range f.Sweeps {
		here := at("sweeps", p.name, "each")
		used = used || p.value.Since != nil
		if p.value.Each == nil {
			continue
		}
		lists := map[string][]fileValues{"from": p.value.Each.From, "full": p.value.Each.Full}
		if inner := p.value.Each.Each; inner != nil {
			lists["each.from"] = inner.From
		}
		for key, list := range lists {
			for i, v := range list {
				used = used || v.Open
				if where := in(in(here, strings.Split(key, ".")...), strconv.Itoa(i), "open"); v.Open && len(f.Open) == 0 {
					d.Report(d.Place(where), where, "nothing says which rows are open: expected open at the top of the file")
				}
			}
		}
	}
	if len(f.Open) > 0 && !used {
		d.Report(d.KeyPlace(at("open")), at("open"), "has no effect: neither since nor stuck nor from speaks of open rows")
	}
}

// ordered puts each source behind those that it reads, and changes the order no more than
// that takes.
func ordered(list []*Source) (sorted []*Source) {
	done := map[string]bool{}
	var add func(*Source)
	add = func(s *Source) {
		if done[s.Name] {
			return
		}
		done[s.Name] = true
		for _, name := range s.DependsOn() {
			if of, ok := ByName(list, name); ok {
				add(of)
			}
		}
		sorted = append(sorted, s)
	}
	for _, s := range list {
		add(s)
	}
	return sorted
}

// cycle is the way on which a source reads itself through others; nil: there is none.
func cycle(list []*Source, s *Source) []string {
	seen := map[string]bool{}
	var find func(name string) []string
	find = func(name string) []string {
		of, ok := ByName(list, name)
		if !ok || seen[name] {
			return nil
		}
		seen[name] = true
		for _, next := range of.DependsOn() {
			if next == s.Name {
				return []string{name, next}
			}
			if way := find(next); way != nil {
				return append([]string{name}, way...)
			}
		}
		return nil
	}
	return find(s.Name)
}
