package jsonata

import (
	"strings"

	"github.com/mapjob/mapjob/internal/jsonata/internal/syntax"
	"github.com/mapjob/mapjob/internal/value"
)

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

func mustSignature(text string) *syntax.Signature {
	s, err := syntax.ParseSignature(text)
	if err != nil {
		panic("jsonata: the signature " + text + " of a built-in function is malformed")
	}
	return s
}

// validate checks arguments against the signature. It puts the context in
// place of an argument left out where the signature says so, and makes arrays
// where it asks for them.
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
	for i, p := range s.Parameters {
		if counts[i] == 0 {
			if !p.Context {
				out = append(out, take())
				continue
			}
			if strings.IndexByte(p.Types, letter(context)) < 0 {
				return nil, &Error{Code: "T0411", Value: context, index: next + 1}
			}
			out = append(out, context)
			continue
		}
		for range counts[i] {
			v, err := accept(&p, take(), supplied[at], next, counts[i])
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

// accept checks one argument, the index-th from 1, and makes an array of it if
// one is asked for.
func accept(p *syntax.Parameter, v any, kind byte, index, count int) (any, error) {
	if !p.Array {
		return v, nil
	}
	if kind == 'm' {
		return Undefined, nil
	}
	if p.Subtyped {
		ok := true
		if kind == 'a' {
			items, _ := elements(v)
			for _, item := range items {
				if p.Element == "" || letter(item) != p.Element[0] {
					ok = false
					break
				}
			}
		} else {
			ok = count == 1 && string(kind) == p.Element
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

// matcher assigns supplied types to parameters.
type matcher struct {
	parameters []syntax.Parameter
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
	for j+most < len(m.supplied) && strings.IndexByte(p.Types, m.supplied[j+most]) >= 0 && (p.Repeated || most == 0) {
		most++
	}
	least := 1
	if p.Optional {
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

// signatureMismatch is the error of the first argument that no parameter takes.
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
