package engine

import (
	"github.com/mapjob/mapjob/internal/expression"
)

// tolerance is how many items may fail.
type tolerance struct {
	count      int64
	percentage float64
}

// tolerance evaluates ToleratedFailureCount and ToleratedFailurePercentage.
func (v *visit) tolerance() (t tolerance, err error) {
	if d := v.state.Map.ToleratedCount; d != nil {
		if t.count, err = d.Integer(v.scope()); err != nil {
			return t, err
		}
		if t.count < 0 {
			return t, &expression.Error{Name: errRuntime, Message: "ToleratedFailureCount cannot be negative."}
		}
	}
	if d := v.state.Map.ToleratedPercentage; d != nil {
		if t.percentage, err = d.Float(v.scope()); err != nil {
			return t, err
		}
		if t.percentage < 0 || t.percentage > 100 {
			return t, &expression.Error{Name: errRuntime, Message: "ToleratedFailurePercentage must be between 0 and 100."}
		}
	}
	return t, nil
}

// exceeded reports whether more items failed than are tolerated. The percentage
// is that of all items: it is ignored while total is -1.
func (t tolerance) exceeded(failed, total int) bool {
	switch {
	case failed == 0:
		return false
	case t.count > 0 && int64(failed) > t.count:
		return true
	case t.percentage > 0:
		return total >= 0 && float64(failed)*100 > t.percentage*float64(total)
	}
	return t.count == 0
}

func toleranceFailure() *failure {
	return &failure{name: errFailureTolerance, cause: "The specified tolerated failure threshold was exceeded"}
}
