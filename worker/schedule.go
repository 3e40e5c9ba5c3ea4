package worker

import (
	"time"

	"github.com/robfig/cron/v3"
)

// slots makes a schedule of cron's tick when it should: all processes must name the
// same slots, and none may be lost.
func slots(s cron.Schedule) cron.Schedule {
	switch s := s.(type) {
	case cron.ConstantDelaySchedule:
		return aligned{s.Delay}
	case *cron.SpecSchedule:
		return newCalendar(s)
	}
	return s
}

// aligned makes an @every schedule tick at multiples of its delay, where cron counts
// from whenever it is asked.
type aligned struct{ every time.Duration }

func (a aligned) Next(t time.Time) time.Time { return t.Truncate(a.every).Add(a.every) }

// A calendar ticks as a calendar schedule reads, also on the days on which the clocks
// of its time zone are put forward or back. cron itself loses what falls into the
// hour that is skipped, for a day or longer. Here it ticks at the moment after the
// gap. In the hour that comes twice it ticks once, unless it ticks in every hour.
type calendar struct {
	wall   *cron.SpecSchedule // on a clock that is never changed
	hourly bool
	zone   *time.Location
}

func newCalendar(s *cron.SpecSchedule) calendar {
	const hours = 1<<24 - 1
	wall := *s
	wall.Location = time.UTC
	return calendar{wall: &wall, hourly: s.Hour&hours == hours, zone: s.Location}
}

// mostShift is more than any time zone was ever put forward or back by: a day, where
// the date line was moved.
const mostShift = 26 * time.Hour

// Next is the first tick after t; zero: there is none within five years.
func (c calendar) Next(t time.Time) time.Time {
	zone := c.zone
	if zone == time.Local {
		zone = t.Location() // as cron has it
	}
	t = t.In(zone)
	wall := asWall(t)
	if start, end := t.ZoneBounds(); !start.IsZero() && t.Sub(start) <= mostShift || !end.IsZero() && end.Sub(t) <= mostShift {
		wall = wall.Add(-mostShift) // what was skipped, and what comes again
	}
	var best time.Time
	for {
		wall = c.wall.Next(wall)
		if wall.IsZero() {
			return best
		}
		first, again := c.moments(wall, zone)
		for _, m := range []time.Time{first, again} {
			if m.After(t) && (best.IsZero() || m.Before(best)) {
				best = m
			}
		}
		if !best.IsZero() && !first.IsZero() && !first.Before(best) { // later ones come later
			return best
		}
	}
}

// moments are when the clocks of a zone show a time: the first, and the second where
// that counts. Zero: on no such day.
func (c calendar) moments(wall time.Time, zone *time.Location) (first, again time.Time) {
	y, m, d := wall.Date()
	some := time.Date(y, m, d, wall.Hour(), wall.Minute(), wall.Second(), 0, zone)
	start, end := some.ZoneBounds()
	if shown := asWall(some); !shown.Equal(wall) { // it is skipped, and some is beside the gap
		after := end
		if shown.After(wall) {
			after = start
		}
		before := asWall(after.Add(-1).In(zone))
		if day := wall.Truncate(24 * time.Hour); before.Before(day) && !asWall(after.In(zone)).Before(day.Add(24*time.Hour)) {
			return time.Time{}, time.Time{} // the whole day is
		}
		return after, time.Time{}
	}
	first = some
	for _, beside := range []time.Time{start, end} {
		if beside.IsZero() {
			continue
		}
		if beside.Equal(start) {
			beside = start.Add(-1)
		}
		other := some.Add(offset(some) - offset(beside.In(zone)))
		if !asWall(other.In(zone)).Equal(wall) {
			continue
		}
		if other.Before(first) {
			first, other = other, first
		}
		if c.hourly && other.After(first) {
			again = other
		}
	}
	return first, again
}

// asWall is what the clocks show at a moment, on a clock that is never changed.
func asWall(t time.Time) time.Time { return t.UTC().Add(offset(t)) }

func offset(t time.Time) time.Duration {
	_, seconds := t.Zone()
	return time.Duration(seconds) * time.Second
}

// lookbacks are how far behind a moment its last tick is searched: a schedule
// ticks at least once in five years, or never.
var lookbacks = []time.Duration{time.Minute, time.Hour, 24 * time.Hour, 31 * 24 * time.Hour, 5 * 366 * 24 * time.Hour}

// lastTick is the latest tick of a schedule that is not after t; zero: there is
// none. cron can only look forward, so it is found from ever farther behind.
func lastTick(s cron.Schedule, t time.Time) time.Time {
	for _, back := range lookbacks {
		tick := s.Next(t.Add(-back))
		if tick.IsZero() || tick.After(t) {
			continue
		}
		for next := s.Next(tick); !next.IsZero() && !next.After(t); next = s.Next(next) {
			tick = next
		}
		return tick
	}
	return time.Time{}
}
