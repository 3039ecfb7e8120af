package mocks

import (
	"fmt"
	"sync/atomic"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/value"
)

// Case answers the tasks of one run from a test case. It counts the calls, so a
// second run needs another Case.
type Case struct{ states map[*asl.State]*mocked }

// Options returns the options with which an engine uses the answers.
func (c *Case) Options() []engine.Option {
	var options []engine.Option
	for state, m := range c.states {
		options = append(options, engine.WithTask(state, m.integration()))
	}
	return options
}

// mocked is a mocked state in a run.
type mocked struct {
	state    string
	name     string // of the response
	response *response
	calls    atomic.Int64
}

func (m *mocked) integration() engine.Integration {
	return engine.ImmediateFunc(func(request *engine.Request) engine.Answer {
		output, err := m.answer()
		switch callback := request.Callback; {
		case callback == nil || err != nil && err.Name == exhausted:
		case err != nil:
			callback.Failure(err.Name, err.Cause)
			return engine.Answer{Output: &value.Object{}}
		default:
			callback.Success(output)
			return engine.Answer{Output: &value.Object{}}
		}
		if err != nil {
			return engine.Answer{Err: err}
		}
		return engine.Answer{Output: output}
	})
}

// exhausted is the error of a call without an answer. It ends the execution:
// neither Retry nor Catch may hide that a mock is missing.
const exhausted = "States.Runtime"

// answer returns the answer of the next call.
func (m *mocked) answer() (any, *engine.TaskError) {
	call := int(m.calls.Add(1)) - 1
	for _, a := range m.response.answers {
		if call < a.from || call > a.last {
			continue
		}
		if a.throws {
			return nil, &engine.TaskError{Name: a.name, Cause: a.cause}
		}
		return a.result, nil
	}
	return nil, &engine.TaskError{Name: exhausted, Cause: fmt.Sprintf(
		`the mocked response %s has no answer for call %d of the state %s: add "%d" to it`, m.name, call, m.state, call)}
}
