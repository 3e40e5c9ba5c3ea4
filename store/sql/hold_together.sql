{{- /*
Answers how many rows all scopes of the run together would lose, of how many, and whether
that is too many. Rows that are orphaned count as lost, too, but not against the limit for
losing everything: see Limit.exceeded.

exceeded        condition that the limit is exceeded
key             the key as one value
orphanedG/T     condition that the row ends because its parent does
table           the versions
standing        predicate on t: the partition's standing rows
scopes          predicate on t: the rows that any complete listing speaks for
stoodBefore     predicate on t: not opened by a checkpoint of this run
families        how many rows are orphaned if all that is gone ends
*/ -}}
SELECT lost + families, listed + families, {{.exceeded}}
FROM (
    SELECT
        (SELECT count(DISTINCT {{.key}}) FROM pg_temp.gone AS g WHERE NOT {{.orphanedG}}) AS lost,
        (SELECT count(*) FROM {{.table}} AS t WHERE {{.standing}} AND ({{.scopes}}){{.stoodBefore}} AND NOT {{.orphanedT}}) AS listed,
        {{.families}} AS families
) AS n
