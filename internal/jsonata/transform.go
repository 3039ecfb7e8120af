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
