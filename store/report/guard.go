package report

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"syncer/store"
)

// A Guard asks the database in the name of syncer_reader, whatever SQL it is given. It is
// for questions that somebody else writes, such as an AI assistant.
//
// SET ROLE alone does not hold: a statement may call set_config('role', 'none', true), and
// then query_to_xml runs the text of another query as the login. So, where the login can
// become syncer_reader, a question runs inside a function that is SECURITY DEFINER and
// belongs to syncer_reader: inside of one, PostgreSQL lets nobody set the role or the
// session's authorization. The function is made in the session's own temporary schema, by
// the transaction that uses it, which is always rolled back.
//
// Where this cannot be done (on a standby, or without the right to temporary objects),
// only a login is taken that has no more rights than a reader.
type Guard struct {
	Reader
	limits  Limits
	login   string
	wrapped bool // inside the function
	become  bool // syncer_reader
}

// Limits are what an answer may cost.
type Limits struct {
	Time  time.Duration // that one statement may take
	Rows  int           // that an answer has at most
	Bytes int           // of all of an answer's rows, as JSON
}

// ErrNotReader: the login neither is nor can safely become a reader.
var ErrNotReader = errors.New("the login of the database URL can neither be held to the rights of syncer_reader nor has it no others")

const makeReader = "make a login for it (CREATE ROLE assistant LOGIN PASSWORD '…' IN ROLE syncer_reader) and name that one in DATABASE_URL"

// Guard finds out how questions can be held to what syncer_reader may do. Where they
// cannot, it is ErrNotReader.
func (r Reader) Guard(ctx context.Context, limits Limits) (*Guard, error) {
	g := &Guard{Reader: r, limits: limits}
	var installed, role, usage, temporary, more, standby bool
	err := r.pool.QueryRow(ctx, `SELECT
    session_user::text,
    to_regnamespace('alicloud') IS NOT NULL,
    to_regrole('syncer_reader') IS NOT NULL,
    -- From PostgreSQL 16 on, a member may be one that cannot become the role.
    coalesce(pg_has_role(session_user, to_regrole('syncer_reader'), CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END), false),
    coalesce(has_schema_privilege(session_user, to_regnamespace('alicloud'), 'USAGE'), false),
    coalesce(has_database_privilege(to_regrole('syncer_reader'), current_database(), 'TEMPORARY'), false),
    pg_is_in_recovery(),
    (SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls FROM pg_roles WHERE rolname = session_user)
    OR EXISTS (
        SELECT FROM pg_roles AS o
        WHERE o.rolname NOT IN (session_user, 'syncer_reader') AND pg_has_role(session_user, o.oid, 'MEMBER')
    )
    OR EXISTS (SELECT FROM pg_namespace AS n WHERE n.nspname IN ('syncer', 'river') AND has_schema_privilege(session_user, n.oid, 'USAGE'))
    OR EXISTS (SELECT FROM pg_class AS c JOIN pg_roles AS o ON o.oid = c.relowner WHERE o.rolname = session_user)
    OR EXISTS (SELECT FROM pg_proc AS f JOIN pg_roles AS o ON o.oid = f.proowner WHERE o.rolname = session_user)`).
		Scan(&g.login, &installed, &role, &g.become, &usage, &temporary, &standby, &more)
	switch {
	case err != nil:
		return nil, fmt.Errorf("see what the login may do: %w", err)
	case !installed:
		return nil, fmt.Errorf("schema alicloud: %w", store.ErrSchema)
	}
	g.wrapped = role && g.become && temporary && !standby
	if !g.wrapped && (more || !usage && !g.become) {
		return nil, fmt.Errorf("%w (%s); %s", ErrNotReader, g.login, makeReader)
	}
	return g, nil
}

// An Answer is the table that a question was answered with.
type Answer struct {
	Columns []AnswerColumn
	Rows    []string // each a JSON object, with the columns in order
	More    bool     // than the limit of rows
	TooLong bool     // the limit of bytes was reached
	At      time.Time
}

// An AnswerColumn says what a column of an answer is.
type AnswerColumn struct {
	Name, Type string
	Meaning    string // the comment of the view's column; empty: there is none
}

// ErrNotQuery: what was asked is no query that returns rows.
var ErrNotQuery = errors.New("only one query that returns rows can be asked: SELECT, WITH, VALUES or TABLE")

// Query answers somebody else's SQL, one query, with at most so many rows (0: as many as
// there may be).
func (g *Guard) Query(ctx context.Context, sql string, rows int) (Answer, error) {
	return g.ask(ctx, sql, rows, g.wrapped)
}

// Ask answers SQL of syncer's own.
func (g *Guard) Ask(ctx context.Context, sql string, rows int, args ...any) (Answer, error) {
	return g.ask(ctx, sql, rows, false, args...)
}

