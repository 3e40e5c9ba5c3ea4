CREATE OR REPLACE VIEW alicloud.{{.Name}} AS
SELECT
    {{.SelectNow}}
FROM syncer.{{.Name}} AS t
{{- if .Volatile}}
-- A join, which the planner drops where nobody asks for what it brings.
LEFT JOIN syncer.{{.Name}}_volatile AS v ON {{.SameKey "v" "t"}}
{{- end}}
WHERE t.valid_to = 'infinity';

CREATE OR REPLACE VIEW alicloud.{{.Name}}_history AS
SELECT
    {{.SelectStanding}}
FROM syncer.{{.Name}} AS t
WHERE t.valid_to = 'infinity'
UNION ALL
SELECT
    {{.SelectEnded}}
FROM syncer.{{.Name}} AS t
WHERE t.valid_to < 'infinity';

-- PostgreSQL inlines it, as a plain SQL function over the history: a caller's filters
-- reach the indexes, and months that ended before are pruned. That the moment is kept
-- is asked once, since it depends on no row. The text is read in the caller's session,
-- whose search_path may begin with a schema that others write to: each name in it says
-- where it is from, operators too. A path of its own would keep it from being inlined.
CREATE OR REPLACE FUNCTION alicloud.{{.Name}}_as_of(at timestamptz)
RETURNS SETOF alicloud.{{.Name}}
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT
    {{.SelectAsOf}}
FROM alicloud.{{.Name}}_history AS h
WHERE alicloud.kept($1)
    AND h.valid_from OPERATOR(pg_catalog.<=) $1
    AND (h.valid_to OPERATOR(pg_catalog.>) $1 OR h.valid_to IS NULL)
$$;
