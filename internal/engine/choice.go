package engine

import (
	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/engine/event"
	"github.com/mapjob/mapjob/internal/expression"
)

// choiceState is a Choice state: it goes to the target of the first rule that
// matches. The rule's Assign and Output replace those of the state, which apply
// to the default.
type choiceState struct{}

var choiceEvents = stateEvents{entered: event.ChoiceStateEntered, exited: event.ChoiceStateExited, aborted: event.ChoiceStateAborted}

func (choiceState) events() *stateEvents { return &choiceEvents }

func (k choiceState) start(v *visit) {
	for _, rule := range v.state.Choice.Rules {
		matches, err := rule.Matches(v.scope())
		if err != nil {
			v.failEvaluation(err)
			return
		}
		if matches {
			k.choose(v, rule.Next, rule.Assign, rule.Output)
			return
		}
	}
	if v.state.Choice.Default == nil {
		v.fail(&failure{name: errRuntime, terminal: true, cause: v.sentence("Failed to transition out of the state. The state does not point to a next state.")})
		return
	}
	k.choose(v, v.state.Choice.Default, v.state.Assign, v.state.Output)
}

func (choiceState) choose(v *visit, next *asl.State, assignment, template *expression.Template) {
	scope := v.scope()
	assigned, err := evaluateAssign(assignment, scope)
	output := v.effective
	if err == nil {
		if template != nil {
			output, err = template.Evaluate(scope)
		} else if v.state.QueryLanguage == asl.JSONPath {
			output, err = v.outputPath(output)
		}
	}
	if err != nil {
		v.failEvaluation(err)
		return
	}
	v.exit(next, output, assigned)
}
