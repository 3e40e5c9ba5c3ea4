// Command newmigration writes the goose files of sources and of late columns that have none yet,
// numbered after the last one. Run it by `go generate ./migrations`.
package main

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"syncer/migrations"
	"syncer/source"
)

func main() {
	if err := source.Validate(source.All); err != nil {
		log.Fatal(err)
	}
	for _, s := range source.All {
		write(s.Name, migrations.ForSource(s))
		for _, c := range s.Columns {
			if c.Late && !added(s.Name, c.Name) {
				write(s.Name+"_"+c.Name, migrations.AddColumn(s, c.Name))
			}
		}
	}
}

// added says whether a file gives the source that column.
func added(table, column string) bool {
	files, err := filepath.Glob("*.sql")
	if err != nil {
		log.Fatal(err)
	}
	return slices.ContainsFunc(files, func(file string) bool {
		text, err := os.ReadFile(file)
		if err != nil {
			log.Fatal(err)
		}
		return strings.Contains(string(text), fmt.Sprintf("ALTER TABLE syncer.%s ADD COLUMN %s ", table, column))
	})
}

// write writes a file, unless there is one.
func write(name, text string) {
	have, err := filepath.Glob("*_" + name + ".sql")
	if err != nil {
		log.Fatal(err)
	}
	if len(have) > 0 {
		return
	}
	all, err := filepath.Glob("*.sql")
	if err != nil {
		log.Fatal(err)
	}
	last := 0 // numbers may have gaps
	if _, err := fmt.Sscanf(all[len(all)-1], "%05d_", &last); err != nil {
		log.Fatal(err)
	}
	file := fmt.Sprintf("%05d_%s.sql", last+1, name)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		log.Fatal(err)
	}
	fmt.Println(file)
}
