package schema_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"syncer/internal/testing/pgtest"
	"syncer/source"
	"syncer/store"
	"syncer/store/schema"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

var migrated = pgtest.Template{Fill: func(ctx context.Context, url string) error {
	s, err := store.Open(ctx, url, store.Options{Sources: []*source.Source{}})
	if err != nil {
		return err
	}
	defer s.Close()
	if _, err = s.Migrate(ctx); err != nil {
		return err
	}
	_, err = s.Pool().Exec(ctx, "UPDATE syncer.settings SET timezone = 'Asia/Shanghai'")
	return err
}}

// open gives a database with all that no declaration says.
func open(t testing.TB) *pgxpool.Pool {
	t.Helper()
	s, err := store.Open(context.Background(), migrated.URL(t), store.Options{})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s.Pool()
}

// TestDerived is the law of what is derived. Programs of random declarations, each newer
// than the one before, come to a database in which rows and users' views stand. Each
// leads to what it would lead to in an empty database, the order of columns and what is
// no longer declared aside. No row, no right and no view of a user is lost, an older
// program changes nothing, and the way back leads through all that was.
func TestDerived(t *testing.T) {
	t.Parallel()
	db, fresh := open(t), open(t)
	rapid.Check(t, func(t *rapid.T) {
		h := &house{T: t, db: db, fresh: fresh, values: map[string]map[string]string{}}
		defer h.clear()
		h.live()
	})
}

// A house is a database on its way, and an empty one beside it.
type house struct {
	*rapid.T
	db, fresh *pgxpool.Pool
	revision  int64
	sources   []*source.Source             // as they are declared
	all       []string                     // names of all that ever were
	values    map[string]map[string]string // by source and key: column and value
	users     int                          // views that users have made
}

func (h *house) live() {
	var stood []string
	var before *schema.Program
	for step := range rapid.IntRange(2, 5).Draw(h.T, "programs") {
		h.declare(step == 0)
		h.revision++
		program := schema.New(h.revision, h.sources)
		seen := h.seen()
		done, err := up(h.db, program)
		require.NoError(h, err)
		require.NoError(h, program.Current(h.Context(), h.db))
		require.Equal(h, seen, h.seen(), "what users have")
		h.trends()
		if now := described(h.db); before != nil && before.Current(h.Context(), h.db) != nil {
			_, err := up(h.db, before)
			require.ErrorIs(h, err, schema.ErrNewer)
			require.Equal(h, now, described(h.db), "an older program changes nothing")
		}
		h.rows(step)
		h.use()
		h.asFresh(program)
		if before = program; len(done) > 0 {
			stood = append(stood, described(h.db))
		}
	}
	h.back(stood)
}

func up(db *pgxpool.Pool, p *schema.Program) (done []string, err error) {
	err = pgx.BeginFunc(context.Background(), db, func(tx pgx.Tx) error {
		done, err = p.Up(context.Background(), tx)
		return err
	})
	return done, err
}

func exec(t require.TestingT, db *pgxpool.Pool, sql string, args ...any) {
	_, err := db.Exec(context.Background(), sql, args...)
	require.NoError(t, err, sql)
}

func ask(t require.TestingT, db *pgxpool.Pool, sql string) (answer string) {
	require.NoError(t, db.QueryRow(context.Background(), sql).Scan(&answer), sql)
	return answer
}

// kinds are the types of the columns c0 to c5, and a value of each.
var kinds = []struct {
	source.Type
	value string
}{
	{source.Text, "'it''s %d'"},
	{source.BigInt, "%d"},
	{source.Double, "%d.5"},
	{source.Bool, "%d %% 2 = 0"},
	{source.Millis, "'2026-01-01'::timestamptz + interval '%d hours'"},
	{source.JSON, `'{"n": %d}'::jsonb`},
}

// declare changes what is declared.
func (h *house) declare(first bool) {
	var next []*source.Source
	for _, s := range h.sources {
		if rapid.IntRange(0, 9).Draw(h.T, "forget") > 0 { // else it is declared no more
			next = append(next, h.change(s))
		}
	}
	for n := range 2 {
		name := fmt.Sprintf("things%d", n)
		if !slices.Contains(h.all, name) && (first && n == 0 || rapid.Bool().Draw(h.T, "another")) {
			h.all = append(h.all, name)
			next = append(next, h.change(&source.Source{
				Name: name, Regions: source.SecurityCenter, API: source.API{Product: "Sas", Action: "List"}, Key: []string{"id"},
				Columns: []source.Column{{Name: "id", Field: "Id", Type: source.Text, Doc: "ID."}},
			}))
		}
	}
	h.sources = next
}

