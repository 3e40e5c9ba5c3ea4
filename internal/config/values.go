package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/bits"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
	"go.yaml.in/yaml/v3"
)

// A Secret is text that is not printed: by whatever verb, logger or encoder, it
// reads "***". string(s) is the text.
type Secret string

// Format writes *** in place of the secret.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.mask()) }

// LogValue is *** in place of the secret.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.mask()) }

// MarshalJSON writes *** in place of the secret.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.mask()) }

func (s Secret) mask() string {
	if s == "" {
		return ""
	}
	return "***"
}

// A Duration is written as numbers with units: 90m, 48h, 400d, 2w. Days have 24 hours.
type Duration time.Duration

// UnmarshalText reads a duration.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := parseDuration(string(text))
	*d = Duration(parsed)
	return err
}

// UnmarshalYAML reads one address for all regions, or one for each.
func (e *Endpoint) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*e = Endpoint{"": n.Value}
		return nil
	}
	return n.Decode((*map[string]string)(e))
}

func (d Duration) String() string { return time.Duration(d).String() }

var (
	durationPattern = regexp.MustCompile(`^([0-9]+(\.[0-9]+)?(ms|s|m|h|d|w))+$`)
	durationPart    = regexp.MustCompile(`([0-9.]+)([a-z]+)`)
	units           = map[string]time.Duration{
		"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour,
		"d": 24 * time.Hour, "w": 7 * 24 * time.Hour,
	}
)

func parseDuration(s string) (time.Duration, error) {
	if !durationPattern.MatchString(s) {
		return 0, errNoDetail
	}
	var sum float64
	for _, part := range durationPart.FindAllStringSubmatch(s, -1) {
		n, err := strconv.ParseFloat(part[1], 64)
		if err != nil {
			return 0, errNoDetail
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

// errNoDetail refuses a value about which the schema's errorMessage says all.
var errNoDetail = errors.New("")

// parseCron reads an expression in a time zone, unless it names its own.
func parseCron(expression, timezone string) (cron.Schedule, error) {
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

// listenOff is written for no status page.
const listenOff = "off"

// IsLoopback reports whether only this machine can connect to a host:port.
func IsLoopback(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// formats check what JSON Schema has no words for. Their errors add to the
// schema's errorMessage. The empty text is minLength's affair.
var formats = map[string]func(string) error{
	"cron": func(s string) error {
		if _, err := parseCron(s, defaultTimezone); err != nil {
			detail, _, _ := strings.Cut(err.Error(), ": [") // the value, again
			return errors.New(detail)
		}
		return nil
	},
	"span": func(s string) error {
		_, err := parseDuration(s)
		return err
	},
	"timezone": func(s string) error {
		// Local is another zone on every machine, and the database needs a name.
		if _, err := time.LoadLocation(s); err != nil || s == "Local" {
			return errNoDetail
		}
		return nil
	},
	"listen": func(s string) error {
		if s == listenOff {
			return nil
		}
		_, port, err := net.SplitHostPort(s)
		if err != nil {
			return errNoDetail
		}
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n > math.MaxUint16 {
			return errors.New("the port is no number up to 65535")
		}
		return nil
	},
}
