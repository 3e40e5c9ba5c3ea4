// Command soak runs syncer through months of virtual time in minutes: schedules tick,
// accounts come and go, permissions are lost and regained, the cloud fails, months end and
// are dropped, and the time zone changes. On the way and at the end it checks the promises
// of docs/soak.md, and prints a report. It exits 1 if a promise was broken.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"
)

func main() {
	o := options{retention: 35 * 24 * time.Hour}
	flag.IntVar(&o.days, "days", 60, "days of virtual time, up to now")
	flag.DurationVar(&o.step, "step", 2*time.Hour, "virtual time between two rounds of syncs")
	flag.IntVar(&o.servers, "servers", 60, "servers of each account")
	flag.Uint64Var(&o.seed, "seed", 1, "of all chances")
	flag.Parse()
	o.start = time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -o.days)
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
