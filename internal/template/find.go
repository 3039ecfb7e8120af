package template

import (
	"fmt"
	"strings"
)

// Find returns the resource that a user calls by its logical ID, by the path of
// its construct, or by the end of that path; the only one of the types if the
// name is empty. For errors, kind is the word for such a resource, and flag the
// one that sets the name.
func (s *Stack) Find(name, kind, flag string, types ...string) (*Resource, error) {
	return s.FindAmong(s.Resources(types...), name, kind, flag)
}

// FindAmong is like Find, among some resources.
func (s *Stack) FindAmong(all []*Resource, name, kind, flag string) (*Resource, error) {
	found := s.Matching(name, all)
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(all) == 0 && name == "":
		return nil, fmt.Errorf("stack %s has no %s, expected one", s.Path, kind)
	case len(all) == 0:
		return nil, fmt.Errorf("got %s %q, but stack %s has no %s", kind, name, s.Path, kind)
	case name == "":
		return nil, fmt.Errorf("stack %s has %d %ss, expected one: choose with %s: %s", s.Path, len(found), kind, flag, s.shortNames(found))
	case len(found) == 0:
		return nil, fmt.Errorf("got %s %q, expected one of: %s", kind, name, s.shortNames(all))
	}
	return nil, fmt.Errorf("got %s %q, which fits several, expected the whole path of one: %s", kind, name, s.shortNames(found))
}

// Matching returns those of some resources that a name may mean: the one that has
// exactly this logical ID, name or path, or those whose path ends in it. A path can
// be found by the logical ID that the CDK makes from it.
func (s *Stack) Matching(name string, all []*Resource) []*Resource {
	if name == "" {
		return all
	}
	var exact, ending []*Resource
	dotted := strings.ReplaceAll(name, "/", ".")
	for _, r := range all {
		path := strings.ReplaceAll(r.Path(), "/", ".")
		switch {
		case name == r.ID || dotted == path || dotted == s.ShortName(r) || isID(r.ID, name):
			exact = append(exact, r)
		case strings.HasSuffix(path, "."+dotted):
			ending = append(ending, r)
		}
	}
	if len(exact) > 0 {
		return exact
	}
	return ending
}

func (s *Stack) shortNames(resources []*Resource) string {
	var list []string
	for _, r := range resources {
		list = append(list, s.ShortName(r))
	}
	return strings.Join(list, ", ")
}
