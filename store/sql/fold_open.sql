{{- /*
Opens today's spans of the series that the merge has changed, with the numbers of the spans
that were closed. A series that is new has been zero since the partition's first day.

deltas          WITH clause: d, what the merge's statements answered ($4), added up by series
rollup          the trend's table
today           day of the merge
dims, ofD       the dimensions, and those of d, with a comma behind each
measures        the measures
zero            what they are before there was anything
before          what they were at the end of the span before
source          name of the source
*/ -}}
{{.deltas}}
INSERT INTO {{.rollup}} (account_id, region_id, series, {{.dims}}from_day, to_day, {{.measures}})
SELECT $1, $2, d.series, {{.ofD}}coalesce(p.first_merged_at, $3)::date, {{.today}}, {{.zero}}
FROM d, syncer.partitions AS p
WHERE p.account_id = $1 AND p.source = {{.source}} AND p.region_id = $2 AND coalesce(p.first_merged_at, $3)::date < {{.today}}
    AND NOT EXISTS (SELECT FROM {{.rollup}} AS r WHERE r.account_id = $1 AND r.region_id = $2 AND r.series = d.series)
UNION ALL
SELECT $1, $2, d.series, {{.ofD}}{{.today}}, 'infinity', {{.before}}
FROM d
LEFT JOIN {{.rollup}} AS r ON r.account_id = $1 AND r.region_id = $2 AND r.to_day = {{.today}} AND r.series = d.series
ON CONFLICT DO NOTHING
