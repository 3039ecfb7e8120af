package value

import (
	"strconv"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// maxScanDepth is the depth of nesting up to which a scanner reads.
const maxScanDepth = 100

// scanner parses a JSON text much faster than a decoder of tokens. It gives up
// where the text is wrong or unusual: the decoder then finds out.
type scanner struct {
	text  []byte
	at    int
	depth int
}

// scan parses a whole text. It reports whether it could.
func scan(text []byte) (any, bool) {
	s := scanner{text: text}
	v, ok := s.value()
	s.space()
	return v, ok && s.at == len(text)
}

func (s *scanner) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

// next skips space and reports whether c comes next, which it then skips too.
func (s *scanner) next(c byte) bool {
	s.space()
	if s.at < len(s.text) && s.text[s.at] == c {
		s.at++
		return true
	}
	return false
}

func (s *scanner) value() (any, bool) {
	s.space()
	if s.at == len(s.text) {
		return nil, false
	}
	switch c := s.text[s.at]; c {
	case '"':
		return s.string()
	case '{':
		return s.object()
	case '[':
		return s.array()
	case 'n':
		return nil, s.literal("null")
	case 't':
		return true, s.literal("true")
	case 'f':
		return false, s.literal("false")
	}
	return s.number()
}

func (s *scanner) literal(word string) bool {
	end := s.at + len(word)
	if end > len(s.text) || string(s.text[s.at:end]) != word {
		return false
	}
	s.at = end
	return true
}

func (s *scanner) object() (any, bool) {
	s.at++
	if s.depth++; s.depth > maxScanDepth {
		return nil, false
	}
	object := &Object{}
	for more := !s.next('}'); more; {
		if s.space(); s.at == len(s.text) || s.text[s.at] != '"' {
			return nil, false
		}
		name, ok := s.string()
		if !ok || !s.next(':') {
			return nil, false
		}
		v, ok := s.value()
		if !ok {
			return nil, false
		}
		object.Set(name, v)
		if more = s.next(','); !more && !s.next('}') {
			return nil, false
		}
	}
	s.depth--
	return object, true
}

func (s *scanner) array() (any, bool) {
	s.at++
	if s.depth++; s.depth > maxScanDepth {
		return nil, false
	}
	list := []any{}
	for more := !s.next(']'); more; {
		v, ok := s.value()
		if !ok {
			return nil, false
		}
		list = append(list, v)
		if more = s.next(','); !more && !s.next(']') {
			return nil, false
		}
	}
	s.depth--
	return list, true
}

// string parses a string, of which the quote comes next.
func (s *scanner) string() (string, bool) {
	begun := s.at
	plain, ascii := true, true
	for s.at++; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			quoted := s.text[begun:s.at]
			if !plain {
				text, err := jsontext.AppendUnquote(nil, quoted)
				return string(text), err == nil
			}
			return string(quoted[1 : len(quoted)-1]), ascii || utf8.Valid(quoted)
		case c == '\\':
			plain = false
			s.at++
		case c < ' ':
			return "", false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return "", false
}

func (s *scanner) number() (any, bool) {
	begun := s.at
	if s.text[s.at] == '-' {
		s.at++
	}
	first := s.at
	if n := s.digits(); n == 0 || n > 1 && s.text[first] == '0' {
		return nil, false
	}
	whole := true
	if s.at < len(s.text) && s.text[s.at] == '.' {
		whole = false
		if s.at++; s.digits() == 0 {
			return nil, false
		}
	}
	if s.at < len(s.text) && (s.text[s.at] == 'e' || s.text[s.at] == 'E') {
		whole = false
		if s.at++; s.at < len(s.text) && (s.text[s.at] == '+' || s.text[s.at] == '-') {
			s.at++
		}
		if s.digits() == 0 {
			return nil, false
		}
	}
	literal := s.text[begun:s.at]
	if whole && first == begun && len(literal) <= 15 {
		n, err := strconv.ParseInt(string(literal), 10, 64)
		return float64(n), err == nil
	}
	return number(string(literal)), true
}

// digits skips digits, and returns how many there were.
func (s *scanner) digits() int {
	begun := s.at
	for s.at < len(s.text) && s.text[s.at] >= '0' && s.text[s.at] <= '9' {
		s.at++
	}
	return s.at - begun
}
