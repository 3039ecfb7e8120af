package template

import (
	"slices"
	"strings"
)

// findNeeded returns the stack and those that it needs, directly or not: from which it
// imports values or reads stored parameters, and which the app says it depends on.
func (s *Stack) findNeeded() []*Stack {
	list := []*Stack{s}
	for i := 0; i < len(list); i++ { // list grows
		add := func(other *Stack) {
			if other != nil && !slices.Contains(list, other.root()) {
				list = append(list, other.root())
			}
		}
		for _, other := range s.assembly.stacks {
			if slices.Contains(list[i].dependencies, other.id) {
				add(other)
			}
		}
		for _, t := range list[i].tree() {
			for _, p := range t.document.Parameters {
				if name, ok := p.Default.(string); ok && strings.HasPrefix(p.Type, fromStore) {
					other, _ := t.storer(name)
					add(other)
				}
			}
			for _, r := range t.resources {
				t.eachImport(r.properties, add)
			}
		}
	}
	return list
}

// eachImport calls add with the stacks whose exports a value imports, and whose
// parameters it refers to in a text.
func (s *Stack) eachImport(v any, add func(*Stack)) {
	switch v := v.(type) {
	case string:
		for _, reference := range dynamicReference.FindAllStringSubmatch(v, -1) {
			if reference[1] == "ssm" {
				other, _ := s.storer(reference[2])
				add(other)
			}
		}
	case []any:
		for _, element := range v {
			s.eachImport(element, add)
		}
	case map[string]any:
		for name, member := range v {
			if name == "Fn::ImportValue" {
				if imported, err := s.Resolve(member); err == nil {
					if name, ok := imported.(string); ok {
						other, _ := s.exporter(name)
						add(other)
					}
				}
			}
			s.eachImport(member, add)
		}
	}
}
