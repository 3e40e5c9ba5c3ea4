{{- /*
Notes that complete listings have spoken for values, of which all rows are final, as is the
row of the source itself that each was read from. The first note is due again within a time that
differs by value, so that not all are due at once.

source, at, every   parameters: of the source, moment that the values were asked for at or
                    after, time between two sweeps
values, late        parameters: the values, and how much later than every each is due first
table               what the values were read from
standing            predicate on t: the partition's standing rows
of                  column that the values were read from
final               predicate on t: the row is final
allFinal            condition that all rows of u.v are final
everyAgain          as every
*/ -}}
INSERT INTO syncer.swept AS w (account_id, region_id, source, value, swept_at, due_at)
SELECT $1, $2, {{.source}}::text, u.v, {{.at}}::timestamptz, {{.at}}::timestamptz + {{.every}}::interval + u.late
FROM unnest({{.values}}::text[], {{.late}}::interval[]) AS u (v, late)
WHERE EXISTS (SELECT FROM {{.table}} AS t WHERE {{.standing}} AND t.{{.of}}::text = u.v{{.final}}){{.allFinal}}
ON CONFLICT (account_id, region_id, source, value) DO UPDATE
SET swept_at = excluded.swept_at, due_at = excluded.swept_at + {{.everyAgain}}::interval
