package engine

import "github.com/mapjob/mapjob/internal/expression"

// failState ends the thread with the state's Error and Cause. A Fail state has
// no exit event.
func (v *visit) failState() {
	name, err := v.text(v.state.Fail.Error)
	if err != nil {
		v.failEvaluation(err)
		return
	}
	cause, err := v.text(v.state.Fail.Cause)
	if err != nil {
		v.failEvaluation(err)
		return
	}
	v.die(&failure{name: name, cause: cause})
}

func (v *visit) text(d *expression.Dynamic) (string, error) {
	if d == nil {
		return "", nil
	}
	return d.Text(v.scope())
}
