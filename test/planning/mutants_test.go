package planning

import (
	"slices"
	"testing"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/plan/measured"
)

// plannedRun is a scenario that the engine has run, with what is planned of it.
type plannedRun struct {
	scenario *scenario
	shape    plan.Shape
	setup    plan.Setup
	counted  *measured.Counting
}

// mutant is a rule of the plan that is wrong.
type mutant struct {
	name   string
	change func(r *plannedRun, w *plan.Workload)
	count  func(r *plannedRun, c *counts)
}

// eachStep changes each state of the paths of a shape that has this type.
func eachStep(shape *plan.Shape, kind string, change func(*plan.Step)) {
	var all func([]plan.Step) []plan.Step
	all = func(path []plan.Step) []plan.Step {
		path = slices.Clone(path)
		for i := range path {
			s := &path[i]
			s.Inner = all(s.Inner)
			if s.Call != nil {
				call := *s.Call
				call.Caught, call.Retry = all(call.Caught), slices.Clone(call.Retry)
				s.Call = &call
			}
			if s.Type == kind {
				change(s)
			}
		}
		return path
	}
	shape.Parent, shape.Child, shape.PerItem = all(shape.Parent), all(shape.Child), all(shape.PerItem)
}

// ofSteps returns a mutant of the states of a type.
func ofSteps(name, kind string, change func(*plan.Step)) mutant {
	return mutant{name: name, change: func(r *plannedRun, _ *plan.Workload) { eachStep(&r.shape, kind, change) }}
}

func mutants() []mutant {
	var list []mutant
	for _, kind := range []string{"Pass", "Choice", "Wait", "Succeed", "Fail", "Task", "Parallel", "Map"} {
		list = append(list,
			ofSteps("an entry more of "+kind, kind, func(s *plan.Step) { s.Entries++ }),
			ofSteps("an event less of "+kind, kind, func(s *plan.Step) { s.Events-- }))
	}
	list = append(list,
		ofSteps("no branches", "Parallel", func(s *plan.Step) { s.Inner = nil }),
		ofSteps("a Map Run has no events of its own", "Map", func(s *plan.Step) { s.Events = min(s.Events, 4) }),
		ofSteps("an Inline Map has those of a Map Run", "Map", func(s *plan.Step) { s.Events = max(s.Events, 6) }),
		ofSteps("no submitted event", "Task", func(s *plan.Step) { s.Events = min(s.Events, 5) }),
		ofSteps("a crash comes after the submitted event", "Task", func(s *plan.Step) { s.Call.Submitted = false }),
		ofSteps("no Catch", "Task", func(s *plan.Step) { s.Call.Caught = nil }),
		ofSteps("no Retry", "Task", func(s *plan.Step) { s.Call.Retry = nil }),
		ofSteps("a retry more", "Task", func(s *plan.Step) {
			for i := range s.Call.Retry {
				s.Call.Retry[i].MaxAttempts++
			}
		}),
		ofSteps("any retrier", "Task", func(s *plan.Step) {
			for i := range s.Call.Retry {
				s.Call.Retry[i].Errors = []string{"States.ALL"}
			}
		}),
		mutant{name: "Express children are Standard", change: func(r *plannedRun, _ *plan.Workload) { r.shape.Map.Express = false }},
		mutant{name: "Standard children are Express", change: func(r *plannedRun, _ *plan.Workload) { r.shape.Map.Express = r.shape.Map.Distributed }},
		mutant{name: "iterations are children", change: func(r *plannedRun, _ *plan.Workload) { r.shape.Map.Distributed = true }},
		mutant{name: "items have no states", change: func(r *plannedRun, _ *plan.Workload) { r.shape.PerItem = nil }},
		mutant{name: "an item more in a batch", change: func(r *plannedRun, _ *plan.Workload) { r.setup.Batch++ }},
		mutant{name: "a batch has no limit of bytes", change: func(r *plannedRun, _ *plan.Workload) { r.setup.BatchBytes = 0 }},
		mutant{name: "a batch without items has no bytes", change: func(r *plannedRun, _ *plan.Workload) { r.setup.Overhead = 0 }},
		mutant{name: "an item is a byte longer", change: func(_ *plannedRun, w *plan.Workload) { w.ItemBytes++ }},
		mutant{name: "no crashes", change: func(_ *plannedRun, w *plan.Workload) { w.Crashed = 0 }},
		mutant{name: "other crashes", change: func(_ *plannedRun, w *plan.Workload) { w.Seed++ }},
		mutant{name: "a child's start is no transition", count: func(r *plannedRun, c *counts) { c.transitions -= float64(r.counted.Children) }},
		mutant{name: "a retry is no transition", count: func(r *plannedRun, c *counts) { c.transitions -= float64(r.counted.Retries) }},
		mutant{name: "a retry has two events", count: func(r *plannedRun, c *counts) { c.events -= float64(r.counted.Retries) }},
		mutant{name: "a retry is no request", count: func(r *plannedRun, c *counts) { c.requests[plan.Worker] -= float64(r.counted.Retries) }},
		mutant{name: "an execution does not start", count: func(_ *plannedRun, c *counts) { c.parentEvents--; c.events-- }},
		mutant{name: "a child has no end", count: func(r *plannedRun, c *counts) { c.events -= float64(r.counted.Children) }},
		mutant{name: "a child that fails has an exit", count: func(r *plannedRun, c *counts) { c.events += float64(r.counted.FailedChildren) }},
	)
	return list
}

// TestWrongRulesAreFound plans with rules that are wrong, one at a time, and expects the
// comparison with the engine to show each.
func TestWrongRulesAreFound(t *testing.T) {
	var runs []*plannedRun
	for seed := range uint64(*seeds) {
		s := draw(t, seed)
		counted, x := s.count(t)
		if x.Status != engine.Succeeded {
			t.Fatalf("%s: got %s %s %s, expected it to succeed", s, x.Status, x.Error, x.Cause)
		}
		shape, setup := s.planned(t)
		runs = append(runs, &plannedRun{s, shape, setup, counted})
	}
	for _, m := range append(mutants(), mutant{name: "none"}) {
		found := 0
		for _, r := range runs {
			changed, w := *r, r.scenario.workload
			if m.change != nil {
				m.change(&changed, &w)
			}
			planned := ofPlan(plan.Count(w, changed.setup, changed.shape))
			if m.count != nil {
				m.count(r, &planned)
			}
			if len(differences(planned, ofEngine(r.counted))) > 0 {
				found++
			}
		}
		if (m.name == "none") != (found == 0) {
			t.Errorf("%s: got %d scenarios of %d that differ", m.name, found, len(runs))
		}
	}
}