func (h *house) change(old *source.Source) *source.Source {
	s := *old
	s.Doc = fmt.Sprintf("One row per thing, isn't it, %d.", h.revision)
	s.Columns = []source.Column{old.Columns[0]}
	for n, kind := range kinds {
		name := fmt.Sprintf("c%d", n)
		c, had := old.Column(name)
		fate := rapid.SampledFrom([]string{"stay", "stay", "stay", "change", "turn"}).Draw(h.T, name)
		if had && fate == "turn" || !had && fate != "turn" { // it goes, or does not come yet
			continue
		}
		if !had || fate == "change" {
			c = source.Column{Name: name, Field: "F", Type: kind.Type, Doc: "It's a column."}
			c.Volatile = rapid.Bool().Draw(h.T, "volatile")
			for code := range rapid.IntRange(0, 2).Draw(h.T, "labels") {
				if n < 2 {
					c.Labels = append(c.Labels, source.Label{Code: fmt.Sprint(code), Text: fmt.Sprintf("it's %d", h.revision)})
				}
			}
		}
		s.Columns = append(s.Columns, c)
	}
	s.Trends = nil
	tracked := func(name string) bool { c, ok := s.Column(name); return ok && !c.Volatile }
	if rapid.Bool().Draw(h.T, "trend") {
		tr := source.Trend{Name: s.Name + "_daily", Doc: "One row per day.", Measures: []source.Measure{{Name: "things", Doc: "Things."}}}
		if tracked("c0") && rapid.Bool().Draw(h.T, "by") {
			tr.By = []string{"c0"}
		}
		if tracked("c1") {
			tr.Measures = append(tr.Measures, source.Measure{Name: "total", Sum: "c1", Doc: "Sum."},
				source.Measure{Name: "positive", Where: []source.Condition{{Column: "c1", Above0: true, Not: rapid.Bool().Draw(h.T, "not")}}, Doc: "Count."},
				source.Measure{Name: "share", Share: [2]string{"positive", "things"}, Doc: "Share."})
		}
		if tracked("c4") {
			tr.Measures = append(tr.Measures, source.Measure{Name: "begun", On: "c4", Doc: "Begun."})
		}
		s.Trends = []source.Trend{tr}
	}
	s.Spells = nil
	if tracked("c1") && rapid.Bool().Draw(h.T, "spell") {
		sp := source.Spell{Name: "times_of_" + s.Name, Doc: "One row per time.", Where: []source.Condition{{Column: "c1", Above0: true, Not: rapid.Bool().Draw(h.T, "not")}}}
		if tracked("c0") && rapid.Bool().Draw(h.T, "by") {
			sp.By = []string{"c0"}
		}
		if tracked("c3") && rapid.Bool().Draw(h.T, "show") {
			sp.Show = []string{"c3"}
		}
		if rapid.Bool().Draw(h.T, "join") {
			sp.JoinGaps = time.Hour
		}
		s.Spells = []source.Spell{sp}
	}
	return &s
}

// rows writes as merges do: rows come, and volatile columns move.
func (h *house) rows(step int) {
	for _, s := range h.sources {
		exec(h, h.db, "INSERT INTO syncer.partitions (account_id, source, region_id, first_merged_at) VALUES ('1', $1, 'r', '2025-12-30') ON CONFLICT DO NOTHING", s.Name)
		for n := range 3 {
			key := fmt.Sprintf("%d-%d", step, n)
			values := map[string]string{}
			for i, c := range s.Columns[1:] {
				if rapid.IntRange(0, 3).Draw(h.T, "null") > 0 {
					values[c.Name] = fmt.Sprintf(kinds[c.Name[1]-'0'].value, i+n)
				}
			}
			to := "'infinity'"
			if n == 2 {
				to = "'2026-01-20'"
			}
			h.insert(h.db, s, key, to, values)
			if volatile := s.Volatile(); len(volatile) > 0 && n == 1 {
				names, moved := []string{"account_id", "region_id", "id", "row_hash"}, []string{"'1'", "'r'", "'" + key + "'", "2"}
				for _, c := range volatile {
					values[c.Name] = fmt.Sprintf(kinds[c.Name[1]-'0'].value, 40+step)
					names, moved = append(names, c.Name), append(moved, values[c.Name])
				}
				exec(h, h.db, fmt.Sprintf("INSERT INTO syncer.%s_volatile (%s) VALUES (%s)", s.Name, strings.Join(names, ", "), strings.Join(moved, ", ")))
			}
			h.values[s.Name+" "+key+" "+to] = values
		}
	}
}

