package statemachine_test

import (
	"encoding/json"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/internal/statemachine"
	"github.com/mapjob/mapjob/test/synthesis"
)

func TestMain(m *testing.M) { synthesis.Main(m) }

func TestName(t *testing.T) {
	stack := synthesis.Stack(t)
	imported := func(id, arn string) awsstepfunctions.IStateMachine {
		return awsstepfunctions.StateMachine_FromStateMachineArn(stack, &id, &arn)
	}
	const arn = "arn:aws:states:us-east-1:123456789012:stateMachine:nightly"
	for name, c := range map[string]struct {
		machine  awsstepfunctions.IStateMachine
		expected string
	}{
		"of this app": {awsstepfunctions.NewStateMachine(stack, jsii.String("Own"), &awsstepfunctions.StateMachineProps{
			DefinitionBody: awsstepfunctions.DefinitionBody_FromString(jsii.String("{}"))}), `{"Fn::GetAtt":["Own30425842","Name"]}`},
		"imported":                  {imported("Imported", arn), `"nightly"`},
		"imported, with an alias":   {imported("Alias", arn+":live"), `"nightly"`},
		"imported from an export":   {imported("Export", *awscdk.Fn_ImportValue(jsii.String("Nightly"))), `{"Fn::Select":[6,{"Fn::Split":[":",{"Fn::ImportValue":"Nightly"}]}]}`},
		"imported from a parameter": {imported("Parameter", *awscdk.Fn_Ref(jsii.String("Nightly"))), `{"Fn::Select":[6,{"Fn::Split":[":",{"Ref":"Nightly"}]}]}`},
	} {
		text, err := json.Marshal(stack.Resolve(statemachine.Name(c.machine)))
		if err != nil || string(text) != c.expected {
			t.Errorf("%s: got %s, error %v, expected %s", name, text, err, c.expected)
		}
	}
}
