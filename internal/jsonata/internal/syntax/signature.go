package syntax

import "strings"

// Signature is the types of a function's parameters, such as <s-nn?:s>. Its
// result type is not checked.
type Signature struct{ Parameters []Parameter }

// Parameter is one of a signature: the types it takes, as letters.
type Parameter struct {
	Types    string // of the values that fit; m stands for a missing one
	Optional bool
	Repeated bool
	Context  bool // the context stands in for it when it is left out
	Array    bool // a value that is no array is passed as an array of one
	Element  string
	Subtyped bool
}

// ParseSignature reads a signature with its angle brackets. The position of an
// error is an offset into it.
func ParseSignature(text string) (*Signature, *Error) {
	s := &Signature{}
	for i := 1; i < len(text) && text[i] != ':'; i++ {
		previous := len(s.Parameters) - 1
		switch c := text[i]; c {
		case 's', 'n', 'b', 'l', 'o':
			s.Parameters = append(s.Parameters, Parameter{Types: string(c) + "m"})
		case 'a':
			s.Parameters = append(s.Parameters, Parameter{Types: "asnblfom", Array: true})
		case 'f':
			s.Parameters = append(s.Parameters, Parameter{Types: "f"})
		case 'j':
			s.Parameters = append(s.Parameters, Parameter{Types: "asnblom"})
		case 'x':
			s.Parameters = append(s.Parameters, Parameter{Types: "asnblfom"})
		case '-':
			if previous >= 0 {
				s.Parameters[previous].Context = true
				s.Parameters[previous].Optional = true
			}
		case '?':
			if previous >= 0 {
				s.Parameters[previous].Optional = true
			}
		case '+':
			if previous >= 0 {
				s.Parameters[previous].Repeated = true
			}
		case '(':
			end := closing(text, i, '(', ')')
			choice := text[i+1 : end]
			if strings.Contains(choice, "<") {
				return nil, &Error{Code: "S0402", Position: i, Value: choice}
			}
			s.Parameters = append(s.Parameters, Parameter{Types: choice + "m"})
			i = end
		case '<':
			if previous < 0 || !s.Parameters[previous].Array && s.Parameters[previous].Types != "f" {
				e := &Error{Code: "S0401", Position: i}
				if previous >= 0 {
					e.Value = s.Parameters[previous].Types[:1]
				}
				return nil, e
			}
			end := closing(text, i, '<', '>')
			s.Parameters[previous].Element, s.Parameters[previous].Subtyped = text[i+1:end], true
			i = end
		}
	}
	return s, nil
}

// closing is where the bracket that opens at start closes.
func closing(text string, start int, open, close byte) int {
	depth := 0
	for i := start; i < len(text); i++ {
		switch text[i] {
		case open:
			depth++
		case close:
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(text) - 1
}
