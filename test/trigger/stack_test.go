// Package trigger runs what constructs/trigger creates: the webhook's binary with the
// Step Functions API of this machine, and state machines with the inputs that
// EventBridge and its Scheduler would pass.
package trigger

import (
	"fmt"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/internal/engine"
	"github.com/mapjob/mapjob/internal/stack"
	"github.com/mapjob/mapjob/test/running"
	"github.com/mapjob/mapjob/test/synthesis"
)

func TestMain(m *testing.M) { synthesis.Main(m) }

// object is a JSON object.
type object = map[string]any

// machine creates a state machine with a sequence of states.
func machine(stack awscdk.Stack, id string, states ...object) awsstepfunctions.StateMachine {
	var first, last awsstepfunctions.CustomState
	for i, state := range states {
		next := awsstepfunctions.NewCustomState(stack, jsii.String(fmt.Sprint(id, i)), &awsstepfunctions.CustomStateProps{StateJson: &state})
		if last == nil {
			first = next
		} else {
			last.Next(next)
		}
		last = next
	}
	return awsstepfunctions.NewStateMachine(stack, &id, &awsstepfunctions.StateMachineProps{
		QueryLanguage:  awsstepfunctions.QueryLanguage_JSONATA,
		DefinitionBody: awsstepfunctions.DefinitionBody_FromChainable(first),
	})
}

// pass is a state whose output is its input.
var pass = object{"Type": "Pass"}

// world is a stack, named Test, on this machine.
type world struct{ *running.Stack }

// run synthesizes a stack, builds its functions and starts all of it.
func run(t *testing.T, build func(awscdk.Stack)) *world {
	t.Helper()
	return &world{running.Start(t, build)}
}

// execute runs the state machine of that name to its end.
func (r *world) execute(t *testing.T, name string, input []byte) *engine.Execution {
	t.Helper()
	return r.Execute(t, name, stack.Execution{Input: input})
}

// idOf returns the logical ID of the only resource of a type.
func (r *world) idOf(t *testing.T, kind string) string {
	t.Helper()
	for id := range r.Template.OfType(kind) {
		return id
	}
	t.Fatalf("got no %s, expected one", kind)
	return ""
}

// startsWithItsRole checks that the role of a target may start the target.
func (r *world) startsWithItsRole(t *testing.T, target object) {
	t.Helper()
	role, _ := target["RoleArn"].(object)["Fn::GetAtt"].([]any)
	expected := fmt.Sprint(object{"Action": "states:StartExecution", "Effect": "Allow", "Resource": target["Arn"]})
	for _, policy := range r.Template.OfType("AWS::IAM::Policy") {
		if fmt.Sprint(policy.Properties["Roles"]) != fmt.Sprint([]any{object{"Ref": role[0]}}) {
			continue
		}
		for _, statement := range policy.Properties["PolicyDocument"].(object)["Statement"].([]any) {
			if fmt.Sprint(statement) == expected {
				return
			}
		}
	}
	t.Errorf("got a role %v that may not start %v", role, target["Arn"])
}