func (h *house) insert(db *pgxpool.Pool, s *source.Source, key, to string, values map[string]string) {
	names, list := []string{}, []string{}
	for _, c := range s.Columns[1:] {
		if v, ok := values[c.Name]; ok {
			names, list = append(names, ", "+c.Name), append(list, ", "+v)
		}
	}
	exec(h, db, fmt.Sprintf("INSERT INTO syncer.%s (account_id, region_id, id, version_hash, row_hash, valid_from, valid_to%s) VALUES ('1', 'r', '%s', 1, 1, '2026-01-01 05:00Z', %s%s)",
		s.Name, strings.Join(names, ""), key, to, strings.Join(list, "")))
}

// use makes a view of a user's on whatever stands, and gives somebody rights on it.
func (h *house) use() {
	for _, s := range h.sources {
		for _, view := range []string{s.Name, s.Name + "_history"} {
			h.users++
			exec(h, h.db, fmt.Sprintf("CREATE VIEW public.user%d AS SELECT * FROM alicloud.%s", h.users, view))
			exec(h, h.db, fmt.Sprintf("GRANT SELECT ON alicloud.%s TO pg_monitor", view))
		}
		for _, sp := range s.Spells { // what it says goes by its conditions, which may become others
			for _, view := range []string{sp.Name, sp.Daily()} {
				h.users++
				exec(h, h.db, fmt.Sprintf("CREATE VIEW public.user%d AS SELECT account_id AS id FROM alicloud.%s WHERE false", h.users, view))
				exec(h, h.db, fmt.Sprintf("GRANT SELECT ON alicloud.%s TO pg_monitor", view))
			}
		}
	}
}

// seen is what users see in their views, and may read. Labels may become others.
func (h *house) seen() (list []string) {
	for n := range h.users {
		list = append(list, ask(h, h.db, fmt.Sprintf(`SELECT concat((
    SELECT string_agg((SELECT string_agg(e.key || e.value, ',' ORDER BY e.key) FROM jsonb_each_text(to_jsonb(u)) AS e WHERE e.key NOT LIKE '%%\_label'), ' ' ORDER BY u.id)
    FROM public.user%[1]d AS u
), (SELECT bool_and(has_table_privilege('pg_monitor', d.refobjid, 'SELECT'))
    FROM pg_rewrite AS r JOIN pg_depend AS d ON d.objid = r.oid JOIN pg_class AS c ON c.oid = d.refobjid
    WHERE r.ev_class = 'public.user%[1]d'::regclass AND c.relnamespace = 'alicloud'::regnamespace))`, n+1)))
	}
	return list
}

// trends holds the rollups against what they would be, made anew.
func (h *house) trends() {
	for _, s := range h.sources {
		for i := range s.Trends {
			was := trendRows(h, h.db, s.Trends[i])
			refill(h, h.db, s, &s.Trends[i])
			require.Equal(h, trendRows(h, h.db, s.Trends[i]), was, "filled")
		}
	}
}

func refill(t require.TestingT, db *pgxpool.Pool, s *source.Source, tr *source.Trend) {
	exec(t, db, "BEGIN; SET LOCAL timezone = 'Asia/Shanghai';"+schema.Fill(s, tr)+"COMMIT")
}

func trendRows(t require.TestingT, db *pgxpool.Pool, tr source.Trend) string {
	columns := append([]string{"day", "account_id"}, tr.By...)
	for _, m := range tr.Measures {
		columns = append(columns, m.Name)
	}
	return ask(t, db, fmt.Sprintf("SELECT coalesce(string_agg(v::text, ' ' ORDER BY v::text), '') FROM (SELECT %s FROM alicloud.%s WHERE day < '2026-02-01') AS v", strings.Join(columns, ", "), tr.Name))
}

