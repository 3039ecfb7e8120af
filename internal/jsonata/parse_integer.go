package jsonata

import (
	"math"
	"regexp"
	"strconv"
	"strings"
)

func parseInteger(c arguments) (any, error) {
	if c.missing(0) {
		return Undefined, nil
	}
	p, err := analyseInteger(c.string(1))
	if err != nil {
		return nil, err
	}
	if err := p.supported(); err != nil {
		return nil, err
	}
	return c.finite(p.parse(c.string(0)))
}

// parse reads an integer that was written as the picture says: NaN if it was
// not.
func (p *integerPicture) parse(s string) float64 {
	switch p.style {
	case styleLetters:
		return parseLetters(s, p.letters == caseUpper)
	case styleRoman:
		return parseRoman(s, p.letters == caseUpper)
	case styleWords:
		return parseWords(s)
	}
	if p.ordinal {
		runes := []rune(s)
		s = string(runes[:max(0, len(runes)-2)])
	}
	if p.regular > 0 {
		s = strings.ReplaceAll(s, ",", "") // jsonata takes no other one for regular groups
	} else {
		for _, separator := range p.separators {
			s = strings.ReplaceAll(s, separator.char, "")
		}
	}
	if p.zero != '0' {
		s = strings.Map(func(r rune) rune {
			if r >= p.zero && r <= p.zero+9 {
				return r - p.zero + '0'
			}
			return r
		}, s)
	}
	return scriptInteger(s)
}

// scriptInteger reads a number as JavaScript's parseInt does: as much as there
// is at the beginning.
func scriptInteger(s string) float64 {
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

func parseRoman(s string, upper bool) float64 {
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

var wordSeparator = regexp.MustCompile(`,\s|\sand\s|[\s\-]`)

// wordValues are the words of numbers, cardinal and ordinal.
var wordValues = func() map[string]float64 {
	values := map[string]float64{"hundred": 100, "hundredth": 100}
	for i := range wordsFew {
		values[wordsFew[i]], values[wordsOrdinal[i]] = float64(i), float64(i)
	}
	for i, word := range wordsTens {
		n := float64(10 * (i + 2))
		values[word], values[word[:len(word)-1]+"ieth"] = n, n
	}
	for i, word := range wordsMagnitude {
		n := math.Pow10(3 * (i + 1))
		values[word], values[word+"th"] = n, n
	}
	return values
}()

func parseWords(s string) float64 {
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
