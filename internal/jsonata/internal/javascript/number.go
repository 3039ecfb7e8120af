package javascript

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Round15 rounds a number to 15 significant digits. A whole number that is
// written without an exponent keeps its digits, as on AWS.
func Round15(f float64) float64 {
	if f == math.Trunc(f) && math.Abs(f) < 1e21 || f-f != 0 {
		return f
	}
	n, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'e', 14, 64), 64)
	return n
}

// NonFinite returns the text of a number that JSON cannot represent:
// "Infinity", "-Infinity" or "NaN". It returns "" for any other number.
func NonFinite(n float64) string {
	switch {
	case math.IsNaN(n):
		return "NaN"
	case math.IsInf(n, 1):
		return "Infinity"
	case math.IsInf(n, -1):
		return "-Infinity"
	}
	return ""
}

// FormatRadix formats an integer in a base, as V8 does: digits beyond the
// precision of a float64 are zeros.
func FormatRadix(n, radix float64) string {
	negative := n < 0
	n = math.Abs(n)
	var digits []byte
	for n/radix >= 1<<53 {
		n /= radix
		digits = append(digits, '0')
	}
	for {
		rest := math.Mod(n, radix)
		digits = append(digits, "0123456789abcdefghijklmnopqrstuvwxyz"[int(rest)])
		if n = (n - rest) / radix; n <= 0 {
			break
		}
	}
	if negative {
		digits = append(digits, '-')
	}
	slices.Reverse(digits)
	return string(digits)
}

// RoundHalfEven rounds n to a number of decimal places. It moves the decimal
// point in the shortest decimal notation, as jsonata does, so that 2.675 counts
// as exactly that.
func RoundHalfEven(n float64, places int) float64 {
	shifted := shift(n, places)
	if places != 0 && math.IsInf(shifted, 0) {
		return math.NaN()
	}
	r := math.RoundToEven(shifted)
	r = shift(r, -places)
	if r == 0 {
		return 0 // no negative zero
	}
	return r
}

// shift multiplies n by a power of ten in decimal notation.
func shift(n float64, places int) float64 {
	if places == 0 || n == 0 || n-n != 0 {
		return n
	}
	text := strconv.FormatFloat(n, 'e', -1, 64)
	mantissa, exponent, _ := strings.Cut(text, "e")
	e, _ := strconv.Atoi(exponent)
	r, _ := strconv.ParseFloat(mantissa+"e"+strconv.Itoa(e+places), 64)
	return r
}

// hexDigit returns the value of a hexadecimal digit.
func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// ToFixed formats n with a number of decimal places, as JavaScript's toFixed
// does: a number exactly halfway between two results is rounded up, not to
// even.
func ToFixed(n float64, places int) string {
	const beyond = 60
	exact := []byte(strconv.FormatFloat(n, 'f', places+beyond, 64))
	kept, rest := exact[:len(exact)-beyond], string(exact[len(exact)-beyond:])
	if rest[0] != '5' || strings.Trim(rest[1:], "0") != "" {
		return strconv.FormatFloat(n, 'f', places, 64)
	}
	kept = bytes.TrimSuffix(kept, []byte("."))
	for i := len(kept) - 1; i >= 0; i-- {
		switch kept[i] {
		case '.':
		case '9':
			kept[i] = '0'
		default:
			kept[i]++
			return string(kept)
		}
	}
	return "1" + string(kept)
}

// ParseInt parses the integer at the beginning of s, as JavaScript's parseInt
// does. It returns NaN if there is none.
func ParseInt(s string) float64 {
	s = strings.TrimLeft(s, " \t\n\r\v\f\u00a0\u2028\u2029\ufeff")
	sign := 1.0
	switch {
	case strings.HasPrefix(s, "-"):
		sign, s = -1, s[1:]
	case strings.HasPrefix(s, "+"):
		s = s[1:]
	}
	if len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' {
		n, digits := 0.0, 0
		for _, c := range []byte(s[2:]) {
			d, ok := hexDigit(c)
			if !ok {
				break
			}
			n = 16*n + float64(d)
			digits++
		}
		if digits == 0 {
			return math.NaN()
		}
		return sign * n
	}
	end := 0
	for end < len(s) && s[end] >= '0' && s[end] <= '9' {
		end++
	}
	if end == 0 {
		return math.NaN()
	}
	n, _ := strconv.ParseFloat(s[:end], 64) // infinite if out of range
	return sign * n
}
