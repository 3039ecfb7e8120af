package asl

import "github.com/mapjob/mapjob/internal/asl/fields"

// scope holds the variables that the states of one flow assign. Its outer scope
// is that of the flow around it; the processor of a Distributed Map has none.
type scope struct {
	outer    *scope
	assigned []assignment
}

type assignment struct{ name, path string }

// enterScope begins the scope of a flow. The function that it returns ends it.
func (p *parser) enterScope() (leave func()) {
	outer := p.scope
	p.scope = &scope{outer: outer}
	p.scopes = append(p.scopes, p.scope)
	return func() { p.scope = outer }
}

// has returns the path of the first assignment to a variable, or "".
func (s *scope) has(name string) string {
	for _, a := range s.assigned {
		if a.name == name {
			return a.path
		}
	}
	return ""
}

// checkScopes reports branches and iterations that assign a variable of an outer
// scope, which AWS refuses.
func (p *parser) checkScopes(d *fields.Document) {
	for _, s := range p.scopes {
		for _, a := range s.assigned {
			for outer := s.outer; outer != nil; outer = outer.outer {
				if path := outer.has(a.name); path != "" {
					d.Problem(a.path, "got the variable %q of an outer scope, which %s assigns, expected another name", a.name, path)
					break
				}
			}
		}
	}
}
