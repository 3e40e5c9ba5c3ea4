-- The login that Grafana reads with, made or brought up to date: psql -v password=… -f login.sql
SELECT 'CREATE ROLE syncer_reader NOLOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'syncer_reader') \gexec
SELECT 'CREATE ROLE grafana LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'grafana') \gexec
ALTER ROLE grafana LOGIN PASSWORD :'password';
ALTER ROLE grafana SET statement_timeout = '60s';
GRANT syncer_reader TO grafana;
