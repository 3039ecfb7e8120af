package observe_test

import (
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"
	"github.com/mapjob/mapjob/constructs/observe"
)

func Example() {
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Shop"), nil)
	machine := awsstepfunctions.NewStateMachine(stack, jsii.String("Nightly"), &awsstepfunctions.StateMachineProps{
		DefinitionBody: awsstepfunctions.DefinitionBody_FromChainable(awsstepfunctions.Pass_Jsonata(stack, jsii.String("Work"), nil)),
	})

	observer := observe.New(stack, jsii.String("Observe"), &observe.Props{
		StateMachine:    machine,
		Topic:           observe.NewTopic(stack, jsii.String("Alerts"), nil),
		NoSuccessWithin: awscdk.Duration_Hours(jsii.Number(26)),
	})

	for _, kind := range slices.Sorted(maps.Keys(observer.Alarms())) {
		fmt.Println(kind)
	}
	// Output:
	// Aborted
	// Failed
	// NoSuccess
	// Throttled
	// TimedOut
}
