package fields

import (
	"slices"
	"strings"
)

// others lists the fields that an object may have. The one that was probably meant
// comes first.
func (f Object) others(kind Kind, name string) string {
	names := names(kind, f.Language)
	for i, other := range names {
		if distance(strings.ToLower(name), strings.ToLower(other)) <= 2 {
			return other + ", or one of " + strings.Join(slices.Delete(names, i, i+1), ", ")
		}
	}
	return "one of " + strings.Join(names, ", ")
}

// distance returns the Levenshtein distance of two words: how many letters have to
// be changed, added or removed to turn one into the other.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
