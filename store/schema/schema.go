// Package schema is what stands in the database because a source is declared: its
// tables, views, functions, comments and trends. Whatever no declaration can say is
// made before, by the files of package migrations.
//
// It imports source and pgx only.
package schema

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"syncer/source"
)

// Revision is how new this program's declarations and templates are. Of two programs
// that derive otherwise, that of the higher revision is the newer one. It is raised
// once after each release that something is derived otherwise than in.
const Revision = 1

// ErrOlder: the schema in the database is older than the one this program knows.
var ErrOlder = errors.New("the schema is not current: run syncer migrate up")

// ErrNewer: the schema in the database is of a later release than this program.
var ErrNewer = errors.New("the schema is newer than this program: update syncer")

// A Program is who derives: its declarations, and how new they are.
type Program struct {
	revision int64
	sources  []*source.Source
	hashes   sync.Map // by source: each is asked for at every merge
}

// New is a program that derives from these sources.
func New(revision int64, sources []*source.Source) *Program {
	return &Program{revision: revision, sources: sources}
}

// Sources are those that the program derives from.
func (p *Program) Sources() []*source.Source { return p.sources }

func (p *Program) hash(s *source.Source) string {
	if hash, ok := p.hashes.Load(s); ok {
		return hash.(string)
	}
	hash := Hash(s)
	p.hashes.Store(s, hash)
	return hash
}

// From is the migration that makes syncer.derived, where it is noted which program has
// derived what. A row of it whose definition is NULL tells what stands; of what stood
// before, definition is the SQL that makes its views again.
const From = 9

// A querier is what a pool, a connection and a transaction have in common.
type querier interface {
	Exec(context.Context, string, ...any) (pgconn.CommandTag, error)
	Query(context.Context, string, ...any) (pgx.Rows, error)
	QueryRow(context.Context, string, ...any) pgx.Row
}

// Hash is that of all that is derived from a source in an empty database, and of what
// makes a row's values: where another one is noted, something is to be done, and
// programs that differ in it must not write to the same table.
func Hash(s *source.Source) string {
	text := Text(s)
	for _, c := range s.Columns {
		text += fmt.Sprintf("\n%s %s %d %t %q %v", c.Name, c.Field, c.Type, c.Unordered, c.NullText, c.Zone)
	}
	return digest(text)
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// A row is one of syncer.derived.
type row struct {
	Name      string
	Source    string // that it belongs to
	Revision  int64
	Migration int64    // the last one that was applied by then
	Hash      string   // of its text
	Volatile  []string // columns of its volatile table
	Fill      string   // of a trend: the SQL that fills it from the versions
}

// standing reads what stands, by name.
func standing(ctx context.Context, q querier) (map[string]row, error) {
	rows, err := q.Query(ctx, "SELECT name, source, revision, migration, hash, volatile, fill FROM syncer.derived WHERE definition IS NULL")
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
	all := map[string]row{}
	for _, r := range list {
		all[r.Name] = r
	}
	return all, err
}

// judge compares what stands of a source with what the program derives.
func (p *Program) judge(s *source.Source, stands map[string]row) error {
	r, ok := stands[s.Name]
	switch {
	case ok && r.Hash == p.hash(s):
		return nil
	case ok && r.Revision > p.revision:
		return fmt.Errorf("%w (%s was declared by revision %d, this program's is %d)", ErrNewer, s.Name, r.Revision, p.revision)
	case ok:
		return fmt.Errorf("%w (%s is declared otherwise)", ErrOlder, s.Name)
	}
	return fmt.Errorf("%w (%s is not made yet)", ErrOlder, s.Name)
}

// Current returns ErrOlder or ErrNewer unless all that stands of the program's sources
// is what it derives. What others declare besides is none of its business.
func (p *Program) Current(ctx context.Context, q querier) error {
	stands, err := standing(ctx, q)
	if err != nil {
		return err
	}
	var older error
	for _, s := range p.sources {
		switch err := p.judge(s, stands); {
		case errors.Is(err, ErrNewer):
			return err
		case err != nil && older == nil:
			older = err
		}
	}
	return older
}

// Parts tells of each of the program's sources whether what stands of it is what the
// program derives.
func (p *Program) Parts(ctx context.Context, q querier) (map[string]bool, error) {
	stands, err := standing(ctx, q)
	current := map[string]bool{}
	for _, s := range p.sources {
		current[s.Name] = p.judge(s, stands) == nil
	}
	return current, err
}

// Writes returns ErrOlder or ErrNewer unless what stands of a source is what the program
// derives: a merge must know each column, and each trend.
func (p *Program) Writes(ctx context.Context, q querier, s *source.Source) error {
	r := row{Name: s.Name}
	err := q.QueryRow(ctx, "SELECT revision, hash FROM syncer.derived WHERE name = $1 AND definition IS NULL", s.Name).Scan(&r.Revision, &r.Hash)
	stands := map[string]row{s.Name: r}
	if errors.Is(err, pgx.ErrNoRows) {
		stands, err = nil, nil
	}
	if err != nil {
		return err
	}
	return p.judge(s, stands)
}
