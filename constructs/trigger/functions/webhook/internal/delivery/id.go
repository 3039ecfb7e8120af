package delivery

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
)

// headerID matches IDs without white space, { and [, with which a body begins, so
// that the signed bytes show where the body begins.
var headerID = regexp.MustCompile(`^[!-Z\\-z|}~]+$`)

// wholeNumber matches the JSON numbers that may be an ID.
var wholeNumber = regexp.MustCompile(`^-?[0-9]+$`)

// inBody returns the ID in a body, which is valid JSON in UTF-8.
func inBody(body []byte, member string) (identity, error) {
	expected := func(got string, args ...any) (identity, error) {
		return identity{}, fmt.Errorf("got %s for the delivery's ID, expected the member %q of the body once, a string without control characters or a whole number",
			fmt.Sprintf(got, args...), member)
	}
	values, err := valuesOf(body, member)
	switch {
	case err != nil:
		return expected("an array")
	case len(values) == 0:
		return expected("nothing")
	case len(values) > 1: // parsers disagree on which one counts
		return expected("%d values", len(values))
	}
	value := values[0]
	if wholeNumber.Match(value) {
		return identity{numberID, string(value)}, nil
	}
	var text string
	if err := json.Unmarshal(value, &text); err != nil || text == "" || strings.ContainsFunc(text, unicode.IsControl) || loneSurrogate(value) {
		return expected("%.100q", value)
	}
	return identity{stringID, text}, nil
}

// valuesOf returns the values of a member of an object, as they are written.
func valuesOf(object []byte, member string) ([]json.RawMessage, error) {
	decoder := json.NewDecoder(bytes.NewReader(object))
	if first, err := decoder.Token(); err != nil || first != json.Delim('{') {
		return nil, fmt.Errorf("got %v, expected an object", first)
	}
	var values []json.RawMessage
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, err
		}
		if name == member {
			values = append(values, value)
		}
	}
	return values, nil
}

// loneSurrogate reports whether a JSON string has an escaped half of a character.
// Decoding replaces each with U+FFFD, so that different strings become the same.
func loneSurrogate(text []byte) bool {
	escaped := func(at int) rune { // the code of \uXXXX, or 0
		if at+6 > len(text) || text[at] != '\\' || text[at+1] != 'u' {
			return 0
		}
		code, _ := strconv.ParseUint(string(text[at+2:at+6]), 16, 16)
		return rune(code)
	}
	for at := 0; at < len(text); at++ {
		if text[at] != '\\' {
			continue
		}
		if half := escaped(at); utf16.IsSurrogate(half) {
			if utf16.DecodeRune(half, escaped(at+6)) == unicode.ReplacementChar {
				return true
			}
			at += 6
		}
		at++ // what is escaped
	}
	return false
}
