package sfntest_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/mapjob/mapjob/sfntest"
)

// A nil *Error that is returned as an error is a mistake of Go programs: the error
// is not nil.
func TestANilErrorIsNamed(t *testing.T) {
	const definition = `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::glue:startJobRun.sync","Parameters":{"JobName":"j"},"End":true}}}`
	synctest.Test(t, func(t *testing.T) {
		w := sfntest.New(t, sfntest.Parse(t, []byte(definition)), sfntest.HandleTask("A", func(context.Context, json.RawMessage) (any, error) {
			var none *sfntest.Error
			return 1, none
		}))
		x := w.Start("", nil)
		x.RunToEnd()
		if err := x.Err(); err == nil || !strings.Contains(err.Cause, "no error, but a nil *sfntest.Error: a function has to return nil if there is none") {
			t.Errorf("got %v, expected the mistake by its name", err)
		}
	})
}

// StartExecution refuses names with such characters, also those of a task.
func TestNamesThatStepFunctionsRefuses(t *testing.T) {
	for _, name := range []string{"order:1", "order 1", "order#1", "order/1", strings.Repeat("x", 81)} {
		definition := `{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution","Parameters":{"StateMachineArn.$":"$$.StateMachine.Id","Name":"` + name + `"},"End":true}}}`
		synctest.Test(t, func(t *testing.T) {
			x := sfntest.New(t, sfntest.Parse(t, []byte(definition))).Start("", nil)
			x.RunToEnd()
			if err := x.Err(); err == nil || err.Name != "StepFunctions.InvalidNameException" {
				t.Errorf("%s: got %v, expected StepFunctions.InvalidNameException", name, err)
			}
		})
	}
}
