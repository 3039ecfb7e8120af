package jsonata_test

import "strings"

// text returns a random literal of a kind: a picture, a text that a picture may
// parse, Base64, or a regular expression.
func (g *generator) text(kind byte) string {
	switch kind {
	case 'p':
		return `"` + g.numberPicture() + `"`
	case 'i':
		return `"` + g.integerPicture() + `"`
	case 'Y':
		return `"` + g.timePicture() + `"`
	case 'T':
		return `"` + g.timeText() + `"`
	case 'B':
		return `"` + g.parts(4, "YWJj", "YQ", "YWI=", "AA", "=", "_-", "w6k=", " ") + `"`
	}
	if kind == 'r' && g.chance(30) {
		return pick(g, `"a"`, `"bc"`, `" "`, `"日"`, `"😀"`)
	}
	return "/" + g.regex(2) + "/" + pick(g, "", "", "", "i", "m", "im")
}

// parts returns one to most random parts.
func (g *generator) parts(most int, from ...string) string {
	var b strings.Builder
	for range 1 + g.IntN(most) {
		b.WriteString(pick(g, from...))
	}
	return b.String()
}

// numberPicture returns a picture of $formatNumber. Some are malformed.
func (g *generator) numberPicture() string {
	one := func() string {
		s := pick(g, "", "", "", "x", "€ ", "-", "%", "(") + g.parts(5, "#", "0", "#,", ",0", "0")
		if g.chance(60) {
			s += "." + g.parts(5, "0", "#", "0,", "00")
		}
		return s + pick(g, "", "", "", "%", "‰", "e0", "e00", " x", ")", "0x")
	}
	if g.chance(20) {
		return one() + ";" + one()
	}
	return one()
}

// integerPicture returns a picture of $formatInteger. Some are malformed.
func (g *generator) integerPicture() string {
	return pick(g, g.parts(7, "#", "0", "0", ",", ".", "1", " "), "I", "i", "A", "a", "W", "w", "Ww", "٠٠", "#,##0", "0,000,000", "00,00.0", "Α", "ab", "0123") +
		pick(g, "", "", "", ";o", ";c", ";o(-en)", ";t", ";a", ";x")
}

// timePicture returns a picture of $fromMillis. Some are malformed.
func (g *generator) timePicture() string {
	var b strings.Builder
	for range 1 + g.IntN(5) {
		b.WriteString("[" + pick(g, "Y", "M", "D", "d", "F", "W", "w", "X", "x", "C", "E", "H", "h", "P", "m", "s", "f", "Z", "z", "Y", "M", "D", "H", "m", "q") +
			pick(g, "", "", "", "1", "01", "001", "0001", "I", "i", "A", "a", "w", "W", "Ww", "n", "N", "Nn", "#1", "1o", "wo", "Wo", "0101", "01:01", "01:01t", "0t", "#0", "0,0") +
			pick(g, "", "", "", "", ",2", ",*-3", ",2-2", ",3-*", ",4", ",1-4", ",*", ",3-3", ",0", ",-1") + "]")
		b.WriteString(pick(g, "", "", "-", ":", " ", "T", ", ", "]]", "[[", "x", "."))
	}
	return b.String()
}

// timeText returns a text that looks like a time.
func (g *generator) timeText() string {
	return g.parts(6, "2018", "-03", "-31", "T10", ":20", ":30", ".5", "Z", "+01:00", "-0530", "March", " ", "12", "1st", "Thursday", "am", "XII", "twelve", "0", ",")
}

// regex returns a regular expression that JavaScript accepts.
func (g *generator) regex(depth int) string {
	var b strings.Builder
	for range 1 + g.IntN(3) {
		atom := pick(g, "a", "b", "c", "x", " ", ",", `\.`, ".", `\w`, `\W`, `\d`, `\D`, `\s`, `\S`, "[a-c]", "[^b]", `[\d,]`, `[^\s]`, `\x61`, `\u0062`, `\/`, "é", "日")
		quantified := true
		if depth > 0 && g.chance(35) {
			inner := g.regex(depth - 1)
			if g.chance(40) {
				inner += "|" + pick(g, "", g.regex(depth-1))
			}
			atom = pick(g, "(", "(?:", "(", "(?=", "(?!", "(?<=", "(?<!") + inner + ")"
			quantified = !strings.HasPrefix(atom, "(?<") && !strings.HasPrefix(atom, "(?=") && !strings.HasPrefix(atom, "(?!")
		} else if g.chance(15) {
			atom, quantified = pick(g, "^", "$", `\b`, `\B`, `\1`), false
		}
		b.WriteString(atom)
		if quantified && g.chance(30) {
			b.WriteString(pick(g, "*", "+", "?", "{2}", "{1,2}", "{1,}", "*?", "+?", "??", "{0,1}?"))
		}
	}
	return b.String()
}

// signature returns the signature of a function. Some are malformed.
func (g *generator) signature() string {
	var b strings.Builder
	b.WriteString("<")
	for range g.IntN(4) {
		b.WriteString(pick(g, "s", "n", "b", "l", "o", "a", "f", "j", "x", "u", "(sn)", "(nsb)", "a<s>", "a<n>", "a<(sn)>", "a<x>", "f<n:n>", "q") + pick(g, "", "", "", "?", "-", "+"))
	}
	return b.String() + pick(g, ":n", ":x", "", ":a<s>") + ">"
}

// damaged returns the text with a part missing, doubled or replaced.
func (g *generator) damaged(text string) string {
	runes := []rune(text)
	from := g.IntN(len(runes))
	to := min(len(runes), from+1+g.IntN(3))
	part := string(runes[from:to])
	switch g.IntN(3) {
	case 0:
		part = ""
	case 1:
		part += part
	case 2:
		part = pick(g, ".", "[", "]", "(", ")", "{", "}", ",", ";", ":", ":=", "?", "*", "**", "%", "@", "#", "^", "^(", "|", "~>", "&", "!", "!=", "<", "..", "/", "//", "/*", "$", "$$",
			`"`, "'", "`", "\\", "and", " in ", " or ", "function", "function(", "λ($x){", "-", "1", "1.", "1e5", "null", "true", "\u00a0", "~", "\t")
	}
	return string(runes[:from]) + part + string(runes[to:])
}
