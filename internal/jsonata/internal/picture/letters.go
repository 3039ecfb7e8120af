package picture

import (
	"math"
	"slices"
)

// letters formats n as a, b, … z, aa, ab, …
func letters(n float64, upper bool) string {
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

func parseLetters(s string, upper bool) float64 {
	first := 'a'
	if upper {
		first = 'A'
	}
	n := 0.0
	for _, r := range s {
		n = 26*n + float64(r-first+1)
	}
	return n
}
