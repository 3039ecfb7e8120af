package asl

// Parallel holds the fields of a Parallel state.
type Parallel struct{ Branches []*Flow }

func (f fields) parallel() *Parallel {
	p := &Parallel{}
	branches := f.list("Branches", "branches")
	if len(branches) == 0 {
		f.reader.problem(f.at("Branches"), "got no branch, expected at least one")
	}
	for i, v := range branches {
		flow := &Flow{}
		p.Branches = append(p.Branches, flow)
		branch, ok := f.reader.fields(v, element(f.at("Branches"), i), "a branch", kindBranch, f.flowLanguage(v))
		if ok {
			branch.flow(flow)
		}
	}
	return p
}
