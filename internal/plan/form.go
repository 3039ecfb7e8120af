package plan

import "time"

// FormOptions are the states that a job of mapjob may have.
type FormOptions struct {
	JobStart bool // a function finds the items; without one, by reference the chunker does
	Lock     bool // executions don't overlap
}

// Form returns what an execution of a job of mapjob enters, if nothing fails.
func Form(s Setup, o FormOptions) Shape {
	shape := Shape{Calls: map[string]Role{"Worker": Worker}, Map: MapShape{MaxConcurrency: s.MaxConcurrency}}
	choice := func(name string) Step { return Step{State: name, Type: "Choice", Entries: 1, Events: 2} }
	task := func(name string, role Role, throttles, retries int) Step {
		shape.Calls[name] = role
		return Step{State: name, Type: "Task", Entries: 1, Events: 5, Call: &Call{Role: role, Service: "lambda", Retry: retriers(throttles, retries)}}
	}
	inline := s.Passing == Inline
	throttles, maxDelay := 32, 300*time.Second
	switch { // as the constructs do, for what the child's history and time allow
	case inline:
		throttles = 12
	case s.Children == Express:
		throttles, maxDelay = 9, 30*time.Second
	}
	path := []Step{choice("CheckInput")}
	if o.Lock {
		path = append(path, Step{State: "TakeLock", Type: "Task", Entries: 1, Events: 5, Call: &Call{Service: "dynamodb"}},
			Step{State: "Locked", Type: "Parallel", Entries: 1, Events: 4})
	}
	if !inline {
		path = append(path, choice("IsRerun"))
	}
	switch {
	case o.JobStart:
		path = append(path, task("JobStart", JobStart, 32, 2))
	case s.Passing == ByReference:
		path = append(path, task("JobStart", Chunker, 32, 2))
	default:
		path = append(path, Step{State: "ReadInput", Type: "Pass", Entries: 1, Events: 2})
	}
	path = append(path, choice("CheckItems"))
	worker := task("Worker", Worker, throttles, 2)
	worker.Call.Retry[0].MaxDelay = maxDelay
	if inline {
		worker.Call.Caught = []Step{{State: "ItemFailed", Type: "Pass", Entries: 1, Events: 2}}
		path = append(path, Step{State: "Map", Type: "Map", Entries: 1, Events: 4})
	} else {
		path = append(path, Step{State: "Map", Type: "Map", Entries: 1, Events: 6}, task("Summary", Summary, 32, 2))
		m := &shape.Map
		m.Distributed, m.Express, m.Reader, m.Writer, m.Label = true, s.Children == Express, true, true, "Map"
		if s.Passing == ByValue {
			m.Batched, m.MaxItems, m.MaxBytes, m.Overhead = true, s.Batch, s.BatchBytes, s.Overhead
		}
	}
	shape.Child = []Step{worker}
	path = append(path, choice("Verdict"), Step{State: "Succeeded", Type: "Succeed", Entries: 1, Events: 2})
	if o.Lock {
		path = append(path, Step{State: "ReleaseLock", Type: "Task", Entries: 1, Events: 5, Call: &Call{Service: "dynamodb"}})
	}
	shape.Parent = path
	return shape
}

// retriers are those that the constructs add to a Task.
func retriers(throttles, retries int) []Retrier {
	return []Retrier{
		{Errors: []string{Throttled, "Lambda.ClientExecutionTimeoutException", "Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException"},
			Interval: time.Second, MaxAttempts: throttles, Backoff: 2, MaxDelay: 300 * time.Second, Jitter: true},
		{Errors: []string{"States.ALL"}, Interval: time.Second, MaxAttempts: retries, Backoff: 2, MaxDelay: 60 * time.Second, Jitter: true},
	}
}
