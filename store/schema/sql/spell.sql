-- The islands among the versions of each key for which the conditions hold. All windows
-- are over the whole key, in the same order: a filter on columns of the key reaches its
-- index, and the versions are sorted once. What ended before the horizon is gone, or may
-- go at any time, and is left out.
CREATE OR REPLACE VIEW alicloud.{{.Name}} AS
SELECT
    {{.Select}}
FROM (
    SELECT
        {{.Columns "i" "by"}}
        min(i.valid_from) AS began_at,
        max(i.valid_to) AS ended_to_,
        count(*) FILTER (WHERE i.joins_) AS gaps_joined,
        bool_or(i.follows_) FILTER (WHERE i.last_) AS follows_,
        bool_or(i.goes_on_) FILTER (WHERE i.last_) AS goes_on_
{{- range .Show}},
        (array_agg(i.{{.}}) FILTER (WHERE i.last_))[1] AS {{.}}
{{- end}}
    FROM (
        SELECT
            m.*,
            count(*) FILTER (WHERE m.begins_) OVER w AS number_,
            lead(m.begins_, 1, true) OVER w AS last_
        FROM (
            SELECT
                b.*,
                {{.Begins}} AS begins_,
                NOT ({{.Begins}}) AND b.valid_from > b.before_to_ AS joins_
            FROM (
                SELECT
                    a.*,
{{- range .By}}
                    lag(a.{{.}}) OVER w AS before_{{.}}_,
{{- end}}
                    lag(a.valid_to) OVER w AS before_to_
                FROM (
                    SELECT
                        {{.Columns "v" "all"}}
                        v.valid_from,
                        v.valid_to,
                        {{.Condition}} AS met_,
                        coalesce(lead(v.valid_from) OVER w = v.valid_to, false) AS follows_,
                        coalesce(lead({{.Condition}}) OVER w, false) AS goes_on_
                    FROM syncer.{{.Source.Name}} AS v
                    WHERE v.valid_to >= (SELECT coalesce(horizon_at, '-infinity') FROM syncer.settings)
                    WINDOW w AS (PARTITION BY {{.Key "v"}} ORDER BY v.valid_from)
                ) AS a
                WHERE a.met_
                WINDOW w AS (PARTITION BY {{.Key "a"}} ORDER BY a.valid_from)
            ) AS b
        ) AS m
        WINDOW w AS (PARTITION BY {{.Key "m"}} ORDER BY m.valid_from)
    ) AS i
    GROUP BY {{.Key "i"}}, i.number_{{range .By}}, i.{{.}}{{end}}
) AS s
LEFT JOIN syncer.accounts AS c ON c.account_id = s.account_id
-- One look at the run log for each end.
LEFT JOIN LATERAL (
    {{.LastGood "s.began_at"}}
) AS b ON true
LEFT JOIN LATERAL (
    {{.LastGood "s.ended_to_"}}
) AS e ON true;
