package engine

import (
	"fmt"

	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/expression"
	"github.com/mapjob/mapjob/internal/value"
)

// inputPath returns what InputPath selects from the input.
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
		return nil, expression.InvalidPath(p, err)
	}
	return x, nil
}

// parameters returns what Arguments or Parameters makes of the input.
func (v *visit) parameters() (any, error) {
	if v.state.Parameters == nil {
		return v.effective, nil
	}
	return v.state.Parameters.Evaluate(v.scope())
}

// complete leaves the state with the result of its work: ResultSelector,
// Assign, ResultPath and OutputPath in JSONPath, Assign and Output in JSONata.
// Assign and Output see the same variables.
func (v *visit) complete(result any) { v.leave(result, true) }

// completeList is complete for a Map or Parallel state, whose list of results
// has to be within the payload limit.
func (v *visit) completeList(results []any) {
	if f := v.tooLarge(results); f != nil {
		v.fail(f)
		return
	}
	v.complete(results)
}

// passOn is complete for a state without a result.
func (v *visit) passOn() { v.leave(v.effective, false) }

func (v *visit) leave(result any, hasResult bool) {
	output, assigned, err := v.outcome(result, hasResult)
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
		if assigned, err = evaluateAssign(s.Assign, scope); err != nil {
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
	if assigned, err = evaluateAssign(s.Assign, scope); err != nil {
		return nil, nil, err
	}
	if output, err = v.put(s.ResultPath, result, hasResult); err != nil {
		return nil, nil, err
	}
	output, err = v.outputPath(output)
	return output, assigned, err
}

// put applies ResultPath: it combines the result with the input of the state.
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
		return nil, expression.InvalidPath(p, err)
	}
	return x, nil
}

// evaluateAssign evaluates an Assign field. It returns nil if there is none.
func evaluateAssign(t *expression.Template, scope *expression.Scope) (*value.Object, error) {
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

// tooLarge returns the failure of an output over the payload limit, else nil.
func (v *visit) tooLarge(output any) *failure {
	limit := v.run.engine.limits.PayloadBytes
	if limit <= 0 || !value.Exceeds(output, limit) {
		return nil
	}
	return &failure{name: errDataLimit, terminal: true, cause: fmt.Sprintf(
		"The state/task '%s' returned a result with a size exceeding the maximum number of bytes service limit.", v.state.Name)}
}
