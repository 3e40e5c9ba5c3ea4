package sim

import (
	"strconv"
	"time"
)

// isoTime is the format of times of OOS and STS.
const isoTime = "2006-01-02T15:04:05Z"

// An object is a JSON object that is being written to a buffer. Calls can be chained; close
// ends it.
type object []byte

func open(dst []byte) object { return append(dst, '{') }

func (o object) close() []byte { return append(o, '}') }

// key begins a member; the caller appends its value.
func (o object) key(name string) object {
	if last := o[len(o)-1]; last != '{' {
		o = append(o, ',')
	}
	o = append(o, '"')
	o = append(o, name...)
	return append(o, '"', ':')
}

func (o object) object(name string) object { return append(o.key(name), '{') }

func (o object) text(name, value string) object { return quote(o.key(name), value) }

func (o object) int(name string, n int64) object { return strconv.AppendInt(o.key(name), n, 10) }

func (o object) bool(name string, b bool) object { return strconv.AppendBool(o.key(name), b) }

// digits writes a number in a string, as OOS does for its counts.
func (o object) digits(name string, n int64) object {
	o = append(o.key(name), '"')
	return append(strconv.AppendInt(o, n, 10), '"')
}

// iso writes a time as OOS does.
func (o object) iso(name string, t millis) object {
	o = append(o.key(name), '"')
	return append(t.time().AppendFormat(o, isoTime), '"')
}

// hundredths writes a number with two decimals.
func (o object) hundredths(name string, n int64) object {
	return strconv.AppendFloat(o.key(name), float64(n)/100, 'f', -1, 64)
}

// flag writes a boolean as Security Center does.
func (o object) flag(name string, yes bool) object {
	if yes {
		return o.text(name, "YES")
	}
	return o.text(name, "NO")
}

// quote appends s as a JSON string. s is valid UTF-8.
func quote(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	from := 0
	for i := range len(s) {
		ch := s[i]
		if ch >= ' ' && ch != '"' && ch != '\\' {
			continue
		}
		dst = append(dst, s[from:i]...)
		from = i + 1
		switch ch {
		case '"', '\\':
			dst = append(dst, '\\', ch)
		case '\n':
			dst = append(dst, '\\', 'n')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[ch>>4], hex[ch&15])
		}
	}
	dst = append(dst, s[from:]...)
	return append(dst, '"')
}

// millis is a time in milliseconds since 1970, or a number of milliseconds.
type millis int64

const (
	second millis = 1000
	minute        = 60 * second
	hour          = 60 * minute
	day           = 24 * hour
	week          = 7 * day
)

func (t millis) time() time.Time { return time.UnixMilli(int64(t)).UTC() }

// floor is t rounded down to a multiple of unit.
func (t millis) floor(unit millis) millis {
	if r := t % unit; r >= 0 {
		return t - r
	}
	return t - t%unit - unit
}
