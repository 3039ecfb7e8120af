package sfn

import (
	"slices"

	"github.com/mapjob/mapjob/internal/archive"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/statesarn"
	"github.com/mapjob/mapjob/internal/value"
)

// executions are what the service has recorded, and the executions of its session.
type executions struct{ *Service }

// Execution implements [sfnapi.Archive].
func (s executions) Execution(arn string) (*archive.Execution, error) {
	if x, ok := s.session.Result(arn); ok {
		return &archive.Execution{ARN: x.ARN, StateMachineARN: x.StateMachineARN, Name: x.Name, Status: x.Status, Start: x.Start,
			Stop: x.Stop, Error: x.Error, Cause: x.Cause, Input: string(x.Input), Output: string(x.Output)}, nil
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if child := s.children[arn]; child != nil {
		x := *child
		x.Input, x.Output = s.payloadsLocked(arn)
		return &x, nil
	}
	return nil, nil
}

// payloadsLocked returns the input of a child and, if it has succeeded, its output.
func (s *Service) payloadsLocked(arn string) (input, output string) {
	events := s.historyLocked(arn)
	if len(events) == 0 {
		return "", ""
	}
	if last := events[len(events)-1]; last.Type == event.ExecutionSucceeded {
		output = value.Text(last.Data.Value)
	}
	return value.Text(events[0].Data.Value), output
}

// historyLocked returns the events of an execution.
func (s *Service) historyLocked(arn string) []*event.Event {
	var list []*event.Event
	for _, e := range s.events {
		if e.ExecutionARN == arn {
			list = append(list, e)
		}
	}
	return list
}

// Executions implements [sfnapi.Archive].
func (s executions) Executions() ([]archive.Execution, error) {
	var all []archive.Execution
	for _, arn := range s.session.ARNs() {
		x, err := s.Execution(arn)
		if err != nil {
			return nil, err
		}
		all = append(all, *x)
	}
	slices.SortStableFunc(all, archive.Newest)
	return all, nil
}

// Children implements [sfnapi.Archive].
func (s executions) Children(run string, from int64, yield func(archive.Execution, int64) bool) error {
	for i, x := range s.childrenOf(run) {
		if next := int64(i) + 1; next > from && !yield(x, next) {
			break
		}
	}
	return nil
}

// childrenOf returns the children of a Map Run: first those that run, then those that
// ended last.
func (s *Service) childrenOf(arn string) []archive.Execution {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var list []archive.Execution
	if m := s.runLocked(arn); m != nil {
		for _, child := range m.running {
			list = append(list, *s.children[child])
		}
		slices.SortFunc(list, archive.Newest)
		for _, child := range slices.Backward(m.ended) {
			list = append(list, *s.children[child])
		}
	}
	return list
}

func (s *Service) runLocked(arn string) *mapRun {
	for _, m := range s.runs {
		if m.ARN == arn {
			return m
		}
	}
	return nil
}

// MapRun implements [sfnapi.Archive].
func (s executions) MapRun(arn string) (*archive.MapRun, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if m := s.runLocked(arn); m != nil {
		run := *m.MapRun
		return &run, nil
	}
	return nil, nil
}

// MapRuns implements [sfnapi.Archive].
func (s executions) MapRuns(execution string) ([]archive.MapRun, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var list []archive.MapRun
	for _, m := range slices.Backward(s.runs) {
		if m.ExecutionARN == execution {
			list = append(list, *m.MapRun)
		}
	}
	return list, nil
}

// StateMachines implements [sfnapi.Archive].
func (s executions) StateMachines() ([]archive.StateMachine, error) { return s.machines, nil }

// History implements [sfnapi.Archive].
func (s executions) History(arn string, from int64, reverse bool, yield func(archive.Event) bool) (bool, error) {
	x, err := s.Execution(arn)
	if x == nil || err != nil {
		return false, err
	}
	s.mutex.Lock()
	events := s.historyLocked(arn)
	s.mutex.Unlock()
	one := func(number int64) (more bool, err error) {
		text, err := events[number].MarshalJSON()
		return err == nil && yield(archive.Event{Text: text, Number: number}), err
	}
	count := int64(len(events))
	more := true
	if !reverse {
		for n := max(from, 0); n < count && more && err == nil; n++ {
			more, err = one(n)
		}
		return true, err
	}
	if from < 0 || from > count {
		from = count
	}
	for n := from - 1; n >= 0 && more && err == nil; n-- {
		more, err = one(n)
	}
	return true, err
}

// Event records an event of an execution or a child.
func (s *Service) Event(e *event.Event) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.events = append(s.events, e)
}

// Started implements [engine.MapObserver].
func (s *Service) Started(run engine.MapRunInfo) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.runs = append(s.runs, &mapRun{MapRun: archive.NewMapRun(run)})
}

// change changes a Map Run.
func (s *Service) change(arn string, how func(*mapRun)) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if m := s.runLocked(arn); m != nil {
		how(m)
	}
}

// Counted implements [engine.MapObserver].
func (s *Service) Counted(arn string, total int) {
	s.change(arn, func(m *mapRun) { m.MapRun.Counted(total) })
}

// ChildStarted implements [engine.MapObserver].
func (s *Service) ChildStarted(child engine.ChildInfo) {
	s.change(child.MapRunARN, func(m *mapRun) {
		m.MapRun.ChildStarted(child)
		m.running = append(m.running, child.ExecutionARN)
		s.children[child.ExecutionARN] = &archive.Execution{ARN: child.ExecutionARN, StateMachineARN: statesarn.StateMachineARN(child.ExecutionARN),
			Name: statesarn.ExecutionName(child.ExecutionARN), Status: engine.Running, Start: child.Start, MapRunARN: child.MapRunARN, Items: child.Items}
	})
}

// ChildDone implements [engine.MapObserver].
func (s *Service) ChildDone(child engine.ChildResult) {
	s.change(child.MapRunARN, func(m *mapRun) {
		m.MapRun.ChildDone(child)
		m.running = slices.DeleteFunc(m.running, func(arn string) bool { return arn == child.ExecutionARN })
		m.ended = append(m.ended, child.ExecutionARN)
		x := s.children[child.ExecutionARN]
		x.Status, x.Stop, x.Error, x.Cause = child.Status, child.Stop, child.Error, child.Cause
	})
}

// Ended implements [engine.MapObserver].
func (s *Service) Ended(run engine.MapRunResult) {
	s.change(run.ARN, func(m *mapRun) { m.MapRun.Ended(run) })
}
