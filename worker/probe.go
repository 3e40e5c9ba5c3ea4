package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"golang.org/x/sync/errgroup"

	"syncer/fetch"
	"syncer/source"
)

const (
	// probeTimeout bounds a probe, its retries included: a person waits for it.
	probeTimeout = 10 * time.Second
	// probesAtOnce bounds the calls under way. Each API has a pace of its own.
	probesAtOnce = 32
)

var errNoAnswer = fmt.Errorf("no answer within %s", probeTimeout)

// An Identity is whom the cloud takes an account's credentials for.
type Identity struct {
	AccountID string
	ARN       string // of the user or the role
}

// Identify asks the cloud whose the credentials are. No permission is needed.
func (a *Account) Identify(ctx context.Context) (id Identity, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, probeTimeout, errNoAnswer)
	defer cancel()
	id.AccountID, id.ARN, err = a.Client.CallerIdentity(ctx)
	return id, err
}

// A Probe is what the least call of a job's source, a page of one row, came to.
type Probe struct {
	Job   Job
	Rows  int64  // that there are; -1: the answer does not tell
	Lacks string // what there must be before it can be asked; empty: it was asked
	Err   error

	row source.Row // nil: there is none
}

// Probe makes the least call of each job, side by side, and writes nothing. A
// source that asks for values found by another gets one from that one's probe.
func (s *Syncer) Probe(ctx context.Context, jobs []Job) []Probe {
	p := &prober{config: s.Config(), probes: map[Job]func() Probe{}}
	list := make([]Probe, len(jobs))
	var g errgroup.Group
	g.SetLimit(probesAtOnce)
	for i, j := range jobs {
		g.Go(func() error {
			list[i] = p.probe(ctx, j)
			return nil
		})
	}
	_ = g.Wait() // no probe ends the others
	return list
}

// A prober makes each probe once, whoever needs it.
type prober struct {
	config *Config

	mu     sync.Mutex
	probes map[Job]func() Probe
}

func (p *prober) probe(ctx context.Context, j Job) Probe {
	p.mu.Lock()
	once, ok := p.probes[j]
	if !ok {
		once = sync.OnceValue(func() Probe { return p.call(ctx, j) })
		p.probes[j] = once
	}
	p.mu.Unlock()
	return once()
}

func (p *prober) call(ctx context.Context, j Job) Probe {
	sweep := &j.Source.Sweeps[0]
	r := fetch.Request{Source: j.Source, Sweep: sweep, Region: j.Region, PageSize: 1, CallsPerSecond: j.CallsPerSecond}
	if sweep.Each != nil {
		value, lacks := p.value(ctx, j, sweep.Each)
		if inner := sweep.Each.Each; inner != nil && lacks == "" {
			var second string
			second, lacks = p.value(ctx, j, inner)
			value = source.Pair(value, second)
		}
		if lacks != "" {
			return Probe{Job: j, Lacks: lacks}
		}
		r.Value, r.Values = value, []string{value}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, probeTimeout, errNoAnswer)
	defer cancel()
	var first firstRow
	outcome, err := j.Account.Client.Sweep(ctx, r, &first)
	probe := Probe{Job: j, Rows: -1, row: first.row}
	switch {
	case err != nil && first.row == nil:
		probe.Err = err
	case err == nil && !outcome.Complete:
		probe.Err = &answerError{outcome.Reason}
	case outcome.Total > 0 || first.row == nil: // not told, the total counts what was shown: nothing
		probe.Rows = outcome.Total
	}
	return probe
}

// value is one that a sweep can be asked for.
func (p *prober) value(ctx context.Context, j Job, each *source.Each) (value, lacks string) {
	if len(each.Fixed) > 0 {
		return each.Fixed[0], ""
	}
	if each.Configured && len(j.Values) > 0 {
		return j.Values[0], ""
	}
	for _, from := range each.From {
		src := p.config.source(from.Source)
		if src == nil || src == j.Settings { // its own table, which a probe does not read
			lacks = "a row of " + j.Source.Name
			continue
		}
		needed := j
		needed.Settings = src
		found := p.probe(ctx, needed)
		if found.Err != nil || found.Lacks != "" {
			return "", "an answer of " + from.Source
		}
		for _, name := range from.Columns {
			if value := found.text(name); value != "" {
				return value, ""
			}
		}
		lacks = "a row of " + from.Source
	}
	return "", lacks
}

// text is a column of the row that was found; empty where it is none or NULL.
func (p Probe) text(column string) string {
	if p.row == nil {
		return ""
	}
	i := p.Job.Source.Index(column)
	return p.Job.Source.Columns[i].Type.Plain(p.row[i])
}

// A firstRow is a sink that keeps the first row, and ends the listing there.
type firstRow struct{ row source.Row }

var errFound = errors.New("the first row was found")

func (f *firstRow) Restart(context.Context) error { return nil }

func (f *firstRow) Page(_ context.Context, rows []source.Row) (int, error) {
	f.row = slices.Clone(rows[0])
	for i := range f.row {
		f.row[i].Text = strings.Clone(f.row[i].Text)
	}
	return 0, errFound
}

// An answerError says that an answer is not what the API's page describes.
type answerError struct{ reason string }

func (e *answerError) Error() string { return "the answer is not what was asked for: " + e.reason }

// QueueIsCurrent reports whether River's tables are those of this program. It
// changes nothing.
func QueueIsCurrent(ctx context.Context, pool *pgxpool.Pool) (bool, error) {
	m, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Schema: schema, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return false, fmt.Errorf("check the job queue: %w", err)
	}
	result, err := m.Validate(ctx, nil)
	if err != nil {
		return false, fmt.Errorf("check the job queue: %w", err)
	}
	return result.OK, nil
}
