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

-- What differs between two moments: of the rows that stood at both, only those that another
-- version shows are looked at. The planner could push no filter through the join, so the
-- function is not inlined, and has a path of its own.
CREATE OR REPLACE FUNCTION alicloud.{{.Name}}_between(timestamptz, timestamptz)
RETURNS TABLE (account_id text, region_id text{{range .KeyColumns}}, "{{.Name}}" {{.Type.SQL}}{{end}}, {{.Beside "kind"}} text, {{.Beside "changed"}} jsonb)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
SELECT d.*
FROM (
    SELECT
        coalesce(o.account_id, n.account_id),
        coalesce(o.region_id, n.region_id){{range .KeyColumns}},
        coalesce(o.{{.Name}}, n.{{.Name}}){{end}},
        CASE
            WHEN o.account_id IS NULL THEN 'opened'
            WHEN n.account_id IS NULL THEN 'ended'
            ELSE 'changed'
        END AS kind,
        (
            SELECT jsonb_object_agg(c.name, jsonb_build_object('old', c.old, 'new', c.new))
            FROM (VALUES
{{- range .Compared}}
                ({{literal .}}, to_jsonb(o.{{.}}), to_jsonb(n.{{.}})),
{{- end}}
                ('extra', o.extra, n.extra)
            ) AS c (name, old, new)
            WHERE o.account_id IS NOT NULL AND n.account_id IS NOT NULL AND c.old IS DISTINCT FROM c.new
        ) AS changed
    FROM (
        SELECT *
        FROM alicloud.{{.Name}}_history
        WHERE valid_from <= $1 AND valid_to > $1 AND valid_to <= $2
    ) AS o
    FULL JOIN (
        SELECT *
        FROM alicloud.{{.Name}}_history
        WHERE valid_from > $1 AND valid_from <= $2 AND (valid_to > $2 OR valid_to IS NULL)
    ) AS n ON {{.SameKey "o" "n"}}
    WHERE alicloud.kept($1)
) AS d
WHERE d.kind <> 'changed' OR d.changed IS NOT NULL
$$;
