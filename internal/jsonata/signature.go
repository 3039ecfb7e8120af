package jsonata

import (
	"strings"

	"github.com/mapjob/mapjob/internal/value"
)

// signature is the types of a function's parameters, such as <s-nn?:s>. Its
// result type is not checked.
type signature struct{ parameters []parameter }

// parameter is one of a signature: the types it takes, as letters.
type parameter struct {
	types    string // of the values that fit; m stands for a missing one
	optional bool
	repeated bool
	context  bool // the context stands in for it when it is left out
	array    bool // a value that is no array is passed as an array of one
	element  string
	subtyped bool
}

// letter is the type of a value in signatures.
func letter(v any) byte {
	switch v.(type) {
	case undefined:
		return 'm'
	case nil:
		return 'l'
	case bool:
		return 'b'
	case float64, value.Number:
		return 'n'
	case string:
		return 's'
	case *value.Object:
		return 'o'
	case callable:
		return 'f'
	}
	return 'a'
}

func mustSignature(text string) *signature {
	s, err := parseSignature(text)
	if err != nil {
		panic("jsonata: the signature " + text + " of a built-in function is malformed")
	}
	return s
}

// parseSignature reads a signature with its angle brackets. The position of an
// error is an offset into it.
func parseSignature(text string) (*signature, *Error) {
	s := &signature{}
	for i := 1; i < len(text) && text[i] != ':'; i++ {
		previous := len(s.parameters) - 1
		switch c := text[i]; c {
		case 's', 'n', 'b', 'l', 'o':
			s.parameters = append(s.parameters, parameter{types: string(c) + "m"})
		case 'a':
			s.parameters = append(s.parameters, parameter{types: "asnblfom", array: true})
		case 'f':
			s.parameters = append(s.parameters, parameter{types: "f"})
		case 'j':
			s.parameters = append(s.parameters, parameter{types: "asnblom"})
		case 'x':
			s.parameters = append(s.parameters, parameter{types: "asnblfom"})
		case '-':
			if previous >= 0 {
				s.parameters[previous].context = true
				s.parameters[previous].optional = true
			}
		case '?':
			if previous >= 0 {
				s.parameters[previous].optional = true
			}
		case '+':
			if previous >= 0 {
				s.parameters[previous].repeated = true
			}
		case '(':
			end := closing(text, i, '(', ')')
			choice := text[i+1 : end]
			if strings.Contains(choice, "<") {
				return nil, &Error{Code: "S0402", Position: i, Value: choice}
			}
			s.parameters = append(s.parameters, parameter{types: choice + "m"})
			i = end
		case '<':
			if previous < 0 || !s.parameters[previous].array && s.parameters[previous].types != "f" {
				var v any = Undefined
				if previous >= 0 {
					v = s.parameters[previous].types[:1]
				}
				return nil, &Error{Code: "S0401", Position: i, Value: v}
			}
			end := closing(text, i, '<', '>')
			s.parameters[previous].element, s.parameters[previous].subtyped = text[i+1:end], true
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

// validate checks arguments against the signature. It puts the context in
// place of an argument left out where the signature says so, and makes arrays
// where it asks for them.
func (s *signature) validate(arguments []any, context any) ([]any, error) {
	if s.fits(arguments) {
		return arguments, nil
	}
	var few [8]byte
	supplied := few[:0]
	for _, a := range arguments {
		supplied = append(supplied, letter(a))
	}
	m := matcher{parameters: s.parameters, supplied: supplied, all: true}
	counts := m.counts[:0]
	counts, ok := m.match(0, 0, counts)
	if !ok {
		return nil, s.mismatch(arguments, supplied)
	}
	out := make([]any, 0, max(len(arguments), len(s.parameters)))
	next := 0
	// An argument left out in the middle takes the place of the next one all the
	// same, as in jsonata.
	take := func() any {
		next++
		if next <= len(arguments) {
			return arguments[next-1]
		}
		return Undefined
	}
	at := 0 // in supplied
	for i, p := range s.parameters {
		if counts[i] == 0 {
			if !p.context {
				out = append(out, take())
				continue
			}
			if strings.IndexByte(p.types, letter(context)) < 0 {
				return nil, &Error{Code: "T0411", Value: context, index: next + 1}
			}
			out = append(out, context)
			continue
		}
		for range counts[i] {
			v, err := p.accept(take(), supplied[at], next, counts[i])
			if err != nil {
				return nil, err
			}
			out = append(out, v)
			at++
		}
	}
	return out, nil
}

// fits is the common case: one argument for each parameter, each of the very
// type, and no array to be checked or made.
func (s *signature) fits(arguments []any) bool {
	if len(arguments) != len(s.parameters) {
		return false
	}
	for i, a := range arguments {
		p := &s.parameters[i]
		if p.array || p.repeated || strings.IndexByte(p.types, letter(a)) < 0 {
			return false
		}
	}
	return true
}

var elementTypes = map[byte]string{
	'a': "arrays", 'b': "booleans", 'f': "functions", 'n': "numbers", 'o': "objects", 's': "strings",
}

// accept checks one argument, the index-th from 1, and makes an array of it if
// one is asked for.
func (p *parameter) accept(v any, kind byte, index, count int) (any, error) {
	if !p.array {
		return v, nil
	}
	if kind == 'm' {
		return Undefined, nil
	}
	if p.subtyped {
		ok := true
		if kind == 'a' {
			items, _ := elements(v)
			for _, item := range items {
				if p.element == "" || letter(item) != p.element[0] {
					ok = false
					break
				}
			}
		} else {
			ok = count == 1 && string(kind) == p.element
		}
		if !ok {
			e := &Error{Code: "T0412", Value: v, index: index}
			if p.element != "" {
				e.elementType = elementTypes[p.element[0]]
			}
			return nil, e
		}
	}
	if kind != 'a' {
		return []any{v}, nil
	}
	return v, nil
}

// matcher assigns supplied types to parameters.
type matcher struct {
	parameters []parameter
	supplied   []byte
	all        bool // no supplied type may be left over
	counts     [8]int
	failed     []bool // by parameter and supplied type: it does not go on from there
}

// match gives the parameters from the i-th on the supplied types from the j-th
// on: to each as many as it takes, fewer where that leaves a later one without.
func (m *matcher) match(i, j int, counts []int) ([]int, bool) {
	if i == len(m.parameters) {
		return counts, !m.all || j == len(m.supplied)
	}
	at := i*(len(m.supplied)+1) + j
	if m.failed != nil && m.failed[at] {
		return nil, false
	}
	p := &m.parameters[i]
	most := 0
	for j+most < len(m.supplied) && strings.IndexByte(p.types, m.supplied[j+most]) >= 0 && (p.repeated || most == 0) {
		most++
	}
	least := 1
	if p.optional {
		least = 0
	}
	for n := most; n >= least; n-- {
		if all, ok := m.match(i+1, j+n, append(counts, n)); ok {
			return all, true
		}
	}
	if m.failed == nil {
		m.failed = make([]bool, len(m.parameters)*(len(m.supplied)+1))
	}
	m.failed[at] = true
	return nil, false
}

// mismatch is the error of the first argument that no parameter takes.
func (s *signature) mismatch(arguments []any, supplied []byte) error {
	good := 0
	for i := range s.parameters {
		m := matcher{parameters: s.parameters[:i+1], supplied: supplied}
		counts, ok := m.match(0, 0, nil)
		if !ok {
			break
		}
		good = 0
		for _, n := range counts {
			good += n
		}
	}
	v := Undefined
	if good < len(arguments) {
		v = arguments[good]
	}
	return &Error{Code: "T0410", Value: v, index: good + 1}
}
