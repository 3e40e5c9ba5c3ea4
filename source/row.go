package source

import (
	"math"
	"strconv"
	"time"
)

// A Value is one decoded column. Which field holds it follows from the column's Type.
type Value struct {
	// Int holds BigInt; Bool as 0 and 1; Double as its IEEE 754 bits; times as
	// microseconds since 1970.
	Int int64
	// Text holds Text and URL (valid UTF-8 without NUL), and JSON in a canonical
	// form: compact, object keys sorted.
	Text string
	// Valid is false for NULL.
	Valid bool
}

// TextValue, IntValue, DoubleValue, BoolValue and TimeValue make valid values.
func TextValue(s string) Value    { return Value{Text: s, Valid: true} }
func IntValue(n int64) Value      { return Value{Int: n, Valid: true} }
func DoubleValue(f float64) Value { return Value{Int: int64(math.Float64bits(f)), Valid: true} }
func TimeValue(t time.Time) Value { return Value{Int: t.UnixMicro(), Valid: true} }
func BoolValue(b bool) Value {
	if b {
		return IntValue(1)
	}
	return IntValue(0)
}

// Plain is a Text or BigInt value as requests and conditions write it; empty for NULL.
func (t Type) Plain(v Value) string {
	if t == BigInt && v.Valid {
		return strconv.FormatInt(v.Int, 10)
	}
	return v.Text
}

// FromPlain is the value of a Text or BigInt column that Plain has written.
func (t Type) FromPlain(s string) Value {
	if t == BigInt {
		n, _ := strconv.ParseInt(s, 10, 64) // it was written by Plain, or by the database
		return IntValue(n)
	}
	return TextValue(s)
}

// Double is the number that a Double column holds.
func (v Value) Double() float64 { return math.Float64frombits(uint64(v.Int)) }

// Time is the moment that a Millis or ISOTime column holds, in UTC.
func (v Value) Time() time.Time { return time.UnixMicro(v.Int).UTC() }

// A Row is one decoded item: a Value for each of the source's Columns, in
// their order, then extra: a JSON object of all that the item held and no
// column does, or NULL.
type Row []Value

// Extra is what no column holds.
func (r Row) Extra() Value { return r[len(r)-1] }
