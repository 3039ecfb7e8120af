package picture

import (
	"math"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/jsonata/internal/javascript"
	"github.com/mapjob/mapjob/internal/value"
)

// Integer is the picture of $formatInteger and $parseInteger, and of the
// parts of a date: XPath F&O 3.1, section 4.6.
type Integer struct {
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
func analyseInteger(text string) (*Integer, error) {
	p := &Integer{zero: '0'}
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
func (p *Integer) decimal(text string) error {
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

// ParseInteger parses a picture, and refuses a sequence that is not
// supported.
func ParseInteger(text string) (*Integer, error) {
	p, err := analyseInteger(text)
	if err != nil {
		return nil, err
	}
	return p, p.supported()
}

// supported is an error if the picture asks for an unknown sequence.
func (p *Integer) supported() error {
	if p.style == styleUnknown {
		return &Error{Code: "D3130", Value: p.text}
	}
	return nil
}

// Format writes an integer.
func (p *Integer) Format(n float64) string {
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

func (p *Integer) formatDecimal(n float64) string {
	text := []rune(value.Text(n))
	if n-n != 0 {
		text = []rune(javascript.NonFinite(n))
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
