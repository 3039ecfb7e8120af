package jsonata

import (
	"github.com/mapjob/mapjob/internal/value"
)

// change merges the update into an object of the copy, and deletes from it.
func (t *transform) change(ev *evaluation, match any) error {
	update, err := ev.eval(t.update, match, t.frame)
	if err != nil {
		return err
	}
	target, isObject := match.(*value.Object)
	if !IsUndefined(update) {
		changes, ok := update.(*value.Object)
		if !ok {
			return &Error{Code: "T2011", Position: t.pos[1], Value: update}
		}
		if !isObject && changes.Len() > 0 && !isArray(match) {
			// JavaScript refuses this with a TypeError of its own.
			name := ""
			for name = range changes.All() {
				break
			}
			return &Error{Message: "Cannot create property '" + name + "' on " + typeName(match) + " '" + ev.plainText(match) + "'"}
		}
		if isObject {
			for name, v := range changes.All() {
				if ev.contains(v, target, map[any]bool{}) {
					return &Error{Position: t.pos[1], Message: "The insert/update clause of the transform expression must not refer to the object it updates: \"" + name + "\" would contain itself"}
				}
				ev.store(v)
				target.Set(name, v)
			}
		}
	}
	if t.remove == nil {
		return nil
	}
	names, err := ev.eval(t.remove, match, t.frame)
	if err != nil || IsUndefined(names) {
		return err
	}
	for _, name := range each(names) {
		if _, ok := name.(string); !ok {
			return &Error{Code: "T2012", Position: t.pos[2], Value: names}
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

// transformNode is |pattern|update, delete|: a function that changes a copy of
// what it is applied to.
type transformNode struct {
	pattern, update, remove node
	clone                   symbol
	pos                     [3]int // of the transform, the update and the delete clause
}

type transform struct {
	*transformNode
	frame *frame
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
	clone, ok := ev.lookup(t.clone, t.frame).(callable)
	if !ok {
		return nil, &Error{Code: "T2013", Position: t.pos[0]}
	}
	result, err := ev.apply(clone, arguments[:1], nil)
	if err != nil {
		return nil, err
	}
	matched, err := ev.eval(t.pattern, result, t.frame)
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
