-- The role and the database of syncer, made by PostgreSQL's superuser. The role owns
-- its database and may do nothing else: psql -f roles.sql. psql asks for the password,
-- and sends its SCRAM verifier, so that the password is in no log of the server.
SELECT 'CREATE ROLE syncer_reader NOLOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'syncer_reader') \gexec
SELECT 'CREATE ROLE syncer LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'syncer') \gexec
ALTER ROLE syncer LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
\password syncer
SELECT 'CREATE DATABASE syncer OWNER syncer' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'syncer') \gexec
-- Whoever may log in to the server may not look into the database for that.
REVOKE ALL ON DATABASE syncer FROM PUBLIC;
GRANT CONNECT ON DATABASE syncer TO syncer_reader;
