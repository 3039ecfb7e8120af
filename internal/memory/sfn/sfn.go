// Package sfn is the Step Functions API in memory, over the executions of a session of
// the engine.
package sfn

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mapjob/mapjob/internal/archive"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/sfnapi"
)

// Service answers requests of the API. It is an [engine.MapObserver] of the session's
// engine, and takes the events of its histories. Requests are answered as the session
// allows: see [engine.Session].
type Service struct {
	http.Handler

	machines []archive.StateMachine // by their names
	session  *engine.Session

	mutex    sync.Mutex // guards these; nothing else is called while it is held
	requests int64
	events   []*event.Event // as they happened
	runs     []*mapRun      // in the order in which they started
	children map[string]*archive.Execution
}

// mapRun is a Map Run with its children.
type mapRun struct {
	*archive.MapRun
	running, ended []string // ARNs, in this order
}

// New returns a service for some state machines, which are created now. Give it a
// session before it gets a request.
func New(machines ...archive.StateMachine) *Service {
	s := &Service{machines: slices.Clone(machines), children: map[string]*archive.Execution{}}
	for i := range s.machines {
		s.machines[i].Created = time.Now()
	}
	slices.SortFunc(s.machines, func(a, b archive.StateMachine) int { return strings.Compare(a.Name, b.Name) })
	return s
}

// Open lets the service answer for the executions of a session.
func (s *Service) Open(session *engine.Session) {
	s.session = session
	api := sync.OnceValue(func() http.Handler { // few runs need it
		return sfnapi.New(runner{s}, executions{s}, sfnapi.WithTokens(session), sfnapi.WithIDs(s.newID)).Handler()
	})
	s.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { api().ServeHTTP(w, r) })
}

// newID returns an identifier that repeats when the run does.
func (s *Service) newID() string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.requests++
	return fmt.Sprintf("00000000-0000-4000-8000-%012x", s.requests)
}

// runner starts executions of the session.
type runner struct{ *Service }

// StateMachine implements [sfnapi.Runner].
func (r runner) StateMachine(arn string) (*sfnapi.StateMachine, error) {
	for _, m := range r.machines {
		if m.ARN == arn {
			return &sfnapi.StateMachine{ARN: arn, Type: m.Type}, nil
		}
	}
	return nil, nil
}

// Start implements [sfnapi.Runner].
func (r runner) Start(_ context.Context, machine *sfnapi.StateMachine, name string, input []byte) (*sfnapi.Started, error) {
	arn, err := r.session.Start(machine.ARN, name, input)
	if errors.Is(err, engine.ErrExecutionExists) {
		err = engine.ErrExecutionRuns
	}
	if err != nil {
		return nil, err
	}
	return &sfnapi.Started{ARN: arn, Start: time.Now()}, nil
}

// Stop implements [sfnapi.Runner].
func (r runner) Stop(arn, name, cause string) bool { return r.session.Stop(arn, name, cause) }
