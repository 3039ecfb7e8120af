package fields

// Scopes collects the variables that states assign, by the flows around them.
type Scopes struct {
	current *scope
	all     []*scope
}

// scope holds the assignments in one flow.
type scope struct {
	outer    *scope
	assigned []assignment
}

type assignment struct{ name, path string }

// Enter begins the scope of a flow. The function that it returns ends it.
func (s *Scopes) Enter() (leave func()) {
	outer := s.current
	s.current = &scope{outer: outer}
	s.all = append(s.all, s.current)
	return func() { s.current = outer }
}

// Hide hides the scopes from flows that read no variables from outside. The
// function that it returns ends that.
func (s *Scopes) Hide() (show func()) {
	outer := s.current
	s.current = nil
	return func() { s.current = outer }
}

// Assign adds an assignment to the current scope.
func (s *Scopes) Assign(name, path string) {
	s.current.assigned = append(s.current.assigned, assignment{name, path})
}

// first returns the path of the first assignment to a variable in this scope or
// one around it, or "".
func (s *scope) first(name string) string {
	for ; s != nil; s = s.outer {
		for _, a := range s.assigned {
			if a.name == name {
				return a.path
			}
		}
	}
	return ""
}

// Check reports branches and iterations that assign a variable of an outer scope,
// which AWS refuses.
func (s *Scopes) Check(d *Document) {
	for _, inner := range s.all {
		for _, a := range inner.assigned {
			if path := inner.outer.first(a.name); path != "" {
				d.Problem(a.path, "got the variable %q of an outer scope, which %s assigns, expected another name", a.name, path)
			}
		}
	}
}
