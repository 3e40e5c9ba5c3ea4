// Command newmigration writes the goose file of every source that has none yet,
// numbered after the last one. Run it by `go generate ./migrations`.
package main

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"syncer/migrations"
	"syncer/source"
)

func main() {
	if err := source.Validate(source.All); err != nil {
		log.Fatal(err)
	}
	for _, s := range source.All {
		have, err := filepath.Glob("*_" + s.Name + ".sql")
		if err != nil {
			log.Fatal(err)
		}
		if len(have) > 0 {
			continue
		}
		all, err := filepath.Glob("*.sql")
		if err != nil {
			log.Fatal(err)
		}
		name := fmt.Sprintf("%05d_%s.sql", len(all)+1, s.Name)
		if err := os.WriteFile(name, []byte(migrations.ForSource(s)), 0o644); err != nil {
			log.Fatal(err)
		}
		fmt.Println(name)
	}
}
