package engine

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine/loop"
	"github.com/mapjob/mapjob/internal/expression"
)

// run owns everything that a [Session] changes.
type run struct {
	engine     *Engine
	ctx        context.Context
	cancel     context.CancelFunc
	loop       *loop.Loop
	random     *rand.Rand
	executions *Executions  // with those of other runs
	started    []*execution // of this run, in this order
	running    int          // how many of them
	awaited    *execution   // its end is that of the loop
	lastEnds   bool         // and so is that of the last one
	requests   int64        // tasks that were scheduled
	tokens     tokens
	labels     map[*asl.State]string // of Maps without a Label
	scope      expression.Scope      // of the present evaluation
	context    contextObject         // which it reads
}

// add adds the execution that was started, or one that a task starts.
func (r *run) add(x *execution) {
	r.started = append(r.started, x)
	r.running++
}

func newRun(ctx context.Context, e *Engine) *run {
	seed := e.seed
	if !e.seeded {
		seed = rand.Uint64()
	}
	r := &run{engine: e, loop: e.clock.loop(), random: rand.New(rand.NewPCG(seed, seed)), executions: e.executions}
	if r.executions == nil || !e.clock.shared() {
		r.executions = &Executions{}
	}
	r.ctx, r.cancel = context.WithCancel(ctx)
	return r
}

// executionEnded ends the loop if it runs until this execution, or the last one,
// has ended.
func (r *run) executionEnded(x *execution) {
	r.running--
	if x == r.awaited || r.lastEnds && r.running == 0 {
		r.loop.End()
	}
}

// stop aborts every execution, beginning with the one that started last.
func (r *run) stop() {
	var reason *TaskError
	if !errors.As(context.Cause(r.ctx), &reason) {
		reason = &TaskError{}
	}
	for _, x := range slices.Backward(r.started) {
		x.abort(reason.Name, reason.Cause)
	}
}

// delayed queues a step that runs when the latency has passed.
func (r *run) delayed(step func()) {
	if r.engine.latency == nil {
		r.loop.Do(step)
		return
	}
	r.loop.After(r.engine.latency(), step)
}

// label returns the Label of a Map state, or an identifier that stands for it
// in all Map Runs of the state.
func (r *run) label(s *asl.State) string {
	if s.Map.Label != "" {
		return s.Map.Label
	}
	label, ok := r.labels[s]
	if !ok {
		if r.labels == nil {
			r.labels = map[*asl.State]string{}
		}
		label = r.newID()
		r.labels[s] = label
	}
	return label
}

// newID returns a random identifier (UUID version 4), derived from the seed.
func (r *run) newID() string {
	a, b := r.random.Uint64(), r.random.Uint64()
	a = a&^0xf000 | 0x4000
	b = b&^(3<<62) | 2<<62
	const digits = "0123456789abcdef"
	var id [36]byte
	for i, shift := 0, 60; i < 36; i++ {
		switch i {
		case 8, 13, 18, 23:
			id[i] = '-'
			continue
		}
		id[i] = digits[a>>shift&15]
		if shift -= 4; shift < 0 {
			a, shift = b, 60
		}
	}
	return string(id[:])
}
