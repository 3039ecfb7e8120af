package picture

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/mapjob/mapjob/internal/jsonata/internal/javascript"
	"github.com/mapjob/mapjob/internal/value"
)

// FormatNumber formats n by a decimal format picture (XPath F&O 3.1, section
// 4.7). options replaces characters of the default format; nil keeps them all.
func FormatNumber(n float64, text string, options *value.Object) (string, error) {
	format := defaultFormat
	format.override(options)
	pictures, err := format.pictures(text)
	if err != nil {
		return "", err
	}
	p := pictures[0]
	if !(n >= 0) { // includes NaN
		p = pictures[1]
	}
	return format.apply(p, n), nil
}

// decimalFormat holds the characters that pictures and results consist of.
type decimalFormat struct {
	decimal, grouping, exponent, minus, percent, perMille, zero, digit, separator string
}

var defaultFormat = decimalFormat{
	decimal: ".", grouping: ",", exponent: "e", minus: "-", percent: "%", perMille: "‰", zero: "0", digit: "#", separator: ";",
}

func (f *decimalFormat) override(options *value.Object) {
	if options.Len() == 0 {
		return
	}
	parts := map[string]*string{
		"decimal-separator": &f.decimal, "grouping-separator": &f.grouping, "exponent-separator": &f.exponent,
		"minus-sign": &f.minus, "percent": &f.percent, "per-mille": &f.perMille,
		"zero-digit": &f.zero, "digit": &f.digit, "pattern-separator": &f.separator,
	}
	for name, v := range options.All() {
		if s, ok := v.(string); ok && parts[name] != nil {
			*parts[name] = s
		}
	}
}

// isDigit reports whether r belongs to the decimal digit family.
func (f *decimalFormat) isDigit(r rune) bool {
	zero := f.zeroRune()
	return r >= zero && r < zero+10
}

func (f *decimalFormat) zeroRune() rune {
	for _, r := range f.zero {
		return r
	}
	return '0'
}

// isActive reports whether r has a meaning among the digits of a picture.
func (f *decimalFormat) isActive(r rune) bool {
	s := string(r)
	return f.isDigit(r) || s == f.decimal || s == f.grouping || s == f.exponent || s == f.digit || s == f.separator
}

// digits counts the digits in a part of a picture, including optional ones if
// optional is true.
func (f *decimalFormat) digits(part string, optional bool) int {
	n := 0
	for _, r := range part {
		if f.isDigit(r) || optional && string(r) == f.digit {
			n++
		}
	}
	return n
}

// numberPicture is a parsed sub-picture.
type numberPicture struct {
	text                        string
	prefix, suffix              string
	whole, fraction             string
	mantissa, active            string
	exponent                    string
	hasExponent                 bool
	wholeGroups, fractionGroups []int
	regular                     int // the group size, if all groups have the same size, else 0
	minWhole                    int
	scale                       int
	minFraction, maxFraction    int
	minExponent                 int
}

func (f *decimalFormat) pictures(text string) ([2]*numberPicture, error) {
	parts := strings.Split(text, f.separator)
	if len(parts) > 2 {
		return [2]*numberPicture{}, &Error{Code: "D3080"}
	}
	var out [2]*numberPicture
	for i, part := range parts {
		p := f.dissect(part)
		if code := f.problem(p); code != "" {
			return out, &Error{Code: code}
		}
		f.analyse(p)
		out[i] = p
	}
	if out[1] == nil {
		negative := *out[0]
		negative.prefix = f.minus + negative.prefix
		out[1] = &negative
	}
	return out, nil
}

