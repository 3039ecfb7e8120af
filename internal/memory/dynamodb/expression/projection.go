package expression

import (
	"cmp"
	"slices"
)

// Projection parses a projection.
func (s *Scope) Projection(text string) (_ *Paths, problem string) {
	if text == "" {
		return nil, "The expression can not be empty;"
	}
	p := newParser(s, text)
	for {
		p.paths.add(p.parsePath())
		if !p.accept(",") {
			break
		}
	}
	if problem := first(p.end(), p.reserved, p.names, p.paths.overlap, p.paths.conflict); problem != "" {
		return nil, problem
	}
	return &p.paths, ""
}

// Attributes returns the paths of attributes.
func Attributes(names []string) *Paths {
	p := &Paths{}
	for _, name := range names {
		p.add(Path{{Name: name}})
	}
	return p
}

func sortedByIndex(list []*picked) []*picked {
	return slices.SortedFunc(slices.Values(list), func(a, b *picked) int { return cmp.Compare(a.step.Index, b.step.Index) })
}
