package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"syncer/source"
	"syncer/store"
)

// TestUnordered: a list whose order flips makes no version, also where the row was
// written before its column was declared unordered, and its volatile columns move.
func TestUnordered(t *testing.T) {
	t.Parallel()
	unordered := &source.CloudCenterInstances
	before := *unordered
	before.Columns = append([]source.Column{}, unordered.Columns...)
	for i := range before.Columns {
		before.Columns[i].Unordered = false
	}
	row := func(ips string, login int) []source.Row {
		r := make(source.Row, len(unordered.Columns)+1)
		r[unordered.Index("uuid")] = source.TextValue("u")
		r[unordered.Index("ip_list_string")] = source.TextValue(ips)
		r[unordered.Index("last_login_at")] = source.TimeValue(time.Unix(int64(1_700_000_000+login), 0))
		return []source.Row{r}
	}
	sources := slices.Clone(source.All)
	sources[slices.Index(sources, unordered)] = &before
	older := openDeclared(t, migrated.URL(t), sources)
	require.EqualValues(t, 1, syncAll(t, older, partition(&before), row("b,a", 1)).Opened)
	s := openDeclared(t, older.Pool().Config().ConnString(), source.All)
	changed := func(ips string, login int) int64 {
		return syncAll(t, s, partition(unordered), row(ips, login)).Changed
	}
	shown := func() (ips string, login time.Time) {
		require.NoError(t, s.Pool().QueryRow(t.Context(), "SELECT ip_list_string, last_login_at FROM alicloud.cloud_center_instances").Scan(&ips, &login))
		return ips, login
	}
	require.Zero(t, changed("b,a", 1))
	require.Zero(t, changed("b,a", 2), "what was hashed in another way")
	_, login := shown()
	require.EqualValues(t, 1_700_000_002, login.Unix())
	require.EqualValues(t, 1, changed("c,a", 2))
	require.Zero(t, changed("a,c", 2))
	require.Zero(t, changed("a,c", 3))
	ips, login := shown()
	require.Equal(t, "c,a", ips, "as it came with its version")
	require.EqualValues(t, 1_700_000_003, login.Unix())
	require.EqualValues(t, 1, changed("a,c,c", 3))
}

// TestChurn: the fields of extra for which alone most versions were made are told.
func TestChurn(t *testing.T) {
	t.Parallel()
	s := open(t)
	rows := func(missing int64, extra ...string) (list []source.Row) {
		for i, text := range extra {
			r := patchRow(string(rune('a'+i)), missing)
			r[len(r)-1] = source.TextValue(text)
			list = append(list, r)
		}
		return list
	}
	p := partition(&source.InstancePatchStates)
	churn := func(list []source.Row) store.MergeResult { return syncAll(t, s, p, list) }
	require.Empty(t, churn(rows(1, `{"Nonce":1}`, `{"Nonce":1}`, `{"Nonce":1}`, `{"Nonce":1}`)).Churn)
	require.Equal(t, []string{"Nonce"}, churn(rows(1, `{"Nonce":2}`, `{"Nonce":3}`, `{"Nonce":4}`, `{"Nonce":1,"Other":1}`)).Churn)
	require.Empty(t, churn(rows(2, `{"Nonce":5}`, `{"Nonce":5}`, `{"Nonce":5}`, `{"Nonce":5}`)).Churn, "a column changed, too")
	require.Empty(t, churn(rows(2, `{"Nonce":6}`, `{"Nonce":6}`, `{"Nonce":5}`, `{"Nonce":5}`)).Churn, "a few")
	require.Equal(t, []string{"A", "B"}, churn(rows(2, `{"A":1,"B":1}`, `{"A":1,"B":1}`, `{"A":1,"B":1,"Nonce":5}`, `{"A":1,"B":1,"Nonce":5}`)).Churn)
}
