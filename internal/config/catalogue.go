package config

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"syncer/internal/yamlfile"
	"syncer/source"
)

// A Catalogue is all sources that are declared.
type Catalogue struct {
	// Dir is the directory of the user's own declarations; empty: there is none.
	Dir string
	// Sources are the program's own, and behind them the user's.
	Sources []*source.Source
	// Broken says what is wrong with declarations in Dir, as Problems: their sources are
	// not among Sources, unless they could be used before. Nil: nothing is.
	Broken error

	// Off are the program's own that are neither enabled nor needed by one that is.
	Off []*source.Source

	programs int               // how many of the Sources are the program's own
	read     []source.File     // what Dir held
	looked   look              // at Dir, before it was read
	usable   map[string]string // text of each file of Dir that can be used, or last could be
}

// NoCatalogue has the program's own sources only. enabled names those that the
// configuration enables.
func NoCatalogue(known []*source.Source, enabled ...string) Catalogue {
	c := Catalogue{Sources: source.WithDependencies(known, func(s *source.Source) bool { return !s.Off || slices.Contains(enabled, s.Name) })}
	for _, s := range known {
		if !slices.Contains(c.Sources, s) {
			c.Off = append(c.Off, s)
		}
	}
	c.programs = len(c.Sources)
	return c
}

// All are all sources that there are, also those that are off.
func (c Catalogue) All() []*source.Source { return slices.Concat(c.Sources, c.Off) }

// BuiltIn are the program's own sources.
func (c Catalogue) BuiltIn() []*source.Source { return c.Sources[:c.programs] }

// Own are the sources that the user declared.
func (c Catalogue) Own() []*source.Source { return c.Sources[c.programs:] }

// Chosen are the sources that the user has declared or enabled, whose tables may be to be
// made while the program runs.
func (c Catalogue) Chosen() []*source.Source {
	return slices.DeleteFunc(slices.Clone(c.Sources), func(s *source.Source) bool { return !s.Off && slices.Contains(c.BuiltIn(), s) })
}

// Keep leaves out the chosen sources that are not current: the last declaration of a source
// takes its place, where there is one. It names them.
func (c *Catalogue) Keep(last Catalogue, current map[string]bool) (names []string) {
	var sources []*source.Source
	chosen, programs := c.Chosen(), 0
	for i, s := range c.Sources {
		if !current[s.Name] && slices.Contains(chosen, s) {
			names = append(names, s.Name)
			before, ok := source.ByName(last.Chosen(), s.Name)
			if !ok {
				continue
			}
			s = before
		}
		sources = append(sources, s)
		if i < c.programs {
			programs++
		}
	}
	c.Sources, c.programs = sources, programs
	return names
}

// products are those that sources call, and sts, in lower case.
func (c Catalogue) products() []string {
	names := []string{"sts"}
	for _, s := range c.Sources {
		names = append(names, strings.ToLower(s.API.Product))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// readCatalogue reads the user's declarations. A directory that cannot be read is a problem
// of the document; what is wrong in its files is told apart, as it is none of the others'.
func (d *document) readCatalogue(dir string, known []*source.Source, enabled []string, last Catalogue) Catalogue {
	c := NoCatalogue(known, enabled...)
	known = c.Sources
	if dir == "" {
		return c
	}
	c.Dir = dir
	if !filepath.IsAbs(dir) {
		c.Dir = filepath.Join(filepath.Dir(d.File), dir)
	}
	c.looked = lookAt(c.Dir)
	files, err := declarations(c.Dir)
	if err != nil {
		at := []string{"catalogue"}
		d.Report(d.Place(at), at, "the directory of declarations cannot be read: %v", withoutPath(err))
		return c
	}
	c.read = slices.Clone(files)
	own, err := source.Read(files, known)
	broken := map[string]bool{}
	problems, _ := errors.AsType[yamlfile.Problems](err)
	for _, p := range problems {
		broken[p.File] = true
	}
	c.Broken, c.usable = err, map[string]string{}
	for i, f := range files {
		text, before := last.usable[f.Path]
		switch {
		case !broken[f.Path]:
			c.usable[f.Path] = f.Text
		case before:
			c.usable[f.Path], files[i].Text = text, text
		}
	}
	if len(broken) > 0 && len(last.usable) > 0 {
		own, _ = source.Read(files, known)
	}
	c.Sources = slices.Concat(known, own)
	// A source of the user's may have the name of one that is off.
	c.Off = slices.DeleteFunc(c.Off, func(s *source.Source) bool {
		_, taken := source.ByName(own, s.Name)
		return taken
	})
	return c
}

// declarations are the files of a directory, with their whole paths.
func declarations(dir string) ([]source.File, error) {
	if dir == "" {
		return nil, nil
	}
	files, err := source.Files(os.DirFS(dir))
	for i := range files {
		files[i].Path = filepath.Join(dir, files[i].Path)
	}
	return files, err
}

// withoutPath is why a directory cannot be read: the document's place names it.
func withoutPath(err error) error {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err
	}
	return err
}

// Changed reports whether the directory holds other declarations than when it was read.
func (c Catalogue) Changed() bool {
	if c.Dir == "" || c.looked.stays(lookAt(c.Dir)) {
		return false
	}
	files, err := declarations(c.Dir)
	return err == nil && !slices.Equal(files, c.read)
}

// A look at a directory costs less than to read it.
type look struct {
	at    time.Time
	files []lookedFile
}

type lookedFile struct {
	name    string
	size    int64
	changed time.Time
}

// lookAt looks at a directory. What cannot be looked at is left out: reading tells why.
func lookAt(dir string) look {
	l := look{at: time.Now()}
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if info, err := os.Stat(filepath.Join(dir, e.Name())); err == nil { // of what a link leads to
			l.files = append(l.files, lookedFile{e.Name(), info.Size(), info.ModTime()})
		}
	}
	return l
}

// coarse is the longest step of a file system's times.
const coarse = 2 * time.Second

// stays reports whether a later look shows that the files are the same. A file that had
// changed just before the first look may have changed again at the same time and size.
func (l look) stays(later look) bool {
	return len(l.files) > 0 && slices.EqualFunc(l.files, later.files, func(a, b lookedFile) bool {
		return a.name == b.name && a.size == b.size && a.changed.Equal(b.changed) && a.changed.Before(l.at.Add(-coarse))
	})
}
