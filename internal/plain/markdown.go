package plain

import (
	"regexp"
	"strings"
	"unicode"
)

// Markdown returns the Markdown that shows a text as one line, in a paragraph, a
// heading or an item of a list. A text in which GitHub finds links or emoji without
// any markup is a code span, because no escape prevents that. Hashes of commits are
// an exception.
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
	if isLinked(text) {
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

// linked matches what GitHub shows as a link or an emoji: "https://…", "www.…",
// "me@example.com", "@me", "#12", "GH-12", ":smile:" and ":100:".
var linked = regexp.MustCompile(`(?i)://|@|www\.|#[0-9]|\bGH-[0-9]|:[0-9]*[a-z][a-z0-9_+-]*:|:(?:\+1|-1|100|1234):`)

// isLinked reports whether a text may have a link or an emoji.
func isLinked(text string) bool {
	return strings.ContainsAny(text, ":@.#-") && linked.MatchString(text) // each alternative has one of these
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
