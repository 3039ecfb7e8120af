package engine

import (
	"slices"
	"strconv"
	"sync"

	"github.com/mapjob/mapjob/internal/value"
)

// Executions are the executions of any number of runs: those that were started
// and those that tasks have started, but no children of Map Runs. The tasks of
// each run can list, describe and stop all of them. The zero Executions is empty,
// and safe for concurrent use.
type Executions struct {
	mutex sync.Mutex // also guards what [execution.lock] says
	byARN map[string]*execution
	list  []*execution // in the order in which they were started
}

// add adds an execution that starts now. It reports whether the ARN was free; the
// ARN of an execution that has ended is if again is true.
func (s *Executions) add(x *execution, again bool) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if old := s.byARN[x.arn]; old != nil {
		if !again || old.status == Running {
			return false
		}
		s.list = slices.DeleteFunc(s.list, func(x *execution) bool { return x == old })
	}
	if s.byARN == nil {
		s.byARN = map[string]*execution{}
	}
	x.shared, x.over = s, make(chan struct{})
	x.startTime = x.run.loop.Now()
	s.byARN[x.arn] = x
	s.list = append(s.list, x)
	return true
}

func (s *Executions) find(arn string) (*execution, bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	x, ok := s.byARN[arn]
	return x, ok
}

// Stop stops an execution, as StopExecution does, and returns when it has ended. It
// reports whether the execution is here. It must not be called by an observer.
func (s *Executions) Stop(arn, name, cause string) bool {
	x, ok := s.find(arn)
	if !ok {
		return false
	}
	x.run.loop.Post(func() { x.abort(name, cause) })
	<-x.over
	return true
}

// The largest page of ListExecutions, and the one of a request without MaxResults
// (API reference, "ListExecutions").
const (
	mostListed    = 1000
	defaultListed = 100
)

// page returns the executions as ListExecutions does: the one that started last
// is the first. ok is false if the token is not one of an answer.
func (s *Executions) page(arguments *value.Object) (_ *value.Object, ok bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	machine, status := stringMember(arguments, "StateMachineArn"), stringMember(arguments, "StatusFilter")
	given, _ := arguments.Get("MaxResults")
	most, _ := value.Float(given)
	if most < 1 || most > mostListed {
		most = defaultListed
	}
	next := len(s.list) // the token counts the executions that are older
	if token := stringMember(arguments, "NextToken"); token != "" {
		n, err := strconv.Atoi(token)
		if err != nil || n < 1 || n > len(s.list) {
			return nil, false
		}
		next = n
	}
	found := []any{}
	for ; next > 0; next-- {
		x := s.list[next-1]
		if x.machineARN != machine || status != "" && status != x.status {
			continue
		}
		if len(found) == int(most) {
			return value.NewObject("Executions", found, "NextToken", strconv.Itoa(next)), true
		}
		found = append(found, x.summary())
	}
	return value.NewObject("Executions", found), true
}

// lock begins to read or change what other runs see of the execution: its
// status, times and last event. Children of Map Runs are not seen.
func (x *execution) lock() {
	if x.shared != nil {
		x.shared.mutex.Lock()
	}
}

func (x *execution) unlock() {
	if x.shared != nil {
		x.shared.mutex.Unlock()
	}
}
