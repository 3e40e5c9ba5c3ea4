package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"syncer/internal/pgtest"
	"syncer/sim"
	"syncer/source"
	"syncer/store"
)

var (
	kills   = flag.Int("kills", 15, "how often TestKilled kills the program")
	crashes = flag.Int("crashes", 5, "how often TestKilled crashes PostgreSQL")
)

// TestKilled kills the program, or PostgreSQL under it, at random moments of its
// syncs, the first of them while it makes the tables. Whatever a sync was cut
// short, the next one brings the tables to what the cloud says, what they showed
// at any earlier moment can still be asked for, and nothing is left behind.
//
// A longer run: go test ./cmd/syncer -run TestKilled -v -kills 100 -crashes 30
func TestKilled(t *testing.T) {
	t.Parallel()
	v := newVictim(t)
	whole := v.sync(t, pgtest.URL(t)) // how long a sync takes
	var ends []func(*testing.T, *process)
	for range *kills {
		ends = append(ends, v.kill)
	}
	for range *crashes {
		ends = append(ends, v.crash)
	}
	rand.Shuffle(len(ends), func(i, j int) { ends[i], ends[j] = ends[j], ends[i] })

	late := 0
	for n := 0; n < len(ends); {
		if rand.N(3) > 0 {
			v.days.Add(1)
		}
		args := []string{"sync", "--config", v.config, "--migrate"}
		if rand.N(2) == 0 {
			args = append(args, "--full")
		}
		p := startProcess(t, v.env(v.server.URL()), args...)
		select {
		case <-time.After(rand.N(whole)):
			ends[n](t, p)
			n++
		case <-p.ended: // it was faster this time
			require.Zero(t, p.wait(t, 0), p.stderr.String())
			late++
		}
		if n%4 == 0 {
			v.sync(t, v.server.URL(), "--full", "--allow-shrink")
		}
		v.look(t)
		if n%10 == 0 {
			v.compare(t)
		}
	}
	v.sync(t, v.server.URL(), "--full", "--allow-shrink")
	v.compare(t)
	v.lookBack(t)
	t.Logf("%d kills and %d crashes in syncs of %s; %d syncs ended before; %d partitions' syncs had been merged when the end came, of %d",
		*kills, *crashes, whole.Round(time.Millisecond), late, v.merged, v.jobs)
}
