package engine

// pass runs a Pass state: its result is Result, or what Parameters makes of
// the input, or the input.
func (v *visit) pass() {
	if v.state.Pass.HasResult {
		v.complete(v.state.Pass.Result)
		return
	}
	result, err := v.parameters()
	if err != nil {
		v.failEvaluation(err)
		return
	}
	v.completePass(result)
}

// completePass differs from complete in that $states.result is not there in a
// JSONata Pass state, which has no result.
func (v *visit) completePass(result any) {
	output, assigned, err := v.outcome(result, v.state.ResultPath != nil)
	if err != nil {
		v.failEvaluation(err)
		return
	}
	v.exit(v.state.Next, output, assigned)
}
