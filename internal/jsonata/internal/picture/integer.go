package picture

import (
	"math"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/jsonata/internal/javascript"
	"github.com/mapjob/mapjob/internal/jsonata/internal/spelled"
	"github.com/mapjob/mapjob/internal/value"
)

// Integer represents a picture of $formatInteger and $parseInteger, or of a
// number in a time picture (XPath F&O 3.1, section 4.6).
type Integer struct {
	style      integerStyle
	letters    letterCase
	ordinal    bool
	zero       rune // the zero of the digit family
	digits     int  // the number of required digits
	optional   int  // the number of optional digits
	separators []separator
	regular    int    // the group size, if all groups have the same size and separator, else 0
	text       string // of a sequence that is not supported
}

type integerStyle uint8

const (
	styleDecimal integerStyle = iota
	styleLetters
	styleRoman
	styleWords
	styleUnknown // not supported by jsonata
)

type letterCase uint8

const (
	caseLower letterCase = iota
	caseUpper
	caseTitle
)

// separator is a grouping separator. Its position counts digits from the right.
type separator struct {
	position int
	char     string
}

// decimalZeros holds the zeros of the Unicode digit families that jsonata
// knows.
var decimalZeros = []rune{
	0x30, 0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6, 0xE50, 0xED0, 0xF20,
	0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0,
	0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
}

// analyseInteger parses the picture of an integer, even if its sequence is not
// supported.
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

// decimal parses a digit pattern from right to left.
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

// regularSeparators returns the group size if one character separates groups of
// one size without a gap, else 0.
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

// ParseInteger parses the picture of an integer. It fails if the picture asks
// for a sequence that is not supported.
func ParseInteger(text string) (*Integer, error) {
	p, err := analyseInteger(text)
	if err != nil {
		return nil, err
	}
	return p, p.supported()
}

// supported returns an error if the sequence of the picture is not supported.
func (p *Integer) supported() error {
	if p.style == styleUnknown {
		return &Error{Code: "D3130", Value: p.text}
	}
	return nil
}

// Format formats an integer.
func (p *Integer) Format(n float64) string {
	negative := n < 0
	n = math.Abs(n)
	var s string
	switch p.style {
	case styleLetters:
		s = spelled.Letters(n, p.letters == caseUpper)
	case styleRoman:
		s = spelled.Roman(n)
		if p.letters == caseUpper {
			s = strings.ToUpper(s)
		}
	case styleWords:
		s = spelled.Words(n, p.ordinal)
		switch p.letters {
		case caseUpper:
			s = strings.ToUpper(s)
		case caseTitle:
			s = spelled.TitleWords(s)
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
		separated := make([]rune, 0, 2*length)
		for i, r := range text {
			if i > 0 && (length-i)%p.regular == 0 {
				separated = append(separated, []rune(p.separators[0].char)...)
			}
			separated = append(separated, r)
		}
		text = separated
	} else {
		for _, s := range slices.Backward(p.separators) { // from left to right
			text = separate(text, len(text)-s.position, []rune(s.char))
		}
	}
	if !p.ordinal {
		return string(text)
	}
	return string(text) + ordinalSuffix(text)
}

// separate inserts a separator into text. If at is negative, jsonata keeps only
// that many characters from the end, as JavaScript's substr does.
func separate(text []rune, at int, separator []rune) []rune {
	if at >= 0 {
		return slices.Insert(text, at, separator...)
	}
	return slices.Concat(separator, text[max(0, len(text)+at):])
}

// ordinalSuffix returns st, nd, rd or th. It looks at nothing but the last two
// characters.
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
