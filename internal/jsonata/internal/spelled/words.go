package spelled

import (
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

var (
	cardinals = []string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
		"twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"}
	ordinals = []string{"zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
		"tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth"}
	tensWords  = []string{"twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"}
	magnitudes = []string{"thousand", "million", "billion", "trillion"}
)

// Words spells out a number.
func Words(n float64, ordinal bool) string {
	if n-n != 0 {
		return ""
	}
	return spell(n, false, ordinal)
}

// spell spells out a part of a number. joined is true if a larger part precedes
// it.
func spell(n float64, joined, ordinal bool) string {
	s := ""
	switch {
	case n <= 19:
		if joined {
			s = " and "
		}
		if ordinal {
			return s + ordinals[int(n)]
		}
		return s + cardinals[int(n)]
	case n < 100:
		if joined {
			s = " and "
		}
		tens, rest := int(n)/10, math.Mod(n, 10)
		s += tensWords[tens-2]
		if rest > 0 {
			return s + "-" + spell(rest, false, ordinal)
		}
		if ordinal {
			return s[:len(s)-1] + "ieth"
		}
		return s
	case n < 1000:
		if joined {
			s = ", "
		}
		return s + cardinals[int(n)/100] + " hundred" + spellRest(math.Mod(n, 100), ordinal)
	}
	magnitude := min(int(math.Floor(math.Log10(n)/3)), len(magnitudes))
	factor := math.Pow10(3 * magnitude)
	if joined {
		s = ", "
	}
	high := math.Floor(n / factor)
	return s + spell(high, false, false) + " " + magnitudes[magnitude-1] + spellRest(n-high*factor, ordinal)
}

func spellRest(rest float64, ordinal bool) string {
	if rest > 0 {
		return spell(rest, true, ordinal)
	}
	if ordinal {
		return "th"
	}
	return ""
}

// TitleWords capitalizes every word except "and".
func TitleWords(s string) string {
	parts := strings.Split(s, " ")
	for i, part := range parts {
		if part == "and" {
			continue
		}
		pieces := strings.Split(part, "-")
		for j, piece := range pieces {
			pieces[j] = title(piece)
		}
		parts[i] = strings.Join(pieces, "-")
	}
	return strings.Join(parts, " ")
}

func title(s string) string {
	if s == "" {
		return s
	}
	_, size := utf8.DecodeRuneInString(s)
	return strings.ToUpper(s[:size]) + s[size:]
}

var wordSeparator = regexp.MustCompile(`,\s|\sand\s|[\s\-]`)

// wordValues maps number words, cardinal and ordinal, to their values.
var wordValues = func() map[string]float64 {
	values := map[string]float64{"hundred": 100, "hundredth": 100}
	for i := range cardinals {
		values[cardinals[i]], values[ordinals[i]] = float64(i), float64(i)
	}
	for i, word := range tensWords {
		n := float64(10 * (i + 2))
		values[word], values[word[:len(word)-1]+"ieth"] = n, n
	}
	for i, word := range magnitudes {
		n := math.Pow10(3 * (i + 1))
		values[word], values[word+"th"] = n, n
	}
	return values
}()

// ParseWords returns the number that is spelled out, NaN if a word is none of a
// number.
func ParseWords(s string) float64 {
	segments := []float64{0}
	for _, word := range wordSeparator.Split(strings.ToLower(s), -1) {
		v, ok := wordValues[word]
		if !ok {
			return math.NaN()
		}
		last := len(segments) - 1
		switch {
		case v >= 100:
			segments[last] *= v
		case segments[last] >= 1000:
			segments = append(segments, v)
		default:
			segments[last] += v
		}
	}
	total := 0.0
	for _, n := range segments {
		total += n
	}
	return total
}

// WordsPattern is a regular expression that matches a spelled-out number.
var WordsPattern = func() string {
	var b strings.Builder
	b.WriteString(`(?:`)
	for _, word := range slices.Sorted(maps.Keys(wordValues)) {
		b.WriteString(word + "|")
	}
	b.WriteString(`and|[\-, ])+`)
	return b.String()
}()
