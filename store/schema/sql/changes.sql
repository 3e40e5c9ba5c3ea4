-- What happened to the rows. A version's predecessor is found by the primary key. What
-- happened before the horizon is left out: of much of it, the other half is gone.
CREATE OR REPLACE VIEW syncer.{{.Name}}_changes AS
SELECT
    v.valid_from AS at,
    {{literal .Name}}::text AS source,
    v.account_id,
    v.region_id,
    ({{.KeyText "v"}}) COLLATE "C" AS key,
    CASE
        WHEN p.valid_to IS NULL THEN 'opened'
        WHEN p.valid_to = v.valid_from THEN 'changed'
        ELSE 'returned'
    END AS kind,
    (
        SELECT jsonb_object_agg(c.name, jsonb_build_object('old', c.old, 'new', c.new))
        FROM (VALUES
{{- range .Compared}}
            ({{literal .}}, to_jsonb(p.{{.}}), to_jsonb(v.{{.}})),
{{- end}}
            ('extra', p.extra, v.extra)
        ) AS c (name, old, new)
        WHERE p.valid_to IS NOT NULL AND c.old IS DISTINCT FROM c.new
    ) AS changed
FROM syncer.{{.Name}} AS v
LEFT JOIN LATERAL (
    SELECT
        p.valid_to,
{{- range .Compared}}
        p.{{.}},
{{- end}}
        p.extra
    FROM syncer.{{.Name}} AS p
    WHERE {{.SameKey "p" "v"}} AND p.valid_to <= v.valid_from
    ORDER BY p.valid_to DESC
    LIMIT 1
) AS p ON true
WHERE v.valid_from >= (SELECT coalesce(horizon_at, '-infinity') FROM syncer.settings)
UNION ALL
SELECT
    v.valid_to,
    {{literal .Name}}::text,
    v.account_id,
    v.region_id,
    ({{.KeyText "v"}}) COLLATE "C",
    'ended',
    NULL
FROM syncer.{{.Name}} AS v
WHERE v.valid_to < 'infinity'
    AND v.valid_to >= (SELECT coalesce(horizon_at, '-infinity') FROM syncer.settings)
    AND NOT EXISTS (
        SELECT FROM syncer.{{.Name}} AS n
        WHERE {{.SameKey "n" "v"}} AND n.valid_from = v.valid_to
    );
