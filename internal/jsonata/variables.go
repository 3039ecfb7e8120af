package jsonata

import "slices"

// freeVariables are the variables that a tree uses without binding them.
func freeVariables(tree *syntax) []string {
	u := &usage{}
	u.node(tree, newNames(nil, tree))
	return u.free
}

// names is a scope: the variables bound in it so far, and those that it binds
// at all. Code runs in order and sees the former; the body of a function runs
// later, and may see the latter.
type names struct {
	parent     *names
	bound, all []string
	function   bool // the body of one
}

// newNames is a scope for nodes that are evaluated in it one after the other.
func newNames(parent *names, nodes ...*syntax) *names {
	s := &names{parent: parent}
	for _, n := range nodes {
		n.any(
			func(n *syntax) bool {
				if n.kind == kindBind {
					s.all = append(s.all, n.left.text)
				}
				return false
			},
			func(n *syntax) bool { return n.kind == kindBlock || n.kind == kindLambda })
	}
	return s
}

func (s *names) has(name string) bool {
	later := false
	for ; s != nil; s = s.parent {
		if slices.Contains(s.bound, name) || later && slices.Contains(s.all, name) {
			return true
		}
		later = later || s.function
	}
	return false
}

func (s *names) bind(bound ...string) {
	for _, name := range bound {
		if name != "" {
			s.bound = append(s.bound, name)
		}
	}
}

// usage collects free variables in the order in which they occur.
type usage struct{ free []string }

func (u *usage) node(n *syntax, s *names) {
	if n == nil {
		return
	}
	switch n.kind {
	case kindVariable:
		if n.text != "" && n.text != "$" && !s.has(n.text) && builtins[n.text] == nil && !slices.Contains(u.free, n.text) {
			u.free = append(u.free, n.text)
		}
	case kindBind:
		u.node(n.right, s)
		s.bind(n.left.text)
	case kindBlock:
		u.nodes(n.list, newNames(s, n.list...))
	case kindLambda:
		body := newNames(s, n.other)
		body.function = true
		for _, p := range n.list {
			body.bind(p.text)
		}
		u.node(n.other, body)
	case kindPath:
		inner := newNames(s) // of @ and #
		for _, step := range n.list {
			u.node(step, inner)
			inner.bind(step.focus, step.index)
			for _, st := range step.stages {
				inner.bind(st.index)
				u.node(st.filter, inner)
			}
		}
		u.following(n, inner)
		return
	case kindCall, kindPartial:
		u.node(n.other, s)
		u.nodes(n.list, s)
	default:
		u.node(n.left, s)
		u.node(n.right, s)
		u.nodes(n.list, s)
		for _, p := range n.pairs {
			u.nodes(p[:], s)
		}
		for _, t := range n.terms {
			u.node(t.key, s)
		}
		u.node(n.other, s)
	}
	u.following(n, s)
}

func (u *usage) nodes(list []*syntax, s *names) {
	for _, n := range list {
		u.node(n, s)
	}
}

// following is what comes after a node: predicates and grouping.
func (u *usage) following(n *syntax, s *names) {
	for _, p := range n.predicates {
		u.node(p.filter, s)
	}
	if n.group != nil {
		for _, p := range n.group.pairs {
			u.nodes(p[:], s)
		}
	}
}

// usesInput reports whether a node refers to the input. outermost says that the
// input is the node's context.
func usesInput(n *syntax, outermost bool) bool {
	if n == nil {
		return false
	}
	inner := func(n *syntax) bool { return usesInput(n, false) }
	here := func(n *syntax) bool { return usesInput(n, outermost) }
	used := false
	switch n.kind {
	case kindVariable:
		used = n.text == "$" || outermost && n.text == ""
	case kindName, kindWildcard, kindDescendants:
		used = outermost
	case kindPath:
		used = here(n.list[0]) || slices.ContainsFunc(n.list[1:], inner)
	case kindLambda:
		used = here(n.other)
	case kindTransform:
		used = inner(n.left) || inner(n.right) || inner(n.other)
	case kindSort:
		used = slices.ContainsFunc(n.terms, func(t sortTerm) bool { return inner(t.key) })
	default:
		used = here(n.left) || here(n.right) || here(n.other) || slices.ContainsFunc(n.list, here)
		for _, p := range n.pairs {
			used = used || here(p[0]) || here(p[1])
		}
	}
	for _, s := range slices.Concat(n.stages, n.predicates) {
		used = used || inner(s.filter)
	}
	if n.group != nil {
		for _, p := range n.group.pairs {
			used = used || inner(p[0]) || inner(p[1])
		}
	}
	return used
}
