package syntax

import "strconv"

// resolver rewrites the parsed tree for the compiler. It flattens dots into
// paths, attaches predicates and bindings to their steps, connects each % to
// the step that binds its object, and marks calls in tail position.
type resolver struct {
	ancestors int
	depth     int
}

// resolve rewrites a whole tree.
func resolve(tree *Node) (*Node, *Error) {
	r := &resolver{}
	n, err := r.node(tree)
	if err != nil {
		return nil, err
	}
	if n.Kind == KindParent || n.seeking != nil {
		err := &Error{Code: "S0217", Token: kindNames[n.Kind]}
		if n.Kind != KindPath && n.Kind != KindParent { // jsonata reports no position for these
			err.Position = n.Pos
		}
		return nil, err
	}
	return n, nil
}

func (r *resolver) node(n *Node) (*Node, *Error) {
	r.depth++
	defer func() { r.depth-- }()
	if r.depth > 2*maxNesting {
		return nil, &Error{TooDeep: true, Position: n.Pos}
	}
	switch n.Kind {
	case kindDot:
		return r.dot(n)
	case kindPredicate:
		return r.predicate(n)
	case kindGroup:
		return r.group(n)
	case kindOrder:
		return r.order(n)
	case kindFocus:
		return r.focus(n)
	case kindIndex:
		return r.index(n)
	case kindEnd:
		return nil, &Error{Code: "S0207", Position: n.Pos, Token: "(end)"}
	case KindName:
		return &Node{Kind: KindPath, Pos: n.Pos, List: []*Node{n}, KeepSingle: n.KeepArray, KeepArray: n.KeepArray}, nil
	case kindOperator:
		n.Kind = KindName
		return r.node(n)
	case KindParent:
		n.Ancestor = &Ancestor{Label: "!" + strconv.Itoa(r.ancestors), level: 1}
		r.ancestors++
		return n, nil
	case KindNegate:
		operand, err := r.node(n.Left)
		if err != nil {
			return nil, err
		}
		if f, ok := operand.Value.(float64); ok && operand.Kind == KindNumber {
			operand.Value = -f
			return operand, nil
		}
		n.Left = operand
		push(n, operand)
		return n, nil
	case KindBlock:
		return n, r.block(n)
	case KindLambda:
		body, err := r.node(n.Other)
		if err != nil {
			return nil, err
		}
		n.Other = body
		markTail(body)
		return n, nil
	case KindTransform:
		return n, r.transform(n)
	}
	if err := r.children(n); err != nil {
		return nil, err
	}
	if n.Kind == KindApply { // [] on either side keeps the result an array
		n.KeepArray = n.KeepArray || n.Left.KeepArray || n.Right.KeepArray
	}
	return n, nil
}

// children resolves the operands, elements and arguments of a node.
func (r *resolver) children(n *Node) *Error {
	for _, child := range []**Node{&n.Left, &n.Right} {
		if err := r.child(n, child); err != nil {
			return err
		}
	}
	for i := range n.List {
		if err := r.child(n, &n.List[i]); err != nil {
			return err
		}
	}
	for i := range n.Pairs {
		for j := range n.Pairs[i] {
			if err := r.child(n, &n.Pairs[i][j]); err != nil {
				return err
			}
		}
	}
	if n.Kind == KindCall || n.Kind == KindPartial {
		var err *Error
		n.Other, err = r.node(n.Other)
		return err
	}
	return r.child(n, &n.Other)
}

func (r *resolver) child(n *Node, child **Node) *Error {
	if *child == nil || (*child).Kind == KindPlaceholder {
		return nil
	}
	resolved, err := r.node(*child)
	if err != nil {
		return err
	}
	*child = resolved
	if n.Kind != KindApply { // % does not look across ~>
		push(n, resolved)
	}
	return nil
}

func (r *resolver) block(n *Node) *Error {
	for i, e := range n.List {
		part, err := r.node(e)
		if err != nil {
			return err
		}
		push(n, part)
		if part.ConsArray || part.Kind == KindPath && part.List[0].ConsArray {
			n.ConsArray = true
		}
		n.List[i] = part
	}
	return nil
}

