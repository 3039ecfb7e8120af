package spelled

import (
	"math"
	"strings"

	"github.com/mapjob/mapjob/internal/jsonata/internal/javascript"
)

var romanNumerals = []struct {
	value float64
	text  string
}{
	{1000, "m"}, {900, "cm"}, {500, "d"}, {400, "cd"}, {100, "c"}, {90, "xc"},
	{50, "l"}, {40, "xl"}, {10, "x"}, {9, "ix"}, {5, "v"}, {4, "iv"}, {1, "i"},
}

// maxRoman bounds Roman numerals, whose length grows with the number.
const maxRoman = 1e9

// Roman writes a number in lower-case Roman numerals.
func Roman(n float64) string {
	var b strings.Builder
	if n > maxRoman {
		return javascript.NonFinite(n)
	}
	for _, r := range romanNumerals {
		for n >= r.value {
			b.WriteString(r.text)
			n -= r.value
		}
	}
	return b.String()
}

// ParseRoman returns the number of Roman numerals of one case, NaN if a
// character is none.
func ParseRoman(s string, upper bool) float64 {
	values := map[rune]float64{'m': 1000, 'd': 500, 'c': 100, 'l': 50, 'x': 10, 'v': 5, 'i': 1}
	n, largest := 0.0, 1.0
	runes := []rune(s)
	for i := len(runes) - 1; i >= 0; i-- {
		r := runes[i]
		if upper {
			if r < 'A' || r > 'Z' {
				return math.NaN()
			}
			r += 'a' - 'A'
		}
		v, ok := values[r]
		if !ok {
			return math.NaN()
		}
		if v < largest {
			n -= v
		} else {
			n += v
			largest = v
		}
	}
	return n
}
