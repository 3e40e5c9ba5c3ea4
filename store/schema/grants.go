package schema

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// A grant is a right that somebody was given in schema alicloud.
type grant struct {
	Function  bool
	Object    string
	Column    string // empty: the whole object
	Privilege string
	Grantee   string // as SQL
	Option    bool
}

// What users set on views is lost where a view is made anew, and the options of a view are
// lost also where it is replaced.
type settings struct {
	grants  []grant
	options []option
}

// An option is what ALTER VIEW sets of a view in schema alicloud, such as security_barrier.
type option struct{ View, Name, Value string }

// Keep does something, and then sets again what users had set on views.
func Keep(ctx context.Context, pool *pgxpool.Pool, do func() error) error {
	var had settings
	var made bool
	err := pool.QueryRow(ctx, "SELECT to_regnamespace('alicloud') IS NOT NULL").Scan(&made)
	if err == nil && made {
		had, err = readSettings(ctx, pool)
	}
	if err != nil {
		return err
	}
	return errors.Join(do(), pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error { return had.give(ctx, tx) }))
}

func readSettings(ctx context.Context, q querier) (s settings, err error) {
	if s.grants, err = readGrants(ctx, q); err == nil {
		s.options, err = readOptions(ctx, q)
	}
	return s, err
}

// give sets again what is not set any more.
func (s settings) give(ctx context.Context, tx pgx.Tx) error {
	if err := giveGrants(ctx, tx, s.grants); err != nil {
		return err
	}
	return giveOptions(ctx, tx, s.options)
}

func readOptions(ctx context.Context, q querier) ([]option, error) {
	rows, err := q.Query(ctx, `SELECT c.oid::regclass::text, o.option_name, o.option_value
FROM pg_class AS c, pg_options_to_table(c.reloptions) AS o
WHERE c.relnamespace = to_regnamespace('alicloud') AND c.relkind = 'v'`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[option])
}

func giveOptions(ctx context.Context, tx pgx.Tx, list []option) error {
	if len(list) == 0 {
		return nil
	}
	has, err := readOptions(ctx, tx)
	if err != nil {
		return err
	}
	for _, o := range list {
		if slices.Contains(has, o) {
			continue
		}
		var there bool
		if err := tx.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", o.View).Scan(&there); err != nil {
			return err
		}
		if !there {
			continue
		}
		if err := exec(ctx, tx, fmt.Sprintf("ALTER VIEW %s SET (%s = %s)", o.View, Ident(o.Name), Literal(o.Value))); err != nil {
			return err
		}
	}
	return nil
}

func readGrants(ctx context.Context, q querier) ([]grant, error) {
	rows, err := q.Query(ctx, `SELECT function, object, name, a.privilege_type, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END, a.is_grantable
FROM (
    SELECT false, c.oid::regclass::text, '', c.relacl, c.relowner
    FROM pg_class AS c
    WHERE c.relnamespace = 'alicloud'::regnamespace AND c.relkind = 'v'
    UNION ALL
    SELECT false, c.oid::regclass::text, a.attname, a.attacl, c.relowner
    FROM pg_class AS c
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attacl IS NOT NULL
    WHERE c.relnamespace = 'alicloud'::regnamespace AND c.relkind = 'v'
    UNION ALL
    SELECT true, p.oid::regprocedure::text, '', p.proacl, p.proowner
    FROM pg_proc AS p
    WHERE p.pronamespace = 'alicloud'::regnamespace
) AS o (function, object, name, acl, owner), aclexplode(o.acl) AS a
WHERE a.grantee <> o.owner`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[grant])
}

// giveGrants gives rights again that were had before objects were made anew.
func giveGrants(ctx context.Context, tx pgx.Tx, list []grant) error {
	if len(list) == 0 {
		return nil
	}
	var made bool // else all was taken down
	if err := tx.QueryRow(ctx, "SELECT to_regnamespace('alicloud') IS NOT NULL").Scan(&made); err != nil || !made {
		return err
	}
	has, err := readGrants(ctx, tx)
	if err != nil {
		return err
	}
	had := map[grant]bool{}
	for _, g := range has {
		had[g] = true
	}
	for _, g := range list {
		if had[g] {
			continue
		}
		var there bool
		if err := tx.QueryRow(ctx, `SELECT CASE WHEN $1 THEN to_regprocedure($2) IS NOT NULL
    ELSE to_regclass($2) IS NOT NULL AND ($3 = '' OR EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass($2) AND attname = $3 AND NOT attisdropped)) END`,
			g.Function, g.Object, g.Column).Scan(&there); err != nil {
			return err
		}
		if !there {
			continue
		}
		if err := exec(ctx, tx, g.sql()); err != nil {
			return err
		}
	}
	return nil
}

func (g grant) sql() string {
	on, column, option := "TABLE", "", ""
	if g.Function {
		on = "FUNCTION"
	}
	if g.Column != "" {
		column = " (" + Ident(g.Column) + ")"
	}
	if g.Option {
		option = " WITH GRANT OPTION"
	}
	return fmt.Sprintf("GRANT %s%s ON %s %s TO %s%s", g.Privilege, column, on, g.Object, g.Grantee, option)
}
