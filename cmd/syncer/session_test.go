package main

import (
	"context"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"syncer/internal/testing/pgtest"
	"syncer/sim"
	"syncer/source"
)

// TestAHostileDatabase: migrate, sync, run and status do their work whatever a
// database's sessions begin with, and refuse at once what they cannot work with.
func TestAHostileDatabase(t *testing.T) {
	t.Parallel()
	account := simAccounts(1)[0]
	cloud := httptest.NewServer(sim.New(sim.Options{Accounts: []sim.Account{account}, World: sim.NewFleet(sim.FleetOptions{Servers: 5})}))
	t.Cleanup(cloud.Close)
	config := configFile(t, "server: {listen: off}\nworkers: 2\naccounts:%s", accountYAML(account, cloud.URL))
	address := pgtest.URL(t)
	u, err := url.Parse(address)
	require.NoError(t, err)
	database := strings.TrimPrefix(u.Path, "/")
	db, err := pgx.Connect(t.Context(), address)
	require.NoError(t, err)
	defer func() { _ = db.Close(context.Background()) }()
	for _, set := range []string{
		"client_encoding = 'LATIN1'", "search_path = public, pg_catalog", "DateStyle = 'German'", "default_transaction_isolation = 'serializable'",
		"statement_timeout = 1", "lock_timeout = 1", "standard_conforming_strings = off", "bytea_output = 'escape'", "row_security = off",
	} {
		_, err := db.Exec(t.Context(), "ALTER DATABASE "+database+" SET "+set)
		require.NoError(t, err)
	}
	succeed := func(commands ...[]string) {
		for _, args := range commands {
			p := startProcess(t, map[string]string{"DATABASE_URL": address}, append(args, "--config", config)...)
			require.Zero(t, p.wait(t), p.output())
		}
	}
	succeed([]string{"migrate", "up"})
	p := startProcess(t, map[string]string{"DATABASE_URL": address, "PGOPTIONS": "-c client_encoding=GBK -c statement_timeout=1"}, "run", "--config", config)
	pgtest.Await(t, func() bool {
		return one[int](t, db, "SELECT count(DISTINCT source) FROM alicloud.sync_runs WHERE status = 'ok' AND trigger = 'schedule'") == len(source.All)
	}, "not all is synced")
	p.signal(t, syscall.SIGTERM)
	require.Zero(t, p.wait(t), p.output())
	succeed([]string{"sync"}, []string{"check"}, []string{"status"})

	latin := "latin_" + database
	_, err = db.Exec(t.Context(), "CREATE DATABASE "+latin+" ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
	require.NoError(t, err)
	t.Cleanup(func() { execute(t, address, "DROP DATABASE "+latin+" WITH (FORCE)") })
	for at, refusal := range map[string]string{
		address + "&default_query_exec_mode=exec":           "take it out of the database URL",
		strings.ReplaceAll(address, database, latin):        "ENCODING 'UTF8'",
		address + "&default_transaction_isolation=snapshot": "take it out of the database URL",
	} {
		for _, args := range [][]string{{"check"}, {"sync"}, {"run"}, {"migrate", "up"}} {
			p := startProcess(t, map[string]string{"DATABASE_URL": at}, append(args, "--config", config)...)
			require.NotZero(t, p.wait(t), p.output())
			require.Contains(t, p.output(), refusal)
		}
	}
}
