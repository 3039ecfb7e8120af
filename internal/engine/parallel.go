package engine

import "github.com/mapjob/mapjob/internal/engine/event"

// parallelState is a Parallel state: it runs its branches in turns.
type parallelState struct{}

var parallelEvents = stateEvents{
	entered: event.ParallelStateEntered, exited: event.ParallelStateExited,
	failed: event.ParallelStateFailed, aborted: event.ParallelStateAborted,
}

func (parallelState) events() *stateEvents { return &parallelEvents }

func (parallelState) start(v *visit) {
	input, err := v.parameters()
	if err != nil {
		v.failEvaluation(err)
		return
	}
	if !v.thread.record(event.ParallelStateStarted, &event.Data{}) {
		return
	}
	flows := v.state.Parallel.Branches
	b := &branches{visit: v, results: make([]any, len(flows)), running: len(flows)}
	v.work = b
	started := v.thread.last
	for i, flow := range flows {
		t := &thread{execution: v.execution, variables: v.thread.variables.Inner(), last: started, item: v.thread.item}
		t.done = func(output any, f *failure) { b.done(t, i, output, f) }
		b.threads = append(b.threads, t)
		t.enter(flow.Start, input)
	}
}

// branches are the branches of a Parallel state that is under way.
type branches struct {
	visit   *visit
	threads []*thread
	results []any
	running int
}

// done takes the output or the failure of branch i.
func (b *branches) done(t *thread, i int, output any, f *failure) {
	v := b.visit
	if v.work != work(b) {
		return
	}
	v.thread.last = t.last
	if f != nil {
		v.work = nil
		if t.recordFailed() && b.abortRunning() {
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
	if !v.thread.recordAside(event.ParallelStateSucceeded, &event.Data{}) {
		return
	}
	v.completeList(b.results)
}

// abortRunning aborts the branches that are under way, with their events. It
// returns false if the history is full.
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

func (b *branches) abort() {
	b.visit.work = nil
	for _, t := range b.threads {
		t.abort()
	}
}
