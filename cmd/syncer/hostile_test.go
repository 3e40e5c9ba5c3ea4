package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"

	"syncer/internal/testing/pgtest/migrated"
	"syncer/sim"
	"syncer/source"
	"syncer/store"
)

// literals are JSON strings, without their quotes, that one part or another of what is
// behind it takes for more than text.
var literals = func() []string {
	noise := func(bytes int) string { // which no compression makes fit an index
		random := rand.New(rand.NewPCG(1, 2))
		var b strings.Builder
		for b.Len() < bytes {
			b.WriteString(strconv.FormatUint(random.Uint64(), 36))
		}
		return b.String()[:bytes]
	}
	return []string{
		`\u0000`, `a\u0000b`, "\xff\xfe", "\xed\xa0\x80", `\ud800`, `\udc00\ud800`, `\u001b[2J\u001b]0;owned\u0007`, "\u009b31m",
		`\r\nall is well\nall is well`, `fdp.\u202etxt`, `\u2028\u2029\ufeff`, strings.Repeat("x", 10_000), noise(2_700), noise(10_000),
		strings.Repeat("服", 900), `\"`, `'`, `\\`, `'; DROP TABLE syncer.accounts; --`, `$1 %s {{.}} \\N`, `<script>alert(1)</script>`,
		`=cmd|' /C calc'!A0`, `@all [x](https://evil.example)`, ``, ` `, `null`, `[[[[`, `{\"a\":\"\\u0000\"}`, `1e999999`, `9223372036854775808`, `NaN`, `infinity`,
	}
}()

// What a hostile cloud puts texts into.
const (
	nothing = iota
	values  // every text that is no key
	keys    // the key of each fourth item
	numbers // not texts, but the largest number into every count
	refusals
)

