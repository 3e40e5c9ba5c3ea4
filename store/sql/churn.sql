{{- /*
Answers for which fields of extra alone most of the new versions are made, of the first
so many changed rows.

old, new        the tracked columns, of t and of s
table           the versions
standing        predicate on t: the partition's standing rows
same            condition that t and s have the same key
most, least     of how many rows the fields are compared, and of how many at least
*/ -}}
WITH changed AS MATERIALIZED (
    SELECT coalesce(t.extra, '{}') AS old, coalesce(s.extra, '{}') AS now, ROW({{.old}}) IS NOT DISTINCT FROM ROW({{.new}}) AS alone
    FROM pg_temp.stage AS s
    JOIN {{.table}} AS t ON {{.standing}} AND {{.same}}
    WHERE t.version_hash <> s.version_hash
    LIMIT {{.most}}
)
SELECT f.field
FROM changed AS c, jsonb_object_keys(c.old || c.now) AS f (field)
WHERE c.alone AND c.old -> f.field IS DISTINCT FROM c.now -> f.field
GROUP BY f.field
HAVING 2 * count(*) > (SELECT greatest(count(*), 2 * {{.least}} - 1) FROM changed)
ORDER BY f.field
LIMIT 10
