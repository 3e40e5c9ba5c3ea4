-- The login that Grafana reads with, made or brought up to date, by somebody who may
-- make roles: psql -f login.sql. psql asks for the password, and sends its SCRAM
-- verifier: the password itself is in no log of the server, whatever it logs.
SELECT 'CREATE ROLE syncer_reader NOLOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'syncer_reader') \gexec
SELECT 'CREATE ROLE grafana LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'grafana') \gexec
ALTER ROLE grafana LOGIN;
\password grafana
ALTER ROLE grafana SET statement_timeout = '60s';
GRANT syncer_reader TO grafana;