// TestHostileCloud: whatever the texts of the cloud's answers hold, every other row
// arrives and stays, every run and every failure is recorded, and what is printed of it
// does nothing.
func TestHostileCloud(t *testing.T) {
	t.Parallel()
	var hostility, turn atomic.Int64
	account := simAccounts(1)[0]
	moment := time.Now()
	cloud := sim.New(sim.Options{
		Accounts: []sim.Account{account}, World: sim.NewFleet(sim.FleetOptions{Servers: 40, Keep: 5 * 24 * time.Hour}),
		Clock: func() time.Time { return moment },
		Fault: func(c sim.Call) sim.Fault {
			i := slices.IndexFunc(source.All, func(s *source.Source) bool { return s.API.Action == c.Action })
			switch how := hostility.Load(); {
			case i < 0 || how == nothing:
				return sim.Fault{}
			case how == refusals:
				var told string
				_ = json.Unmarshal([]byte(`"`+literals[int(c.N)%len(literals)]+`"`), &told)
				return sim.Refuse(http.StatusForbidden, "NoPermission"+told, "may not: "+told)
			default:
				return sim.Rewrite(func(body []byte) []byte { return hostileItems(source.All[i], body, how, int(turn.Load())) })
			}
		},
	})
	server := httptest.NewServer(cloud)
	t.Cleanup(server.Close)
	config := configFile(t, "accounts:%s", accountYAML(account, server.URL))
	env := map[string]string{"DATABASE_URL": migrated.URL(t)}
	db, err := pgx.Connect(t.Context(), env["DATABASE_URL"])
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close(t.Context()) })

	rows := func() map[string]int {
		counts := map[string]int{}
		for _, s := range source.All {
			counts[s.Name] = one[int](t, db, "SELECT count(*)::int FROM alicloud."+s.Name)
		}
		return counts
	}
	sync := func(statuses ...string) (reports []syncReport) {
		_, stdout, stderr := call(t, t.Context(), env, "sync", "--config", config, "--full", "--output", "json")
		requireHarmless(t, stdout+stderr)
		require.NoError(t, json.Unmarshal([]byte(stdout), &reports), stderr)
		require.Len(t, reports, len(source.All))
		for _, r := range reports {
			require.Contains(t, statuses, r.Status, "%s: %s", r.Source, r.Message)
		}
		return reports
	}
	requireRecorded := func(runs int) {
		require.Equal(t, runs*len(source.All), one[int](t, db, "SELECT count(*)::int FROM syncer.sync_runs"))
		require.Zero(t, one[int](t, db, `SELECT count(*)::int FROM syncer.sync_runs AS r WHERE r::text ~ '[\x01-\x1f]'`))
		for _, args := range [][]string{{"status"}, {"changes", "--limit", "300"}, {"changes", "--limit", "300", "--output", "json"}} {
			_, stdout, stderr := call(t, t.Context(), env, append(args, "--config", config)...)
			requireHarmless(t, stdout+stderr)
		}
		for _, s := range source.All {
			for _, tr := range s.Trends { // each is readable
				one[int](t, db, "SELECT count(to_jsonb(d))::int FROM alicloud."+tr.Name+" AS d")
			}
		}
	}

	sync(store.StatusOK)
	clean := rows()
	for name, n := range clean {
		require.Positive(t, n, name)
	}
	for _, at := range []int64{0, 11, 22} {
		hostility.Store(values)
		turn.Store(at)
		for _, r := range sync(store.StatusOK) {
			require.Zero(t, r.Ended, r.Source)
			if r.Source != source.PublishBatches.Name { // not asked for once all batches are published
				require.Positive(t, r.Changed, r.Source)
			}
		}
	}
	hostility.Store(numbers)
	sync(store.StatusOK)
	requireRecorded(5)

	hostility.Store(keys)
	for _, r := range sync(store.StatusOK, store.StatusIncomplete, store.StatusHeld) {
		if src, _ := source.ByName(source.All, r.Source); src.EndsWith == nil { // else a parent takes its own along
			require.LessOrEqual(t, int(r.Ended), clean[r.Source]/4+1, r.Source)
		}
	}
	hostility.Store(refusals)
	for _, r := range sync(store.StatusFailed) {
		require.Contains(t, r.Message, "may not: ")
	}
	requireRecorded(7)
	require.Equal(t, len(source.All), one[int](t, db, "SELECT count(*)::int FROM alicloud.sync_freshness WHERE last_status = 'failed' AND last_error_message LIKE '%may not: %'"))

	hostility.Store(nothing)
	_, stdout, stderr := call(t, t.Context(), env, "sync", "--config", config, "--full", "--allow-shrink")
	require.NotContains(t, stdout+stderr, "failed")
	again := rows()
	// What stood under a key that the cloud made up goes, but for batches of a release
	// that is no longer asked for.
	require.GreaterOrEqual(t, again["publish_batches"], clean["publish_batches"])
	again["publish_batches"] = clean["publish_batches"]
	require.Equal(t, clean, again)
}

// hostileItems puts hostile texts into the items of an answer.
func hostileItems(s *source.Source, body []byte, how int64, turn int) []byte {
	items := gjson.GetBytes(body, s.Items)
	list := items.Array() // also of one object
	raw := make([]string, len(list))
	for i, item := range list {
		var fields []string
		item.ForEach(func(name, value gjson.Result) bool {
			literal := `"` + literals[(i+turn)%len(literals)] + `"`
			c, known := column(s, name.String())
			isKey := known && slices.Contains(s.Key, c.Name)
			switch {
			case how == values && !isKey && value.Type == gjson.String,
				how == keys && isKey && i%4 == 0 && value.Type == gjson.String:
				fields = append(fields, name.Raw+":"+literal)
			case how == numbers && known && !isKey && c.Type == source.BigInt && strings.HasSuffix(c.Name, "_count"):
				fields = append(fields, name.Raw+":9223372036854775807")
			default:
				fields = append(fields, name.Raw+":"+value.Raw)
			}
			return true
		})
		raw[i] = "{" + strings.Join(fields, ",") + "}"
	}
	all := "[" + strings.Join(raw, ",") + "]"
	if items.IsObject() {
		all = raw[0]
	}
	return fmt.Appendf(nil, "%s%s%s", body[:items.Index], all, body[items.Index+len(items.Raw):])
}

func column(s *source.Source, field string) (source.Column, bool) {
	i := slices.IndexFunc(s.Columns, func(c source.Column) bool { return c.Field == field })
	if i < 0 {
		return source.Column{}, false
	}
	return s.Columns[i], true
}
