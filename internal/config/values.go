package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"strconv"
	"time"

	"go.yaml.in/yaml/v3"

	"syncer/internal/yamlfile"
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
	parsed, err := yamlfile.ParseDuration(string(text))
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
		_, err := yamlfile.ParseCron(s, defaultTimezone)
		return yamlfile.WithoutValue(err)
	},
	"span": func(s string) error {
		_, err := yamlfile.ParseDuration(s)
		return err
	},
	"timezone": func(s string) error {
		// Local is another zone on every machine, and the database needs a name.
		if _, err := time.LoadLocation(s); err != nil || s == "Local" {
			return yamlfile.ErrNoDetail
		}
		return nil
	},
	"listen": func(s string) error {
		if s == listenOff {
			return nil
		}
		_, port, err := net.SplitHostPort(s)
		if err != nil {
			return yamlfile.ErrNoDetail
		}
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n > math.MaxUint16 {
			return errors.New("the port is no number up to 65535")
		}
		return nil
	},
}
