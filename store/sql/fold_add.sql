{{- /*
Adds to today's spans what the merge has changed.

deltas          WITH clause: d, what the merge's statements answered ($4), added up by series
rollup          the trend's table
set             assignments of the measures
today           day of the merge
*/ -}}
{{.deltas}}
UPDATE {{.rollup}} AS r
SET {{.set}}
FROM d
WHERE r.account_id = $1 AND r.region_id = $2 AND r.to_day = 'infinity' AND r.series = d.series AND r.from_day = {{.today}}
