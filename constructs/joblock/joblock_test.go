package joblock_test

import (
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/joblock"
	"github.com/mapjob/mapjob/test/synthesis"
)

func TestMain(m *testing.M) { synthesis.Main(m) }

func TestX(t *testing.T) {
	stack := synthesis.Stack(t)
	lock := joblock.New(stack, jsii.String("Lock"), nil)
	body := awsstepfunctions.Pass_Jsonata(stack, jsii.String("Body"), nil)
	m := awsstepfunctions.NewStateMachine(stack, jsii.String("M"), &awsstepfunctions.StateMachineProps{DefinitionBody: awsstepfunctions.DefinitionBody_FromChainable(lock.Hold(body)), QueryLanguage: awsstepfunctions.QueryLanguage_JSONATA})
	lock.Grant(m)
	template := synthesis.Synthesize(t, stack)
	synthesis.Snapshot(t, "x", template.Definition(t, template.Only(t, "AWS::StepFunctions::StateMachine")))
}
