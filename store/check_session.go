package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgerrcode"
)

// checkTexts looks at how texts are kept and compared, and what a statement sees.
// The encoding was looked at when the session began.
func checkTexts(ctx context.Context, q querier) (Check, error) {
	c := Check{Name: "session"}
	var isolation, encoding string
	if err := q.QueryRow(ctx, "SELECT current_setting('transaction_isolation'), current_setting('server_encoding')").Scan(&isolation, &encoding); err != nil {
		return c, err
	}
	c.Found = fmt.Sprintf("%s, %s, keys compared byte by byte", encoding, isolation)
	// Merges read new rows in the order of their keys' bytes.
	others, err := collect[string](ctx, q, `SELECT format('%I.%I', t.relname, a.attname)
FROM pg_index AS i
JOIN pg_class AS t ON t.oid = i.indrelid
JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = ANY (i.indkey)
JOIN pg_collation AS l ON l.oid = a.attcollation
WHERE i.indisprimary AND t.relnamespace = to_regnamespace('syncer') AND l.collname <> 'C'
    AND EXISTS (SELECT FROM pg_attribute AS v WHERE v.attrelid = t.oid AND v.attname = 'valid_to')
ORDER BY 1`)
	if err != nil {
		return c, err
	}
	if len(others) > 0 {
		c.Found = fmt.Sprintf("key columns that are not compared byte by byte: %s", strings.Join(others, ", "))
		c.Remedy = `somebody has changed them: ALTER TABLE … ALTER COLUMN … TYPE text COLLATE "C"`
	}
	return c, nil
}

// checkOthers looks for schemas in which anybody may create functions. syncer never looks
// up names there, but others do, and could call a function that an attacker has put there.
func checkOthers(ctx context.Context, q querier) (Check, error) {
	c := Check{Name: "schemas", Found: "nobody may make functions in other people's"}
	open, err := collect[string](ctx, q, `SELECT quote_ident(nspname)
FROM pg_namespace
WHERE nspname !~ '^pg_' AND has_schema_privilege('public', oid, 'CREATE')
ORDER BY 1`)
	if err != nil || len(open) == 0 {
		return c, err
	}
	list := strings.Join(open, ", ")
	c.Found = "every login may make functions in " + list + ", which others may come to call (syncer does not)"
	c.Remedy, c.Advice = "REVOKE CREATE ON SCHEMA "+list+" FROM PUBLIC", true
	return c, nil
}

// CheckZone checks that the server knows the time zone in which days begin and end. The
// server has its own time zone data.
func (s *Store) CheckZone(ctx context.Context, zone string) (c Check, err error) {
	defer wrap(&err, "check the time zone")
	c = Check{Name: "time zone", Found: zone}
	var at string
	err = s.pool.QueryRow(ctx, "SELECT (now() AT TIME ZONE $1)::text", zone).Scan(&at)
	if IsCode(err, pgerrcode.InvalidParameterValue) {
		c.Found = "the server does not know " + zone
		c.Remedy = "update its time zone data, or give timezone another name of the zone"
		return c, nil
	}
	return c, err
}
