package deployment

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mapjob/mapjob/internal/asl/fields"
	"github.com/mapjob/mapjob/internal/template"
)

// named is what a test may mean by a name.
type named struct {
	id, name, arn string
	resource      *template.Resource // nil for a definition on its own
}

// matching returns the positions of those that a name may mean.
func (s *Stack) matching(name string, all []named) (at []int) {
	var resources []*template.Resource
	for i, n := range all {
		if s.Template == nil && (name == n.id || name == n.name || name == n.arn) {
			at = append(at, i)
		}
		resources = append(resources, n.resource)
	}
	if s.Template == nil {
		return at
	}
	for _, r := range s.Template.Matching(name, resources) {
		at = append(at, slices.Index(resources, r))
	}
	return at
}

// FindMachine returns the state machine with the path of a construct, a logical ID or,
// without a template, a name; the only one if the name is empty, besides those that a
// trigger brings along.
func (s *Stack) FindMachine(name string) (*Machine, error) {
	var all []named
	var own []int
	var ids []string
	for i, m := range s.Machines {
		all = append(all, named{m.ID, m.Name, m.ARN, m.Resource})
		if m.Resource == nil || s.Template.Own(m.Resource) && !m.Resource.IsStarter() {
			own, ids = append(own, i), append(ids, m.ID)
		}
	}
	found := own
	if name != "" {
		found = s.matching(name, all)
	}
	switch {
	case len(found) == 1:
		return s.Machines[found[0]], nil
	case name == "":
		return nil, fmt.Errorf("got no name of a state machine, expected one of %s", strings.Join(ids, ", "))
	case len(found) == 0:
		return nil, fmt.Errorf("state machine %q: not found, expected %s", name, fields.Others(name, ids))
	}
	return nil, fmt.Errorf("state machine %q: got a name of %d, expected a whole path: %s", name, len(found), strings.Join(ids, ", "))
}

// FindFunction returns the function with the path of a construct, a logical ID or,
// without a template, the name by which the definition invokes it.
func (s *Stack) FindFunction(name string) (*Function, error) {
	if found, ok := s.found.Load(name); ok { // in another simulation of the stack
		return found.(*Function), nil
	}
	var all []named
	var ids []string
	for _, f := range s.Functions {
		all, ids = append(all, named{f.ID, f.Name, f.ARN, f.Resource}), append(ids, f.ID)
	}
	switch found := s.matching(name, all); len(found) {
	case 1:
		s.found.Store(name, s.Functions[found[0]])
		return s.Functions[found[0]], nil
	case 0:
		return nil, fmt.Errorf("function %q: got a handler, expected the name of one of the stack's functions: %s", name, fields.Others(name, ids))
	default:
		return nil, fmt.Errorf("function %q: got a name of %d functions, expected a whole path: %s", name, len(found), strings.Join(ids, ", "))
	}
}

// Reference returns what a reference to a resource returns: its name, or the URL of a
// queue or the ARN of a topic.
func (s *Stack) Reference(resource string) (string, error) {
	if s.Template == nil {
		return "", fmt.Errorf("%q: got a definition without a template, expected a template with resources", resource)
	}
	r, err := s.Template.Find(resource, "resource", "its path")
	if err != nil {
		return "", err
	}
	v, err := r.Stack.Resolve(map[string]any{"Ref": r.ID})
	if err != nil {
		return "", fmt.Errorf("%s: %w", resource, err)
	}
	return fmt.Sprint(v), nil
}
