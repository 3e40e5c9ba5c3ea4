package sim

import "encoding/binary"

// A chance is a pseudo-random number that depends only on the values it was made from. So
// everything about a fleet can be computed again instead of being stored.
type chance uint64

// of mixes x into c. It is splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom
// Number Generators, 2014) with the step x.
func (c chance) of(x uint64) chance {
	z := uint64(c) + (x+1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return chance(z ^ z>>31)
}

// chanceOf mixes a text into a chance: FNV-1a, then one step of splitmix64.
func chanceOf(s string) chance {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return chance(h).of(0)
}

// below returns a number from 0 to n-1.
func (c chance) below(n int) int { return int(uint64(c) >> 1 % uint64(n)) }

// between returns a number from lo to hi-1.
func between[T ~int | ~int64](c chance, lo, hi T) T { return lo + T(c.below(int(hi-lo))) }

// share returns a number from 0 to 1, less than 1.
func (c chance) share() float64 { return float64(c>>11) / (1 << 53) }

// under is true with probability p.
func (c chance) under(p float64) bool { return c.share() < p }

// pick chooses one of list.
func pick[T any](c chance, list []T) T { return list[c.below(len(list))] }

// A turn is one interval of an irregular clock. The clock ticks about once per period.
type turn struct {
	number      int64
	since, till millis // since ≤ t < till
	chance             // of this turn
}

// turnAt returns the turn that contains t. A turn begins at most half a period later than
// it would with a regular clock, so it is found without a search. The clock's phase is
// random, too; otherwise all clocks would be regular at the same time.
func turnAt(c chance, period, t millis) turn {
	phase := millis(c.below(int(period)))
	n := int64((t - phase).floor(period) / period)
	border := func(n int64) millis {
		return (phase + millis(n)*period + millis(c.of(uint64(n)).below(int(period/2)))).floor(second)
	}
	if t < border(n) {
		n--
	}
	return turn{n, border(n), border(n + 1), c.of(uint64(n)).of(1)}
}

// scramble and unscramble are inverse functions, one to one on 62 bits. With them, half of
// a UUID carries a number and still looks random.
func scramble(x uint64, key chance) uint64 {
	x = (x ^ uint64(key)) & mask62
	x = x * scrambler & mask62
	x ^= x >> 31
	x = x * scrambler & mask62
	return x ^ x>>31
}

func unscramble(x uint64, key chance) uint64 {
	x ^= x >> 31
	x = x * unscrambler & mask62
	x ^= x >> 31
	x = x * unscrambler & mask62
	return (x ^ uint64(key)) & mask62
}

const (
	mask62    = 1<<62 - 1
	scrambler = 0x9e3779b97f4a7c15 // odd, so it has an inverse modulo 2⁶⁴ and thus 2⁶²
)

// unscrambler is the inverse of scrambler, by Newton's iteration: each step
// doubles the number of right bits.
var unscrambler = func() uint64 {
	s := uint64(scrambler)
	inverse := s
	for range 6 {
		inverse *= 2 - s*inverse
	}
	return inverse
}()

// uuid formats 122 bits as a UUID of the given version. The version and the variant replace
// the top bits of hi and lo.
func uuid(hi, lo uint64, version byte) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], hi)
	binary.BigEndian.PutUint64(b[8:], lo)
	b[6] = b[6]&0x0f | version<<4
	b[8] = b[8]&0x3f | 0x80
	const hex = "0123456789abcdef"
	out := make([]byte, 0, 36)
	for i, v := range b {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			out = append(out, '-')
		}
		out = append(out, hex[v>>4], hex[v&15])
	}
	return string(out)
}

// base62 returns n digits and letters that are computed from x.
func base62(x uint64, n int) string { return string(appendBase(nil, chance(x), n, 62)) }

// appendBase appends n characters: digits and lower-case letters with base 36, also
// upper-case letters with base 62, hexadecimal digits with base 16.
func appendBase(dst []byte, c chance, n int, base uint64) []byte {
	const chars = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	x := uint64(0)
	for i := range n {
		if i%10 == 0 { // 62¹⁰ < 2⁶⁰: ten characters use up a number
			x = uint64(c.of(uint64(i)))
		}
		dst = append(dst, chars[x%base])
		x /= base
	}
	return dst
}
