{{- /*
Reads what the stage would open and change: the key as text, whether a version of it
stands, and of that the tracked columns that differ, as {column: [old, new]}.

key             the key as text
pairs           ('name', old, new) of each tracked column
table           the versions
standing        predicate on t: the partition's standing rows
same            condition that t and s have the same key
*/ -}}
SELECT {{.key}}, t.version_hash IS NOT NULL,
    (SELECT jsonb_object_agg(c.name, jsonb_build_array(c.old, c.new)) FROM (VALUES {{.pairs}}) AS c (name, old, new) WHERE c.old IS DISTINCT FROM c.new)
FROM pg_temp.stage AS s
LEFT JOIN {{.table}} AS t ON {{.standing}} AND {{.same}}
WHERE t.version_hash IS DISTINCT FROM s.version_hash
ORDER BY 1
