package fault

import (
	"slices"
	"strings"
)

// Moment says what happens at a site.
type Moment int

// The moments at which faults strike.
const (
	Task    Moment = iota // a task or an invocation begins
	Request               // a function calls a service
	Write                 // a function's call has written something
	Entry                 // a state is entered
	Event                 // an event has happened
	Results               // the results of a Map Run are complete
)

// String returns the name of a moment.
func (m Moment) String() string {
	return [...]string{"task", "request", "write", "entry", "event", "results"}[m]
}

// Site is a place at which a fault can strike.
type Site struct {
	Moment    Moment
	Execution string // ARN, for who follows the run: no fault has it
	Machine   string // path or name
	State     string // path or name
	// Function is the path or name of the function that is invoked or makes a
	// request; "" if the task does not invoke one.
	Function string
	// Call is what the task or the function calls, such as lambda:Invoke or
	// s3:PutObject.
	Call    string
	Items   []int // indexes of the batch
	Attempt int   // retries of the task before
	Write   int   // of a Write: its number in the invocation, from 1
	Event   int   // of an Event: its number in the execution, from 1
	// Errors are names of errors that the service of a task has, for faults that a seed
	// draws.
	Errors []string
	// Untimed is true if only the limit of the service, a year, ends the execution.
	Untimed bool
}

// SameName reports whether two names are of one thing: they are equal, or one is
// the end of the other's path.
func SameName(a, b string) bool {
	return a == b || strings.HasSuffix(a, "/"+b) || strings.HasSuffix(b, "/"+a)
}

func matchesName(given, name string) bool {
	return given == "" || name != "" && SameName(given, name)
}

// target is a fault, prepared to be compared with many sites.
type target struct {
	*Fault
	kind         kind
	write, event int // of when; 0 is none
}

func newTarget(f *Fault) target {
	t := target{Fault: f}
	t.kind, _ = kindOf(f.Fault)
	t.write, _ = f.Write()
	t.event, _ = f.Event()
	return t
}

// matches reports whether a fault may strike at a site, whatever was before.
func (t *target) matches(s *Site) bool {
	return t.strikesAt(s) && matchesName(t.Machine, s.Machine) && matchesName(t.State, s.State) && matchesName(t.Function, s.Function) &&
		matchesCall(t.Call, s.Call) && (t.Attempt == nil || *t.Attempt == s.Attempt) &&
		(len(t.Items) == 0 || slices.ContainsFunc(t.Items, func(i int) bool { return slices.Contains(s.Items, i) }))
}

// strikesAt reports whether a fault of this kind strikes at the moment of a site.
func (t *target) strikesAt(s *Site) bool {
	if !slices.Contains(t.kind.moments, s.Moment) || t.kind.function && s.Function == "" {
		return false
	}
	switch s.Moment {
	case Task:
		return t.write == 0
	case Request:
		return t.Call != "" // else it is for the task
	case Write:
		return t.write != 0 && t.write == s.Write
	case Entry:
		return t.event == 0
	case Event:
		return t.event != 0 && t.event == s.Event
	}
	return true
}

func matchesCall(given, call string) bool {
	if prefix, ok := strings.CutSuffix(given, "*"); ok {
		return strings.HasPrefix(call, prefix)
	}
	return given == "" || given == call
}
