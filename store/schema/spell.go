package schema

import (
	"fmt"
	"strings"
	"time"

	"syncer/source"
)

// A spell is what is derived from one of a source's: two views.
type spell struct {
	*source.Spell
	Source *source.Source
	view   []shown
	daily  []shown
}

func (d design) spells() (list []spell) {
	for i := range d.Spells {
		s := spell{Spell: &d.Spells[i], Source: d.Source}
		former := func(a attribute) shown {
			return shown{Name: a.name, Type: a.typ, now: "NULL::" + a.typ, comment: noLonger}
		}
		s.view = arrange(s.declared(), d.stands["alicloud."+s.Name].columns, former)
		s.daily = arrange(s.figures(), d.stands["alicloud."+s.Daily()].columns, former)
		list = append(list, s)
	}
	return list
}

// text are both views.
func (s spell) text() string {
	var b comments
	view, daily := "alicloud."+s.Name, "alicloud."+s.Daily()
	b.WriteString(render("spell.sql", s))
	b.on("VIEW", view, s.Doc+s.joined()+" As far back as history is kept. From alicloud."+s.Source.Name+"_history.")
	b.columns(view, s.view)
	b.WriteString(render("spell_daily.sql", s))
	b.on("VIEW", daily, "One row per day, account, region"+s.told()+": how many of "+view+" began and ended on the day, how many lasted at its end, and how long. Of today, up to now, in the configured time zone. Counted when it is read: ask for an account, and for a span of days.")
	b.columns(daily, s.daily)
	return b.String()
}

// told are the dimensions, for people.
func (s spell) told() string {
	var b strings.Builder
	for i, name := range s.By {
		separator := ", "
		if i == len(s.By)-1 {
			separator = " and "
		}
		b.WriteString(separator + name)
	}
	return b.String()
}

func (s spell) joined() string {
	if s.JoinGaps == 0 {
		return ""
	}
	return fmt.Sprintf(" A break of %s or less does not end it.", span(s.JoinGaps))
}

// span is a duration for people: 30m rather than 30m0s.
func span(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-2]
		}
	}
	return text
}

// Select… are what stands between SELECT and FROM.
func (s spell) Select() string { return selected(s.view, func(c shown) string { return c.now }) }

func (s spell) SelectDaily() string { return selected(s.daily, func(c shown) string { return c.now }) }

// Key are the columns that tell rows apart, of an alias.
func (s spell) Key(alias string) string {
	names := append([]string{"account_id", "region_id"}, s.Source.Key...)
	return alias + "." + strings.Join(names, ", "+alias+".")
}

// Columns are the key and the dimensions of an alias, or all that a spell looks at besides
// the versions' times, with a comma behind each.
func (s spell) Columns(alias, which string) string {
	names := append(append([]string{"account_id", "region_id"}, s.Source.Key...), s.By...)
	if which == "all" {
		names = append(names, s.Show...)
	}
	return fmt.Sprintf("%s.%s,", alias, strings.Join(names, ", "+alias+"."))
}

// Condition is whether a version v is of a spell.
func (s spell) Condition() string {
	list := make([]string, len(s.Where))
	for i, c := range s.Where {
		list[i] = condition("v", c)
	}
	return "(" + strings.Join(list, " AND ") + ")"
}

// Begins is whether a version b, which is of a spell, is the first of one. The one before
// that is of a spell ended at before_to_.
func (s spell) Begins() string {
	begins := []string{"b.before_to_ IS NULL", "b.valid_from > b.before_to_" + s.gap("+")}
	for _, name := range s.By {
		begins = append(begins, fmt.Sprintf("b.%[1]s IS DISTINCT FROM b.before_%[1]s_", name))
	}
	return "(" + strings.Join(begins, " OR ") + ")"
}

// gap adds the longest break that does not end a spell, or takes it away.
func (s spell) gap(sign string) string {
	if s.JoinGaps == 0 {
		return ""
	}
	return fmt.Sprintf(" %s interval '%f seconds'", sign, s.JoinGaps.Seconds())
}

// LastGood is the last sync that was ok before a moment, of which nothing is told where it
// was syncer forget: what was seen before counts no more.
func (s spell) LastGood(before string) string {
	return fmt.Sprintf(`SELECT r.trigger, r.started_at, r.finished_at, r.next_due_at
    FROM syncer.sync_runs AS r
    WHERE r.account_id = s.account_id AND r.source = %s AND r.region_id = s.region_id AND r.status = 'ok' AND r.finished_at < %s
    ORDER BY r.finished_at DESC, r.run_id DESC
    LIMIT 1`, Literal(s.Source.Name), before)
}

