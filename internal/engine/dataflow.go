package engine

import (
	"errors"
	"fmt"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/expression"
	"github.com/mapjob/mapjob/internal/value"
)

// The errors that the service itself raises (developer guide, "Error names").
const (
	errRuntime          = "States.Runtime"
	errTimeout          = "States.Timeout"
	errHeartbeat        = "States.HeartbeatTimeout"
	errTaskFailed       = "States.TaskFailed"
	errAll              = "States.ALL"
	errDataLimit        = "States.DataLimitExceeded"
	errQuery            = "States.QueryEvaluationError"
	errResultPath       = "States.ResultPathMatchFailure"
	errItemReader       = "States.ItemReaderFailed"
	errResultWriter     = "States.ResultWriterFailed"
	errFailureTolerance = "States.ExceedToleratedFailureThreshold"
)

// inputPath is what InputPath leaves of the input.
func (v *visit) inputPath() (any, error) {
	p := v.state.InputPath
	switch {
	case p == nil || p.Root():
		return v.input, nil
	case p.Discard:
		return &value.Object{}, nil
	}
	scope := v.scope()
	scope.Input = v.input
	x, err := p.Get(scope)
	if err != nil {
		return nil, invalidPath(p, err)
	}
	return x, nil
}

func invalidPath(p fmt.Stringer, err error) error {
	return &expression.Error{Name: errRuntime, Message: fmt.Sprintf("Invalid path '%s' : %v", p, err)}
}

// parameters is what Arguments or Parameters makes of the input.
func (v *visit) parameters() (any, error) {
	if v.state.Parameters == nil {
		return v.effective, nil
	}
	return v.state.Parameters.Evaluate(v.scope())
}

// complete leaves the state with the result of its work: ResultSelector,
// Assign, ResultPath and OutputPath in JSONPath, Assign and Output in JSONata.
// Assign and Output see the same variables.
func (v *visit) complete(result any) {
	output, assigned, err := v.outcome(result, true)
	if err != nil {
		v.failEvaluation(err)
		return
	}
	v.exit(v.state.Next, output, assigned)
}

// passOn is complete for a state without a result of its own.
func (v *visit) passOn() {
	output, assigned, err := v.outcome(v.effective, false)
	if err != nil {
		v.failEvaluation(err)
		return
	}
	v.exit(v.state.Next, output, assigned)
}

func (v *visit) outcome(result any, hasResult bool) (output any, assigned *value.Object, err error) {
	s := v.state
	if s.Assign == nil && s.Output == nil && s.ResultSelector == nil && s.ResultPath == nil && s.OutputPath == nil {
		return result, nil, nil
	}
	scope := v.scope()
	if s.QueryLanguage == asl.JSONata {
		scope.Result, scope.HasResult = result, hasResult
		if assigned, err = assign(s.Assign, scope); err != nil {
			return nil, nil, err
		}
		if s.Output == nil {
			return result, assigned, nil
		}
		output, err = s.Output.Evaluate(scope)
		return output, assigned, err
	}
	if s.ResultSelector != nil {
		scope.Input = result
		if result, err = s.ResultSelector.Evaluate(scope); err != nil {
			return nil, nil, err
		}
	}
	scope.Input = result
	if assigned, err = assign(s.Assign, scope); err != nil {
		return nil, nil, err
	}
	if output, err = v.put(s.ResultPath, result, hasResult); err != nil {
		return nil, nil, err
	}
	output, err = v.outputPath(output)
	return output, assigned, err
}

// put is ResultPath: it combines the result with the state's raw input.
func (v *visit) put(p *expression.ReferencePath, result any, hasResult bool) (any, error) {
	switch {
	case p == nil, !hasResult, p.Root():
		return result, nil
	case p.Discard:
		return v.input, nil
	}
	output, err := p.Put(v.input, result)
	if err != nil {
		return nil, &expression.Error{Name: errResultPath, Field: "ResultPath",
			Message: fmt.Sprintf("Unable to apply step \"%s\" to input %s", p, value.Text(v.input))}
	}
	return output, nil
}

func (v *visit) outputPath(output any) (any, error) {
	p := v.state.OutputPath
	switch {
	case p == nil || p.Root():
		return output, nil
	case p.Discard:
		return &value.Object{}, nil
	}
	scope := v.scope()
	scope.Input = output
	x, err := p.Get(scope)
	if err != nil {
		return nil, invalidPath(p, err)
	}
	return x, nil
}

// assign evaluates an Assign field, nil where there is none.
func assign(t *expression.Template, scope *expression.Scope) (*value.Object, error) {
	if t == nil {
		return nil, nil
	}
	x, err := t.Evaluate(scope)
	if err != nil {
		return nil, err
	}
	object, _ := x.(*value.Object)
	return object, nil
}

// tooLarge is the failure of an output that is over the payload limit.
func (v *visit) tooLarge(output any) *failure {
	limit := v.limits.PayloadBytes
	if limit <= 0 || !value.Exceeds(output, limit) {
		return nil
	}
	return &failure{name: errDataLimit, terminal: true, cause: fmt.Sprintf(
		"The state/task '%s' returned a result with a size exceeding the maximum number of bytes service limit.", v.state.Name)}
}

// failEvaluation fails the state because an expression of it failed.
func (v *visit) failEvaluation(err error) {
	var e *expression.Error
	if !errors.As(err, &e) {
		e = &expression.Error{Name: errRuntime, Message: err.Error()}
	}
	f := &failure{name: e.Name, cause: v.sentence(e.Message), terminal: e.Name == errRuntime}
	if e.Name == errQuery {
		if !v.record(EvaluationFailed, &details{errorName: f.name, cause: f.cause, name: v.state.Name, location: e.Field}) {
			return
		}
	}
	v.fail(f)
}

// sentence opens a cause the way the service does.
func (v *visit) sentence(text string) string {
	return fmt.Sprintf("An error occurred while executing the state '%s' (entered at the event id #%d). %s", v.state.Name, v.enteredID, text)
}
