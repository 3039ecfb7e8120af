package plain

import (
	"strings"
	"unicode"
)

// Markdown returns the Markdown that shows a text as one line, in a paragraph, a
// heading or an item of a list. A text in which readers of Markdown find links by
// themselves is a code span, because nothing else keeps them from it.
func Markdown(text string) string {
	text = Cell(text)
	if first := startOfBlock(text); first >= 0 {
		text = text[:first] + `\` + text[first:]
	}
	return text
}

// startOfBlock returns where a line has the character that makes it a heading, an
// item of a list or a quote; -1 if it does not begin as one of these.
func startOfBlock(line string) int {
	rest := strings.TrimLeft(line, "0123456789")
	if digits := len(line) - len(rest); digits > 0 && (strings.HasPrefix(rest, ".") || strings.HasPrefix(rest, ")")) {
		return digits
	}
	return strings.IndexAny(line[:min(1, len(line))], "#+-=>")
}

// Cell returns the Markdown that shows a text as one line in a cell of a table.
func Cell(text string) string {
	text = Line(strings.Join(strings.FieldsFunc(text, unicode.IsSpace), " "))
	if hasLink(text) {
		return Code(text)
	}
	runes := []rune(text)
	at := func(i int) rune {
		if i < 0 || i >= len(runes) {
			return ' '
		}
		return runes[i]
	}
	var b strings.Builder
	for i, r := range runes {
		if isMarkup(i, r, at) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Code returns a code span with a text, as one line. What a code span in a table
// can't hold is escaped too.
func Code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + strings.NewReplacer("`", `\u0060`, "|", `\u007c`).Replace(Line(text)) + "`"
}

// hasLink reports whether a text may have an address or a mention: GitHub links
// "https://…", "www.…", "me@example.com" and "@me".
func hasLink(text string) bool {
	return strings.Contains(text, "://") || strings.Contains(text, "@") || strings.Contains(strings.ToLower(text), "www.")
}

// isMarkup reports whether the character r, the i-th, needs a backslash. Characters
// that are no markup where they are have none, so that the text stays easy to read.
func isMarkup(i int, r rune, at func(int) rune) bool {
	next := at(i + 1)
	switch r {
	case '\\', '`', '*', '[', ']', '|', '~', '$':
		return true
	case '_': // inside a word it is no emphasis
		return !isWord(at(i-1)) || !isWord(next)
	case '<':
		return next != ' ' && !unicode.IsDigit(next)
	case '&':
		return next == '#' || unicode.IsLetter(next)
	}
	return false
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
