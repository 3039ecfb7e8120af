package engine

import (
	"github.com/mapjob/mapjob/internal/asl"
	"github.com/mapjob/mapjob/internal/expression"
)

// choice goes where the first rule that matches says. A rule's Assign and
// Output take the place of the state's own, which are for the default.
func (v *visit) choice() {
	for _, rule := range v.state.Choice.Rules {
		holds, err := rule.Matches(v.scope())
		if err != nil {
			v.failEvaluation(err)
			return
		}
		if holds {
			v.choose(rule.Next, rule.Assign, rule.Output)
			return
		}
	}
	if v.state.Choice.Default == nil {
		v.fail(&failure{name: errRuntime, terminal: true, cause: v.sentence("Failed to transition out of the state. The state does not point to a next state.")})
		return
	}
	v.choose(v.state.Choice.Default, v.state.Assign, v.state.Output)
}

func (v *visit) choose(next *asl.State, assignment, template *expression.Template) {
	scope := v.scope()
	assigned, err := assign(assignment, scope)
	var output = v.effective
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
