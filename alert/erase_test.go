package alert

import (
	"encoding/json"
	"fmt"
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
			list = append(list, kept{message(about...), about})
		}
		m := message(other)
		m.Lines = append(m.Lines, quoted)
		return append(list, kept{m, []subject{other}})
	}
	part := store.Erasure{AccountID: "1234", Names: []string{"stage"}, Partitions: []store.Partition{{Source: src, AccountID: "1234", RegionID: "cn-hangzhou"}}}
	require.Equal(t, want("acs:ram::1234:role/x of 12345", []subject{alike}, []subject{near}, []subject{other}, []subject{other}, []subject{near}), erase(part))
	part.Whole = true
	require.Equal(t, want("acs:ram::…:role/x of 12345", []subject{alike}, []subject{other}, []subject{other}), erase(part))
}

// TestErasedOfMany: a message names the first few of many. Whatever else is erased, the
// lines after those stay.
func TestErasedOfMany(t *testing.T) {
	t.Parallel()
	src := source.All[0]
	var list []notice
	for i := range mostNamed + 2 {
		p := Partition{Source: src.Name, Account: fmt.Sprint("account-", i), Region: "cn-hangzhou"}
		list = append(list, notice{openAlert: openAlert{Account: p.Account, Source: p.Source, Region: p.Region, Trouble: Late}, partition: p})
	}
	m := writer{location: time.UTC}.troubles(list, time.Now())
	require.Len(t, m.Lines, mostNamed+2) // how many more there are, and what to do
	for i := range list {
		k := kept{m, ofNotices(list)}
		k.without(&store.Erasure{Names: []string{list[i].Account}, Whole: true})
		require.Len(t, k.About, len(list)-1)
		require.NotContains(t, strings.Join(append(k.Lines, k.Title), "\n"), list[i].Account)
		require.Equal(t, m.Lines[mostNamed:], k.Lines[len(k.Lines)-2:], "without the %d. of them", i)
	}
}
