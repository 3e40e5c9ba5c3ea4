package alert

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"syncer/internal/testing/pgtest"
	"syncer/source"
	"syncer/store"
)

// rules, each with what it looks for: the missing count of an instance before and
// after a sync; nil: the instance is not there.
var (
	one   = "1"
	rules = map[string]struct {
		Pattern
		matches func(before, after *int64, ever bool) bool
	}{
		"opened":   {Pattern{Verb: "opened"}, func(b, a *int64, ever bool) bool { return b == nil && a != nil && !ever }},
		"returned": {Pattern{Verb: "returned"}, func(b, a *int64, ever bool) bool { return b == nil && a != nil && ever }},
		"ended":    {Pattern{Verb: "ended"}, func(b, a *int64, _ bool) bool { return b != nil && a == nil }},
		"changed":  {Pattern{Verb: "changed"}, func(b, a *int64, _ bool) bool { return b != nil && a != nil && *b != *a }},
		"changed from 1": {Pattern{Column: "missing_count", Verb: "changed", From: &one}, func(b, a *int64, _ bool) bool {
			return b != nil && a != nil && *b == 1 && *a != 1
		}},
		"changed to 1": {Pattern{Column: "missing_count", Verb: "changed", To: &one}, func(b, a *int64, _ bool) bool {
			return b != nil && a != nil && *b != 1 && *a == 1
		}},
		"another column": {Pattern{Column: "failed_count", Verb: "changed"}, func(*int64, *int64, bool) bool { return false }},
		"became 1":       {Pattern{Column: "missing_count", Verb: "became", To: &one}, func(b, a *int64, _ bool) bool { return a != nil && *a == 1 && (b == nil || *b != 1) }},
		"rose above 1":   {Pattern{Column: "missing_count", Verb: "rose", Than: 1}, func(b, a *int64, _ bool) bool { return a != nil && *a > 1 && (b == nil || *b <= 1) }},
		"fell below 1":   {Pattern{Column: "missing_count", Verb: "fell", Than: 1}, func(b, a *int64, _ bool) bool { return b != nil && a != nil && *a < 1 && *b >= 1 }},
	}
)

// TestRulesSeeEachChangeOnce: on random histories that are watched at random times,
// each rule sees each change that it looks for once, and nothing of the first sync;
// a watch that is called off has seen nothing.
func TestRulesSeeEachChangeOnce(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	rapid.Check(t, func(t *rapid.T) { watchedHistory(t, s) })
}

