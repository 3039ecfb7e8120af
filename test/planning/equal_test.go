package planning

import (
	"flag"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/plan"
	"github.com/mapjob/mapjob/internal/plan/measured"
	"github.com/mapjob/mapjob/internal/plan/walk"
)

var seeds = flag.Int("planning.seeds", 90, "random definitions and workloads of TestPlannedIsWhatTheEngineCounts")

// planned returns the shape of a scenario, and its setup.
func (s *scenario) planned(t testing.TB) (plan.Shape, plan.Setup) {
	t.Helper()
	shape, setup, err := walk.Shape(s.definition.machine, s.facts())
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return shape, setup
}

// facts are what is known of the execution: names, because their lengths count, and
// which functions have which role.
func (s *scenario) facts() walk.Facts {
	facts := walk.Facts{StateMachine: "StateMachine", Execution: execution, Roles: map[string]plan.Role{}}
	for _, f := range functions {
		facts.Roles[functionARN(f)] = roleOf(f)
	}
	return facts
}

// counts is what two countings have in common.
type counts struct {
	children, transitions, events, parentEvents, expressRequests float64
	requests                                                     map[plan.Role]float64
}

func ofPlan(c plan.Counts) counts {
	return counts{float64(c.Children), c.Transitions, c.Events, c.ParentEvents, c.ExpressRequests, c.LambdaRequests}
}

func ofEngine(c *measured.Counting) counts {
	requests := map[plan.Role]float64{}
	for name, f := range c.Functions {
		requests[roleOf(name)] += float64(f.Requests)
	}
	return counts{float64(c.Children), float64(c.Transitions), float64(c.Events), float64(c.ParentEvents), float64(c.ExpressRequests), requests}
}

// differences returns what two countings do not agree on.
func differences(planned, counted counts) (all []string) {
	compare := func(what string, p, c float64) {
		if p != c || p != math.Trunc(p) {
			all = append(all, fmt.Sprintf("%v %s planned, %v counted", p, what, c))
		}
	}
	compare("children", planned.children, counted.children)
	compare("transitions", planned.transitions, counted.transitions)
	compare("events", planned.events, counted.events)
	compare("events of the execution itself", planned.parentEvents, counted.parentEvents)
	compare("Express requests", planned.expressRequests, counted.expressRequests)
	roles := maps.Clone(planned.requests)
	maps.Copy(roles, counted.requests)
	for _, role := range slices.Sorted(maps.Keys(roles)) {
		compare(fmt.Sprintf("requests of %q", role), planned.requests[role], counted.requests[role])
	}
	return all
}

// count runs a scenario in the engine.
func (s *scenario) count(t testing.TB) (*measured.Counting, *engine.Execution) {
	t.Helper()
	counter := measured.Counter()
	w := &world{workload: s.workload, chunk: s.chunk}
	return counter, w.run(t, s.definition, engine.WithHistory(counter.Event))
}

// TestPlannedIsWhatTheEngineCounts compares the plan of random definitions and
// workloads with what the engine counts. The plan runs nothing, so both have to know
// the rules.
func TestPlannedIsWhatTheEngineCounts(t *testing.T) {
	seen := map[string]int{}
	for seed := range uint64(*seeds) {
		s := draw(t, seed)
		counted, x := s.count(t)
		if x.Status != engine.Succeeded {
			t.Errorf("%s: got %s %s %s, expected it to succeed", s, x.Status, x.Error, x.Cause)
			continue
		}
		shape, setup := s.planned(t)
		planned := plan.Count(s.workload, setup, shape)
		if wrong := differences(ofPlan(planned), ofEngine(counted)); len(wrong) > 0 {
			t.Errorf("%s:\n%s\n%s", s, strings.Join(wrong, "\n"), s.states(counted, shape))
		}
		seen["retries"] += counted.Retries
		seen["failed children"] += counted.FailedChildren
		seen["Express requests"] += counted.ExpressRequests
		seen["children"] += counted.Children
	}
	for _, what := range []string{"retries", "failed children", "Express requests", "children"} {
		if seen[what] == 0 {
			t.Errorf("got no %s in all executions, expected some", what)
		}
	}
	t.Log(seen)
}

// states tells how often states were entered, beside the paths that were planned.
func (s *scenario) states(counted *measured.Counting, shape plan.Shape) string {
	var b strings.Builder
	var walk func(indent string, path []plan.Step)
	walk = func(indent string, path []plan.Step) {
		for _, step := range path {
			fmt.Fprintf(&b, "%s%s %s: %d entries and %d events planned", indent, step.Type, step.State, step.Entries, step.Events)
			if at := counted.States[step.State]; at != nil {
				fmt.Fprintf(&b, ", entered %d times, %d retries", at.Entries, at.Retries)
			}
			b.WriteByte('\n')
			walk(indent+"  ", step.Inner)
			if step.Call != nil {
				walk(indent+"  caught: ", step.Call.Caught)
			}
		}
	}
	for name, path := range map[string][]plan.Step{"execution": shape.Parent, "child": shape.Child, "item": shape.PerItem} {
		walk(name+" ", path)
	}
	return b.String()
}