// asFresh holds the database against an empty one that the same program has made.
func (h *house) asFresh(p *schema.Program) {
	_, err := up(h.fresh, p)
	require.NoError(h, err)
	defer h.down(h.fresh)
	for what, n := range h.values {
		name, rest, _ := strings.Cut(what, " ")
		key, to, _ := strings.Cut(rest, " ")
		if s, ok := source.ByName(h.sources, name); ok {
			exec(h, h.fresh, "INSERT INTO syncer.partitions (account_id, source, region_id, first_merged_at) VALUES ('1', $1, 'r', '2025-12-30') ON CONFLICT DO NOTHING", name)
			h.insert(h.fresh, s, key, to, n)
		}
	}
	for _, s := range h.sources {
		for _, relation := range []string{"syncer." + s.Name, "alicloud." + s.Name, "alicloud." + s.Name + "_history"} {
			require.Subset(h, columns(h, h.db, relation), columns(h, h.fresh, relation), relation)
		}
		names := strings.Join(columnNames(h, h.fresh, "alicloud."+s.Name), ", ")
		for _, view := range []string{s.Name, s.Name + "_history", s.Name + "_as_of('2026-01-10')", s.Name + "_as_of('2026-02-10')"} {
			sql := fmt.Sprintf("SELECT coalesce(string_agg(v::text, ' ' ORDER BY v::text), '') FROM (SELECT %s FROM alicloud.%s) AS v", names, view)
			require.Equal(h, ask(h, h.fresh, sql), ask(h, h.db, sql), sql)
		}
		changes := "SELECT coalesce(string_agg(c::text, ' ' ORDER BY c::text), '') FROM alicloud.changes AS c WHERE source = '" + s.Name + "'"
		require.Equal(h, ask(h, h.fresh, changes), ask(h, h.db, changes))
		for i, tr := range s.Trends {
			require.Subset(h, columns(h, h.db, "alicloud."+tr.Name), columns(h, h.fresh, "alicloud."+tr.Name))
			refill(h, h.fresh, s, &s.Trends[i])
			refill(h, h.db, s, &s.Trends[i])
			require.Equal(h, trendRows(h, h.fresh, tr), trendRows(h, h.db, tr), tr.Name)
		}
		for _, sp := range s.Spells {
			for _, view := range []string{sp.Name, sp.Daily()} {
				require.Subset(h, columns(h, h.db, "alicloud."+view), columns(h, h.fresh, "alicloud."+view))
			}
			names := strings.Join(append(append([]string{"id", "began_at", "ended_at", "ended_by", "began_known", "gaps_joined"}, sp.By...), sp.Show...), ", ")
			spells := fmt.Sprintf("SELECT coalesce(string_agg(v::text, ' ' ORDER BY v::text), '') FROM (SELECT %s FROM alicloud.%s) AS v", names, sp.Name)
			require.Equal(h, ask(h, h.fresh, spells), ask(h, h.db, spells), sp.Name)
			days := fmt.Sprintf("SELECT coalesce(string_agg(v::text, ' ' ORDER BY v::text), '') FROM (SELECT day, begun, cleared, gone, open FROM alicloud.%s WHERE day < '2026-02-01') AS v", sp.Daily())
			require.Equal(h, ask(h, h.fresh, days), ask(h, h.db, days), sp.Daily())
		}
	}
}

func columns(t require.TestingT, db *pgxpool.Pool, relation string) []string {
	rows, err := db.Query(context.Background(), `SELECT concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull, col_description(attrelid, attnum))
FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped`, relation)
	require.NoError(t, err)
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return list
}

func columnNames(t require.TestingT, db *pgxpool.Pool, relation string) (names []string) {
	for _, c := range columns(t, db, relation) {
		name, _, _ := strings.Cut(c, " ")
		names = append(names, name)
	}
	return names
}

// described is all that users see, with what it is made of.
func described(db *pgxpool.Pool) (text string) {
	const sql = `SELECT coalesce(string_agg(concat(what, E'\n', obj_description(oid, class)), E'\n' ORDER BY what), '')
FROM (
    SELECT oid, 'pg_class', format(E'%s\n%s', oid::regclass, pg_get_viewdef(oid))
    FROM pg_class WHERE relnamespace IN ('alicloud'::regnamespace, 'syncer'::regnamespace) AND relkind = 'v'
    UNION ALL
    SELECT oid, 'pg_proc', pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'alicloud'::regnamespace
    UNION ALL
    SELECT a.attrelid, 'pg_class', format('%s.%s %s', a.attrelid::regclass, a.attname, col_description(a.attrelid, a.attnum))
    FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
    WHERE c.relnamespace = 'alicloud'::regnamespace AND a.attnum > 0
) AS o (oid, class, what)`
	if err := db.QueryRow(context.Background(), sql).Scan(&text); err != nil {
		return err.Error()
	}
	return text
}

// back takes back one program after the other. What hangs on what would go keeps all
// from going.
func (h *house) back(stood []string) {
	for n := range stood {
		require.Equal(h, stood[len(stood)-1-n], described(h.db))
		_, err := down(h.db)
		if err != nil {
			require.ErrorContains(h, err, "depend")
			h.forsake()
			_, err = down(h.db)
		}
		require.NoError(h, err)
	}
}

func down(db *pgxpool.Pool) (undone []string, err error) {
	err = pgx.BeginFunc(context.Background(), db, func(tx pgx.Tx) error {
		undone, err = schema.Down(context.Background(), tx, false)
		return err
	})
	return undone, err
}

// forsake drops what users have made.
func (h *house) forsake() {
	for ; h.users > 0; h.users-- {
		exec(h, h.db, fmt.Sprintf("DROP VIEW public.user%d", h.users))
	}
}

func (h *house) down(db *pgxpool.Pool) {
	for {
		undone, err := down(db)
		require.NoError(h, err)
		if len(undone) == 0 {
			break
		}
	}
	exec(h, db, "TRUNCATE syncer.partitions")
}

func (h *house) clear() {
	h.forsake()
	h.down(h.db)
}
