{{- /*
Ends a version t at $3, part of an UPDATE. What its volatile columns have moved to is taken
into it: the narrow table holds them no longer than the version stands.

columns, last   the volatile columns, and for each its last value
volatile        the narrow table, v
ofVolatile      predicate on v: the partition's
same            condition that v and t have the same key
*/ -}}
valid_to = $3, ({{.columns}}) = (
    SELECT {{.last}}
    FROM (VALUES (1)) AS one
    LEFT JOIN {{.volatile}} AS v ON {{.ofVolatile}} AND {{.same}}
)
