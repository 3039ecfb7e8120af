// Package typeset measures text, and breaks it into lines.
package typeset

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/mapjob/mapjob/internal/plain"
)

// advance is the width of a character, in parts of the size. The fonts of readers
// differ: it is that of a wide one, so that text fits in all of them.
func advance(r rune) float64 {
	switch {
	case r == ' ':
		return 0.36
	case strings.ContainsRune("ijl.,:;'|!", r):
		return 0.37
	case strings.ContainsRune("frtI()[]{}/\\-\"`*", r):
		return 0.46
	case strings.ContainsRune("mwMW%@", r):
		return 1.04
	case r < 128 && (unicode.IsUpper(r) || strings.ContainsRune("=<>+~&#^_×", r)):
		return 0.82
	case r < 128:
		return 0.66
	case r < 0x250:
		return 0.85
	}
	return 1.4 // such as Chinese and emoji
}

// Width returns the width of a text of a size, in pixels.
func Width(text string, size float64, bold bool) float64 {
	width := 0.0
	for _, r := range text {
		width += advance(r)
	}
	if bold {
		width *= 1.08
	}
	return width * size
}

// Wrap breaks a text into at most so many lines of at most width characters, and ends
// the last one with … if there is more. If it can't break between words, it breaks
// within one.
func Wrap(text string, width, most int) []string {
	runes := []rune(plain.Line(strings.Join(strings.Fields(text), " ")))
	if len(runes) == 0 && text != "" {
		runes = []rune(plain.Line(fmt.Sprintf("%q", text))) // spaces only
	}
	var lines []string
	for len(runes) > width {
		if len(lines) == most-1 {
			runes = append(runes[:width-1:width-1], '…')
			break
		}
		at := breakBefore(runes, width)
		lines = append(lines, strings.TrimRight(string(runes[:at]), " "))
		runes = []rune(strings.TrimLeft(string(runes[at:]), " "))
	}
	return append(lines, string(runes))
}

// breakBefore returns where a line of at most width characters ends: at a space, after
// another sign, or between words in camel case.
func breakBefore(runes []rune, width int) int {
	for at := width; at > width/2; at-- {
		if runes[at] == ' ' || runes[at-1] == ' ' {
			return at
		}
	}
	for at := width; at > width/3; at-- {
		before, after := runes[at-1], runes[at]
		if strings.ContainsRune("-_.,;:/&=", before) || unicode.IsLower(before) && unicode.IsUpper(after) {
			return at
		}
	}
	at := width
	for at > 1 && (unicode.In(runes[at], unicode.Variation_Selector, unicode.Mn) || unicode.In(runes[at], unicode.Sk)) {
		at--
	}
	return at
}
