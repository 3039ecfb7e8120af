package jsonata

import "strconv"

// resolver rewrites the tree as parsed into the tree that is compiled: dots
// become flat paths, predicates and bindings go to the step they belong to,
// each % finds the step that binds its object, and calls in tail position of a
// function's body are marked.
type resolver struct {
	ancestors int
	depth     int
}

// resolve rewrites a whole expression.
func resolve(tree *syntax) (*syntax, *Error) {
	r := &resolver{}
	n, err := r.node(tree)
	if err != nil {
		return nil, err
	}
	if n.kind == kindParent || n.seeking != nil {
		err := &Error{Code: "S0217", token: kindNames[n.kind]}
		if n.kind != kindPath && n.kind != kindParent { // jsonata keeps no position for these
			err.Position = n.pos
		}
		return nil, err
	}
	return n, nil
}

func (r *resolver) node(n *syntax) (*syntax, *Error) {
	r.depth++
	defer func() { r.depth-- }()
	if r.depth > 2*maxNesting {
		return nil, &Error{Message: stackOverflow, Position: n.pos}
	}
	switch n.kind {
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
		return nil, &Error{Code: "S0207", Position: n.pos, token: "(end)"}
	case kindName:
		return &syntax{kind: kindPath, pos: n.pos, list: []*syntax{n}, keepSingle: n.keepArray, keepArray: n.keepArray}, nil
	case kindOperator:
		n.kind = kindName
		return r.node(n)
	case kindParent:
		n.ancestor = &ancestor{label: "!" + strconv.Itoa(r.ancestors), level: 1}
		r.ancestors++
		return n, nil
	case kindNegate:
		operand, err := r.node(n.left)
		if err != nil {
			return nil, err
		}
		if f, ok := operand.value.(float64); ok && operand.kind == kindNumber {
			operand.value = -f
			return operand, nil
		}
		n.left = operand
		push(n, operand)
		return n, nil
	case kindBlock:
		return n, r.block(n)
	case kindLambda:
		body, err := r.node(n.other)
		if err != nil {
			return nil, err
		}
		n.other = body
		markTail(body)
		return n, nil
	case kindTransform:
		return n, r.transform(n)
	}
	if err := r.children(n); err != nil {
		return nil, err
	}
	if n.kind == kindApply { // [] on either side keeps what comes out of the function an array
		n.keepArray = n.keepArray || n.left.keepArray || n.right.keepArray
	}
	return n, nil
}

// children resolves the operands, elements and arguments of a node.
func (r *resolver) children(n *syntax) *Error {
	for _, child := range []**syntax{&n.left, &n.right} {
		if err := r.child(n, child); err != nil {
			return err
		}
	}
	for i := range n.list {
		if err := r.child(n, &n.list[i]); err != nil {
			return err
		}
	}
	for i := range n.pairs {
		for j := range n.pairs[i] {
			if err := r.child(n, &n.pairs[i][j]); err != nil {
				return err
			}
		}
	}
	if n.kind == kindCall || n.kind == kindPartial {
		var err *Error
		n.other, err = r.node(n.other)
		return err
	}
	return r.child(n, &n.other)
}

func (r *resolver) child(n *syntax, child **syntax) *Error {
	if *child == nil || (*child).kind == kindPlaceholder {
		return nil
	}
	resolved, err := r.node(*child)
	if err != nil {
		return err
	}
	*child = resolved
	if n.kind != kindApply { // a % is not looked for across ~>
		push(n, resolved)
	}
	return nil
}

func (r *resolver) block(n *syntax) *Error {
	for i, e := range n.list {
		part, err := r.node(e)
		if err != nil {
			return err
		}
		push(n, part)
		if part.consArray || part.kind == kindPath && part.list[0].consArray {
			n.consArray = true
		}
		n.list[i] = part
	}
	return nil
}

func (r *resolver) transform(n *syntax) (err *Error) {
	if n.left, err = r.node(n.left); err != nil {
		return err
	}
	if n.right, err = r.node(n.right); err != nil {
		return err
	}
	if n.other != nil {
		n.other, err = r.node(n.other)
	}
	return err
}

// dot folds both sides into one path.
func (r *resolver) dot(n *syntax) (*syntax, *Error) {
	left, err := r.node(n.left)
	if err != nil {
		return nil, err
	}
	path := left
	if left.kind != kindPath {
		path = &syntax{kind: kindPath, pos: n.pos, list: []*syntax{left}}
		if left.kind == kindParent {
			path.seeking = append(path.seeking, left.ancestor)
		}
	}
	right, err := r.node(n.right)
	if err != nil {
		return nil, err
	}
	if right.kind == kindPath {
		path.list = append(path.list, right.list...)
	} else {
		if right.predicates != nil {
			right.stages, right.predicates = right.predicates, nil
		}
		path.list = append(path.list, right)
	}
	for _, step := range path.list {
		switch step.kind {
		case kindNumber, kindConstant:
			return nil, &Error{Code: "S0213", Position: step.pos, Value: step.value}
		case kindString:
			step.kind = kindName
		}
		if step.keepArray {
			path.keepSingle = true
		}
	}
	if first := path.list[0]; first.kind == kindArray {
		first.consArray = true
	}
	if last := path.list[len(path.list)-1]; last.kind == kindArray {
		last.consArray = true
	}
	return path, findAncestors(path)
}

// lastStep is the step that a predicate or binding after n applies to.
func lastStep(n *syntax) *syntax {
	if n.kind == kindPath {
		return n.list[len(n.list)-1]
	}
	return n
}

