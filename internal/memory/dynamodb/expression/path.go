package expression

import (
	"fmt"
	"strings"

	"github.com/mapjob/mapjob/internal/memory/dynamodb/attribute"
	"github.com/mapjob/mapjob/internal/value"
)

// Path is the path of an attribute or of a value in it.
type Path []Step

// Step is the name of a member, or if that is empty the index of an element.
type Step struct {
	Name  string
	Index int
}

// String returns a path as DynamoDB's messages show it.
func (p Path) String() string {
	steps := make([]string, len(p))
	for i, step := range p {
		if steps[i] = step.Name; step.Name == "" {
			steps[i] = fmt.Sprintf("[%d]", step.Index)
		}
	}
	return "[" + strings.Join(steps, ", ") + "]"
}

// Of returns the value at the path; nil if the item has none.
func (p Path) Of(item attribute.Item) attribute.Value {
	v := attribute.Get(item, p[0].Name)
	for _, step := range p[1:] {
		switch kind, content := attribute.Content(v); {
		case kind == attribute.Map && step.Name != "":
			v = attribute.Get(content.(attribute.Item), step.Name)
		case kind == attribute.List && step.Name == "":
			list := content.([]any)
			if step.Index >= len(list) {
				return nil
			}
			v = list[step.Index].(attribute.Value)
		default:
			return nil
		}
	}
	return v
}

// Paths are the paths of a projection or an update, no two of which overlap.
type Paths struct {
	list              []Path
	overlap, conflict string
}

// add adds a path, unless it overlaps with one of the others.
func (p *Paths) add(path Path) {
	if len(path) == 0 || p.overlap != "" {
		return
	}
	for _, other := range p.list {
		if p.check(other, path); p.overlap != "" {
			return
		}
	}
	p.list = append(p.list, path)
}

func (p *Paths) check(a, b Path) {
	const both = "must remove or rewrite one of these paths; path one: %v, path two: %v"
	for i := range min(len(a), len(b)) {
		if (a[i].Name == "") != (b[i].Name == "") {
			p.conflict = fmt.Sprintf("Two document paths conflict with each other; "+both, a, b)
			return
		}
		if a[i] != b[i] {
			return
		}
	}
	p.overlap = fmt.Sprintf("Two document paths overlap with each other; "+both, a, b)
}

// Nested returns the attributes of which a path leads into the value.
func (p *Paths) Nested() []string {
	var names []string
	for _, path := range p.all() {
		if len(path) > 1 {
			names = append(names, path[0].Name)
		}
	}
	return names
}

// all returns the paths of a projection or an update, which may be nil.
func (p *Paths) all() []Path {
	if p == nil {
		return nil
	}
	return p.list
}

// Of returns the values of an item that are at the paths, where they were. Elements
// of lists move up.
func (p *Paths) Of(item attribute.Item) attribute.Item {
	var found picked
	for _, path := range p.all() {
		if v := path.Of(item); v != nil {
			found.add(path, v)
		}
	}
	return found.item()
}

// picked are values of an item, as a tree.
type picked struct {
	step  Step
	value attribute.Value // of a leaf
	below []*picked
}

func (p *picked) add(path Path, v attribute.Value) {
	for _, step := range path {
		var next *picked
		for _, b := range p.below {
			if b.step == step {
				next = b
			}
		}
		if next == nil {
			next = &picked{step: step}
			p.below = append(p.below, next)
		}
		p = next
	}
	p.value = v
}

func (p *picked) item() attribute.Item {
	item := value.WithCapacity(len(p.below))
	for _, b := range p.below {
		item.Add(b.step.Name, b.tree())
	}
	return item
}

func (p *picked) tree() attribute.Value {
	switch {
	case p.value != nil:
		return p.value
	case p.below[0].step.Name != "":
		return attribute.Of(attribute.Map, p.item())
	}
	list := make([]any, len(p.below))
	for i, b := range sortedByIndex(p.below) {
		list[i] = b.tree()
	}
	return attribute.Of(attribute.List, list)
}
