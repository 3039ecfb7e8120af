// Package plain shows texts from outside, such as an item or the cause of an error,
// as text: nothing in them steers a terminal, and nothing is markup for a reader of
// Markdown.
//
// A character that has no shape of its own is written as its escape in JSON: control
// characters, line breaks, and those that have no width or turn the direction of the
// text around. U+001B becomes \u001b. Two blank symbols, U+2800 and U+1D159, are
// escaped too.
package plain

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Line returns a text as one line.
func Line(text string) string { return escape(text, isShown) }

// Lines returns a text as it is shown, with its line breaks and tabs.
func Lines(text string) string { return escape(text, isText) }

// isShown reports whether a character has a shape, or is a space. Two variation
// selectors have none and stay, because many emoji have them.
func isShown(r rune) bool {
	if r < utf8.RuneSelf {
		return ' ' <= r && r <= '~'
	}
	const (
		asText, asEmoji        = '\ufe0e', '\ufe0f'
		blankBraille, nullNote = '\u2800', '\U0001d159'
	)
	switch r {
	case asText, asEmoji:
		return true
	case blankBraille, nullNote:
		return false
	}
	return strconv.IsGraphic(r) && !unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

func isText(r rune) bool { return r == '\n' || r == '\t' || isShown(r) }

func escape(text string, keep func(rune) bool) string {
	if strings.IndexFunc(text, func(r rune) bool { return !keep(r) }) < 0 && utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for _, r := range text { // bytes that are not UTF-8 are U+FFFD
		b.Write(appendRune(nil, r, keep))
	}
	return b.String()
}

func appendRune(to []byte, r rune, keep func(rune) bool) []byte {
	switch {
	case keep(r):
		return utf8.AppendRune(to, r)
	case r > 0xffff:
		high, low := utf16.EncodeRune(r)
		return fmt.Appendf(to, `\u%04x\u%04x`, high, low)
	}
	return fmt.Appendf(to, `\u%04x`, r)
}

// Writer writes texts as [Lines] returns them. A JSON document stays the same
// document, because the escapes are those of JSON, provided that it has no carriage
// return between its tokens: encoding/json writes none.
type Writer struct {
	to   io.Writer
	rest []byte // the beginning of a character
}

// NewWriter returns a writer to another.
func NewWriter(to io.Writer) *Writer { return &Writer{to: to} }

// Write writes text. It keeps the beginning of a character until the rest follows, or
// until Flush.
func (w *Writer) Write(text []byte) (int, error) {
	if len(w.rest) == 0 && isPlainASCII(text) {
		return w.to.Write(text)
	}
	given := len(text)
	if len(w.rest) > 0 {
		text = append(w.rest, text...)
		w.rest = nil
	}
	out := make([]byte, 0, len(text))
	for len(text) > 0 {
		if !utf8.FullRune(text) {
			w.rest = append([]byte(nil), text...)
			break
		}
		r, size := utf8.DecodeRune(text)
		out = appendRune(out, r, isText)
		text = text[size:]
	}
	if _, err := w.to.Write(out); err != nil {
		return 0, err
	}
	return given, nil
}

// isPlainASCII reports whether a text stays as it is, and is all ASCII, as most are.
func isPlainASCII(text []byte) bool {
	for _, b := range text {
		if b >= utf8.RuneSelf || !isText(rune(b)) {
			return false
		}
	}
	return true
}

// Flush writes the beginning of a character whose rest did not follow: each byte of it
// as U+FFFD.
func (w *Writer) Flush() error {
	out := strings.Repeat(string(utf8.RuneError), len(w.rest))
	w.rest = nil
	_, err := io.WriteString(w.to, out)
	return err
}
