package fault

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Name is the name of a state machine, a state or a function.
type Name struct {
	Path string // as sites have it: the path of a construct or of a state, or a name
	ID   string // another name, such as a logical ID; "" if there is none
}

// Names are those that a plan may use.
type Names struct{ Machines, States, Functions []Name }

// Resolve checks that the names in a plan are there, and replaces those that are
// an ID by the path. The error has all problems, and lists the names that are there.
func (p *Plan) Resolve(names Names) error {
	var errs []error
	for i := range len(p.Faults) + len(p.Share) {
		f := p.fault(i)
		for _, field := range []struct {
			field, thing string
			name         *string
			among        []Name
		}{{"machine", "state machine", &f.Machine, names.Machines}, {"state", "state", &f.State, names.States}, {"function", "function", &f.Function, names.Functions}} {
			if *field.name == "" {
				continue
			}
			at := slices.IndexFunc(field.among, func(n Name) bool { return *field.name == n.ID || SameName(*field.name, n.Path) })
			if at < 0 {
				errs = append(errs, fmt.Errorf("%s: %s: got the %s %q, expected %s", p.position(i), field.field, field.thing, *field.name, listed(field.among, field.thing)))
			} else if *field.name == field.among[at].ID {
				*field.name = field.among[at].Path
			}
		}
	}
	return errors.Join(errs...)
}

func listed(names []Name, thing string) string {
	var paths []string
	for _, n := range names {
		paths = append(paths, n.Path)
	}
	slices.Sort(paths)
	switch len(paths) {
	case 0:
		return "none: there is no " + thing
	case 1:
		return paths[0]
	}
	return "one of " + strings.Join(slices.Compact(paths), ", ")
}

// fault returns a fault by its place in the plan: those of Share come last.
func (p *Plan) fault(i int) *Fault {
	if i < len(p.Faults) {
		return &p.Faults[i]
	}
	return &p.Share[i-len(p.Faults)].Fault
}

// position says where a fault is: in which line of the file, or which one.
func (p *Plan) position(i int) string {
	if i < len(p.lines) {
		return fmt.Sprintf("line %d", p.lines[i])
	}
	return fmt.Sprintf("fault %d", i+1)
}

// Refuse returns an error for each fault for which reason returns a text: why it
// can't strike in this run.
func (p *Plan) Refuse(reason func(*Fault) string) error {
	var errs []error
	for i := range len(p.Faults) + len(p.Share) {
		if f := p.fault(i); reason(f) != "" {
			errs = append(errs, fmt.Errorf("%s: got %s, which can't be done here: %s", p.position(i), f, reason(f)))
		}
	}
	return errors.Join(errs...)
}
