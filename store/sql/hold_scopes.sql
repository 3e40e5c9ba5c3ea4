{{- /*
Marks in pg_temp.gone, as held, the scopes of a sweep that would lose too many rows, and
answers these: value, rows lost, rows listed.

sweep           number of the sweep in its declaration
value           SQL of what tells its scopes apart: the value of Each, or ''
table           the versions
standing        predicate on t: the partition's standing rows
scope           predicate on t: the rows that complete listings of the sweep speak for
stoodBefore     predicate on t: not opened by a checkpoint of this run
orphanedG/T     condition that the row ends because its parent does
exceeded        condition that the limit is exceeded
*/ -}}
WITH lost AS (
    SELECT value_ AS value, count(*) AS n
    FROM pg_temp.gone AS g
    WHERE g.sweep_ = {{.sweep}} AND NOT {{.orphanedG}}
    GROUP BY 1
), listed AS (
    SELECT {{.value}} AS value, count(*) AS n
    FROM {{.table}} AS t
    WHERE {{.standing}}{{.scope}}{{.stoodBefore}} AND NOT {{.orphanedT}}
    GROUP BY 1
), too_many AS (
    SELECT value, lost.n AS lost, listed.n AS listed
    FROM lost
    JOIN listed USING (value)
    WHERE {{.exceeded}}
), held AS (
    UPDATE pg_temp.gone AS g
    SET held_ = true
    FROM too_many AS m
    WHERE g.sweep_ = {{.sweep}} AND g.value_ = m.value
)
SELECT value, lost, listed
FROM too_many
ORDER BY value
