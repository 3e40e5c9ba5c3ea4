package store_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"syncer/source"
	"syncer/store"
)

// probes have spells of every kind: with and without breaks that are joined, and told apart
// by a column or not.
var probes = &source.Source{
	Name: "probes", Doc: "One row per probe.", Regions: source.SecurityCenter, Schedule: "@hourly",
	Pager: source.List{}, Items: "Items",
	API: source.API{Product: "Sas", Version: "2018-12-03", Action: "List", RAMAction: "list", Page: "https://example.com"},
	Key: []string{"name", "number"},
	Columns: []source.Column{
		{Name: "name", Field: "Name", Type: source.Text, Doc: "Name."},
		{Name: "number", Field: "Number", Type: source.BigInt, Doc: "Number."},
		{Name: "status", Field: "Status", Type: source.BigInt, Doc: "Status.", Labels: []source.Label{{Code: "1", Text: "well"}}},
		{Name: "level", Field: "Level", Type: source.Text, Doc: "Level.", Labels: []source.Label{{Code: "a", Text: "high"}}},
		{Name: "note", Field: "Note", Type: source.Text, Doc: "Note."},
		{Name: "size", Field: "Size", Type: source.Double, Doc: "Size."},
	},
	Sweeps: []source.Sweep{{Name: "all", Absent: source.Ends}},
	Spells: []source.Spell{
		{Name: "outages", Doc: "One row per outage.", Where: []source.Condition{{Column: "status", Not: true, In: []string{"1"}}}, Show: []string{"note"}},
		{Name: "joined_outages", Doc: "One row per outage.", Where: []source.Condition{{Column: "status", Not: true, In: []string{"1"}}}, Show: []string{"note"}, JoinGaps: 3 * time.Hour},
		{
			Name: "overloads", Doc: "One row per overload.", By: []string{"level"}, Show: []string{"note"}, JoinGaps: 3 * time.Hour,
			Where: []source.Condition{{Column: "size", Above0: true}, {Column: "status", In: []string{"0", "2"}}},
		},
	},
}

// A probe is a row of probes.
type probe struct {
	Name   string
	Number int64
	Status *int64
	Level  *string
	Note   *string
	Size   *float64

	ValidFrom time.Time
}

// TestSpells is the law of the spells: on random histories of rows that come, change, go and
// come back, of syncs that fail, are late, incomplete or held, of partitions that are
// forgotten, and of months that are pruned, the spells are what follows from s_as_of at
// each merge's moment, and the figures of each day what follows from the spells.
func TestSpells(t *testing.T) {
	t.Parallel()
	require.NoError(t, source.Validate([]*source.Source{probes}))
	var now atomic.Pointer[time.Time]
	s, err := store.Open(t.Context(), migrated.URL(t), store.Options{Sources: []*source.Source{probes}, Clock: func() time.Time { return *now.Load() }})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	_, err = s.Migrate(t.Context())
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		forgetAll(t, s, probes)
		zone := rapid.SampledFrom([]string{"UTC", "Asia/Shanghai", "America/St_Johns", "Europe/Berlin"}).Draw(t, "zone")
		_, err = s.SetTimezone(t.Context(), zone)
		require.NoError(t, err)
		h := &spellHistory{T: t, s: s, p: partition(probes), now: &now, zone: zone}
		h.p.AccountID = fmt.Sprint(rand.Uint64())
		h.at = time.Date(2026, 3, 24, rapid.IntRange(0, 23).Draw(t, "hour"), 7, 0, 0, time.UTC) // Europe's clocks change on the 29th
		h.live()
		h.law()
		if rapid.IntRange(0, 3).Draw(t, "prune") == 0 {
			_, err := s.Prune(t.Context(), []*source.Source{probes}, 48*time.Hour, time.Minute)
			require.NoError(t, err)
			h.law()
		}
	})
}