func watchedHistory(t *rapid.T, s *store.Store) {
	ctx := context.Background()
	_, err := s.Pool().Exec(ctx, "DELETE FROM syncer.watches; DELETE FROM syncer.watch_cursors")
	require.NoError(t, err)
	src := &source.InstancePatchStates
	p := partitionOf(src)
	p.AccountID = fmt.Sprint(rand.Uint64())
	p.AccountName = p.AccountID
	accounts := []string{p.AccountName}
	want, got := map[string][]string{}, map[string][]string{}
	watch := func() {
		calledOff := rapid.IntRange(0, 3).Draw(t, "called off") == 0
		seen := map[string][]string{}
		err := inRound(ctx, s.Pool(), 0, func(r *round) error {
			for name, rule := range rules {
				rule.Source = src
				m, err := r.match(ctx, Rule{Name: name, Pattern: rule.Pattern, Accounts: accounts}, 0, 100)
				if err != nil {
					return err
				}
				require.EqualValues(t, len(m.first), m.count)
				for _, c := range m.first {
					seen[name] = append(seen[name], fmt.Sprint(c.at.UnixMicro(), c.key))
				}
			}
			if calledOff {
				return context.Canceled
			}
			return nil
		})
		if calledOff {
			require.ErrorIs(t, err, context.Canceled)
			return
		}
		require.NoError(t, err)
		for name, list := range seen {
			got[name] = append(got[name], list...)
		}
	}
	calledOffFirst := inRound(ctx, s.Pool(), 0, func(r *round) error { // the rules begin
		for name, rule := range rules {
			rule.Source = src
			if _, err := r.match(ctx, Rule{Name: name, Pattern: rule.Pattern, Accounts: accounts}, 0, 1); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, calledOffFirst)
	before, ever := map[int]*int64{}, map[int]bool{}
	for sync := range rapid.IntRange(1, 8).Draw(t, "syncs") {
		var rows []source.Row
		after := map[int]*int64{}
		for key := range 4 {
			if n := rapid.Int64Range(-1, 3).Draw(t, "missing"); n >= 0 {
				after[key] = &n
				rows = append(rows, patchRow(fmt.Sprint("i-", key), n))
			}
		}
		at := merge(t, s, p, rows)
		for key := range 4 {
			for name, r := range rules {
				if sync > 0 && r.matches(before[key], after[key], ever[key]) {
					want[name] = append(want[name], fmt.Sprint(at.UnixMicro(), "i-", key))
				}
			}
			ever[key] = ever[key] || after[key] != nil
		}
		before = after
		for range rapid.IntRange(0, 2).Draw(t, "watches") {
			watch()
		}
	}
	require.NoError(t, inRound(ctx, s.Pool(), 0, func(r *round) error {
		for name, rule := range rules {
			rule.Source = src
			m, err := r.match(ctx, Rule{Name: name, Pattern: rule.Pattern, Accounts: accounts}, 0, 100)
			if err != nil {
				return err
			}
			for _, c := range m.first {
				got[name] = append(got[name], fmt.Sprint(c.at.UnixMicro(), c.key))
			}
		}
		return nil
	}))
	for name := range rules {
		slices.Sort(want[name])
		slices.Sort(got[name])
		require.Equal(t, want[name], got[name], name)
	}
}

// TestRulesOnAllSources: a rule on any column of any source is a question that
// PostgreSQL understands.
func TestRulesOnAllSources(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	for _, src := range source.All {
		p := partitionOf(src)
		merge(t, s, p, nil)
	}
	require.NoError(t, inRound(t.Context(), s.Pool(), 0, func(r *round) error {
		for _, src := range source.All {
			for _, verb := range []string{"opened", "returned", "ended", "changed"} {
				_, err := r.match(t.Context(), Rule{Name: src.Name + verb, Pattern: Pattern{Source: src, Verb: verb}}, 0, 5)
				require.NoError(t, err)
			}
		}
		return nil
	}))
	_, err := s.Pool().Exec(t.Context(), "UPDATE syncer.watches SET started_at = now() - interval '1 day'; UPDATE syncer.partitions SET first_merged_at = now() - interval '1 day', merged_at = now()")
	require.NoError(t, err)
	require.NoError(t, inRound(t.Context(), s.Pool(), 0, func(r *round) error {
		for _, src := range source.All {
			for _, c := range src.Columns {
				for _, pattern := range []Pattern{{Verb: "changed"}, {Verb: "became", To: &one}, {Verb: "changed", From: &one, To: &one}, {Verb: "rose", Than: -0.5}, {Verb: "fell", Than: 1e9}} {
					if (pattern.Verb == "rose" || pattern.Verb == "fell") && c.Type != source.BigInt && c.Type != source.Double {
						continue
					}
					pattern.Source, pattern.Column = src, c.Name
					_, err := r.match(t.Context(), Rule{Name: src.Name + verbKey(pattern), Pattern: pattern}, 0, 5)
					require.NoError(t, err, "%s.%s %s", src.Name, c.Name, pattern.Verb)
				}
			}
		}
		return nil
	}))
}

func verbKey(p Pattern) string { return p.Column + p.Verb + fmt.Sprint(p.From != nil) }

// TestABurstIsOneCount: of a hundred thousand changes, the first few are named.
func TestABurstIsOneCount(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	n := pgtest.Few(10_000, 100_000)
	rule := Pattern{Source: &source.InstancePatchStates, Column: "missing_count", Verb: "rose", Than: 0}
	look := func(quiet time.Duration) (m matches) {
		require.NoError(t, inRound(t.Context(), s.Pool(), 0, func(r *round) (err error) {
			m, err = r.match(t.Context(), Rule{Name: "rule", Pattern: rule}, quiet, 5)
			return err
		}))
		return m
	}
	look(0)
	rows := func(missing int64) (list []source.Row) {
		for i := range n {
			list = append(list, patchRow(fmt.Sprint("i-", i), missing))
		}
		return list
	}
	merge(t, s, partitionOf(&source.InstancePatchStates), rows(0))
	require.Zero(t, look(0).count, "the first sync")
	merge(t, s, partitionOf(&source.InstancePatchStates), rows(1))
	m := look(time.Hour)
	require.EqualValues(t, n, m.count)
	require.Len(t, m.first, 5)

	merge(t, s, partitionOf(&source.InstancePatchStates), rows(0)[:10])
	merge(t, s, partitionOf(&source.InstancePatchStates), rows(1)[:7])
	require.Zero(t, look(time.Hour).count, "it is quiet for a while")
	require.EqualValues(t, 7, look(0).count, "and nothing is lost")
}

// TestForgottenRule: a rule that comes back after weeks does not tell of them.
func TestForgottenRule(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	rule := Pattern{Source: &source.InstancePatchStates, Verb: "opened"}
	look := func() (n int64) {
		require.NoError(t, inRound(t.Context(), s.Pool(), 0, func(r *round) error {
			m, err := r.match(t.Context(), Rule{Name: "rule", Pattern: rule}, 0, 5)
			n = m.count
			return err
		}))
		return n
	}
	look()
	sync := func(ids ...string) {
		var rows []source.Row
		for _, id := range ids {
			rows = append(rows, patchRow(id, 1))
		}
		merge(t, s, partitionOf(rule.Source), rows)
	}
	sync("i-1")
	sync("i-1", "i-2")
	_, err := s.Pool().Exec(t.Context(), "UPDATE syncer.watches SET watched_at = now() - interval '8 days' WHERE name <> ''")
	require.NoError(t, err)
	require.Zero(t, look())
	sync("i-1", "i-2", "i-3")
	require.EqualValues(t, 1, look())
	require.Zero(t, look())
}