// dissect splits a sub-picture into its parts.
func (f *decimalFormat) dissect(text string) *numberPicture {
	p := &numberPicture{text: text}
	runes := []rune(text)
	delimits := func(r rune) bool { return f.isActive(r) && string(r) != f.exponent }
	first := slices.IndexFunc(runes, delimits)
	if first < 0 {
		p.prefix = text
		return p
	}
	last := len(runes) - 1
	for !delimits(runes[last]) {
		last--
	}
	p.prefix, p.suffix = string(runes[:first]), string(runes[last+1:])
	active := runes[first : last+1]
	p.active = string(active)
	p.mantissa = p.active
	if at := indexRunes(runes[first:], f.exponent); at >= 0 && first+at <= len(runes)-utf8.RuneCountInString(p.suffix) {
		at += first // jsonata counts from the start of the prefix here
		p.hasExponent = true
		p.mantissa = string(active[:min(at, len(active))])
		p.exponent = string(active[min(at+1, len(active)):])
	}
	if whole, fraction, ok := strings.Cut(p.mantissa, f.decimal); ok {
		p.whole, p.fraction = whole, fraction
	} else {
		p.whole = p.mantissa
	}
	return p
}

func indexRunes(runes []rune, s string) int {
	for i, r := range runes {
		if string(r) == s {
			return i
		}
	}
	return -1
}

// problem returns the code of a rule that the picture breaks, or "". If the
// picture breaks several rules, jsonata reports the last one.
func (f *decimalFormat) problem(p *numberPicture) string {
	if p.active == "" { // jsonata throws a TypeError here, Step Functions reports this code
		return "D3086"
	}
	percents, perMilles := strings.Count(p.text, f.percent), strings.Count(p.text, f.perMille)
	code := ""
	rule := func(broken bool, name string) {
		if broken {
			code = name
		}
	}
	rule(strings.Count(p.text, f.decimal) > 1, "D3081")
	rule(percents > 1, "D3082")
	rule(perMilles > 1, "D3083")
	rule(percents > 0 && perMilles > 0, "D3084")
	rule(f.digits(p.mantissa, true) == 0, "D3085")
	rule(strings.ContainsFunc(p.active, func(r rune) bool { return !f.isActive(r) }), "D3086")
	if before, after, ok := strings.Cut(p.text, f.decimal); ok {
		rule(strings.HasSuffix(before, f.grouping) || strings.HasPrefix(after, f.grouping), "D3087")
	} else {
		rule(strings.HasSuffix(p.whole, f.grouping), "D3088")
	}
	rule(strings.Contains(p.text, f.grouping+f.grouping), "D3089")
	before, _, ok := strings.Cut(p.whole, f.digit)
	rule(ok && f.digits(before, false) > 0, "D3090")
	at := strings.LastIndex(p.fraction, f.digit)
	rule(at >= 0 && f.digits(p.fraction[max(0, at):], false) > 0, "D3091")
	rule(p.hasExponent && p.exponent != "" && percents+perMilles > 0, "D3092")
	rule(p.hasExponent && (p.exponent == "" || f.digits(p.exponent, false) < utf8.RuneCountInString(p.exponent)), "D3093")
	return code
}

func (f *decimalFormat) analyse(p *numberPicture) {
	p.wholeGroups = f.groups(p, p.whole, false)
	p.regular = regularGroups(p.wholeGroups)
	p.fractionGroups = f.groups(p, p.fraction, true)
	p.minWhole = f.digits(p.whole, false)
	p.scale = p.minWhole
	p.minFraction, p.maxFraction = f.digits(p.fraction, false), f.digits(p.fraction, true)
	if p.minWhole == 0 && p.maxFraction == 0 {
		if p.hasExponent {
			p.minFraction, p.maxFraction = 1, 1
		} else {
			p.minWhole = 1
		}
	}
	if p.hasExponent && p.minWhole == 0 && strings.Contains(p.whole, f.digit) {
		p.minWhole = 1
	}
	if p.minWhole == 0 && p.minFraction == 0 {
		p.minFraction = 1
	}
	p.minExponent = f.digits(p.exponent, false)
}

// groups returns, for each grouping separator, the number of digits to its
// right, or to its left if left is true.
func (f *decimalFormat) groups(p *numberPicture, part string, left bool) []int {
	var out []int
	at := strings.Index(part, f.grouping)
	for at >= 0 {
		end := min(at, len(part))
		if left {
			out = append(out, f.digits(part[:end], true))
		} else {
			out = append(out, f.digits(part[end:], true))
		}
		// jsonata searches the integer part for the next one, even in a fraction.
		next := at + 1
		if next > len(p.whole) {
			break
		}
		if at = strings.Index(p.whole[next:], f.grouping); at >= 0 {
			at += next
		}
	}
	return out
}

