package asl

import "github.com/mapjob/mapjob/internal/asl/fields"

// Parallel holds the fields of a Parallel state.
type Parallel struct{ Branches []*Flow }

func (p *parser) parallel(f fields.Object) *Parallel {
	parallel := &Parallel{}
	branches := f.Some("Branches", "branch", "branches")
	for i, v := range branches {
		flow := &Flow{}
		parallel.Branches = append(parallel.Branches, flow)
		branch, ok := f.Document.Open(v, fields.Element(f.At("Branches"), i), "a branch", fields.BranchKind, p.flowLanguage(v))
		if ok {
			p.flow(branch, flow)
		}
	}
	return parallel
}
