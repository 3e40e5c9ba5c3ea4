CREATE OR REPLACE VIEW alicloud.{{.Name}} AS
SELECT
    {{.Select}}
FROM syncer.{{.Name}} AS r
CROSS JOIN LATERAL generate_series(0, least(r.to_day, (
    SELECT (now() AT TIME ZONE coalesce(timezone, 'UTC'))::date + 1
    FROM syncer.settings
)) - r.from_day - 1) AS d (n);
