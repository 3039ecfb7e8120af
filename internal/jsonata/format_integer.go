package jsonata

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/mapjob/mapjob/internal/value"
)

// integerPicture is the picture of $formatInteger and $parseInteger, and of the
// parts of a date: XPath F&O 3.1, section 4.6.
type integerPicture struct {
	style      integerStyle
	letters    letterCase
	ordinal    bool
	zero       rune // of the decimal digits
	digits     int  // required ones
	optional   int
	separators []separator
	regular    int // the size of groups, if all are of one size and separator
	text       string
}

type integerStyle uint8

const (
	styleDecimal integerStyle = iota
	styleLetters
	styleRoman
	styleWords
	styleUnknown // a sequence that jsonata does not support
)

type letterCase uint8

const (
	caseLower letterCase = iota
	caseUpper
	caseTitle
)

// separator stands a number of digits from the right.
type separator struct {
	position int
	char     string
}

// decimalZeros are the zeros of Unicode's decimal digit families that jsonata
// knows.
var decimalZeros = []rune{
	0x30, 0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6, 0xE50, 0xED0, 0xF20,
	0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0,
	0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
}

// analyseInteger reads a picture.
func analyseInteger(text string) (*integerPicture, error) {
	p := &integerPicture{zero: '0'}
	primary := text
	if at := strings.LastIndex(text, ";"); at >= 0 {
		primary = text[:at]
		p.ordinal = strings.HasPrefix(text[at+1:], "o")
	}
	switch primary {
	case "A":
		p.style, p.letters = styleLetters, caseUpper
	case "a":
		p.style = styleLetters
	case "I":
		p.style, p.letters = styleRoman, caseUpper
	case "i":
		p.style = styleRoman
	case "W":
		p.style, p.letters = styleWords, caseUpper
	case "Ww":
		p.style, p.letters = styleWords, caseTitle
	case "w":
		p.style = styleWords
	default:
		return p, p.decimal(primary)
	}
	return p, nil
}

// decimal reads a pattern of digits, from the right.
func (p *integerPicture) decimal(text string) error {
	p.zero = 0
	position := 0
	runes := []rune(text)
	for i := len(runes) - 1; i >= 0; i-- {
		r := runes[i]
		digit := false
		for _, zero := range decimalZeros {
			if r >= zero && r <= zero+9 {
				digit = true
				p.digits++
				position++
				if p.zero == 0 {
					p.zero = zero
				} else if zero != p.zero {
					return &Error{Code: "D3131"}
				}
				break
			}
		}
		switch {
		case digit:
		case r == '#':
			position++
			p.optional++
		default:
			p.separators = append(p.separators, separator{position, string(r)})
		}
	}
	if p.digits == 0 {
		p.style, p.text = styleUnknown, text
		return nil
	}
	p.regular = regularSeparators(p.separators)
	return nil
}

// regularSeparators is the size of the groups if one character separates
// groups of one size without a gap, or else 0.
func regularSeparators(separators []separator) int {
	var positions []int
	for _, s := range separators {
		if s.char != separators[0].char {
			return 0
		}
		positions = append(positions, s.position)
	}
	return regularGroups(positions)
}

func formatInteger(c arguments) (any, error) {
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
	return c.text(p.format(math.Floor(c.number(0))))
}

// supported is an error if the picture asks for an unknown sequence.
func (p *integerPicture) supported() error {
	if p.style == styleUnknown {
		return &Error{Code: "D3130", Value: p.text}
	}
	return nil
}

// format writes an integer.
func (p *integerPicture) format(n float64) string {
	negative := n < 0
	n = math.Abs(n)
	var s string
	switch p.style {
	case styleLetters:
		s = letters(n, p.letters == caseUpper)
	case styleRoman:
		s = roman(n)
		if p.letters == caseUpper {
			s = strings.ToUpper(s)
		}
	case styleWords:
		s = words(n, p.ordinal)
		switch p.letters {
		case caseUpper:
			s = strings.ToUpper(s)
		case caseTitle:
			s = titleWords(s)
		}
	default:
		s = p.formatDecimal(n)
	}
	if negative {
		return "-" + s
	}
	return s
}