type spellHistory struct {
	*rapid.T
	s    *store.Store
	p    store.Partition
	zone string
	now  *atomic.Pointer[time.Time]
	at   time.Time

	moments   []time.Time        // of merges
	forgotten map[time.Time]bool // those that have ended all rows
	good      []goodRun
}

// A goodRun is a run that was ok, or one of syncer forget.
type goodRun struct {
	started, finished, due time.Time
	forget                 bool
	unseen                 time.Time // since when it was overdue; zero: it was not
}

// live makes the history.
func (h *spellHistory) live() {
	h.forgotten = map[time.Time]bool{}
	listed := map[int]source.Row{}
	for range rapid.IntRange(2, 14).Draw(h.T, "syncs") {
		at := h.at
		h.now.Store(&at)
		run := run
		run.Started = at.Add(-rapid.SampledFrom([]time.Duration{0, time.Minute, 20 * time.Minute}).Draw(h.T, "took"))
		if rapid.IntRange(0, 4).Draw(h.T, "due") > 0 {
			run.NextDue = run.Started.Add(rapid.SampledFrom([]time.Duration{time.Hour, 5 * time.Hour}).Draw(h.T, "schedule"))
		}
		for key := range 5 {
			switch rapid.SampledFrom([]string{"same", "same", "go", "come", "come"}).Draw(h.T, "fate") {
			case "go":
				delete(listed, key)
			case "come":
				listed[key] = h.row(key)
			}
		}
		switch fate := rapid.SampledFrom([]string{"ok", "ok", "ok", "ok", "incomplete", "held", "failed", "forget"}).Draw(h.T, "run"); fate {
		case "failed":
			require.NoError(h, h.s.RecordFailure(context.Background(), h.p, run, store.Failure{Message: "it failed"}))
		case "forget":
			if len(h.moments) == 0 {
				continue
			}
			c, err := h.s.Forget(context.Background(), h.p, "test", func(context.Context) error { return nil })
			require.NoError(h, err)
			h.forgotten[c.At] = true
			h.merged(c.At, goodRun{started: at, finished: at, forget: true})
		default:
			if fate == "held" {
				run.Limit = store.Limit{Fraction: 0.3, All: 1}
			}
			c := h.sync(run, listed, fate == "incomplete")
			if status, _ := c.Status(run); status == store.StatusOK && fate != "incomplete" {
				h.merged(c.At, goodRun{started: run.Started, finished: at, due: run.NextDue})
			} else {
				h.moments = append(h.moments, c.At)
			}
		}
		h.at = h.at.Add(rapid.SampledFrom([]time.Duration{time.Minute, 90 * time.Minute, 3 * time.Hour, 7 * time.Hour, 26 * time.Hour, 80 * time.Hour}).Draw(h.T, "pause"))
	}
	h.now.Store(&h.at)
}

func (h *spellHistory) row(key int) source.Row {
	row := make(source.Row, len(probes.Columns)+1)
	row[0], row[1] = source.TextValue(fmt.Sprintf("it's %d", key%2)), source.IntValue(int64(key))
	if n := rapid.IntRange(0, 3).Draw(h.T, "status"); n < 3 {
		row[2] = source.IntValue(int64(n))
	}
	if level := rapid.SampledFrom([]string{"", "a", "b"}).Draw(h.T, "level"); level != "" {
		row[3] = source.TextValue(level)
	}
	row[4] = source.TextValue(rapid.SampledFrom([]string{"x", "y", "z"}).Draw(h.T, "note"))
	if n := rapid.IntRange(0, 3).Draw(h.T, "size"); n < 3 {
		row[5] = source.DoubleValue(float64(n) - 0.5)
	}
	return row
}

func (h *spellHistory) sync(run store.Run, listed map[int]source.Row, incomplete bool) store.MergeResult {
	ctx := context.Background()
	y, err := h.s.Begin(ctx, h.p)
	require.NoError(h, err)
	defer y.Close(ctx)
	w := y.List(&probes.Sweeps[0], store.Scope{})
	var rows []source.Row
	for key := range 5 {
		if r := listed[key]; r != nil && (!incomplete || key%2 == 0) {
			rows = append(rows, r)
		}
	}
	_, err = w.Page(ctx, rows)
	require.NoError(h, err)
	if incomplete {
		run.Incomplete = "a page is missing"
	} else {
		w.Complete()
	}
	c, err := y.Merge(ctx, run)
	require.NoError(h, err)
	return c
}

