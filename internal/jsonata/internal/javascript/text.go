package javascript

import (
	"math"
	"strings"
	"unicode/utf8"
)

// UTF16Length returns the number of UTF-16 code units in s.
func UTF16Length(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r >= 0x10000 && r != utf8.RuneError {
			n++
		}
	}
	return n
}

// SliceIndex returns the index that JavaScript's slice derives from n: a
// negative n counts from the end, and NaN is 0.
func SliceIndex(n float64, length int) int {
	n = math.Trunc(n)
	if n != n {
		return 0
	}
	if n < 0 {
		n += float64(length)
	}
	return int(max(0, min(n, float64(length))))
}

// CompareStrings compares two strings by UTF-16 code units, as JavaScript does.
// Comparing by code points gives another result only beyond the surrogates.
func CompareStrings(a, b string) int {
	n := min(len(a), len(b))
	i := 0
	for i < n && a[i] == b[i] {
		i++
	}
	if i == n || a[i] < 0xEE || b[i] < 0xEE {
		return strings.Compare(a[i:], b[i:])
	}
	for i > 0 && !utf8.RuneStart(a[i]) {
		i--
	}
	x, _ := utf8.DecodeRuneInString(a[i:])
	y, _ := utf8.DecodeRuneInString(b[i:])
	if (x >= 0x10000) != (y >= 0x10000) { // surrogates sort before U+E000
		if x >= 0x10000 {
			return -1
		}
		return 1
	}
	return strings.Compare(a[i:], b[i:])
}

// ByteOffset returns the byte offset in text of the UTF-16 code unit with the
// given index.
func ByteOffset(text string, units float64) int {
	n := 0
	for i, r := range text {
		if float64(n) >= units {
			return i
		}
		n++
		if r >= 0x10000 {
			n++
		}
	}
	return len(text)
}
