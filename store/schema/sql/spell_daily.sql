{{- define "zone"}}(SELECT coalesce(timezone, 'UTC') FROM syncer.settings){{end -}}
{{- define "today"}}(now() AT TIME ZONE {{template "zone"}})::date{{end -}}
{{- /* The first whole day after the horizon. */ -}}
{{- define "whole"}}(SELECT coalesce(((horizon_at + interval '1 day' - interval '1 microsecond') AT TIME ZONE coalesce(timezone, 'UTC'))::date, '-infinity') FROM syncer.settings){{end}}
-- A spell is unfolded into the days on which it lasted. Rows without one keep the days
-- on which there was none.
CREATE OR REPLACE VIEW alicloud.{{.Daily}} AS
SELECT
    {{.SelectDaily}}
FROM (
    SELECT
        s.account_id,
        s.region_id,
{{- range .By}}
        s.{{.}},
{{- end}}
        u.day,
        u.day = s.began_day AS begun,
        u.day = s.ended_day AND s.ended_by = 'cleared' AS cleared,
        u.day = s.ended_day AND s.ended_by = 'changed' AS changed,
        u.day = s.ended_day AND s.ended_by IN ('gone', 'forgotten') AS gone,
        u.day < s.ended_day AS open,
        CASE WHEN u.day = s.began_day OR u.day = s.ended_day THEN s.began_known END AS began_known,
        least(s.ended_at, (u.day + 1)::timestamp AT TIME ZONE {{template "zone"}}, now()) - s.began_at AS age
    FROM (
        SELECT
            k.*,
            (k.began_at AT TIME ZONE {{template "zone"}})::date AS began_day,
            coalesce((k.ended_at AT TIME ZONE {{template "zone"}})::date, 'infinity') AS ended_day
        FROM alicloud.{{.Name}} AS k
    ) AS s
    JOIN syncer.partitions AS p ON p.account_id = s.account_id AND p.source = {{literal .Source.Name}} AND p.region_id = s.region_id
    CROSS JOIN LATERAL (
        SELECT g.first_day + g.n AS day
        FROM (
            SELECT first_day, generate_series(0, least(s.ended_day, {{template "today"}}) - first_day) AS n
            FROM (VALUES (greatest(s.began_day, (p.first_merged_at AT TIME ZONE {{template "zone"}})::date, {{template "whole"}}))) AS f (first_day)
        ) AS g
    ) AS u
    UNION ALL
    SELECT
        p.account_id,
        p.region_id,
{{- range .By}}
        p.{{.}},
{{- end}}
        p.first_day + g.n AS day,
        false AS begun,
        false AS cleared,
        false AS changed,
        false AS gone,
        false AS open,
        false AS began_known,
        NULL::interval AS age
    FROM (
        SELECT {{if .By}}DISTINCT {{end}}p.account_id, p.region_id{{range .By}}, s.{{.}}{{end}}, greatest((p.first_merged_at AT TIME ZONE {{template "zone"}})::date, {{template "whole"}}) AS first_day
        FROM syncer.partitions AS p
{{- if .By}}
        JOIN alicloud.{{.Name}} AS s ON s.account_id = p.account_id AND s.region_id = p.region_id
{{- end}}
        WHERE p.source = {{literal .Source.Name}} AND p.first_merged_at IS NOT NULL
    ) AS p
    CROSS JOIN LATERAL generate_series(0, {{template "today"}} - p.first_day) AS g (n)
) AS d
GROUP BY d.account_id, d.region_id, d.day{{range .By}}, d.{{.}}{{end}};
