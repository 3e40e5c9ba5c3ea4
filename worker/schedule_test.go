package worker

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/robfig/cron/v3"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func schedule(t require.TestingT, expression string) cron.Schedule {
	s, err := cron.ParseStandard(expression)
	require.NoError(t, err)
	return slots(s)
}

func ticks(s cron.Schedule, from, to time.Time) (list []string) {
	for tick := s.Next(from); !tick.IsZero() && tick.Before(to); tick = s.Next(tick) {
		list = append(list, tick.Format("Mon 02 15:04 -0700"))
	}
	return list
}

// TestSkippedAndRepeatedHours: what falls into an hour that is skipped runs after the
// gap, and what falls into one that comes twice, once.
func TestSkippedAndRepeatedHours(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		expression, from string
		days             int
		want             []string
	}{
		{"CRON_TZ=Europe/Berlin 30 2 * * *", "2026-03-28", 3, []string{"Sat 28 02:30 +0100", "Sun 29 03:00 +0200", "Mon 30 02:30 +0200"}},
		{"CRON_TZ=Europe/Berlin 30 2 * * *", "2026-10-24", 3, []string{"Sat 24 02:30 +0200", "Sun 25 02:30 +0200", "Mon 26 02:30 +0100"}},
		{"CRON_TZ=Europe/Berlin 0,30 2,3 * * *", "2026-03-29", 1, []string{"Sun 29 03:00 +0200", "Sun 29 03:30 +0200"}},
		{"CRON_TZ=Africa/Cairo @daily", "2026-04-23", 3, []string{"Thu 23 00:00 +0200", "Fri 24 01:00 +0300", "Sat 25 00:00 +0300"}},
		{"CRON_TZ=America/Sao_Paulo @weekly", "2018-10-28", 15, []string{"Sun 28 00:00 -0300", "Sun 04 01:00 -0200", "Sun 11 00:00 -0200"}},
		{"CRON_TZ=Europe/Berlin 0 * * * *", "2026-10-25", 1, nil}, // 25 hours: see below
		{"CRON_TZ=Pacific/Apia @daily", "2011-12-29", 3, []string{"Thu 29 00:00 -1000", "Sat 31 00:00 +1400"}},
	} {
		zone, err := time.LoadLocation(strings.TrimPrefix(strings.Fields(c.expression)[0], "CRON_TZ="))
		require.NoError(t, err)
		from, err := time.ParseInLocation(time.DateOnly, c.from, zone)
		require.NoError(t, err)
		got := ticks(schedule(t, c.expression), from.Add(-time.Second), from.AddDate(0, 0, c.days))
		if c.want == nil {
			require.Len(t, got, 25, c.expression)
			continue
		}
		require.Equal(t, c.want, got, c.expression)
	}
}

// TestEveryDayTicksOnce: in all time zones, on every day that there is, a daily
// schedule ticks once, wherever its ticks are looked for from; and an hourly one
// lets no more than two hours pass.
func TestEveryDayTicksOnce(t *testing.T) {
	t.Parallel()
	names := zones(t)
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(names).Draw(t, "zone")
		zone, err := time.LoadLocation(name)
		require.NoError(t, err)
		minute := rapid.IntRange(0, 24*60-1).Draw(t, "minute")
		year := rapid.IntRange(1990, 2036).Draw(t, "year")
		daily := schedule(t, fmt.Sprintf("CRON_TZ=%s %d %d * * *", name, minute%60, minute/60))
		from := time.Date(year, 1, 1, 0, 0, 0, 0, zone)
		day, tick := from, daily.Next(from.Add(-time.Second))
		for day.Before(from.AddDate(1, 0, 0)) {
			// The next day that there is: its noon may be skipped, but not all of it.
			next := time.Date(day.Year(), day.Month(), day.Day()+1, 12, 0, 0, 0, zone)
			y, m, d := next.Date()
			if early := time.Date(day.Year(), day.Month(), day.Day()+2, 12, 0, 0, 0, zone); early.Day() == d {
				y, m, d = early.Date()
			}
			next = time.Date(y, m, d, 12, 0, 0, 0, zone)
			want := time.Date(day.Year(), day.Month(), day.Day(), minute/60, minute%60, 0, 0, zone)
			require.WithinDuration(t, want, tick, 2*time.Hour, "%s: on %s", name, day)
			require.Equal(t, tick, lastTick(daily, tick.Add(time.Minute)).In(tick.Location()))
			after := daily.Next(tick)
			require.True(t, after.After(tick))
			day, tick = next, after
		}

		hourly := schedule(t, fmt.Sprintf("CRON_TZ=%s %d * * * *", name, minute%60))
		for tick := hourly.Next(from); tick.Before(from.AddDate(1, 0, 0)); {
			next := hourly.Next(tick)
			gap := next.Sub(tick)
			if start, _ := next.ZoneBounds(); start.IsZero() || next.Sub(start) > mostShift {
				require.Equal(t, time.Hour, gap, "%s: after %s", name, tick)
			} else {
				require.LessOrEqual(t, gap, 2*time.Hour, "%s: after %s", name, tick)
				require.Positive(t, gap)
			}
			tick = next
		}
	})
}

// zones are the names of all that this machine knows.
func zones(t *testing.T) (list []string) {
	t.Helper()
	for _, dir := range []string{"/usr/share/zoneinfo", filepath.Join(runtime.GOROOT(), "lib/time/zoneinfo")} {
		_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			name, _ := filepath.Rel(dir, path)
			if err == nil && !e.IsDir() && strings.Contains(name, "/") && !strings.HasPrefix(name, "right/") && !strings.HasPrefix(name, "posix/") {
				if _, err := time.LoadLocation(name); err == nil {
					list = append(list, filepath.ToSlash(name))
				}
			}
			return nil
		})
		if len(list) > 0 {
			slices.Sort(list)
			return list
		}
	}
	if _, err := os.Stat("/usr/share/zoneinfo"); err != nil {
		return []string{"Europe/Berlin", "Africa/Cairo", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia"}
	}
	return list
}
