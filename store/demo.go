package store

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// demoComment is the comment on a database whose rows are simulated.
const demoComment = "syncer demo: a simulated fleet"

// MarkDemo marks the database as one with simulated rows. The mark is a comment on the
// database, which is shown where databases are listed.
func (s *Store) MarkDemo(ctx context.Context) (err error) {
	defer wrap(&err, "mark the demo's database")
	name := pgx.Identifier{s.pool.Config().ConnConfig.Database}.Sanitize()
	_, err = s.pool.Exec(ctx, "COMMENT ON DATABASE "+name+" IS '"+demoComment+"'")
	return err
}

// IsDemo reports whether the database is marked so.
func (s *Store) IsDemo(ctx context.Context) (demo bool, err error) {
	defer wrap(&err, "read the database's comment")
	err = s.pool.QueryRow(ctx, `SELECT coalesce(pg_catalog.shobj_description(oid, 'pg_database') = $1, false)
FROM pg_catalog.pg_database
WHERE datname = current_database()`, demoComment).Scan(&demo)
	return demo, err
}