func (r *resolver) transform(n *Node) (err *Error) {
	if n.Left, err = r.node(n.Left); err != nil {
		return err
	}
	if n.Right, err = r.node(n.Right); err != nil {
		return err
	}
	if n.Other != nil {
		n.Other, err = r.node(n.Other)
	}
	return err
}

// dot joins both sides into one path.
func (r *resolver) dot(n *Node) (*Node, *Error) {
	left, err := r.node(n.Left)
	if err != nil {
		return nil, err
	}
	path := left
	if left.Kind != KindPath {
		path = &Node{Kind: KindPath, Pos: n.Pos, List: []*Node{left}}
		if left.Kind == KindParent {
			path.seeking = append(path.seeking, left.Ancestor)
		}
	}
	right, err := r.node(n.Right)
	if err != nil {
		return nil, err
	}
	if right.Kind == KindPath {
		path.List = append(path.List, right.List...)
	} else {
		if right.Predicates != nil {
			right.Stages, right.Predicates = right.Predicates, nil
		}
		path.List = append(path.List, right)
	}
	for _, step := range path.List {
		switch step.Kind {
		case KindNumber, KindConstant:
			return nil, &Error{Code: "S0213", Position: step.Pos, Value: step.Value}
		case KindString:
			step.Kind = KindName
		}
		if step.KeepArray {
			path.KeepSingle = true
		}
	}
	if first := path.List[0]; first.Kind == KindArray {
		first.ConsArray = true
	}
	if last := path.List[len(path.List)-1]; last.Kind == KindArray {
		last.ConsArray = true
	}
	return path, findAncestors(path)
}

// lastStep returns the step that a predicate or binding after n applies to.
func lastStep(n *Node) *Node {
	if n.Kind == KindPath {
		return n.List[len(n.List)-1]
	}
	return n
}

func (r *resolver) predicate(n *Node) (*Node, *Error) {
	result, err := r.node(n.Left)
	if err != nil {
		return nil, err
	}
	step := lastStep(result)
	if step.Group != nil {
		return nil, &Error{Code: "S0209", Position: n.Pos}
	}
	filter, err := r.node(n.Right)
	if err != nil {
		return nil, err
	}
	if filter.seeking != nil {
		for _, a := range filter.seeking {
			if a.level == 1 {
				if _, err := seek(step, a); err != nil {
					return nil, err
				}
			} else {
				a.level--
			}
		}
		push(step, filter)
	}
	s := Stage{Filter: filter, pos: n.Pos}
	if result.Kind == KindPath {
		step.Stages = append(step.Stages, s)
	} else {
		step.Predicates = append(step.Predicates, s)
	}
	return result, nil
}

func (r *resolver) group(n *Node) (*Node, *Error) {
	result, err := r.node(n.Left)
	if err != nil {
		return nil, err
	}
	if result.Group != nil {
		return nil, &Error{Code: "S0210", Position: n.Pos}
	}
	for i := range n.Pairs {
		for j := range n.Pairs[i] {
			if n.Pairs[i][j], err = r.node(n.Pairs[i][j]); err != nil {
				return nil, err
			}
		}
	}
	result.Group = &GroupBy{Pairs: n.Pairs, Pos: n.Pos}
	result.KeepArray = result.KeepArray || n.KeepArray
	return result, nil
}

func (r *resolver) order(n *Node) (*Node, *Error) {
	result, err := r.node(n.Left)
	if err != nil {
		return nil, err
	}
	if result.Kind != KindPath {
		result = &Node{Kind: KindPath, Pos: n.Pos, List: []*Node{result}}
	}
	step := &Node{Kind: KindSort, Pos: n.Pos}
	for _, term := range n.Terms {
		key, err := r.node(term.Key)
		if err != nil {
			return nil, err
		}
		push(step, key)
		step.Terms = append(step.Terms, SortTerm{Key: key, Descending: term.Descending})
	}
	result.List = append(result.List, step)
	result.KeepArray = result.KeepArray || n.KeepArray
	return result, findAncestors(result)
}

