package jsonata

import (
	"github.com/mapjob/mapjob/internal/value"
)

// transformNode evaluates |pattern|update, delete|: a function that returns a
// changed copy of its argument.
type transformNode struct {
	pattern, update, remove node
	clone                   symbol
	pos                     [3]int // the positions of the transform, the update and the delete clause
}

// transform is the function that a transformNode evaluates to.
type transform struct {
	definition *transformNode
	frame      *frame
}

// change merges the update into an object of the copy, and deletes members from
// it.
func (t *transform) change(ev *evaluation, match any) error {
	update, err := ev.eval(t.definition.update, match, t.frame)
	if err != nil {
		return err
	}
	target, isObject := match.(*value.Object)
	if !IsUndefined(update) {
		changes, ok := update.(*value.Object)
		if !ok {
			return &Error{Code: "T2011", Position: t.definition.pos[1], Value: update}
		}
		if !isObject && changes.Len() > 0 && !isArray(match) {
			// JavaScript throws this TypeError.
			name := ""
			for name = range changes.All() {
				break
			}
			return &Error{Message: "Cannot create property '" + name + "' on " + typeName(match).(string) + " '" + ev.plainText(match) + "'"}
		}
		if isObject {
			for name, v := range changes.All() {
				if ev.contains(v, target, map[any]bool{}) {
					return &Error{Position: t.definition.pos[1], Message: "The insert/update clause of the transform expression must not refer to the object it updates: \"" + name + "\" would contain itself"}
				}
				ev.store(v)
				target.Set(name, v)
			}
		}
	}
	if t.definition.remove == nil {
		return nil
	}
	names, err := ev.eval(t.definition.remove, match, t.frame)
	if err != nil || IsUndefined(names) {
		return err
	}
	for _, name := range each(names) {
		if _, ok := name.(string); !ok {
			return &Error{Code: "T2012", Position: t.definition.pos[2], Value: names}
		}
	}
	if isObject {
		for _, name := range each(names) {
			if _, ok := target.Get(name.(string)); ok {
				*target = *target.Without(name.(string))
			}
		}
	}
	return nil
}

func (n *transformNode) eval(_ *evaluation, _ any, f *frame) (any, error) {
	return &transform{n, f}, nil
}

func (*transform) arity() int { return 1 }

var transformSignature = mustSignature("<(oa):o>")

func (t *transform) call(ev *evaluation, arguments []any, input any) (any, error) {
	arguments, err := validate(transformSignature, arguments, input)
	if err != nil {
		return nil, err
	}
	if len(arguments) == 0 || IsUndefined(arguments[0]) {
		return Undefined, nil
	}
	clone, ok := ev.lookup(t.definition.clone, t.frame).(callable)
	if !ok {
		return nil, &Error{Code: "T2013", Position: t.definition.pos[0]}
	}
	result, err := ev.apply(clone, arguments[:1], nil)
	if err != nil {
		return nil, err
	}
	matched, err := ev.eval(t.definition.pattern, result, t.frame)
	if err != nil {
		return nil, err
	}
	if IsUndefined(matched) {
		return result, nil
	}
	for _, match := range each(matched) {
		if err := t.change(ev, match); err != nil {
			return nil, err
		}
	}
	return result, nil
}
