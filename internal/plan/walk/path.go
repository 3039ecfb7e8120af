package walk

import (
	"fmt"
	"maps"
	"slices"

	"github.com/mapjob/mapjob/internal/asl"
)

// checkChoices checks the Choices of the facts.
func (w *walker) checkChoices() error {
	for _, name := range slices.Sorted(maps.Keys(w.facts.Choices)) {
		next := w.facts.Choices[name]
		var choice *asl.State
		var all []string
		for s := range w.machine.AllStates() {
			if s.Choice != nil {
				all = append(all, s.Name)
			}
			if s.Name == name {
				choice = s
			}
		}
		if choice == nil || choice.Choice == nil {
			return fmt.Errorf("state %q: got no Choice state of this name, expected one of %q", name, all)
		}
		var ways []string
		for _, way := range waysOf(choice) {
			ways = append(ways, way.Name)
		}
		if !slices.Contains(ways, next) {
			return fmt.Errorf("state %s: got the next state %q, expected one of %q", name, next, ways)
		}
	}
	return nil
}

// path returns the states that are entered from a state on, up to the last one of its
// flow, if nothing fails. A loop is entered once.
func (w *walker) path(from *asl.State) (path []*asl.State) {
	entered := map[*asl.State]bool{}
	passed := false // a Map
	for s := from; s != nil && !entered[s]; {
		path = append(path, s)
		entered[s] = true
		passed = passed || holdsMap(s)
		if s.Choice == nil {
			s = s.Next
			continue
		}
		s = w.choose(s, entered, passed)
	}
	return path
}

// choose returns the state after a Choice: that of the facts, unless it was entered
// before, as in a loop, else the first way, the default before the rules, that gets to a
// success, by a Map if there is one ahead, and that was not entered before.
func (w *walker) choose(s *asl.State, entered map[*asl.State]bool, passed bool) *asl.State {
	ways := waysOf(s)
	if name, ok := w.facts.Choices[s.Name]; ok {
		given := ways[slices.IndexFunc(ways, func(way *asl.State) bool { return way.Name == name })]
		if !entered[given] {
			return given
		}
	}
	if !slices.Contains(w.shape.Assumed, s.Name) && len(ways) > 1 {
		w.shape.Assumed = append(w.shape.Assumed, s.Name)
	}
	keep := func(good func(*asl.State) bool) {
		if kept := slices.DeleteFunc(slices.Clone(ways), func(way *asl.State) bool { return !good(way) }); len(kept) > 0 {
			ways = kept
		}
	}
	keep(func(way *asl.State) bool { return !entered[way] })
	keep(func(way *asl.State) bool { return leads(way, succeeds, entered) })
	if !passed {
		keep(func(way *asl.State) bool { return leads(way, holdsMap, entered) })
	}
	return ways[0]
}

// waysOf returns the states that can follow a Choice, the default first.
func waysOf(s *asl.State) (ways []*asl.State) {
	if s.Choice.Default != nil {
		ways = append(ways, s.Choice.Default)
	}
	for _, rule := range s.Choice.Rules {
		ways = append(ways, rule.Next)
	}
	return ways
}

// leads reports whether a state, or one that can follow it without a failure, is as
// asked for. Ways through states that were entered before do not count.
func leads(s *asl.State, is func(*asl.State) bool, entered map[*asl.State]bool) bool {
	seen := maps.Clone(entered)
	var look func(*asl.State) bool
	look = func(s *asl.State) bool {
		if s == nil || seen[s] {
			return false
		}
		seen[s] = true
		if is(s) || look(s.Next) {
			return true
		}
		return s.Choice != nil && slices.ContainsFunc(waysOf(s), look)
	}
	return look(s)
}

func succeeds(s *asl.State) bool { return s.Type == asl.SucceedState || s.End }

// holdsMap reports whether a state is a Map, or has one in a branch.
func holdsMap(s *asl.State) bool {
	if s.Map != nil || s.Parallel == nil {
		return s.Map != nil
	}
	return slices.ContainsFunc(s.Parallel.Branches, func(branch *asl.Flow) bool {
		return slices.ContainsFunc(branch.States, holdsMap)
	})
}
