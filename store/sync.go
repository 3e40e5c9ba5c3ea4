package store

import (
	"context"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5/pgxpool"

	"syncer/source"
)

// A Partition is what is synced at once and becomes visible at once.
type Partition struct {
	Source      *source.Source
	AccountID   string
	AccountName string
	RegionID    string
}

func (p Partition) String() string {
	return p.Source.Name + " of " + p.AccountName + " in " + p.RegionID
}

// A Sync is one partition's run in the making: what stood when it began, and what its
// listings have found since. Merge makes that visible. No transaction is open between
// its calls. It is for one goroutine.
type Sync struct {
	store     *Store
	part      Partition
	t         *table
	foresight *Foresight // of a dry run; nil: none

	stood       baseline
	found       findings
	checkpoints checkpoints
}

// Begin reads the fingerprints of the partition's standing rows.
func (s *Store) Begin(ctx context.Context, p Partition) (*Sync, error) { return s.begin(ctx, p, nil) }

func (s *Store) begin(ctx context.Context, p Partition, f *Foresight) (_ *Sync, err error) {
	defer wrap(&err, "read what stands of %s", p)
	sync := &Sync{store: s, part: p, t: newTable(p.Source), foresight: f}
	sync.found.stage = stage{t: sync.t, acquire: s.pool.Acquire, release: (*pgxpool.Conn).Release}
	if f != nil {
		sync.found.stage.acquire, sync.found.stage.release = f.connection, func(*pgxpool.Conn) {}
	}
	sync.found.stagesNew = p.Source.AsksItself() || sync.t.ownParents() || f != nil
	sync.stood, err = readBaseline(ctx, sync.querier(), p, sync.t)
	return sync, err
}

// Empty reports whether nothing of the partition stood when the run began.
func (s *Sync) Empty() bool { return s.stood.rows == 0 }

// Close lets go of what waits for the merge, also when the context has ended. It must
// be called once the Sync is done with.
func (s *Sync) Close(ctx context.Context) {
	s.found.spill.close()
	s.found.stage.close(ctx)
}

// query begins with the partition's arguments.
func (s *Sync) query() *query { return &query{args: []any{s.part.AccountID, s.part.RegionID}} }

// querier is the connection that sees the stage, and what was foreseen, or any.
func (s *Sync) querier() querier {
	if s.found.stage.exists() {
		return s.found.stage.conn
	}
	if s.foresight != nil && s.foresight.conn != nil {
		return s.foresight.conn
	}
	return s.store.pool
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
