{{- /*
Relation of the rows that will stand once the stage is merged, with nothing ended. stood_
tells those that the merge neither opens nor changes.

ofTable/Stage   the columns, of t and of s
table           the versions
standing        predicate on t: the partition's standing rows
same            condition that s and t have the same key
*/ -}}
(
    SELECT {{.ofTable}}, true AS stood_
    FROM {{.table}} AS t
    WHERE {{.standing}} AND NOT EXISTS (SELECT FROM pg_temp.stage AS s WHERE {{.same}} AND s.version_hash <> t.version_hash)
    UNION ALL
    SELECT {{.ofStage}}, false
    FROM pg_temp.stage AS s
    WHERE NOT EXISTS (SELECT FROM {{.table}} AS t WHERE {{.standing}} AND {{.same}} AND s.version_hash = t.version_hash)
)