// overdue is how long nobody has looked by now at a spell that lasts.
const overdue = `CASE WHEN s.ended_to_ = 'infinity' AND e.trigger <> 'forget' AND now() > e.next_due_at + greatest(2 * (e.finished_at - e.started_at), interval '5 minutes') THEN now() - greatest(e.next_due_at, s.began_at) END`

// declared are the columns of the spells' view.
func (s spell) declared() []shown {
	const moment, number = "timestamp with time zone", "double precision"
	horizon := "(SELECT coalesce(horizon_at, '-infinity') FROM syncer.settings)"
	seen := fmt.Sprintf("s.began_at%s >= %s AND coalesce(b.trigger <> 'forget', false)", s.gap("-"), horizon)
	list := s.place("s", "c.name")
	add := func(names []string, comment string) {
		for _, name := range names {
			c, _ := s.Source.Column(name)
			column := shown{Name: name, Type: catalogueType(c.Type), now: "s." + name, comment: c.Doc + comment}
			list = append(list, column)
			if len(c.Labels) > 0 {
				list = append(list, labelled(column, c))
			}
		}
	}
	add(s.Source.Key, "")
	add(s.By, " Where it changes, a spell ends, and another begins.")
	add(s.Show, " As it was last.")
	breaks := "How many breaks the spell has; 0: any break ends a spell."
	if s.JoinGaps > 0 {
		breaks = fmt.Sprintf("How many breaks the spell has, of %s at most each: the conditions did not hold then, or the row was not there.", span(s.JoinGaps))
	}
	return append(list,
		shown{Name: "began_at", Type: moment, now: "s.began_at", comment: "When it began: the moment of the sync that found it."},
		shown{Name: "ended_at", Type: moment, now: "nullif(s.ended_to_, 'infinity')", comment: "When it ended (not included): the moment of the sync that found that. NULL while it lasts."},
		shown{Name: "lasted_hours", Type: number, now: hours("least(s.ended_to_, now()) - s.began_at"), comment: "How long it lasted, or has lasted by now, in hours. At least as long, where began_known is false."},
		shown{Name: "ended_by", Type: "text", now: s.endedBy(), comment: s.endings()},
		shown{Name: "began_known", Type: "boolean", now: seen, comment: "Whether a good sync before began_at saw that it had not begun. False: the first good sync found it, or history no longer reaches back far enough, so it may have begun at any time before."},
		shown{Name: "began_within_hours", Type: number, now: hours(fmt.Sprintf("CASE WHEN %s THEN s.began_at - b.started_at END", seen)), comment: "By how many hours it may have begun earlier: the time since the last good sync before began_at was started. NULL where began_known is false."},
		shown{Name: "ended_within_hours", Type: number, now: hours("CASE WHEN s.ended_to_ < 'infinity' AND e.trigger <> 'forget' THEN s.ended_to_ - e.started_at END"), comment: "By how many hours it may have ended earlier: the time since the last good sync before ended_at was started. NULL while it lasts, and where there was no good sync before."},
		shown{Name: "unobserved_hours", Type: number, now: hours(s.unobserved()), comment: "How many hours of it nobody looked: the times from when a good sync was due until one began, where that was more than five minutes, and more than twice what the sync before had taken. Syncs that failed, were incomplete or were held are not good ones. As far back as alicloud.sync_runs is kept; what has no schedule is never due."},
		shown{Name: "gaps_joined", Type: "bigint", now: "s.gaps_joined", comment: breaks},
	)
}

// hours are an interval as a number, which every tool can show, average and compare.
func hours(interval string) string {
	return fmt.Sprintf("round((extract(epoch FROM %s) / 3600)::numeric, 3)::double precision", interval)
}

// place are the account and the region.
func (s spell) place(alias, name string) []shown {
	return []shown{
		{Name: "account_id", Type: "text", now: alias + ".account_id", comment: "ID of the Alibaba Cloud account."},
		{Name: "account_name", Type: "text", now: name, comment: "Name that the configuration last gave the account."},
		{Name: "region_id", Type: "text", now: alias + ".region_id", comment: regionComment(s.Source.Regions)},
	}
}

