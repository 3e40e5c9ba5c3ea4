package store_test

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"syncer/source"
)

// A toldDay is one day's figures of spells. Durations are in hours.
type toldDay struct {
	Day   time.Time
	Level *string

	Begun, Unseen, Cleared, Changed, Gone, Open int64

	ClearedMedian, Cleared90, OpenMedian, Open90 *float64
}

// days holds the figures of each day against what follows from the spells, and wants a row
// for each day from the first one on.
func (h *spellHistory) days(sp source.Spell, spells []toldSpell) {
	ctx := context.Background()
	loc, err := time.LoadLocation(h.zone)
	require.NoError(h, err)
	var first *time.Time
	var horizon *time.Time
	require.NoError(h, h.s.Pool().QueryRow(ctx, "SELECT (SELECT max(first_merged_at) FROM syncer.partitions WHERE account_id = $1), horizon_at FROM syncer.settings", h.p.AccountID).Scan(&first, &horizon))
	if first == nil {
		return
	}
	day := dayOf(*first, loc)
	if horizon != nil {
		whole := dayOf(*horizon, loc)
		if whole.Before(*horizon) {
			whole = whole.AddDate(0, 0, 1)
		}
		day = later(day, whole)
	}
	level, changed := "NULL", "0"
	levels := []*string{nil}
	if len(sp.By) > 0 {
		level, changed, levels = "level", "changed", nil
		for _, t := range spells {
			if !slices.ContainsFunc(levels, func(l *string) bool { return same(l, t.Level) }) {
				levels = append(levels, t.Level)
			}
		}
	}
	end := dayOf(h.at, loc).AddDate(0, 0, 3)
	rows, err := h.s.Pool().Query(ctx, fmt.Sprintf(`SELECT day::timestamp, %s, begun, begun_unseen, cleared, %s, gone, open,
    cleared_median_hours, cleared_p90_hours, open_median_hours, open_p90_hours
FROM alicloud.%s
WHERE account_id = $1 AND day <= $2::date
ORDER BY 1, 2`, level, changed, sp.Daily()), h.p.AccountID, end.Format(time.DateOnly))
	require.NoError(h, err)
	got, err := pgx.CollectRows(rows, pgx.RowToStructByPos[toldDay])
	require.NoError(h, err)

	var want []string
	for ; !day.After(end); day = day.AddDate(0, 0, 1) {
		for _, l := range levels {
			want = append(want, figuresOf(spells, day, l).String())
		}
	}
	var lines []string
	for _, d := range got {
		lines = append(lines, d.String())
	}
	slices.Sort(want)
	slices.Sort(lines)
	require.Equal(h, want, lines, sp.Daily())
}

// dayOf is the beginning of a moment's day.
func dayOf(at time.Time, loc *time.Location) time.Time {
	y, m, d := at.In(loc).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, loc)
}

func figuresOf(spells []toldSpell, day time.Time, level *string) toldDay {
	next := day.AddDate(0, 0, 1)
	on := func(at time.Time) bool { return !at.Before(day) && at.Before(next) }
	d := toldDay{Day: day, Level: level}
	var cleared, open []float64
	for _, t := range spells {
		if !same(t.Level, level) {
			continue
		}
		if on(t.Began) {
			d.Begun++
			if !t.Known {
				d.Unseen++
			}
		}
		if t.Began.Before(next) && (t.Ended == nil || !t.Ended.Before(next)) {
			d.Open++
			open = append(open, next.Sub(t.Began).Hours())
		}
		if t.Ended == nil || !on(*t.Ended) {
			continue
		}
		switch *t.EndedBy {
		case "cleared":
			d.Cleared++
			if t.Known {
				cleared = append(cleared, t.Ended.Sub(t.Began).Hours())
			}
		case "changed":
			d.Changed++
		default:
			d.Gone++
		}
	}
	d.ClearedMedian, d.Cleared90 = part(cleared, 0.5), part(cleared, 0.9)
	d.OpenMedian, d.Open90 = part(open, 0.5), part(open, 0.9)
	return d
}

// part is what a share of the values is not above; between two values, in proportion.
func part(values []float64, share float64) *float64 {
	if len(values) == 0 {
		return nil
	}
	slices.Sort(values)
	at := share * float64(len(values)-1)
	n := int(at)
	value := values[n]
	if n+1 < len(values) {
		value += (at - float64(n)) * (values[n+1] - values[n])
	}
	return &value
}

// String is the figures as text, to the thousandth of an hour.
func (d toldDay) String() string {
	text := func(f *float64) string {
		if f == nil {
			return "-"
		}
		return fmt.Sprintf("%.3f", *f)
	}
	level := "-"
	if d.Level != nil {
		level = *d.Level
	}
	return fmt.Sprint(d.Day.Format(time.DateOnly), " ", level, " begun ", d.Begun, " unseen ", d.Unseen, " cleared ", d.Cleared, " changed ", d.Changed, " gone ", d.Gone, " open ", d.Open,
		" cleared ", text(d.ClearedMedian), " ", text(d.Cleared90), " open ", text(d.OpenMedian), " ", text(d.Open90))
}
