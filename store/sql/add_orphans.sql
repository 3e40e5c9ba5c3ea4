{{- /*
Adds to pg_temp.orphans the rows ($3: of which round) whose parent will not stand once the
stage is merged. Where parents are rows of the same source, it is run again until it adds none.

columns         round_ and key of pg_temp.orphans
values          their values
rows            the rows that will stand (see table.afterwards)
via             column that names the parent
known           condition that the row is no orphan yet
parents         relation of the parents
id              their column that via names
parentStands    further conditions on the parent p
*/ -}}
INSERT INTO pg_temp.orphans ({{.columns}})
SELECT {{.values}}
FROM {{.rows}} AS t
WHERE t.stood_
    AND t.{{.via}} IS NOT NULL
    AND {{.known}}
    AND NOT EXISTS (SELECT FROM {{.parents}} AS p WHERE p.{{.id}} = t.{{.via}}{{.parentStands}})
