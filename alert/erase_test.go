package alert

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"syncer/alert/send"
	"syncer/source"
	"syncer/store"
)

// TestErase: what goes is what is about the account, by its very name, and of partitions by
// theirs: not what begins alike, nor what others are told at the same time.
func TestErase(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	src := source.All[0]
	of := func(account, region string) subject { return subject{src.Name, account, region} }
	a, alike, near := of("stage", "cn-hangzhou"), of("stage-2", "cn-hangzhou"), of("stage", "cn-hangzhou-finance")
	other := of("production", "cn-hangzhou")
	message := func(about ...subject) (m send.Message) {
		m.Title = "syncer: " + about[0].name() + " fails"
		for _, s := range about {
			m.Lines = append(m.Lines, s.name()+": since then")
		}
		m.Lines = append(m.Lines, "Look.")
		return m
	}
	told := [][]subject{{a}, {alike}, {near}, {a, other}, {other, a}, {a, near}}
	erase := func(e store.Erasure) (left []kept) {
		tx, err := s.Pool().Begin(t.Context())
		require.NoError(t, err)
		defer func() { _ = tx.Rollback(t.Context()) }()
		r := &round{tx: tx}
		for i, about := range told {
			require.NoError(t, r.put(t.Context(), []string{"ops"}, string(rune('a'+i)), message(about...), about...))
		}
		quoting := message(other)
		quoting.Lines = append(quoting.Lines, "acs:ram::1234:role/x of 12345")
		require.NoError(t, r.put(t.Context(), []string{"ops"}, "quoting", quoting, other))
		require.NoError(t, r.put(t.Context(), []string{"ops"}, "sent", message(a, other), a, other))
		_, err = tx.Exec(t.Context(), "UPDATE syncer.notifications SET delivered_at = now() WHERE event_key = 'sent'")
		require.NoError(t, err)
		require.NoError(t, Erase(t.Context(), tx, &e))
		rows, err := tx.Query(t.Context(), "SELECT message FROM syncer.notifications ORDER BY notification_id")
		require.NoError(t, err)
		contents, err := pgx.CollectRows(rows, pgx.RowTo[json.RawMessage])
		require.NoError(t, err)
		for _, c := range contents {
			var k kept
			require.NoError(t, json.Unmarshal(c, &k))
			left = append(left, k)
		}
		return left
	}
	want := func(quoted string, all ...[]subject) (list []kept) {
		for _, about := range all {
			list = append(list, keep(message(about...), about))
		}
		m := message(other)
		m.Lines = append(m.Lines, quoted)
		return append(list, keep(m, []subject{other}))
	}
	part := store.Erasure{AccountID: "1234", Names: []string{"stage"}, Partitions: []store.Partition{{Source: src, AccountID: "1234", RegionID: "cn-hangzhou"}}}
	require.Equal(t, want("acs:ram::1234:role/x of 12345", []subject{alike}, []subject{near}, []subject{other}, []subject{other}, []subject{near}), erase(part))
	part.Whole = true
	require.Equal(t, want("acs:ram::…:role/x of 12345", []subject{alike}, []subject{other}, []subject{other}), erase(part))
}

// TestErasedOfMany: a message names the first few of many, and says how many more there
// are. Whatever is erased, it is what would have been said of the others.
func TestErasedOfMany(t *testing.T) {
	t.Parallel()
	src := source.All[0]
	var list []notice
	for i := range mostNamed + 2 {
		p := Partition{Source: src.Name, Account: fmt.Sprint("account-", i), Region: "cn-hangzhou"}
		list = append(list, notice{openAlert: openAlert{Account: p.Account, Source: p.Source, Region: p.Region, Trouble: Late}, partition: p})
	}
	w, now := writer{location: time.UTC}, time.Now()
	for first := range list {
		for second := range list {
			k := keep(w.troubles(list, now), ofNotices(list))
			rest := slices.Clone(list)
			for _, i := range []int{first, second} {
				k.without(&store.Erasure{Names: []string{list[i].Account}, Whole: true})
				rest = slices.DeleteFunc(rest, func(n notice) bool { return n.Account == list[i].Account })
				want := w.troubles(rest, now)
				require.Equal(t, want.Title, k.Title)
				require.Equal(t, ofNotices(rest), k.About)
				said := strings.Join(append(k.Lines, k.Title), "\n")
				require.NotContains(t, said, list[i].Account)
				// Those that were not named before are not named now, but counted.
				named := strings.Count(said, ": since ")
				if more := len(rest) - named; more > 0 {
					require.Contains(t, k.Lines, fmt.Sprintf("and %d more", more))
				} else {
					require.NotContains(t, said, "more\n")
				}
				require.Equal(t, want.Lines[len(want.Lines)-1], k.Lines[len(k.Lines)-1])
			}
		}
	}
}

// TestStaleAlerts: what no configuration looks at any more is forgotten; what another one
// looks at is not.
func TestStaleAlerts(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	late := func(account, region string) Partition {
		return Partition{Source: "agent_versions", Account: account, Region: region, Late: true}
	}
	open := func(name string, configured ...Partition) {
		t.Helper()
		err := pgx.BeginFunc(t.Context(), s.Pool(), func(tx pgx.Tx) error {
			r := &round{tx: tx, now: time.Now()}
			was, err := r.openAlerts(t.Context())
			if err != nil {
				return err
			}
			alerts, _ := judge(configured, was, r.now, 0)
			return r.replaceAlerts(t.Context(), configured, alerts)
		})
		require.NoError(t, err, name)
	}
	names := func() string {
		t.Helper()
		var list string
		require.NoError(t, s.Pool().QueryRow(t.Context(), "SELECT coalesce(string_agg(account_name || region_id, ' ' ORDER BY account_name, region_id), '') FROM syncer.alerts").Scan(&list))
		return list
	}
	open("one", late("staging", "cn-hangzhou"), late("staging", "")) // a partition and a listing
	open("the other", late("production", "cn-hangzhou"))
	_, err := s.Pool().Exec(t.Context(), "UPDATE syncer.alerts SET looked_at = looked_at - interval '2 days' WHERE account_name = 'staging'")
	require.NoError(t, err)
	open("renamed", late("stage", "cn-hangzhou"))
	require.Equal(t, "productioncn-hangzhou stagecn-hangzhou", names())
	_, err = s.Pool().Exec(t.Context(), "UPDATE syncer.alerts SET looked_at = looked_at - interval '2 days'")
	require.NoError(t, err)
	open("after a long stop", late("stage", "cn-hangzhou"))
	require.Equal(t, "stagecn-hangzhou", names())
}
