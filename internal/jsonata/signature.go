package jsonata

import (
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/jsonata/internal/syntax"
	"github.com/mapjob/mapjob/internal/value"
)

// letter returns the letter that signatures use for the type of v.
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

// mustSignature parses the signature of a built-in function.
func mustSignature(text string) *syntax.Signature {
	s, err := syntax.ParseSignature(text)
	if err != nil {
		panic("jsonata: the signature " + text + " of a built-in function is malformed")
	}
	return s
}

// validate checks arguments against the signature. If the signature says so,
// the context replaces a missing argument, and a value becomes an array of one
// element.
func validate(s *syntax.Signature, arguments []any, context any) ([]any, error) {
	if fits(s, arguments) {
		return arguments, nil
	}
	var few [8]byte
	supplied := few[:0]
	for _, a := range arguments {
		supplied = append(supplied, letter(a))
	}
	m := matcher{parameters: s.Parameters, supplied: supplied, all: true}
	counts := m.counts[:0]
	counts, ok := m.match(0, 0, counts)
	if !ok {
		return nil, signatureMismatch(s, arguments, supplied)
	}
	out := make([]any, 0, max(len(arguments), len(s.Parameters)))
	next := 0
	// As in jsonata, a missing argument in the middle still takes the place of
	// the next one.
	take := func() any {
		next++
		if next <= len(arguments) {
			return arguments[next-1]
		}
		return Undefined
	}
	at := 0 // the index in supplied
	for i, p := range s.Parameters {
		if counts[i] == 0 {
			if !p.Context {
				out = append(out, take())
				continue
			}
			if !p.AnyType && strings.IndexByte(p.Types, letter(context)) < 0 {
				return nil, &Error{Code: "T0411", Value: context, index: next + 1}
			}
			out = append(out, context)
			continue
		}
		for k := range counts[i] {
			v, err := accept(&p, take(), supplied[at], next, counts[i])
			if err != nil {
				return nil, err
			}
			if k > 0 && !p.Array { // jsonata repeats the first one
				v = out[len(out)-1]
			}
			out = append(out, v)
			at++
		}
	}
	return out, nil
}

// fits covers the common case: one argument for each parameter, each of the
// right type, and no arrays to check or make.
func fits(s *syntax.Signature, arguments []any) bool {
	if len(arguments) != len(s.Parameters) {
		return false
	}
	for i, a := range arguments {
		p := &s.Parameters[i]
		if p.Array || p.Repeated || strings.IndexByte(p.Types, letter(a)) < 0 {
			return false
		}
	}
	return true
}

var elementTypes = map[byte]string{
	'a': "arrays", 'b': "booleans", 'f': "functions", 'n': "numbers", 'o': "objects", 's': "strings",
}

// hasElements reports whether all elements of an array have the type of the
// parameter's elements.
func hasElements(p *syntax.Parameter, array any) bool {
	items, _ := elements(array)
	return !slices.ContainsFunc(items, func(item any) bool { return p.Element == "" || letter(item) != p.Element[0] })
}

// accept checks one argument. index is its position, counted from 1. If the
// parameter expects an array, accept returns one.
func accept(p *syntax.Parameter, v any, kind byte, index, count int) (any, error) {
	if !p.Array {
		return v, nil
	}
	if kind == 'm' {
		return Undefined, nil
	}
	if p.Subtyped {
		ok := count == 1 && string(kind) == p.Element
		if kind == 'a' {
			ok = hasElements(p, v)
		}
		if !ok {
			e := &Error{Code: "T0412", Value: v, index: index}
			if p.Element != "" {
				e.elementType = elementTypes[p.Element[0]]
			}
			return nil, e
		}
	}
	if kind != 'a' {
		return []any{v}, nil
	}
	return v, nil
}

// matcher assigns the types of the arguments to parameters.
type matcher struct {
	parameters []syntax.Parameter
	supplied   []byte
	all        bool // every supplied type must be used
	counts     [8]int
	failed     []bool // by parameter and supplied type: no match continues from there
}

// match assigns the argument types from the j-th on to the parameters from the
// i-th on. Each parameter gets as many as it accepts, or as few if it is lazy, unless
// the later parameters then do not match.
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
	for j+most < len(m.supplied) && strings.IndexByte(p.Types, m.supplied[j+most]) >= 0 && (p.Repeated || most == 0) {
		most++
	}
	least := 1
	if p.Optional {
		least = 0
	}
	for k := range most - least + 1 {
		n := most - k
		if p.Lazy {
			n = least + k
		}
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

// signatureMismatch returns the error of the first argument that fits no
// parameter.
func signatureMismatch(s *syntax.Signature, arguments []any, supplied []byte) error {
	good := 0
	for i := range s.Parameters {
		m := matcher{parameters: s.Parameters[:i+1], supplied: supplied}
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