func (s spell) endedBy() string {
	changed := ""
	if len(s.By) > 0 {
		changed = "\n        WHEN s.follows_ AND s.goes_on_ THEN 'changed'"
	}
	return fmt.Sprintf(`CASE
        WHEN s.ended_to_ = 'infinity' THEN NULL%s
        WHEN s.follows_ THEN 'cleared'
        WHEN (
            SELECT r.trigger = 'forget' AND r.started_at <= s.ended_to_
            FROM syncer.sync_runs AS r
            WHERE r.account_id = s.account_id AND r.source = %s AND r.region_id = s.region_id AND r.status = 'ok' AND r.finished_at >= s.ended_to_
            ORDER BY r.finished_at, r.run_id
            LIMIT 1
        ) THEN 'forgotten'
        ELSE 'gone'
    END`, changed, Literal(s.Source.Name))
}

func (s spell) endings() string {
	changed := ""
	if len(s.By) > 0 {
		changed = " changed: another began at that moment, with other" + s.told() + "."
	}
	return "What ended it. cleared: the row was there, and the conditions no longer held." + changed + " gone: the row was no longer there. forgotten: so it was, since syncer forget had ended it. NULL while it lasts."
}

func (s spell) unobserved() string {
	return fmt.Sprintf(`coalesce((
        SELECT sum(least(r.started_at, s.ended_to_) - greatest(r.unseen_since, s.began_at))
        FROM syncer.sync_runs AS r
        WHERE r.account_id = s.account_id AND r.source = %s AND r.region_id = s.region_id AND r.unseen_since IS NOT NULL
            AND r.started_at > s.began_at AND r.unseen_since < s.ended_to_
    ), '0') + coalesce(%s, '0')`, Literal(s.Source.Name), overdue)
}

// figures are the columns of the view of each day.
func (s spell) figures() []shown {
	list := append([]shown{{Name: "day", Type: "date", now: "d.day", comment: "Day in the configured time zone, without gaps from the first sync, or from the first whole day that history reaches back to, to today."}},
		s.place("d", "(SELECT c.name FROM syncer.accounts AS c WHERE c.account_id = d.account_id)")...)
	for _, name := range s.By {
		c, _ := s.Source.Column(name)
		column := shown{Name: name, Type: catalogueType(c.Type), now: "d." + name, comment: c.Doc}
		list = append(list, column)
		if len(c.Labels) > 0 {
			list = append(list, labelled(column, c))
		}
	}
	count := func(name, where, comment string) {
		list = append(list, shown{Name: name, Type: "bigint", now: "count(*) FILTER (WHERE " + where + ")", comment: comment})
	}
	part := func(name, share, where, comment string) {
		now := hours(fmt.Sprintf("percentile_cont(%s) WITHIN GROUP (ORDER BY d.age) FILTER (WHERE %s)", share, where))
		list = append(list, shown{Name: name, Type: "double precision", now: now, comment: comment})
	}
	const seen = "d.cleared AND d.began_known"
	count("begun", "d.begun", "Spells that began on the day.")
	count("begun_unseen", "d.begun AND NOT d.began_known", "Those of them that may have begun before: the first good sync found them.")
	count("cleared", "d.cleared", "Spells that ended on the day because the conditions no longer held.")
	if len(s.By) > 0 {
		count("changed", "d.changed", "Spells that ended on the day because another began, with other"+s.told()+".")
	}
	count("gone", "d.gone", "Spells that ended on the day because the row was no longer there, also where syncer forget had ended it.")
	count("open", "d.open", "Spells that lasted at the end of the day.")
	part("cleared_median_hours", "0.5", seen, "Hours that half of those had lasted, at most, that were cleared on the day and whose beginning was seen. NULL: there are none.")
	part("cleared_p90_hours", "0.9", seen, "Hours that nine of ten of those had lasted, at most, that were cleared on the day and whose beginning was seen. NULL: there are none.")
	part("open_median_hours", "0.5", "d.open", "Hours that half of those that lasted at the end of the day had lasted by then, at most. More, where their beginning was not seen. NULL: there are none.")
	part("open_p90_hours", "0.9", "d.open", "Hours that nine of ten of those that lasted at the end of the day had lasted by then, at most. More, where their beginning was not seen. NULL: there are none.")
	return list
}
