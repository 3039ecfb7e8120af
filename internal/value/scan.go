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
	if s.next('}') {
		s.depth--
		return &Object{}, true
	}
	object := WithCapacity(4)
	for more := true; more; {
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
	begun := s.at + 1
	rest := s.text[begun:]
	for i, c := range rest {
		if c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' {
			continue
		}
		if c == '"' {
			s.at = begun + i + 1
			return string(rest[:i]), true
		}
		return s.unusual(i)
	}
	return "", false
}

// unusual parses a string with characters other than those of ASCII, of which
// the first is at a place after the quote.
func (s *scanner) unusual(first int) (string, bool) {
	escaped := false
	rest := s.text[s.at+1:]
	for i := first; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == '"':
			quoted := s.text[s.at : s.at+i+2]
			s.at += i + 2
			if escaped {
				text, err := jsontext.AppendUnquote(nil, quoted)
				return string(text), err == nil
			}
			return string(rest[:i]), utf8.Valid(rest[:i])
		case c == '\\':
			escaped = true
			i++
		case c < ' ':
			return "", false
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
		n, err := strconv.Atoi(string(literal))
		return Whole(n), err == nil
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
