package engine

// branches are the branches of a Parallel state that is under way.
type branches struct {
	threads []*thread
	results []any
	running int
}

// parallel runs the branches of a Parallel state in turns.
func (v *visit) parallel() {
	input, err := v.parameters()
	if err != nil {
		v.failEvaluation(err)
		return
	}
	if !v.record(ParallelStateStarted, &details{}) {
		return
	}
	flows := v.state.Parallel.Branches
	b := &branches{results: make([]any, len(flows)), running: len(flows)}
	v.work = b
	started := v.last
	for i, flow := range flows {
		t := &thread{execution: v.execution, flow: flow, variables: v.variables.Inner(), last: started, item: v.item}
		t.done = func(output any, f *failure) { v.branchDone(b, i, t, output, f) }
		b.threads = append(b.threads, t)
		t.enter(flow.Start, input)
	}
}

func (v *visit) branchDone(b *branches, i int, t *thread, output any, f *failure) {
	if v.work != working(b) {
		return
	}
	v.thread.last = t.last
	if f != nil {
		v.work = nil
		if t.recordCut(t.failedIn) && b.abortRunning() {
			v.fail(f)
		}
		return
	}
	b.results[i] = output
	b.running--
	if b.running > 0 {
		return
	}
	v.work = nil
	if !v.recordAside(ParallelStateSucceeded, &details{}) {
		return
	}
	var result any = b.results
	if f := v.tooLarge(result); f != nil {
		v.fail(f)
		return
	}
	v.complete(result)
}

// abortRunning stops the branches that are still under way, with the events
// that say so. It is false when the history is full.
func (b *branches) abortRunning() bool {
	for _, t := range b.threads {
		if t.visit == nil {
			continue
		}
		s := t.visit.state
		t.abort()
		if !t.recordAborted(s) {
			return false
		}
	}
	return true
}

func (b *branches) abort(v *visit) {
	v.work = nil
	for _, t := range b.threads {
		t.abort()
	}
}
