package yamlfile

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

var (
	durationPattern = regexp.MustCompile(`^([0-9]+(\.[0-9]+)?(ms|s|m|h|d|w))+$`)
	durationPart    = regexp.MustCompile(`([0-9.]+)([a-z]+)`)
	units           = map[string]time.Duration{
		"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour,
		"d": 24 * time.Hour, "w": 7 * 24 * time.Hour,
	}
)

// ParseDuration reads numbers with units: 90m, 48h, 400d, 2w. Days have 24 hours.
func ParseDuration(s string) (time.Duration, error) {
	if !durationPattern.MatchString(s) {
		return 0, ErrNoDetail
	}
	var sum float64
	for _, part := range durationPart.FindAllStringSubmatch(s, -1) {
		n, err := strconv.ParseFloat(part[1], 64)
		if err != nil {
			return 0, ErrNoDetail
		}
		sum += n * float64(units[part[2]])
	}
	switch {
	case sum >= math.MaxInt64:
		return 0, errors.New("longer than 292 years")
	case sum < float64(time.Second):
		return 0, errors.New("shorter than a second")
	}
	return time.Duration(sum), nil
}

// ErrNoDetail refuses a value about which the schema's errorMessage says all.
var ErrNoDetail = errors.New("")

// ParseCron reads an expression in a time zone, unless it names its own.
func ParseCron(expression, timezone string) (cron.Schedule, error) {
	zone, fields, found := strings.Cut(expression, " ")
	if prefixed := strings.HasPrefix(zone, "CRON_TZ=") || strings.HasPrefix(zone, "TZ="); !prefixed {
		fields = expression
		expression = "CRON_TZ=" + timezone + " " + expression
	} else if !found { // which cron.ParseStandard does not survive
		return nil, errors.New("there is nothing after the time zone")
	}
	schedule, err := cron.ParseStandard(expression)
	if err != nil {
		return nil, err
	}
	if err := checkSteps(strings.Fields(fields)); err != nil {
		return nil, err
	}
	if every, ok := strings.CutPrefix(strings.TrimSpace(fields), "@every "); ok {
		// It has been read once already; cron makes a second of everything shorter.
		if d, err := time.ParseDuration(strings.TrimSpace(every)); err == nil && d < time.Second {
			return nil, errors.New("shorter than a second")
		}
	}
	if schedule.Next(time.Now()).IsZero() {
		return nil, errors.New("no such day ever comes")
	}
	return schedule, nil
}

// checkSteps refuses steps that lead out of their field: cron takes */90 in the minutes
// for once an hour, in silence.
func checkSteps(fields []string) error {
	for i, field := range fields {
		for part := range strings.SplitSeq(field, ",") {
			values, step, found := strings.Cut(part, "/")
			if !found || len(fields) != 5 {
				continue
			}
			alone := []string{"*", "*", "*", "*", "*"}
			alone[i] = values + "/1"
			schedule, err := cron.ParseStandard(strings.Join(alone, " "))
			if err != nil {
				return err
			}
			s := schedule.(*cron.SpecSchedule)
			of := []uint64{s.Minute, s.Hour, s.Dom, s.Month, s.Dow}[i]
			const star = 1 << 63
			if n, err := strconv.Atoi(step); err != nil || n > bits.OnesCount64(of&^star) {
				return fmt.Errorf("%s steps over all of its field: write the values that are meant, or @every with a duration", part)
			}
		}
	}
	return nil
}

// WithoutValue takes the value, which the place shows, out of an error of ParseCron.
func WithoutValue(err error) error {
	if err == nil {
		return nil
	}
	detail, _, _ := strings.Cut(err.Error(), ": [")
	return errors.New(detail)
}
