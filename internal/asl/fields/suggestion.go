package fields

import (
	"slices"
	"strings"
)

// others lists the fields that an object may have.
func (f Object) others(kind Kind, name string) string { return Others(name, names(kind, f.Language)) }

// Others lists the names of which one was expected. The one that was probably meant
// comes first.
func Others(name string, names []string) string {
	nearest, least := -1, 3
	for i, other := range names {
		if d := distance(strings.ToLower(name), strings.ToLower(other)); d < least {
			nearest, least = i, d
		}
	}
	switch {
	case len(names) == 0:
		return "none"
	case nearest < 0:
		return "one of " + strings.Join(names, ", ")
	case len(names) == 1:
		return names[0]
	}
	return names[nearest] + ", or one of " + strings.Join(slices.Delete(slices.Clone(names), nearest, nearest+1), ", ")
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
