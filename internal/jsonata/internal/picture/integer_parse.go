package picture

import (
	"strings"

	"github.com/mapjob/mapjob/internal/jsonata/internal/javascript"
	"github.com/mapjob/mapjob/internal/jsonata/internal/spelled"
)

// Parse parses an integer that was formatted by the picture. It returns NaN if
// s does not fit.
func (p *Integer) Parse(s string) float64 {
	switch p.style {
	case styleLetters:
		return spelled.ParseLetters(s, p.letters == caseUpper)
	case styleRoman:
		return spelled.ParseRoman(s, p.letters == caseUpper)
	case styleWords:
		return spelled.ParseWords(s)
	}
	if p.ordinal {
		runes := []rune(s)
		s = string(runes[:max(0, len(runes)-2)])
	}
	if p.regular > 0 {
		s = strings.ReplaceAll(s, ",", "") // jsonata expects commas between regular groups, whatever the picture says
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
	return javascript.ParseInt(s)
}