func (r *resolver) focus(n *Node) (*Node, *Error) {
	result, err := r.node(n.Left)
	if err != nil {
		return nil, err
	}
	step := lastStep(result)
	if step.Stages != nil || step.Predicates != nil {
		return nil, &Error{Code: "S0215", Position: n.Pos}
	}
	if step.Kind == KindSort {
		return nil, &Error{Code: "S0216", Position: n.Pos}
	}
	if n.KeepArray {
		step.KeepArray = true
	}
	step.Focus = n.Right.Text
	step.Tuple = true
	result.KeepArray = result.KeepArray || n.KeepArray
	return result, nil
}

func (r *resolver) index(n *Node) (*Node, *Error) {
	result, err := r.node(n.Left)
	if err != nil {
		return nil, err
	}
	step := lastStep(result)
	if result.Kind != KindPath {
		result = &Node{Kind: KindPath, Pos: n.Pos, List: []*Node{result}}
		if step.Predicates != nil {
			step.Stages, step.Predicates = step.Predicates, nil
		}
	}
	if step.Stages == nil {
		step.Index = n.Right.Text
	} else {
		step.Stages = append(step.Stages, Stage{Index: n.Right.Text, pos: n.Pos})
	}
	step.Tuple = true
	result.KeepArray = result.KeepArray || n.KeepArray
	return result, nil
}

// push passes the parents that child still seeks on to n.
func push(n, child *Node) {
	if child.seeking == nil && child.Kind != KindParent {
		return
	}
	n.seeking = append(n.seeking, child.seeking...)
	if child.Kind == KindParent {
		n.seeking = append(n.seeking, child.Ancestor)
	}
}

// findAncestors lets the steps of a path bind the parents that its last step
// refers to. Parents that the path cannot bind are left to the nodes around it.
func findAncestors(path *Node) *Error {
	last := path.List[len(path.List)-1]
	seeking := last.seeking
	if last.Kind == KindParent {
		seeking = append(seeking, last.Ancestor)
		last.seeking = seeking
	}
	for _, a := range seeking {
		i := len(path.List) - 2
		for a.level > 0 {
			if i < 0 {
				path.seeking = append(path.seeking, a)
				break
			}
			step := path.List[i]
			i--
			for i >= 0 && step.Focus != "" && path.List[i].Focus != "" { // adjacent @ share their context
				step = path.List[i]
				i--
			}
			var err *Error
			if a, err = seek(step, a); err != nil {
				return err
			}
		}
	}
	return nil
}

// seek moves one step outwards. A field or a wildcard counts as a level. The
// step at which the level reaches 0 binds the ancestor.
func seek(n *Node, a *Ancestor) (*Ancestor, *Error) {
	switch n.Kind {
	case KindName, KindWildcard:
		a.level--
		if a.level == 0 {
			if n.Ancestor == nil {
				n.Ancestor = a
			} else {
				a.Label = n.Ancestor.Label
				n.Ancestor = a
			}
			n.Tuple = true
		}
	case KindParent:
		a.level++
	case KindBlock:
		if len(n.List) > 0 {
			n.Tuple = true
			return seek(n.List[len(n.List)-1], a)
		}
	case KindPath:
		n.Tuple = true
		i := len(n.List) - 1
		a, err := seek(n.List[i], a)
		for i--; err == nil && a.level > 0 && i >= 0; i-- {
			a, err = seek(n.List[i], a)
		}
		return a, err
	default:
		return nil, &Error{Code: "S0217", Position: n.Pos, Token: kindNames[n.Kind]}
	}
	return a, nil
}

// markTail marks the calls whose result is the result of a function's body. The
// caller of the function makes these calls, so that recursion through them does
// not nest.
func markTail(n *Node) {
	switch n.Kind {
	case KindCall:
		n.Tail = n.Predicates == nil
	case KindCondition:
		markTail(n.Right)
		if n.Other != nil {
			markTail(n.Other)
		}
	case KindBlock:
		// jsonata also marks a call in a block with a predicate, and then applies
		// the predicate to the call that has yet to be made.
		if len(n.List) > 0 && n.Predicates == nil && n.Group == nil {
			markTail(n.List[len(n.List)-1])
		}
	}
}
