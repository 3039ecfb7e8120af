package syntax

import "strings"

// Signature represents the types of a function's parameters, such as <s-nn?:s>.
// The result type is ignored.
type Signature struct{ Parameters []Parameter }

// Parameter represents one parameter of a signature.
type Parameter struct {
	Types    string // the types of value that fit, as letters; m stands for a missing value
	Optional bool
	Repeated bool
	Lazy     bool   // the parameter takes as few arguments as possible: a ? or - follows another modifier
	Context  bool   // the context replaces a missing argument
	AnyType  bool   // the context may have any type: its modifier follows one that makes the parameter optional
	Array    bool   // a value that is not an array becomes an array of one element
	Element  string // the type of an array's elements, if Subtyped
	Subtyped bool
}

// ParseSignature parses a signature with its angle brackets. The position of an
// error is an offset into text.
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
		case '-', '?':
			if previous >= 0 {
				p := &s.Parameters[previous]
				p.Context = p.Context || c == '-'
				p.AnyType = p.AnyType || c == '-' && p.Optional
				if p.Optional || p.Repeated {
					p.Lazy = true
				} else {
					p.Optional = true
				}
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

// closing returns the index of the bracket that closes the one at start.
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
