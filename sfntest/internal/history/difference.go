package history

import (
	"fmt"
	"strings"
)

// Difference says at which event two histories differ first, and how; "" if they do
// not.
func Difference(one, two []*Event) string {
	for i := range max(len(one), len(two)) {
		a, b := "the end", "the end"
		if i < len(one) {
			a = one[i].Text()
		}
		if i < len(two) {
			b = two[i].Text()
		}
		if a != b {
			a, b = apart(a, b)
			return fmt.Sprintf("event %d: got %s, then %s", i+1, a, b)
		}
	}
	return ""
}

// apart shortens two texts around the first place in which they differ.
func apart(one, two string) (string, string) {
	const most, before = 160, 60 // characters
	at := 0
	for at < min(len(one), len(two)) && one[at] == two[at] {
		at++
	}
	around := func(text string) string {
		if len(text) <= most {
			return text
		}
		from := max(0, min(at-before, len(text)-most))
		part := strings.ToValidUTF8(text[from:min(len(text), from+most)], "")
		if from > 0 {
			part = "…" + part
		}
		if from+most < len(text) {
			part += "…"
		}
		return part
	}
	return around(one), around(two)
}
