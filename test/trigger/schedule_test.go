package trigger

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/trigger"
)

func TestScheduleStartsWithItsInput(t *testing.T) {
	type period struct {
		From string `json:"from"`
		Days int    `json:"days"`
	}
	for name, test := range map[string]struct {
		input    any
		expected string
	}{
		"none":     {nil, `{}`},
		"a struct": {period{"<aws.scheduler.scheduled-time>", 7}, `{"days":7,"from":"2026-11-24T03:00:00Z"}`},
		"a list":   {[]string{"a", "b"}, `["a","b"]`},
	} {
		t.Run(name, func(t *testing.T) {
			r := run(t, func(stack awscdk.Stack) {
				trigger.NewSchedule(stack, jsii.String("Nightly"), &trigger.ScheduleProps{
					StateMachine: machine(stack, "Echo", pass), Expression: jsii.String("cron(0 3 * * ? *)"), Input: test.input})
			})
			target := r.Template.Only(t, "AWS::Scheduler::Schedule").Properties["Target"].(object)
			r.startsWithItsRole(t, target)
			// Scheduler user guide, "Adding context attributes".
			input := strings.ReplaceAll(target["Input"].(string), "<aws.scheduler.scheduled-time>", "2026-11-24T03:00:00Z")
			if x := r.execute(t, "", []byte(input)); string(x.Output) != test.expected {
				t.Errorf("got %s, expected %s", x.Output, test.expected)
			}
		})
	}
}
