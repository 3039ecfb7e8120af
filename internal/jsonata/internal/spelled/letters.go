package spelled

import (
	"math"
	"slices"
	"unicode/utf16"

	"github.com/mapjob/mapjob/internal/jsonata/internal/javascript"
)

// Letters writes n as a, b, … z, aa, ab, …
func Letters(n float64, upper bool) string {
	first := 'a'
	if upper {
		first = 'A'
	}
	var out []byte
	for n > 0 && n-n == 0 {
		n--
		out = append(out, byte(first)+byte(math.Mod(n, 26)))
		n = math.Floor(n / 26)
	}
	slices.Reverse(out)
	return string(out)
}

// ParseLetters returns the number of letters of one case.
func ParseLetters(s string, upper bool) float64 {
	first := 'a'
	if upper {
		first = 'A'
	}
	n := 0.0
	units := utf16.Encode([]rune(s))
	for i := range units { // adds up from the end, as jsonata does, because sums are rounded
		n += (float64(units[len(units)-1-i]) - float64(first) + 1) * javascript.Power(26, float64(i))
	}
	return n
}
