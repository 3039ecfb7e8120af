package sfntest

import (
	"cmp"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/mapjob/mapjob/internal/fault"
	"github.com/mapjob/mapjob/internal/panics"
	"github.com/mapjob/mapjob/sfntest/internal/history"
	"github.com/mapjob/mapjob/sfntest/internal/table"
)

// result is what a run of one seed has shown.
type result struct {
	violation *violation // nil: everything holds
	history   string     // if something does not hold
	table.Run
	sites   *fault.Sites
	choices uint64
	events  []*history.Event
}

// violation is why an invariant does not hold.
type violation struct {
	name   string
	reason string
	exited bool // the test's goroutine has ended
}

func (v *violation) String() string { return v.name + ": " + v.reason }

// stopRun is what a run panics with after a violation.
type stopRun struct{}

// recorder takes what would fail a test.
type recorder struct{ violated func(name, reason string) }

func (recorder) Helper() {}

func (r recorder) Fatalf(format string, args ...any) {
	r.violated("the test", fmt.Sprintf(format, args...))
	panic(stopRun{})
}

// Fatalf fails the run: the sweep prints the text, the command that repeats the run,
// and its history. It is for what the sweep calls, in place of the t of the test.
func (r *Run) Fatalf(format string, args ...any) { r.t.Fatalf(format, args...) }

// run runs one seed in a bubble.
func (e *explorer) run(t *testing.T, seed uint64, faults []Fault) *result {
	r := &result{Run: table.NewRun(), sites: &fault.Sites{}}
	synctest.Test(t, func(*testing.T) {
		if err := e.runInBubble(r, seed, faults); err != nil {
			t.Error(err) // package synctest panics next
		}
	})
	return r
}

// runInBubble fills the result. The error names functions that do not end.
func (e *explorer) runInBubble(r *result, seed uint64, faults []Fault) error {
	var mutex sync.Mutex
	violated := func(name, reason string) {
		mutex.Lock()
		defer mutex.Unlock()
		if r.violation == nil {
			r.violation = &violation{name: name, reason: reason}
		}
	}
	over := func() bool {
		mutex.Lock()
		defer mutex.Unlock()
		return r.violation != nil
	}
	run := &Run{Seed: seed, Values: map[string]any{}, World: &World{t: recorder{violated}, stopped: over}}
	deployed := false
	if guard(violated, func() {
		var options []Option
		if e.sweep.Options != nil {
			options = e.sweep.Options(run)
		}
		options = append(options, Seed(e.mixed(seed)), Inject(faults...), Option{func(s *settings) error { s.sites = r.sites; return nil }})
		if err := run.deploy(e.stack, options); err != nil {
			violated("deployment", err.Error())
			return
		}
		deployed = true
		run.record.Observe = func(event *history.Event) { e.observe(run, r, newEvent(history.Line{Event: event}), violated) }
		e.sweep.Do(run)
		if !over() {
			e.finally(run, r, violated)
		}
	}) {
		violated("the test", "its goroutine has ended, as by t.Fatal, expected r.Fatalf or an invariant")
		r.violation.exited = true
	}
	if !deployed {
		return nil
	}
	var histories strings.Builder
	for _, x := range run.Executions() {
		r.Statuses[strings.TrimSpace(x.Status()+" "+errorName(x))]++
		if r.violation != nil {
			histories.WriteString(x.History().String())
		}
	}
	r.history = histories.String()
	r.choices, r.events = run.simulation.Choices(), run.record.Events
	run.record.Observe = nil
	return run.close()
}

func errorName(x *Execution) string {
	if err := x.Err(); err != nil {
		return err.Name
	}
	return ""
}

// guard calls f on a goroutine of its own. It takes a panic for a violation, and reports
// whether f has ended the goroutine.
func guard(violated func(name, reason string), f func()) (exited bool) {
	done := make(chan struct{})
	exited = true
	go func() {
		defer close(done)
		unlessStopped(func() {
			defer failOnPanic("the test", violated)
			f()
		})
		exited = false
	}()
	<-done
	return exited
}

// unlessStopped calls f, and returns when it ends or the run is stopped.
func unlessStopped(f func()) {
	defer func() {
		if p := recover(); p != nil {
			if _, stopped := p.(stopRun); !stopped {
				panic(p)
			}
		}
	}()
	f()
}

// finally checks the invariants that hold at the end.
func (e *explorer) finally(run *Run, r *result, violated func(name, reason string)) {
	for _, i := range e.sweep.Invariants {
		if i.finally != nil {
			i.check(r, violated, func() (bool, error) { return i.finally(run) })
		}
	}
}

// check checks an invariant, and takes a panic for a violation.
func (i Invariant) check(r *result, violated func(name, reason string), check func() (reached bool, err error)) {
	defer failOnPanic(i.name, violated)
	reached, err := check()
	if reached {
		r.Reached[i.name] = true
	}
	if err != nil {
		violated(i.name, err.Error())
	}
}

// failOnPanic recovers a panic of a test's code, and says where it was.
func failOnPanic(name string, violated func(name, reason string)) {
	p := recover()
	if p == nil {
		return
	}
	if _, stopped := p.(stopRun); stopped {
		panic(p)
	}
	violated(name, fmt.Sprintf("panic: %v\n  at %s", p, panics.Places(reflect.TypeFor[explorer]().PkgPath()+".(*explorer)")))
}

// observe checks the invariants that always hold.
func (e *explorer) observe(run *Run, r *result, event Event, violated func(name, reason string)) {
	if event.Type == FaultEvent {
		r.Struck[event.Fault.Fault] = true
	} else if strings.HasSuffix(event.Type, "StateEntered") {
		r.States[event.State] = true
	}
	for _, i := range e.sweep.Invariants {
		if i.always != nil {
			i.check(r, violated, func() (bool, error) { return i.always(run, event) })
		}
	}
}

// differs says where two runs differ; "" if they do not.
func (r *result) differs(other *result) string {
	if difference := history.Difference(r.events, other.events); difference != "" {
		return difference
	}
	switch one, two := r.violation, other.violation; {
	case r.choices != other.choices:
		return "a choice of what goes on"
	case one != nil && two != nil && *one != *two:
		return fmt.Sprintf("what does not hold: got %s, then %s", one, two)
	case (one == nil) != (two == nil):
		return fmt.Sprintf("what does not hold: got %s, and in another run nothing", cmp.Or(one, two))
	}
	return ""
}