func (r *resolver) predicate(n *syntax) (*syntax, *Error) {
	result, err := r.node(n.left)
	if err != nil {
		return nil, err
	}
	step := lastStep(result)
	if step.group != nil {
		return nil, &Error{Code: "S0209", Position: n.pos}
	}
	filter, err := r.node(n.right)
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
	s := stage{filter: filter, pos: n.pos}
	if result.kind == kindPath {
		step.stages = append(step.stages, s)
	} else {
		step.predicates = append(step.predicates, s)
	}
	return result, nil
}

func (r *resolver) group(n *syntax) (*syntax, *Error) {
	result, err := r.node(n.left)
	if err != nil {
		return nil, err
	}
	if result.group != nil {
		return nil, &Error{Code: "S0210", Position: n.pos}
	}
	for i := range n.pairs {
		for j := range n.pairs[i] {
			if n.pairs[i][j], err = r.node(n.pairs[i][j]); err != nil {
				return nil, err
			}
		}
	}
	result.group = &groupBy{pairs: n.pairs, pos: n.pos}
	result.keepArray = result.keepArray || n.keepArray
	return result, nil
}

func (r *resolver) order(n *syntax) (*syntax, *Error) {
	result, err := r.node(n.left)
	if err != nil {
		return nil, err
	}
	if result.kind != kindPath {
		result = &syntax{kind: kindPath, pos: n.pos, list: []*syntax{result}}
	}
	step := &syntax{kind: kindSort, pos: n.pos}
	for _, term := range n.terms {
		key, err := r.node(term.key)
		if err != nil {
			return nil, err
		}
		push(step, key)
		step.terms = append(step.terms, sortTerm{key: key, descending: term.descending})
	}
	result.list = append(result.list, step)
	result.keepArray = result.keepArray || n.keepArray
	return result, findAncestors(result)
}

func (r *resolver) focus(n *syntax) (*syntax, *Error) {
	result, err := r.node(n.left)
	if err != nil {
		return nil, err
	}
	step := lastStep(result)
	if step.stages != nil || step.predicates != nil {
		return nil, &Error{Code: "S0215", Position: n.pos}
	}
	if step.kind == kindSort {
		return nil, &Error{Code: "S0216", Position: n.pos}
	}
	if n.keepArray {
		step.keepArray = true
	}
	step.focus = n.right.text
	step.tuple = true
	return result, nil
}

func (r *resolver) index(n *syntax) (*syntax, *Error) {
	result, err := r.node(n.left)
	if err != nil {
		return nil, err
	}
	step := lastStep(result)
	if result.kind != kindPath {
		result = &syntax{kind: kindPath, pos: n.pos, list: []*syntax{result}}
		if step.predicates != nil {
			step.stages, step.predicates = step.predicates, nil
		}
	}
	if step.stages == nil {
		step.index = n.right.text
	} else {
		step.stages = append(step.stages, stage{index: n.right.text, pos: n.pos})
	}
	step.tuple = true
	result.keepArray = result.keepArray || n.keepArray
	return result, nil
}

// push hands the parents that child is still looking for up to n.
func push(n, child *syntax) {
	if child.seeking == nil && child.kind != kindParent {
		return
	}
	n.seeking = append(n.seeking, child.seeking...)
	if child.kind == kindParent {
		n.seeking = append(n.seeking, child.ancestor)
	}
}

// findAncestors has the steps of a path bind the parents that its last step
// refers to. What the path can't satisfy is left for those around it.
func findAncestors(path *syntax) *Error {
	last := path.list[len(path.list)-1]
	seeking := last.seeking
	if last.kind == kindParent {
		seeking = append(seeking, last.ancestor)
		last.seeking = seeking
	}
	for _, a := range seeking {
		i := len(path.list) - 2
		for a.level > 0 {
			if i < 0 {
				path.seeking = append(path.seeking, a)
				break
			}
			step := path.list[i]
			i--
			for i >= 0 && step.focus != "" && path.list[i].focus != "" { // adjacent @ share their context
				step = path.list[i]
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

// seek walks one step outwards: a field or a wildcard is a level, and the one
// at which the level runs out binds the ancestor.
func seek(n *syntax, a *ancestor) (*ancestor, *Error) {
	switch n.kind {
	case kindName, kindWildcard:
		a.level--
		if a.level == 0 {
			if n.ancestor == nil {
				n.ancestor = a
			} else {
				a.label = n.ancestor.label
				n.ancestor = a
			}
			n.tuple = true
		}
	case kindParent:
		a.level++
	case kindBlock:
		if len(n.list) > 0 {
			n.tuple = true
			return seek(n.list[len(n.list)-1], a)
		}
	case kindPath:
		n.tuple = true
		i := len(n.list) - 1
		a, err := seek(n.list[i], a)
		for i--; err == nil && a.level > 0 && i >= 0; i-- {
			a, err = seek(n.list[i], a)
		}
		return a, err
	default:
		return nil, &Error{Code: "S0217", Position: n.pos, token: kindNames[n.kind]}
	}
	return a, nil
}

// markTail marks the calls whose result is the result of a function's body:
// they are left to the caller, so that recursion through them does not nest.
func markTail(n *syntax) {
	switch n.kind {
	case kindCall:
		n.tail = n.predicates == nil
	case kindCondition:
		markTail(n.right)
		if n.other != nil {
			markTail(n.other)
		}
	case kindBlock:
		// jsonata marks a call in a block with a predicate, too, and then applies
		// the predicate to the call that has yet to be made.
		if len(n.list) > 0 && n.predicates == nil && n.group == nil {
			markTail(n.list[len(n.list)-1])
		}
	}
}
