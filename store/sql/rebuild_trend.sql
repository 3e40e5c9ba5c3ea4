{{- /*
Counts a trend's spans anew, from the versions. A version is there at the end of each day
from that of its valid_from to the one before that of its valid_to: what it adds on the
first, it takes away on the other.

series          name of a version's series
ofV, dims       the dimensions, of v and plain, with a comma behind each
start           first whole day after the horizon
spans           what a version adds to each measure
table           the versions
sums            measures, added up over the deltas of a day
from, to        measures: what a span adds on its first day, and what on the day after its last
begin           SELECT of series and days at which spans must begin, whatever the versions say
measures        the measures
running         measures, added up over the days so far
*/ -}}
CREATE TEMP TABLE rebuilt ON COMMIT DROP AS
WITH spans AS (
    SELECT v.account_id, v.region_id, {{.series}} AS series, {{.ofV}}greatest(v.valid_from::date, {{.start}}) AS from_day, v.valid_to::date AS to_day, {{.spans}}
    FROM {{.table}} AS v
    WHERE v.valid_to::date >= {{.start}}
), deltas AS (
    SELECT account_id, region_id, series, {{.dims}}day, {{.sums}}
    FROM (
        SELECT account_id, region_id, series, {{.dims}}from_day, {{.from}} FROM spans
        UNION ALL
        SELECT account_id, region_id, series, {{.dims}}to_day, {{.to}} FROM spans WHERE isfinite(to_day)
        UNION ALL
        {{.begin}}
    ) AS u (account_id, region_id, series, {{.dims}}day, {{.measures}})
    GROUP BY account_id, region_id, series, {{.dims}}day
)
SELECT account_id, region_id, series, {{.dims}}day AS from_day, lead(day, 1, 'infinity') OVER w AS to_day, {{.running}}
FROM deltas
WINDOW w AS (PARTITION BY account_id, region_id, series ORDER BY day)
