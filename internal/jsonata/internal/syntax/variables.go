package syntax

import "slices"

// FreeVariables returns the variables that a tree uses but does not bind, in
// order of first use.
func FreeVariables(tree *Node) []string {
	u := &usage{}
	u.node(tree, newNames(nil, tree))
	return u.free
}

// names is a scope. bound holds the variables bound so far, all those that the
// scope binds at any time. Code that runs in order sees bound only. The body of
// a function runs later and may see all.
type names struct {
	parent     *names
	bound, all []string
	function   bool // the scope is the body of a function
}

// newNames returns a scope for nodes that are evaluated in it one after the
// other.
func newNames(parent *names, nodes ...*Node) *names {
	s := &names{parent: parent}
	for _, n := range nodes {
		n.contains(
			func(n *Node) bool {
				if n.Kind == KindBind {
					s.all = append(s.all, n.Left.Text)
				}
				return false
			},
			func(n *Node) bool { return n.Kind == KindBlock || n.Kind == KindLambda })
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

// usage collects free variables in order of first use.
type usage struct{ free []string }

func (u *usage) node(n *Node, s *names) {
	if n == nil {
		return
	}
	switch n.Kind {
	case KindVariable:
		if n.Text != "" && n.Text != "$" && !s.has(n.Text) && !slices.Contains(u.free, n.Text) {
			u.free = append(u.free, n.Text)
		}
	case KindBind:
		u.node(n.Right, s)
		s.bind(n.Left.Text)
	case KindBlock:
		u.nodes(n.List, newNames(s, n.List...))
	case KindLambda:
		body := newNames(s, n.Other)
		body.function = true
		for _, p := range n.List {
			body.bind(p.Text)
		}
		u.node(n.Other, body)
	case KindPath:
		inner := newNames(s) // of @ and #
		for _, step := range n.List {
			u.node(step, inner)
			inner.bind(step.Focus, step.Index)
			for _, st := range step.Stages {
				inner.bind(st.Index)
				u.node(st.Filter, inner)
			}
		}
		u.following(n, inner)
		return
	case KindCall, KindPartial:
		u.node(n.Other, s)
		u.nodes(n.List, s)
	default:
		u.node(n.Left, s)
		u.node(n.Right, s)
		u.nodes(n.List, s)
		for _, p := range n.Pairs {
			u.nodes(p[:], s)
		}
		for _, t := range n.Terms {
			u.node(t.Key, s)
		}
		u.node(n.Other, s)
	}
	u.following(n, s)
}

func (u *usage) nodes(list []*Node, s *names) {
	for _, n := range list {
		u.node(n, s)
	}
}

// following visits what comes after a node: predicates and grouping.
func (u *usage) following(n *Node, s *names) {
	for _, p := range n.Predicates {
		u.node(p.Filter, s)
	}
	if n.Group != nil {
		for _, p := range n.Group.Pairs {
			u.nodes(p[:], s)
		}
	}
}

// UsesInput reports whether n refers to the input. outermost is true if the
// input is the context of n.
func UsesInput(n *Node, outermost bool) bool {
	if n == nil {
		return false
	}
	inner := func(n *Node) bool { return UsesInput(n, false) }
	here := func(n *Node) bool { return UsesInput(n, outermost) }
	var used bool
	switch n.Kind {
	case KindVariable:
		used = n.Text == "$" || outermost && n.Text == ""
	case KindName, KindWildcard, KindDescendants:
		used = outermost
	case KindPath:
		used = here(n.List[0]) || slices.ContainsFunc(n.List[1:], inner)
	case KindLambda:
		used = here(n.Other)
	case KindTransform:
		used = inner(n.Left) || inner(n.Right) || inner(n.Other)
	case KindSort:
		used = slices.ContainsFunc(n.Terms, func(t SortTerm) bool { return inner(t.Key) })
	default:
		used = here(n.Left) || here(n.Right) || here(n.Other) || slices.ContainsFunc(n.List, here)
		for _, p := range n.Pairs {
			used = used || here(p[0]) || here(p[1])
		}
	}
	for _, s := range slices.Concat(n.Stages, n.Predicates) {
		used = used || inner(s.Filter)
	}
	if n.Group != nil {
		for _, p := range n.Group.Pairs {
			used = used || inner(p[0]) || inner(p[1])
		}
	}
	return used
}