func (p *integerPicture) formatDecimal(n float64) string {
	text := []rune(value.Text(n))
	if n-n != 0 {
		text = []rune(inexact(n))
	}
	if missing := p.digits - len(text); missing > 0 {
		text = slices.Concat(slices.Repeat([]rune{'0'}, missing), text)
	}
	for i := range text {
		text[i] += p.zero - '0'
	}
	length := len(text)
	if p.regular > 0 {
		for i := 1; i <= (length-1)/p.regular; i++ {
			text = slices.Insert(text, length-i*p.regular, []rune(p.separators[0].char)...)
		}
	} else {
		for _, s := range slices.Backward(p.separators) { // from the left
			text = separate(text, len(text)-s.position, []rune(s.char))
		}
	}
	if !p.ordinal {
		return string(text)
	}
	return string(text) + ordinalSuffix(text)
}

// separate puts a separator into text. At a place before its beginning, jsonata
// does what JavaScript's substr makes of a negative index: only that many
// characters from the end remain.
func separate(text []rune, at int, separator []rune) []rune {
	if at >= 0 {
		return slices.Insert(text, at, separator...)
	}
	return slices.Concat(separator, text[max(0, len(text)+at):])
}

// ordinalSuffix goes by the characters that the number ends in, whatever they
// are.
func ordinalSuffix(text []rune) string {
	if n := len(text); n < 2 || text[n-2] != '1' {
		switch text[n-1] {
		case '1':
			return "st"
		case '2':
			return "nd"
		case '3':
			return "rd"
		}
	}
	return "th"
}

// letters counts a, b, … z, aa, ab.
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

var romanNumerals = []struct {
	value float64
	text  string
}{
	{1000, "m"}, {900, "cm"}, {500, "d"}, {400, "cd"}, {100, "c"}, {90, "xc"},
	{50, "l"}, {40, "xl"}, {10, "x"}, {9, "ix"}, {5, "v"}, {4, "iv"}, {1, "i"},
}

// maxRoman bounds what is written in Roman numerals, which grow with the
// number itself.
const maxRoman = 1e9

func roman(n float64) string {
	var b strings.Builder
	if n > maxRoman {
		return inexact(n)
	}
	for _, r := range romanNumerals {
		for n >= r.value {
			b.WriteString(r.text)
			n -= r.value
		}
	}
	return b.String()
}

var (
	wordsFew = []string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
		"twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"}
	wordsOrdinal = []string{"zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
		"tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth"}
	wordsTens      = []string{"twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"}
	wordsMagnitude = []string{"thousand", "million", "billion", "trillion"}
)

// words spells a number out.
func words(n float64, ordinal bool) string {
	if n-n != 0 {
		return ""
	}
	return spell(n, false, ordinal)
}

// spell spells a part of a number; joined says that something larger has been
// spelt before it.
func spell(n float64, joined, ordinal bool) string {
	s := ""
	switch {
	case n <= 19:
		if joined {
			s = " and "
		}
		if ordinal {
			return s + wordsOrdinal[int(n)]
		}
		return s + wordsFew[int(n)]
	case n < 100:
		if joined {
			s = " and "
		}
		tens, rest := int(n)/10, math.Mod(n, 10)
		s += wordsTens[tens-2]
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
		return s + wordsFew[int(n)/100] + " hundred" + spellRest(math.Mod(n, 100), ordinal)
	}
	magnitude := min(int(math.Floor(math.Log10(n)/3)), len(wordsMagnitude))
	factor := math.Pow10(3 * magnitude)
	if joined {
		s = ", "
	}
	high := math.Floor(n / factor)
	return s + spell(high, false, false) + " " + wordsMagnitude[magnitude-1] + spellRest(n-high*factor, ordinal)
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

// titleWords makes the first letter of each word but "and" a capital.
func titleWords(s string) string {
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
