{{- /*
Closes the last spans, if they began before today, of the series that the merge has changed.

deltas          WITH clause: d, what the merge's statements answered ($4), added up by series
rollup          the trend's table
today           day of the merge
*/ -}}
{{.deltas}}
UPDATE {{.rollup}} AS r
SET to_day = {{.today}}
FROM d
WHERE r.account_id = $1 AND r.region_id = $2 AND r.to_day = 'infinity' AND r.series = d.series AND r.from_day < {{.today}}
