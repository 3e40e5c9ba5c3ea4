package store

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"syncer/source"
)

var update = flag.Bool("update", false, "write testdata/sql")

// TestRenderedStatements keeps testdata/sql: the statements of the merge of each source, as
// they are sent, in the order of the merge. -update writes them.
func TestRenderedStatements(t *testing.T) {
	t.Parallel()
	for _, src := range source.All {
		t.Run(src.Name, func(t *testing.T) {
			t.Parallel()
			rendered := renderMerge(newTable(src))
			file := filepath.Join("testdata", "sql", src.Name+".sql")
			if *update {
				require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
				require.NoError(t, os.WriteFile(file, []byte(rendered), 0o644))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err, "go test ./store -run TestRendered -update")
			require.Equal(t, string(want), rendered)
		})
	}
}

// renderMerge writes what a merge sends that has all there may be: staged and new rows,
// rows that are gone, too many of them, and orphans.
func renderMerge(t *table) string {
	var b strings.Builder
	part := func(what string) { fmt.Fprintf(&b, "-- == %s\n\n", what) }
	add := func(what, sql string) { fmt.Fprintf(&b, "-- %s\n%s;\n\n", what, sql) }
	newQuery := func() *query { return &query{args: []any{"account", "region"}} }
	at := time.Unix(0, 0)

	fmt.Fprintf(&b, "-- The merge of %s, written by go test ./store -run TestRendered -update.\n", t.Source.Name)
	b.WriteString("-- $1 is the account, $2 the region and, in what writes versions, $3 the moment of the merge.\n\n")
	part("What stands: readBaseline")
	add("The fingerprints of the standing rows.", t.selectFingerprints())
	if len(t.volatile()) > 0 {
		add("Those of rows of which a volatile column has moved.", t.selectVolatile())
	}

	part("The stage: stage.flush, merge.settleStage")
	add("With the first row that is staged.", t.createStage())
	add("Whenever 256 kB wait.", t.copyStage())
	add("Where a key was staged twice: the later row counts.", t.dropOlder())
	if newEncoder(t.Source).asCame {
		add("Rows that stand as they came, before lists were sorted.", t.keepOrder())
	}
	add("merge.churn: fields that alone make most of the versions.", t.churn())

	part("What is gone: merge.judge")
	var scopes []string
	together := newQuery()
	for i := range t.Sweeps {
		sweep := &t.Sweeps[i]
		if sweep.Absent != source.Ends {
			continue
		}
		scope := Scope{Values: []string{"value"}, Since: at}
		add("Standing rows that complete listings of the sweep "+sweep.Name+" speak for.", t.selectScope(newQuery(), sweep, scope))
		add("Where too many of them would end.", t.holdScopes(newQuery(), i, scope, DefaultLimit, time.Time{}))
		scopes = append(scopes, "(true"+together.scope(sweep, scope)+")")
	}
	add("What no listing has shown.", t.createGone())
	add("", t.copyGone())
	if t.EndsWith != nil {
		add("What ends because its parent does.", t.createOrphans())
		for round := orphanedAnyway; round <= orphanedByRest && (round == orphanedAnyway || t.ownParents()); round++ {
			add(fmt.Sprintf("Round %d.", round), t.addOrphans(true, standingOf(t.EndsWith.Source), round))
		}
	}
	if scopes != nil {
		add("Where too many would end together.", t.holdTogether(together, scopes, DefaultLimit, time.Time{}))
		add("What is held.", t.heldRows(verdict{listed: true, round: orphanedByRest}))
	}

	part("Versions: merge.endChanged, open, keepVolatile, endGone, endOrphans")
	add("Versions that have a successor.", t.tallied(t.endChanged(), -1, ""))
	add("Rows whose keys do not stand.", t.copyStanding())
	add("Successors, and new rows that were staged.", t.tallied(t.open(), +1, ""))
	if len(t.volatile()) > 0 {
		add("Volatile columns that have moved before.", t.moveVolatile())
		add("Those that move for the first time.", t.addVolatile())
	}
	add("What is gone, and not held.", t.tallied(t.endGone(), -1, t.dropVolatile()))
	if t.EndsWith != nil {
		add("What has lost its parent.", t.tallied(t.endOrphans(), -1, t.dropVolatile()))
	}

	if len(t.Trends) > 0 {
		part("Rollups: merge.fold")
	}
	for i := range t.Trends {
		for k, sql := range t.foldTrend(&t.Trends[i]) {
			add(fmt.Sprintf("%s, %d of 3.", t.Trends[i].Name, k+1), sql)
		}
	}
	for _, sweep := range t.Sweeps {
		if sweep.Each != nil && sweep.Each.Rest != nil {
			part("What rests: merge.recordSwept")
			add("", t.recordSwept(newQuery(), sweep.Each, at, nil, nil))
			add("", t.forgetSwept(sweep.Each))
		}
	}
	part("A dry run: Sync.Plan")
	add("What the stage would open and change.", t.compareStage())
	if ends := t.selectEnds(verdict{listed: true, round: orphanedByAll}); ends != "" {
		add("What would end.", ends)
	}
	return strings.ReplaceAll(strings.TrimRight(b.String(), "\n")+"\n", "-- \n", "")
}