// regularGroups returns the group size if the positions are its multiples
// without a gap, else 0.
func regularGroups(positions []int) int {
	size := 0
	for _, n := range positions {
		size = gcd(n, size)
	}
	if size == 0 {
		return 0
	}
	for i := range positions {
		if !slices.Contains(positions, (i+1)*size) {
			return 0
		}
	}
	return size
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// apply formats a number by a sub-picture.
func (f *decimalFormat) apply(p *numberPicture, n float64) string {
	switch {
	case strings.Contains(p.text, f.percent):
		n *= 100
	case strings.Contains(p.text, f.perMille):
		n *= 1000
	}
	exponent := 0
	if p.minExponent > 0 {
		n, exponent = mantissa(n, p.scale)
	}
	text := []rune(f.fixed(javascript.RoundHalfEven(n, p.maxFraction), p.maxFraction))
	if point := slices.Index(text, '.'); point >= 0 {
		text = slices.Concat(text[:point], []rune(f.decimal), text[point+1:])
	} else {
		text = append(text, []rune(f.decimal)...)
	}
	zero := f.zeroRune()
	for len(text) > 0 && text[0] == zero {
		text = text[1:]
	}
	for len(text) > 0 && text[len(text)-1] == zero {
		text = text[:len(text)-1]
	}
	point := max(indexRunes(text, f.decimal), 0)
	text = slices.Concat(slices.Repeat([]rune{zero}, max(0, p.minWhole-point)), text,
		slices.Repeat([]rune{zero}, max(0, p.minFraction-(len(text)-point-1))))
	text = f.group(p, text)
	point = max(indexRunes(text, f.decimal), 0)
	if !strings.Contains(p.text, f.decimal) || point == len(text)-1 {
		text = text[:len(text)-1]
	}
	out := p.prefix + string(text)
	if p.minExponent > 0 {
		digits := []rune(f.fixed(float64(exponent), 0))
		out += f.exponent
		if exponent < 0 {
			out += f.minus
		}
		out += string(slices.Repeat([]rune{zero}, max(0, p.minExponent-len(digits)))) + string(digits)
	}
	return out + p.suffix
}

// mantissa scales a number so that it has scale digits before the decimal
// point.
func mantissa(n float64, scale int) (float64, int) {
	m, exponent := math.Abs(n), 0
	if m == 0 || m-m != 0 {
		return n, 0
	}
	for m < math.Pow10(scale-1) {
		m *= 10
		exponent--
	}
	for m > math.Pow10(scale) {
		m /= 10
		exponent++
	}
	return math.Copysign(m, n), exponent
}

// fixed formats the absolute value of n with a number of decimal places, in the
// digits of the format.
func (f *decimalFormat) fixed(n float64, places int) string {
	n = math.Abs(n)
	var text string
	switch {
	case n-n != 0:
		text = javascript.NonFinite(n)
	case n >= 1e21:
		text = value.Text(n)
	default:
		text = javascript.ToFixed(n, places)
	}
	if zero := f.zeroRune(); zero != '0' {
		text = strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r - '0' + zero
			}
			return r
		}, text)
	}
	return text
}

// group inserts the grouping separators.
func (f *decimalFormat) group(p *numberPicture, text []rune) []rune {
	insert := func(at int) {
		if at < 0 { // jsonata then counts from the end
			at += len(text)
		}
		text = slices.Insert(text, max(0, min(at, len(text))), []rune(f.grouping)...)
	}
	point := max(indexRunes(text, f.decimal), 0)
	if p.regular > 0 {
		for i := 1; i <= (point-1)/p.regular; i++ {
			insert(point - i*p.regular)
		}
	} else {
		for _, n := range p.wholeGroups {
			insert(point - n)
			point++
		}
	}
	point = max(indexRunes(text, f.decimal), 0)
	for _, n := range p.fractionGroups {
		insert(point + 1 + n)
	}
	return text
}