func (g *Guard) ask(ctx context.Context, sql string, rows int, wrapped bool, args ...any) (a Answer, err error) {
	if rows <= 0 || rows > g.limits.Rows {
		rows = g.limits.Rows
	}
	ctx, cancel := context.WithTimeout(ctx, g.limits.Time+10*time.Second) // the server's own limit comes first
	defer cancel()
	pooled, err := g.pool.Acquire(ctx)
	if err != nil {
		return a, err
	}
	defer pooled.Release()
	conn := pooled.Conn()
	// What a session keeps over a rollback (advisory locks) ends with it.
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	tx, err := conn.Begin(ctx)
	if err != nil {
		return a, err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	function, err := g.enter(ctx, tx, wrapped)
	if err != nil {
		return a, err
	}
	// The server reads it as one statement, and runs nothing of it yet.
	sql = strings.TrimRight(strings.TrimSpace(sql), "; \t\r\n")
	described, err := tx.Prepare(ctx, "", sql)
	if err != nil {
		return a, err
	}
	if len(described.Fields) == 0 {
		return a, ErrNotQuery
	}
	if a.Columns, err = columnsOf(ctx, tx, described.Fields); err != nil {
		return a, err
	}
	if err := tx.QueryRow(ctx, "SELECT now()").Scan(&a.At); err != nil {
		return a, err
	}
	// It stands in parentheses that it closed itself, if at all, where it was read above.
	limited := fmt.Sprintf(`SELECT CASE WHEN total <= %d THEN line END
FROM (
    SELECT line, sum(octet_length(line)) OVER (ROWS UNBOUNDED PRECEDING) AS total
    FROM (
        SELECT row_to_json(answer)::text AS line
        FROM (
%s
        ) AS answer
        LIMIT %d
    ) AS lines
) AS counted`, g.limits.Bytes, sql, rows+1)
	if wrapped {
		limited, args = "SELECT "+function+"($1)", []any{limited}
	}
	found, err := tx.Query(ctx, limited, args...)
	var lines []*string
	if err == nil {
		lines, err = pgx.CollectRows(found, pgx.RowTo[*string])
	}
	if store.IsCode(err, pgerrcode.SyntaxError) { // it was none by itself: INSERT … RETURNING, SHOW
		err = fmt.Errorf("%w (%w)", ErrNotQuery, err)
	}
	if err != nil {
		return a, err
	}
	for i, line := range lines {
		switch {
		case i == rows:
			a.More = true
		case line == nil:
			a.TooLong = true
		default:
			a.Rows = append(a.Rows, *line)
		}
	}
	return a, nil
}

// enter makes a transaction one that can write nothing, with the rights of a reader. It
// returns the name of the function that questions run in.
func (g *Guard) enter(ctx context.Context, tx pgx.Tx, wrapped bool) (function string, err error) {
	defer wrap(&err, "act as syncer_reader")
	set := []string{fmt.Sprintf("SET LOCAL statement_timeout = %d", g.limits.Time.Milliseconds())}
	if g.become {
		set = append(set, "SET LOCAL ROLE syncer_reader")
	}
	if wrapped {
		// Nobody can have made one of this name before.
		var name [8]byte
		_, _ = rand.Read(name[:])
		function = "pg_temp.question_" + hex.EncodeToString(name[:])
		set = append(set, "CREATE FUNCTION "+function+`(question text) RETURNS SETOF text
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS 'BEGIN RETURN QUERY EXECUTE question; END'`)
	}
	set = append(set, "SET TRANSACTION READ ONLY")
	for _, statement := range set {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return "", err
		}
	}
	// From the first query on, PostgreSQL lets nobody make the transaction writable.
	var holds bool
	err = tx.QueryRow(ctx, `SELECT current_setting('transaction_read_only') = 'on'
    AND current_user = CASE WHEN $1 THEN 'syncer_reader' ELSE session_user END
    AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)`, g.become).Scan(&holds)
	if err == nil && !holds {
		err = ErrNotReader
	}
	return function, err
}

// columnsOf says what the columns of an answer are, those of views with their comments.
func columnsOf(ctx context.Context, tx pgx.Tx, fields []pgconn.FieldDescription) ([]AnswerColumn, error) {
	names := make([]string, len(fields))
	types, tables := make([]uint32, len(fields)), make([]uint32, len(fields))
	modifiers, places := make([]int32, len(fields)), make([]int32, len(fields))
	for i, f := range fields {
		names[i], types[i], modifiers[i], tables[i], places[i] = f.Name, f.DataTypeOID, f.TypeModifier, f.TableOID, int32(f.TableAttributeNumber)
	}
	rows, err := tx.Query(ctx, `SELECT f.name, format_type(f.type, f.modifier), coalesce(col_description(f.of, f.place), '')
FROM unnest($1::text[], $2::oid[], $3::int[], $4::oid[], $5::int[]) WITH ORDINALITY AS f (name, type, modifier, of, place, n)
ORDER BY f.n`, names, types, modifiers, tables, places)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[AnswerColumn])
}

// Remedy says what whoever asked a Guard can do about an error; empty: nothing is known.
func Remedy(err error) string {
	switch {
	case store.IsCode(err, pgerrcode.InsufficientPrivilege):
		return "only what is in schema alicloud can be read"
	case store.IsCode(err, pgerrcode.QueryCanceled), errors.Is(err, context.DeadlineExceeded):
		return "ask for less: fewer days, one source, one account"
	case store.IsCode(err, pgerrcode.ReadOnlySQLTransaction):
		return "nothing can be written here"
	case store.IsCode(err, pgerrcode.UndefinedTable), store.IsCode(err, pgerrcode.UndefinedFunction):
		return "write the schema (alicloud.changes); list_sources and describe name what there is"
	case store.IsCode(err, pgerrcode.UndefinedColumn):
		return "describe lists the columns"
	}
	return ""
}
