// Command bench measures the figures of docs/performance.md. Most are ratios within one
// run, because seconds mean little on a shared machine. It prints one JSON line per figure
// and exits 1 if a figure misses its limit.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
)

// A figure is one line of output.
type figure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	Limit float64 `json:"limit"`
	// atLeast: the limit is a minimum, not a maximum.
	atLeast bool
}

func (f figure) missed() bool {
	if f.atLeast {
		return f.Value < f.Limit
	}
	return f.Value > f.Limit
}

// A suite measures figures that share a setting.
type suite struct {
	name string
	run  func(context.Context, func(figure)) error
}

var rows = flag.Int("rows", 1_000_000, "rows of the large tables")

func main() {
	only := flag.String("run", "", "regular expression: only these suites")
	flag.Parse()
	chosen, err := regexp.Compile(*only)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	suites := []suite{{"weight", weight}, {"decode", decode}, {"load", load}, {"volatile", volatile}, {"endtoend", endToEnd}, {"vulnerabilities", vulnerabilities}, {"accounts", accountsScaling}, {"history", history}, {"archive", archived}, {"trend", trend}, {"spells", spells}, {"scale", scale}, {"idle", idle}}
	missed := false
	for s := range slices.Values(suites) {
		if !chosen.MatchString(s.name) {
			continue
		}
		err := s.run(context.Background(), func(f figure) {
			missed = missed || f.missed()
			line, _ := json.Marshal(f)
			fmt.Println(string(line))
		})
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", s.name, err)
			os.Exit(1)
		}
	}
	if missed {
		os.Exit(1)
	}
}
