package syntax

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mapjob/mapjob/internal/jsonata/internal/regex"
	"github.com/mapjob/mapjob/internal/value"
)

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenName
	tokenVariable
	tokenString
	tokenNumber
	tokenConstant // true, false, null
	tokenOperator
	tokenRegex
)

// token is one lexical unit. pos is the byte offset after it, where jsonata
// reports errors at the token.
type token struct {
	kind  tokenKind
	text  string // the operator, the name, the string's value
	value any    // of a number or a constant
	regex *regex.Regexp
	pos   int
}

// id returns the grammar's name for the token: the text of an operator, the
// class of any other token.
func (t token) id() string {
	switch t.kind {
	case tokenEnd:
		return "(end)"
	case tokenOperator:
		return t.text
	case tokenName, tokenVariable:
		return "(name)"
	case tokenRegex:
		return "(regex)"
	}
	return "(literal)"
}

// content returns what error messages show for the token.
func (t token) content() any {
	switch t.kind {
	case tokenEnd:
		return "(end)"
	case tokenNumber, tokenConstant:
		return shown(t.value)
	case tokenRegex:
		return &value.Object{} // as JSON.stringify shows a RegExp
	}
	return t.text
}

// shown returns the value of a number or a constant as the token of an error, in
// which nil would mean that there is none.
func shown(v any) any {
	if v == nil {
		return value.Number("null")
	}
	return v
}

type lexer struct {
	source string
	pos    int
}

func isOperatorByte(c byte) bool {
	switch c {
	case '.', '[', ']', '{', '}', '(', ')', ',', '@', '#', ';', ':', '?', '+', '-', '*', '/', '%', '|', '=', '<', '>', '^', '&', '!', '~':
		return true
	}
	return false
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v'
}

// next reads a token. A slash begins a regular expression unless infix is true,
// which says that an operator may come next.
func (l *lexer) next(infix bool) (token, *Error) {
	if err := l.skipSpace(); err != nil {
		return token{}, err
	}
	if l.pos >= len(l.source) {
		return token{kind: tokenEnd, pos: len(l.source)}, nil
	}
	c := l.source[l.pos]
	if c == '/' && !infix {
		l.pos++
		return l.regex()
	}
	if l.pos+1 < len(l.source) {
		switch two := l.source[l.pos : l.pos+2]; two {
		case "..", ":=", "!=", ">=", "<=", "**", "~>":
			l.pos += 2
			return token{kind: tokenOperator, text: two, pos: l.pos}, nil
		}
	}
	switch {
	case isOperatorByte(c):
		l.pos++
		return token{kind: tokenOperator, text: l.source[l.pos-1 : l.pos], pos: l.pos}, nil
	case c == '"' || c == '\'':
		return l.string(c)
	case c >= '0' && c <= '9':
		return l.number()
	case c == '`':
		end := strings.IndexByte(l.source[l.pos+1:], '`')
		if end < 0 {
			return token{}, &Error{Code: "S0105", Position: len(l.source)}
		}
		name := l.source[l.pos+1 : l.pos+1+end]
		l.pos += end + 2
		return token{kind: tokenName, text: name, pos: l.pos}, nil
	}
	return l.name(), nil
}

func (l *lexer) skipSpace() *Error {
	for l.pos < len(l.source) {
		switch {
		case isSpace(l.source[l.pos]):
			l.pos++
		case strings.HasPrefix(l.source[l.pos:], "/*"):
			end := strings.Index(l.source[l.pos+2:], "*/")
			if end < 0 {
				return &Error{Code: "S0106", Position: l.pos}
			}
			l.pos += end + 4
		default:
			return nil
		}
	}
	return nil
}

func (l *lexer) name() token {
	start := l.pos
	for l.pos < len(l.source) && !isSpace(l.source[l.pos]) && !isOperatorByte(l.source[l.pos]) {
		l.pos++
	}
	text := l.source[start:l.pos]
	if text[0] == '$' {
		return token{kind: tokenVariable, text: text[1:], pos: l.pos}
	}
	switch text {
	case "and", "or", "in":
		return token{kind: tokenOperator, text: text, pos: l.pos}
	case "true":
		return token{kind: tokenConstant, text: text, value: true, pos: l.pos}
	case "false":
		return token{kind: tokenConstant, text: text, value: false, pos: l.pos}
	case "null":
		return token{kind: tokenConstant, text: text, value: nil, pos: l.pos}
	}
	return token{kind: tokenName, text: text, pos: l.pos}
}

