{{- /*
Adds to the narrow table the rows of which a volatile column moves for the first time:
those that stand, once the new versions are open, with other values than staged.

volatile        the narrow table, v
ofVolatile      predicate on v: the partition's
columns, values its columns, and those of s
table           the versions
standing        predicate on t: the partition's standing rows
sameTable       condition that t and s have the same key
sameVolatile    condition that v and s have the same key
order           the key, and seq
*/ -}}
INSERT INTO {{.volatile}} (account_id, region_id, {{.columns}})
SELECT $1, $2, {{.values}}
FROM pg_temp.stage AS s
JOIN {{.table}} AS t ON {{.standing}} AND {{.sameTable}}
WHERE t.row_hash <> s.row_hash AND NOT EXISTS (SELECT FROM {{.volatile}} AS v WHERE {{.ofVolatile}} AND {{.sameVolatile}})
ORDER BY {{.order}}
