package jsonata

import "slices"

// freeVariables are the variables that a tree uses without binding them first.
func freeVariables(tree *syntax) []string {
	u := &usage{}
	u.node(tree, &names{})
	return u.free
}

// names is a scope: the variables bound in it so far.
type names struct {
	parent *names
	bound  []string
}

func (s *names) has(name string) bool {
	for ; s != nil; s = s.parent {
		if slices.Contains(s.bound, name) {
			return true
		}
	}
	return false
}

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
		s.bound = append(s.bound, n.left.text)
	case kindBlock:
		u.nodes(n.list, &names{parent: s})
	case kindLambda:
		inner := &names{parent: s}
		for _, p := range n.list {
			inner.bound = append(inner.bound, p.text)
		}
		u.node(n.other, inner)
	case kindPath:
		inner := &names{parent: s} // of @ and #
		for _, step := range n.list {
			u.node(step, inner)
			inner.add(step.focus, step.index)
			for _, st := range step.stages {
				inner.add(st.index)
				u.node(st.filter, inner)
			}
		}
		u.following(n, inner)
		return
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

func (s *names) add(bound ...string) {
	for _, name := range bound {
		if name != "" {
			s.bound = append(s.bound, name)
		}
	}
}

func (u *usage) nodes(list []*syntax, s *names) {
	for _, n := range list {
		u.node(n, s)
	}
}

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