// number reads a JSON number without its sign.
func (l *lexer) number() (token, *Error) {
	start := l.pos
	digits := func(at int) int {
		for at < len(l.source) && l.source[at] >= '0' && l.source[at] <= '9' {
			at++
		}
		return at
	}
	end := start + 1
	if l.source[start] != '0' {
		end = digits(end)
	}
	if end < len(l.source) && l.source[end] == '.' {
		if e := digits(end + 1); e > end+1 {
			end = e
		}
	}
	if end < len(l.source) && (l.source[end] == 'e' || l.source[end] == 'E') {
		at := end + 1
		if at < len(l.source) && (l.source[at] == '+' || l.source[at] == '-') {
			at++
		}
		if e := digits(at); e > at {
			end = e
		}
	}
	text := l.source[start:end]
	f, _ := strconv.ParseFloat(text, 64)
	if math.IsInf(f, 0) {
		return token{}, &Error{Code: "S0102", Position: start, Token: text}
	}
	l.pos = end
	return token{kind: tokenNumber, text: text, value: f, pos: end}, nil
}

func (l *lexer) string(quote byte) (token, *Error) {
	l.pos++
	start := l.pos
	var b []byte // nil while the literal has no escapes
	for l.pos < len(l.source) {
		c := l.source[l.pos]
		switch c {
		case quote:
			text := l.source[start:l.pos]
			if b != nil {
				text = string(append(b, l.source[start:l.pos]...))
			}
			l.pos++
			return token{kind: tokenString, text: text, pos: l.pos}, nil
		case '\\':
			b = append(b, l.source[start:l.pos]...)
			if b == nil {
				b = []byte{}
			}
			l.pos++
			var err *Error
			if b, err = l.escape(b); err != nil {
				return token{}, err
			}
			start = l.pos
		default:
			l.pos++
		}
	}
	return token{}, &Error{Code: "S0101", Position: l.pos}
}

func (l *lexer) escape(b []byte) ([]byte, *Error) {
	if l.pos >= len(l.source) {
		return nil, &Error{Code: "S0103", Position: l.pos, NoToken: true}
	}
	c := l.source[l.pos]
	if plain := strings.IndexByte(`"\/bfnrt`, c); plain >= 0 {
		l.pos++
		return append(b, "\"\\/\b\f\n\r\t"[plain]), nil
	}
	if c != 'u' {
		r, _ := utf8.DecodeRuneInString(l.source[l.pos:])
		return nil, &Error{Code: "S0103", Position: l.pos, Token: string(r)}
	}
	unit, ok := l.hex4(l.pos + 1)
	if !ok {
		return nil, &Error{Code: "S0104", Position: l.pos}
	}
	l.pos += 5
	if unit >= 0xD800 && unit < 0xDC00 && strings.HasPrefix(l.source[l.pos:], `\u`) {
		if low, ok := l.hex4(l.pos + 2); ok && low >= 0xDC00 && low < 0xE000 {
			l.pos += 6
			return utf8.AppendRune(b, 0x10000+(unit-0xD800)<<10+(low-0xDC00)), nil
		}
	}
	return utf8.AppendRune(b, unit), nil // half a surrogate pair becomes U+FFFD
}

func (l *lexer) hex4(at int) (rune, bool) {
	if at+4 > len(l.source) {
		return 0, false
	}
	n, err := strconv.ParseUint(l.source[at:at+4], 16, 16)
	return rune(n), err == nil
}

// regex reads a regular expression after its opening slash. A slash inside
// brackets of any kind does not end it.
func (l *lexer) regex() (token, *Error) {
	start := l.pos
	depth := 0
	for ; l.pos < len(l.source); l.pos++ {
		c := l.source[l.pos]
		escaped := l.source[l.pos-1] == '\\' && (l.pos < start+2 || l.source[l.pos-2] != '\\')
		if c == '/' && !escaped && depth == 0 {
			pattern := l.source[start:l.pos]
			if pattern == "" {
				return token{}, &Error{Code: "S0301", Position: l.pos}
			}
			l.pos++
			flags := l.pos
			for l.pos < len(l.source) && (l.source[l.pos] == 'i' || l.source[l.pos] == 'm') {
				l.pos++
			}
			re, err := regex.Compile(pattern, l.source[flags:l.pos])
			if err != nil {
				return token{}, &Error{Message: err.Error(), Position: l.pos}
			}
			return token{kind: tokenRegex, text: pattern, regex: re, pos: l.pos}, nil
		}
		if escaped {
			continue
		}
		switch c {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		}
	}
	return token{}, &Error{Code: "S0302", Position: l.pos}
}
