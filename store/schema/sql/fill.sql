{{- /* The first whole day after the horizon, which is midnight somewhere: at most a day is cut in two. */ -}}
{{- define "start"}}(SELECT coalesce((horizon_at + interval '1 day' - interval '1 microsecond')::date, '-infinity') FROM syncer.settings){{end -}}
-- A version is there at the end of each day from that of its valid_from to the one
-- before that of its valid_to: what it adds on the first, it takes away on the other.
CREATE TEMP TABLE rebuilt ON COMMIT DROP AS
WITH spans AS (
    SELECT
        v.account_id,
        v.region_id,
        {{.Series}} AS series,
{{- range .Dimensions}}
        v.{{.Name}},
{{- end}}
        greatest(v.valid_from::date, {{template "start"}}) AS from_day,
        v.valid_to::date AS to_day,
{{- range $i, $n := .Numbers}}{{if $i}},{{end}}
{{- if and .On (not .Value)}}
        CASE WHEN v.valid_from::date >= {{template "start"}} THEN {{.Term}} ELSE 0 END AS {{.Name}}
{{- else}}
        {{.Term}} AS {{.Name}}
{{- end}}{{end}}
    FROM {{.Versions}} AS v
    WHERE v.valid_to::date >= {{template "start"}}
), begun AS (
    -- What stands at the horizon goes on with what is still there.
    SELECT r.account_id, r.region_id, r.series{{range .Dimensions}}, r.{{.Name}}{{end}}, {{template "start"}} AS day{{range .Numbers}}, {{.Zero}} AS {{.Name}}{{end}}
    FROM syncer.{{.Name}} AS r
    WHERE r.to_day = 'infinity' AND isfinite({{template "start"}})
    UNION ALL
{{- if .Dimensions}}
    -- A series that came later begins with zeros on the partition's first day.
    SELECT DISTINCT s.account_id, s.region_id, s.series{{range .Dimensions}}, s.{{.Name}}{{end}}, greatest(p.first_merged_at::date, {{template "start"}}){{range .Numbers}}, {{.Zero}}{{end}}
    FROM spans AS s
    JOIN syncer.partitions AS p ON p.account_id = s.account_id AND p.source = {{literal .Source.Name}} AND p.region_id = s.region_id
{{- else}}
    -- The first day is that of the partition's first merge, whatever that found.
    SELECT p.account_id, p.region_id, '[]', greatest(p.first_merged_at::date, {{template "start"}}){{range .Numbers}}, {{.Zero}}{{end}}
    FROM syncer.partitions AS p
    WHERE p.source = {{literal .Source.Name}} AND p.first_merged_at IS NOT NULL
{{- end}}
), deltas AS (
    SELECT u.account_id, u.region_id, u.series{{range .Dimensions}}, u.{{.Name}}{{end}}, u.day{{range .Numbers}}, {{.Sum}}(u.{{.Name}}) AS {{.Name}}{{end}}
    FROM (
        SELECT s.account_id, s.region_id, s.series{{range .Dimensions}}, s.{{.Name}}{{end}}, s.from_day AS day{{range .Numbers}}, {{.From}} AS {{.Name}}{{end}}
        FROM spans AS s
        UNION ALL
        SELECT s.account_id, s.region_id, s.series{{range .Dimensions}}, s.{{.Name}}{{end}}, s.to_day{{range .Numbers}}, {{.To}}{{end}}
        FROM spans AS s
        WHERE isfinite(s.to_day)
        UNION ALL
        SELECT b.account_id, b.region_id, b.series{{range .Dimensions}}, b.{{.Name}}{{end}}, b.day{{range .Numbers}}, b.{{.Name}}{{end}}
        FROM begun AS b
    ) AS u
    GROUP BY u.account_id, u.region_id, u.series{{range .Dimensions}}, u.{{.Name}}{{end}}, u.day
)
SELECT
    d.account_id,
    d.region_id,
    d.series,
{{- range .Dimensions}}
    d.{{.Name}},
{{- end}}
    d.day AS from_day,
    lead(d.day, 1, 'infinity') OVER w AS to_day
{{- range .Numbers}},
    {{.Running}} AS {{.Name}}
{{- end}}
FROM deltas AS d
WINDOW w AS (PARTITION BY d.account_id, d.region_id, d.series ORDER BY d.day);
-- The spans that are kept are cut once the new ones were read from them.
DELETE FROM syncer.{{.Name}} WHERE from_day >= {{template "start"}};
UPDATE syncer.{{.Name}} SET to_day = {{template "start"}} WHERE to_day > {{template "start"}};
INSERT INTO syncer.{{.Name}} (account_id, region_id, series{{range .Dimensions}}, {{ident .Name}}{{end}}, from_day, to_day{{range .Numbers}}, {{ident .Name}}{{end}})
SELECT * FROM pg_temp.rebuilt;
DROP TABLE pg_temp.rebuilt;
