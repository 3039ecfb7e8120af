package jobcheck

import (
	"testing"

	"github.com/mapjob/mapjob/sfntest"
)

func TestAnEndingSaysWhy(t *testing.T) {
	t.Parallel()
	failed := func(name, cause string, struck ...sfntest.Fault) ending {
		return ending{status: "FAILED", err: &sfntest.Error{Name: name, Cause: cause}, struck: struck}
	}
	for name, c := range map[string]struct {
		ending         ending
		reached, holds bool
	}{
		"a summary":                     {ending{status: "SUCCEEDED", summarized: true}, true, true},
		"a summary before a stop":       {ending{status: "ABORTED", summarized: true}, true, true},
		"a stop":                        {ending{status: "ABORTED"}, false, true},
		"the end of its time":           {ending{status: "TIMED_OUT"}, false, true},
		"a success without a summary":   {ending{status: "SUCCEEDED"}, false, true},
		"a function's error":            {failed("Refused", "by the bank"), true, true},
		"no name":                       {failed("", "by the bank"), true, false},
		"no cause":                      {failed("Refused", ""), true, false},
		"no cause of a timeout":         {failed("States.Timeout", ""), true, true},
		"the Map's own error":           {failed("States.ExceedToleratedFailureThreshold", "too many"), true, false},
		"an expression":                 {failed("States.QueryEvaluationError", "no"), true, false},
		"an expression after an answer": {failed("States.QueryEvaluationError", "no", sfntest.Fault{Fault: "answer"}), true, true},
		"an injected error":             {failed("States.Runtime", "", sfntest.Fault{Fault: "error", Error: "States.Runtime"}), true, true},
	} {
		if reached, err := c.ending.saysWhy(); reached != c.reached || (err == nil) != c.holds {
			t.Errorf("%s: got reached %t and %v, expected %t and that it holds: %t", name, reached, err, c.reached, c.holds)
		}
	}
}
