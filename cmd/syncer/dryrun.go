package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"syncer/store"
	"syncer/text"
)

// planned is what a dry run has found in one partition. It holds the counts and
// a few keys; all of them, where somebody wants to read them, go to a temporary file
// without a name, which ends with the process.
type planned struct {
	keys    map[string][]string // kind → the first few
	columns map[string]int      // column → rows in which it would change
	file    *os.File            // nil: they are not kept
	buffer  *bufio.Writer
	err     error // of the file
}

// shownKeys is how many keys of each kind a summary names.
const shownKeys = 3

func newPlanned(all bool) *planned {
	d := &planned{keys: map[string][]string{}, columns: map[string]int{}}
	if all {
		if d.file, d.err = os.CreateTemp("", "syncer-*"); d.err == nil {
			d.err = os.Remove(d.file.Name())
			d.buffer = bufio.NewWriter(d.file)
		}
	}
	return d
}

func (d *planned) add(one store.PlannedChange) {
	if few := d.keys[one.Kind]; len(few) <= shownKeys { // one more tells that there are more
		d.keys[one.Kind] = append(few, cmp.Or(one.Key, "its only row"))
	}
	for name := range one.Columns {
		d.columns[name]++
	}
	if d.file == nil || d.err != nil {
		return
	}
	line, err := json.Marshal(one)
	if err == nil {
		_, err = d.buffer.Write(append(line, '\n'))
	}
	d.err = err
}

// each tells all differences, in the order in which they were found.
func (d *planned) each(visit func(store.PlannedChange) error) error {
	if d.file == nil || d.err != nil {
		return d.wrap(d.err)
	}
	if err := d.buffer.Flush(); err != nil {
		return d.wrap(err)
	}
	if _, err := d.file.Seek(0, io.SeekStart); err != nil {
		return d.wrap(err)
	}
	lines := json.NewDecoder(bufio.NewReader(d.file))
	for {
		var one store.PlannedChange
		if err := lines.Decode(&one); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return d.wrap(err)
		}
		if err := visit(one); err != nil {
			return err
		}
	}
}

func (d *planned) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("keep the differences in a temporary file (is TMPDIR writable, and has it room?): %w", err)
}

func (d *planned) close() {
	if d != nil && d.file != nil {
		_ = d.file.Close() // it has no name: this ends it
	}
}

// printDifferences prints what a dry run has found in one partition: how many rows of
// each kind, and which columns would change; all of them, where they were kept.
func (p *program) printDifferences(r syncReport) error {
	d := r.planned
	if d == nil || len(d.keys) == 0 {
		return nil
	}
	p.printf("\n%s of %s in %s would\n", r.Source, r.Account, r.Region)
	if d.file != nil {
		return d.each(func(one store.PlannedChange) error {
			p.printf("  %-6s %s\n", one.Kind, cmp.Or(one.Key, "its only row"))
			for _, name := range slices.Sorted(maps.Keys(one.Columns)) {
				p.printf("           %s: %s → %s\n", name, cut(string(one.Columns[name][0]), 60), cut(string(one.Columns[name][1]), 60))
			}
			return nil
		})
	}
	for _, kind := range []struct {
		name string
		rows int64
	}{{store.WouldOpen, r.Opened}, {store.WouldChange, r.Changed}, {store.WouldEnd, r.Ended}} {
		keys := d.keys[kind.name]
		if len(keys) == 0 {
			continue
		}
		few := cut(strings.Join(keys[:min(len(keys), shownKeys)], ", "), mostInCell)
		if len(keys) > shownKeys {
			few += ", …"
		}
		p.printf("  %-6s %7s  %s\n", kind.name, thousands(kind.rows), few)
	}
	var columns []string
	for _, name := range slices.SortedFunc(maps.Keys(d.columns), func(a, b string) int {
		return cmp.Or(cmp.Compare(d.columns[b], d.columns[a]), cmp.Compare(a, b))
	}) {
		columns = append(columns, fmt.Sprintf("%s in %s", name, thousands(int64(d.columns[name]))))
	}
	if columns != nil {
		p.printf("           columns: %s\n", strings.Join(columns, ", "))
	}
	return nil
}

// printDryRuns writes reports as printJSON does, one difference after the other.
func (p *program) printDryRuns(reports []syncReport) error {
	w := bufio.NewWriter(p.stdout)
	write := func(s string) { _, _ = w.WriteString(text.JSON(text.Scrub(s))) } // an error stays with w
	write("[")
	for i, r := range reports {
		if i > 0 {
			write(",")
		}
		head, err := json.MarshalIndent(r, "  ", "  ")
		if err != nil {
			return err
		}
		write("\n  " + strings.TrimSuffix(string(head), "\n  }"))
		separator := ",\n    \"differences\": [\n      "
		if err := r.planned.each(func(one store.PlannedChange) error {
			b, err := json.MarshalIndent(one, "      ", "  ")
			write(separator + string(b))
			separator = ",\n      "
			return err
		}); err != nil {
			return err
		}
		if separator == ",\n      " {
			write("\n    ]")
		}
		write("\n  }")
	}
	if len(reports) > 0 {
		write("\n")
	}
	write("]\n")
	return w.Flush()
}
