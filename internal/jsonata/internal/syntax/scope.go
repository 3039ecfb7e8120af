package syntax

import "slices"

// contains reports whether holds returns true for n or for a node that is
// evaluated in the scope of n. It ignores the operands of nodes for which skip
// returns true.
func (n *Node) contains(holds, skip func(*Node) bool) bool {
	if n == nil {
		return false
	}
	if holds(n) {
		return true
	}
	inner := func(n *Node) bool { return n.contains(holds, skip) }
	if !skip(n) {
		if inner(n.Left) || inner(n.Right) || inner(n.Other) || slices.ContainsFunc(n.List, inner) {
			return true
		}
		for _, p := range n.Pairs {
			if inner(p[0]) || inner(p[1]) {
				return true
			}
		}
		for _, t := range n.Terms {
			if inner(t.Key) {
				return true
			}
		}
	}
	for _, s := range slices.Concat(n.Stages, n.Predicates) {
		if inner(s.Filter) {
			return true
		}
	}
	if n.Group != nil {
		for _, p := range n.Group.Pairs {
			if inner(p[0]) || inner(p[1]) {
				return true
			}
		}
	}
	return false
}

// Binds reports whether evaluating n sets a variable in the scope of n.
func Binds(n *Node) bool {
	return n.contains(
		func(n *Node) bool { return n.Kind == KindBind },
		func(n *Node) bool { return n.Kind == KindBlock || n.Kind == KindLambda })
}

// Captures reports whether something that outlives the evaluation of a
// function's body may refer to its scope: a function defined in it, or a call
// left to the caller.
func Captures(body *Node) bool {
	return body.contains(
		func(n *Node) bool { return n.Kind == KindLambda || n.Kind == KindTransform || n.Tail },
		func(*Node) bool { return false })
}
