package worker_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"syncer/alert"
	"syncer/internal/testing/pgtest"
	"syncer/sim"
	"syncer/source"
	"syncer/store/report"
	"syncer/worker"
)

// traps makes, in schema public, a function of each name that PostgreSQL's own
// functions have: with the same arguments, and with ones that fit better what is
// often given. Each notes that it was called.
const traps = `
CREATE TABLE public.called (name text, by name DEFAULT current_user);
GRANT INSERT ON public.called TO PUBLIC;
DO $do$
DECLARE
    f record;
BEGIN
    FOR f IN
        SELECT DISTINCT p.proname, v.arguments, format_type(p.prorettype, NULL) AS result, p.proretset
        FROM pg_proc AS p
        CROSS JOIN LATERAL (
            SELECT string_agg(format_type(t, NULL), ', ' ORDER BY n) AS same FROM unnest(p.proargtypes) WITH ORDINALITY AS a (t, n)
        ) AS a
        CROSS JOIN LATERAL (VALUES
            (a.same),
            (replace(replace(replace(replace(a.same, 'anyarray', 'text[]'), 'anyelement', 'text'), '"any"', 'text'), 'bigint', 'integer'))
        ) AS v (arguments)
        WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f' AND a.same !~ 'internal|cstring'
            AND NOT EXISTS (SELECT FROM pg_operator AS o WHERE o.oprcode = p.oid)
    LOOP
        BEGIN
            EXECUTE format($f$CREATE FUNCTION public.%I(%s) RETURNS %s LANGUAGE plpgsql AS
$b$ BEGIN INSERT INTO public.called (name) VALUES (%L); %s; END $b$$f$,
                f.proname, f.arguments, CASE WHEN f.proretset THEN 'SETOF ' ELSE '' END || f.result, f.proname,
                CASE WHEN f.proretset OR f.result = 'void' THEN 'RETURN' ELSE 'RETURN NULL' END);
        EXCEPTION WHEN OTHERS THEN NULL; -- of a kind that nobody can make
        END;
    END LOOP;
END
$do$;
CREATE FUNCTION public.trap(text, text) RETURNS boolean LANGUAGE plpgsql AS $b$ BEGIN INSERT INTO public.called (name) VALUES ('=(text)'); RETURN true; END $b$;
CREATE FUNCTION public.trap(bigint, integer) RETURNS boolean LANGUAGE plpgsql AS $b$ BEGIN INSERT INTO public.called (name) VALUES ('=(bigint)'); RETURN true; END $b$;
CREATE FUNCTION public.trap(timestamptz, timestamptz) RETURNS boolean LANGUAGE plpgsql AS $b$ BEGIN INSERT INTO public.called (name) VALUES ('<(timestamptz)'); RETURN true; END $b$;
CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = text, FUNCTION = public.trap);
CREATE OPERATOR public.> (LEFTARG = bigint, RIGHTARG = integer, FUNCTION = public.trap);
CREATE OPERATOR public.<= (LEFTARG = timestamptz, RIGHTARG = timestamptz, FUNCTION = public.trap);
CREATE OPERATOR public.> (LEFTARG = timestamptz, RIGHTARG = timestamptz, FUNCTION = public.trap)`

// TestTrapsAreNeverSprung: a login that may make functions where a session looks for
// names cannot have syncer call them, whatever it does.
func TestTrapsAreNeverSprung(t *testing.T) {
	t.Parallel()
	address := pgtest.URL(t)
	admin, err := pgx.Connect(t.Context(), address)
	require.NoError(t, err)
	reader := "reader_" + strings.ToLower(rand.Text()[:12])
	do := func(statements ...string) {
		t.Helper()
		for _, sql := range statements {
			_, err := admin.Exec(context.Background(), sql)
			require.NoError(t, err)
		}
	}
	u, err := url.Parse(address)
	require.NoError(t, err)
	do("CREATE ROLE "+reader,
		"GRANT CREATE ON SCHEMA public TO PUBLIC", // as PostgreSQL 14 has it
		"ALTER DATABASE "+strings.TrimPrefix(u.Path, "/")+" SET search_path = public, pg_catalog",
		"SET ROLE "+reader, traps, "RESET ROLE")
	t.Cleanup(func() {
		do("DROP OWNED BY "+reader, "DROP ROLE "+reader)
		_ = admin.Close(context.Background())
	})
	called := func() (names []string) {
		rows, err := admin.Query(t.Context(), "SELECT DISTINCT name || ' by ' || by FROM public.called")
		require.NoError(t, err)
		names, err = pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		return names
	}
	victim, err := pgx.Connect(t.Context(), address) // not syncer's
	require.NoError(t, err)
	_, err = victim.Exec(t.Context(), "SELECT hashtextextended('x', 0), array_upper(ARRAY['x'], 1)")
	require.NoError(t, err)
	require.NoError(t, victim.Close(t.Context()))
	require.Len(t, called(), 2, "the traps do not work")
	do("TRUNCATE public.called")

	s := openStore(t, address)
	_, err = s.Migrate(t.Context())
	require.NoError(t, err)
	require.NoError(t, worker.MigrateQueue(t.Context(), s.Pool()))
	require.Empty(t, called(), "by a migration")

	cloud := sim.New(sim.Options{Accounts: []sim.Account{simAccount}, World: sim.NewFleet(sim.FleetOptions{Servers: 20})})
	syncer := newSyncer(t, s, cloud, source.All...)
	syncNow(t, syncer, "ok")
	_, err = s.SetTimezone(t.Context(), "Asia/Shanghai")
	require.NoError(t, err)
	_, err = s.Prune(t.Context(), source.All, 48*time.Hour, time.Second)
	require.NoError(t, err)
	_, err = s.Check(t.Context())
	require.NoError(t, err)
	_, err = syncer.States(t.Context())
	require.NoError(t, err)
	_, err = report.Of(s).LatestChanges(t.Context(), report.Filter{}, 10)
	require.NoError(t, err)
	require.Empty(t, called(), "by a sync")

	c := *syncer.Config()
	c.Retention, c.Notifier = 48*time.Hour, &alert.Notifier{Logger: slog.New(slog.DiscardHandler), Every: 100 * time.Millisecond}
	syncer.Configure(c)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		d := worker.Daemon{Syncer: syncer, DeadAfter: 100 * time.Millisecond, Logger: slog.New(slog.DiscardHandler)}
		ended <- d.Run(ctx)
	}()
	pgtest.Await(t, func() bool {
		var n int
		err := s.Pool().QueryRow(t.Context(), "SELECT count(DISTINCT source) FROM alicloud.sync_runs WHERE status = 'ok' AND trigger = 'schedule'").Scan(&n)
		return err == nil && n == len(source.All)
	})
	cancel()
	require.NoError(t, <-ended)
	require.Empty(t, called(), "by the daemon")

	var rows int
	require.NoError(t, s.Pool().QueryRow(t.Context(), "SELECT count(*) FROM alicloud.cloud_center_instances_as_of(now())").Scan(&rows))
	require.NotZero(t, rows)
	require.NoError(t, worker.DropQueue(t.Context(), s.Pool()))
	_, err = s.MigrateDown(t.Context(), true)
	require.NoError(t, err)
	require.Empty(t, called())
}
