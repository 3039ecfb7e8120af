package joblock_test

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/joblock"
)

func Example() {
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Shop"), nil)
	body := awsstepfunctions.Pass_Jsonata(stack, jsii.String("Work"), nil)

	lock := joblock.New(stack, jsii.String("Lock"), &joblock.Props{Overlap: &joblock.Skip{}})
	machine := awsstepfunctions.NewStateMachine(stack, jsii.String("Nightly"), &awsstepfunctions.StateMachineProps{
		DefinitionBody: awsstepfunctions.DefinitionBody_FromChainable(lock.Hold(body)),
	})
	lock.Grant(machine)

	fmt.Println(*lock.Table().Node().Path())
	// Output: Shop/Lock/Table
}
