// Command soak lets syncer live through months of virtual time in minutes:
// schedules tick, accounts come and go, permissions are lost and regained, the
// cloud fails, months end, the time zone changes, history is pruned. Then it checks
// what always holds, and prints a report. It exits 1 if a law was broken.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"
)

func main() {
	o := options{}
	flag.IntVar(&o.days, "days", 60, "days of virtual time")
	flag.DurationVar(&o.step, "step", time.Hour, "virtual time between two rounds of syncs")
	flag.IntVar(&o.servers, "servers", 60, "servers of each account")
	flag.Uint64Var(&o.seed, "seed", 1, "of all chances")
	flag.Parse()
	r, err := soak(context.Background(), o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
	r.print(os.Stdout)
	if len(r.broken) > 0 {
		os.Exit(1)
	}
}
