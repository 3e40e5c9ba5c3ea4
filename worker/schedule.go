package worker

import (
	"time"

	"github.com/robfig/cron/v3"
)

// aligned makes an @every schedule tick at multiples of its delay since 1970,
// where cron counts from whenever it is asked: all processes must name the same
// slots.
type aligned struct{ every time.Duration }

func (a aligned) Next(t time.Time) time.Time { return t.Truncate(a.every).Add(a.every) }

// align leaves calendar schedules as they are.
func align(s cron.Schedule) cron.Schedule {
	if d, ok := s.(cron.ConstantDelaySchedule); ok {
		return aligned{d.Delay}
	}
	return s
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