func (h *spellHistory) merged(at time.Time, r goodRun) {
	if n := len(h.good); n > 0 && !r.forget && !h.good[n-1].forget && !h.good[n-1].due.IsZero() {
		last := h.good[n-1]
		if r.started.After(last.due.Add(max(2*last.finished.Sub(last.started), 5*time.Minute))) {
			r.unseen = last.due
		}
	}
	h.moments, h.good = append(h.moments, at), append(h.good, r)
}

// before is when the last good sync before a moment was started; zero: there was none.
func (h *spellHistory) before(at time.Time) time.Time {
	for _, r := range slices.Backward(h.good) {
		if r.finished.Before(at) {
			if r.forget {
				break
			}
			return r.started
		}
	}
	return time.Time{}
}

// A told spell is one as it is computed, or read.
type toldSpell struct {
	Name            string
	Number          int64
	Level, Note     *string
	Began           time.Time
	Ended           *time.Time
	EndedBy         *string
	Known           bool
	Within, EndedIn *float64 // in hours, as all that follows
	Unobserved      float64
	Gaps            int64
	Lasted          float64
}

func met(sp source.Spell, p probe) bool {
	if sp.Name == "overloads" {
		return p.Size != nil && *p.Size > 0 && p.Status != nil && (*p.Status == 0 || *p.Status == 2)
	}
	return p.Status == nil || *p.Status != 1
}

func same(a, b *string) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }

// want computes the spells from s_as_of.
func (h *spellHistory) want(sp source.Spell, now time.Time) (list []toldSpell) {
	ctx := context.Background()
	var horizon *time.Time
	require.NoError(h, h.s.Pool().QueryRow(ctx, "SELECT horizon_at FROM syncer.settings").Scan(&horizon))
	moments := h.moments
	if horizon != nil {
		moments = append([]time.Time{*horizon}, slices.DeleteFunc(slices.Clone(moments), func(at time.Time) bool { return at.Before(*horizon) })...)
	}
	last := map[int64]*toldSpell{} // the last spell of each key
	open := map[int64]bool{}
	var order []*toldSpell
	end := func(key int64, at time.Time, by string) {
		last[key].Ended, last[key].EndedBy = &at, &by
		delete(open, key)
	}
	for _, at := range moments {
		rows, err := h.s.Pool().Query(ctx, "SELECT name, number, status, level, note, size, valid_from FROM alicloud.probes_as_of($1) WHERE account_id = $2", at, h.p.AccountID)
		require.NoError(h, err)
		stand, err := pgx.CollectRows(rows, pgx.RowToStructByPos[probe])
		require.NoError(h, err)
		there := map[int64]bool{}
		for _, p := range stand {
			there[p.Number] = true
			level := p.Level
			if len(sp.By) == 0 {
				level = nil
			}
			key, l := p.Number, last[p.Number]
			switch is := met(sp, p); {
			case !is && open[key]:
				end(key, at, "cleared")
			case is && open[key] && same(l.Level, level):
			case is:
				if open[key] {
					end(key, at, "changed")
				} else if l != nil && same(l.Level, level) && at.Sub(*l.Ended) <= sp.JoinGaps {
					l.Ended, l.EndedBy, open[key] = nil, nil, true
					l.Gaps++
					break
				}
				last[key] = &toldSpell{Name: p.Name, Number: key, Level: level, Began: p.ValidFrom}
				order, open[key] = append(order, last[key]), true
			}
			if open[key] {
				last[key].Note = p.Note
			}
		}
		for key := range open {
			if by := "gone"; !there[key] {
				if h.forgotten[at] {
					by = "forgotten"
				}
				end(key, at, by)
			}
		}
	}
	logged := h.logged()
	for _, t := range order {
		until := now
		if t.Ended != nil {
			until = *t.Ended
			if seen := h.before(until); !seen.IsZero() {
				within := until.Sub(seen).Hours()
				t.EndedIn = &within
			}
		}
		t.Lasted = until.Sub(t.Began).Hours()
		seen := h.before(t.Began)
		if t.Known = !seen.IsZero() && (horizon == nil || !t.Began.Add(-sp.JoinGaps).Before(*horizon)); t.Known {
			within := t.Began.Sub(seen).Hours()
			t.Within = &within
		}
		for _, r := range h.good {
			if from, to := later(r.unseen, t.Began), earlier(r.started, until); !r.unseen.IsZero() && logged[r.finished.UnixMicro()] && from.Before(to) {
				t.Unobserved += to.Sub(from).Hours()
			}
		}
		if n := len(h.good); t.Ended == nil && n > 0 && !h.good[n-1].forget && !h.good[n-1].due.IsZero() {
			t.Unobserved += now.Sub(later(h.good[n-1].due, t.Began)).Hours()
		}
		list = append(list, *t)
	}
	slices.SortFunc(list, bySpell)
	return list
}

