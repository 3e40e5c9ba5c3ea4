{{- /*
Opens a version, from $3 on, of every staged row that no standing version equals: after the
changed ones have ended, these are their successors (and new rows, where they are staged).
In the order of the keys: an index is filled from left to right at half the cost.

standing        the partition of the standing rows
columns         declared columns and extra
table           the versions
where           predicate on t: the partition's standing rows
same            condition that t and s have the same key
order           the key, and seq
*/ -}}
INSERT INTO {{.standing}} AS t (account_id, region_id, {{.columns}}, version_hash, row_hash, valid_from)
SELECT $1, $2, {{.columns}}, version_hash, row_hash, $3::timestamptz
FROM pg_temp.stage AS s
WHERE NOT EXISTS (SELECT FROM {{.table}} AS t WHERE {{.where}} AND {{.same}})
ORDER BY {{.order}}
