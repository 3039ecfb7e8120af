package plan

import (
	"slices"
	"time"
)

// Shape is what an execution enters. Package walk makes it from a definition.
type Shape struct {
	Parent  []Step // the whole path, the Map included
	Child   []Step // the path of a child, or of an iteration of an Inline Map
	PerItem []Step // inside the Map of a child, once for each item of its batch
	Map     MapShape
	// Foreign is set if mapjob has not made the state machine, which checks no limits
	// then.
	Foreign bool
	// Verdict is how many items may fail; nil if the Map alone decides.
	Verdict *Tolerance
	// Calls are the roles of the functions that Tasks invoke.
	Calls map[string]Role
	// Assumed are the Choice states that the structure of the definition decided.
	Assumed []string
	// Uncounted says of states what the definition does not tell.
	Uncounted []string
}

// Step is a state on a path.
type Step struct {
	State string
	Type  string
	// Entries and Events are those of the state itself: those of Inner, of a Map's
	// iterations and of retries come on top.
	Entries, Events int
	Inner           []Step // the branches of a Parallel state, one after the other
	Call            *Call  // nil if the state calls nothing
	// Caught is the path after a Catch of all errors, if a branch of a Parallel state
	// fails. Without one, the thread fails.
	Caught []Step
	// Wait is how long a Wait state waits, if the definition says so.
	Wait time.Duration
}

// Call is what a Task state calls.
type Call struct {
	Role    Role   // empty if it calls no function of the job
	Service string // such as lambda
	Retry   []Retrier
	// Submitted is set if an event says that the request was accepted, as of a Task that
	// waits for its token. An attempt that crashes has none.
	Submitted bool
	// Caught is the path after a Catch of all errors. Without one, the thread fails.
	Caught []Step
}

// Errors that are retried.
const (
	Throttled = "Lambda.TooManyRequestsException"
	Crash     = "Runtime.ExitError"
)

// Retrier is a Retry of a Task state.
type Retrier struct {
	Errors      []string
	Interval    time.Duration
	MaxAttempts int
	Backoff     float64
	MaxDelay    time.Duration // 0 for no limit
	Jitter      bool
}

// Retrier returns the first retrier of an error, nil if there is none.
func (c *Call) Retrier(err string) *Retrier {
	i := slices.IndexFunc(c.Retry, func(r Retrier) bool { return Matches(r.Errors, err) })
	if i < 0 {
		return nil
	}
	return &c.Retry[i]
}

// Matches reports whether the ErrorEquals of a Retry or a Catch matches the error of a
// function.
func Matches(names []string, err string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		return name == err || name == "States.ALL" || name == "States.TaskFailed"
	})
}

// Tolerance is how many items may fail: both limits count if both are set, and with
// neither no item may.
type Tolerance struct {
	Count      int
	Percentage float64
}

// MapShape is the Map of a job, with its fields as evaluated. Fields that the
// definition does not have are 0.
type MapShape struct {
	Distributed, Express, Batched bool
	Reader, Writer                bool
	Label                         string
	MaxConcurrency                int
	MaxItems, MaxBytes, Overhead  int // of a batch
	ToleratedCount                int
	ToleratedPercentage           float64
}