func bySpell(a, b toldSpell) int {
	return cmp.Or(cmp.Compare(a.Number, b.Number), a.Began.Compare(b.Began))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// logged are the runs that the log still has, by when they finished.
func (h *spellHistory) logged() map[int64]bool {
	rows, err := h.s.Pool().Query(context.Background(), "SELECT finished_at FROM alicloud.sync_runs WHERE account_id = $1 AND status = 'ok'", h.p.AccountID)
	require.NoError(h, err)
	list, err := pgx.CollectRows(rows, pgx.RowTo[time.Time])
	require.NoError(h, err)
	all := map[int64]bool{}
	for _, at := range list {
		all[at.UnixMicro()] = true
	}
	return all
}

// told reads the spells, and the moment up to which they are told.
func (h *spellHistory) told(sp source.Spell) (list []toldSpell, now time.Time) {
	level := "NULL"
	if len(sp.By) > 0 {
		level = "level"
	}
	ctx := context.Background()
	require.NoError(h, pgx.BeginFunc(ctx, h.s.Pool(), func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, "SELECT now()").Scan(&now); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, fmt.Sprintf(`SELECT name, number, %s, note, began_at, ended_at, ended_by, began_known, began_within_hours, ended_within_hours, unobserved_hours, gaps_joined, lasted_hours
FROM alicloud.%s WHERE account_id = $1 ORDER BY number, began_at`, level, sp.Name), h.p.AccountID)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[toldSpell])
		return err
	}))
	return list, now
}

func (h *spellHistory) law() {
	for _, sp := range probes.Spells {
		got, now := h.told(sp)
		want := h.want(sp, now)
		require.Equal(h, lines(want), lines(got), sp.Name)
		h.days(sp, got)
	}
}

// lines are spells as text, one beside the other.
func lines(list []toldSpell) (lines []string) {
	text := func(s *string) string {
		if s == nil {
			return "-"
		}
		return *s
	}
	hours := func(n *float64) string {
		if n == nil {
			return "-"
		}
		return fmt.Sprintf("%.3f", *n)
	}
	for _, t := range list {
		ended := "-"
		if t.Ended != nil {
			ended = t.Ended.UTC().Format(time.RFC3339Nano)
		}
		lines = append(lines, fmt.Sprint(t.Name, " ", t.Number, " ", text(t.Level), " ", text(t.Note), " ", t.Began.UTC().Format(time.RFC3339Nano), " ", ended, " ", text(t.EndedBy),
			" known ", t.Known, " within ", hours(t.Within), " ended within ", hours(t.EndedIn), " unobserved ", hours(&t.Unobserved), " gaps ", t.Gaps, " lasted ", hours(&t.Lasted)))
	}
	return lines
}
